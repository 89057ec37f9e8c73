"""Why no birth registration may be asked for: each reason with its sentence in both languages."""

from collections.abc import Collection
from typing import ClassVar

from sqlalchemy.orm import Session

from adapters.outbound.reading import identifiers_of
from adapters.profile import IdentifierKind
from gateway.outbound.child import Child
from gateway.outbound.failures import OutboundError
from gateway.registry import lookups, registrations
from gateway.registry.lookups import Result
from gateway.registry.registration_states import OPEN, State
from gateway.registry.registrations import Registration

POPULATION = "population"
MISSING_WORDS = {
    "noiNhan": ("nơi nhận (chọn bằng --office)", "the office (choose with --office)"),
    "nksHoTen": ("họ tên (đề nghị bằng --name)", "the child's name (propose one with --name)"),
    "nksGioiTinh": ("giới tính", "the sex"),
    "nksNgaySinh": ("ngày sinh hoặc ngày phát hiện", "a birth date, or the day found"),
    "nksNoiSinh": ("nơi phát hiện", "the place found"),
    "bbSo": ("số biên bản", "the number of the minutes"),
    "bbMaXa": ("xã lập biên bản", "the commune that made the minutes"),
    "bbNgay": ("ngày lập biên bản", "the day of the minutes"),
}
"""What a request can lack (adapters.outbound.registration_request.NEEDED) → its words."""


class CannotRequestError(OutboundError):
    """No birth registration can be asked for this child."""

    status = 409
    code = "business-rule"
    vietnamese: ClassVar[str] = "Không thể đề nghị đăng ký khai sinh cho trẻ này."


class AlreadyRequestedError(CannotRequestError):
    """There is a request for this child already."""

    vietnamese: ClassVar[str] = "Đã có một đề nghị cho trẻ này."


class AlreadyRegisteredError(CannotRequestError):
    """The birth of this child is registered already."""

    vietnamese: ClassVar[str] = "Trẻ này đã được đăng ký khai sinh."


class HasNumberError(CannotRequestError):
    """This child has a personal ID number. Where it may be wrong: look it up first."""

    vietnamese: ClassVar[str] = (
        "Trẻ này đã có số định danh cá nhân. Nếu nghi số sai: hãy tra cứu trước."
    )


class IncompleteError(CannotRequestError):
    """The records do not know all that the office must know."""

    status = 422
    vietnamese: ClassVar[str] = "Hồ sơ chưa có đủ thông tin mà cơ quan hộ tịch cần."

    def __init__(self, missing: Collection[str]) -> None:
        self.missing = tuple(missing)
        words = [MISSING_WORDS[name] for name in self.missing]
        super().__init__("; ".join(f"{vietnamese} / {english}" for vietnamese, english in words))


class UnusableNameError(CannotRequestError):
    """What is proposed as the child's name is none."""

    status = 422
    vietnamese: ClassVar[str] = "Tên được đề nghị không phải là họ tên của một người."


class HasNameError(CannotRequestError):
    """The records know a name of this child: none can be proposed."""

    vietnamese: ClassVar[str] = "Hồ sơ đã có họ tên của trẻ này: không thể đề nghị tên khác."


class UnknownOfficeError(CannotRequestError):
    """The office is none of today's communes."""

    status = 422
    vietnamese: ClassVar[str] = "Nơi nhận không phải là một xã, phường hiện nay."


def standing_request(
    session: Session, child: Child, *, but: str | None = None
) -> Registration | None:
    """A request that holds for this child, whatever its identity was called; `but` not this one."""
    found = registrations.of_identities(session, child.identities)
    holding = (one for one in found if one.state in (*OPEN, State.ANSWERED) and one.id != but)
    # What has left counts before what has not, and then the earlier.
    return min(holding, key=lambda one: (not one.left, one.id), default=None)


def check_unregistered(session: Session, child: Child) -> None:
    """Raise where the child has a number or a registration already."""
    patient = child.golden.patient
    if any(identifiers_of(patient, IdentifierKind.CIVIL_REGISTRATION)):
        raise AlreadyRegisteredError
    numbers = {i.get("value") for i in identifiers_of(patient, IdentifierKind.PERSONAL_ID)}
    if POPULATION in child.sources() or len(numbers) > 1:
        raise HasNumberError
    if numbers and not _is_refuted(session, child):
        raise HasNumberError


def _is_refuted(session: Session, child: Child) -> bool:
    """Whether the population database, asked about what is known now, does not confirm it."""
    last = lookups.last(session, child.golden.id)
    known = last is not None and last.patient_version == child.golden.version
    return known and last is not None and last.result is Result.NOT_CONFIRMED
