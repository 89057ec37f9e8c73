"""What a civil-status office replies to a registration request: taken in, registered, or refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from adapters.errors import PayloadError, Problem
from adapters.formats import json
from adapters.formats.fields import Field, read_object
from adapters.formats.values import coded, commune, day, digits, instant


class State(StrEnum):
    """What an office says."""

    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """One reply of the office. A registration is valid before its number comes (CV 3160/BTP-CNTT)."""

    state: State
    request_id: str
    at: str | None = None
    """FHIR dateTime."""
    receipt: str | None = None
    personal_id: str | None = field(default=None, repr=False)
    registration: str | None = field(default=None, repr=False)
    """`<commune>/<quyenSo>/<so>`, the record id of civil_status, where all of it is told."""
    registered_on: str | None = field(default=None, repr=False)
    reason_code: str | None = None
    reason: str | None = field(default=None, repr=False)


_NUMBER = re.compile("(?!0+$)[0-9]{12}")
STATES = {
    "DA_TIEP_NHAN": State.ACKNOWLEDGED,
    "DA_DANG_KY": State.ANSWERED,
    "DA_CAP_SO": State.ANSWERED,
    "TU_CHOI": State.REFUSED,
}
REASONS = (
    "THIEU_BIEN_BAN",
    "THIEU_THONG_TIN",
    "CHUA_HET_NIEM_YET",
    "KHONG_DUNG_THAM_QUYEN",
    "DA_DUOC_DANG_KY",
    "KHAC",
)
"""No minutes, data missing, notice not over (7 days), not this office, already registered, other."""
REPLY = (
    Field(name="maYeuCau", required=True),
    Field(name="trangThai", read=coded(dict(STATES)), required=True),
    Field(name="thoiGian", read=instant, required=True),
    Field(name="maTiepNhan"),
    Field(name="soDinhDanh", read=digits(12, lost=0), required=True),
    Field(name="noiDangKy.maXa", read=commune),
    Field(name="quyenSo"),
    Field(name="so"),
    Field(name="ngayDangKy", read=day),
    Field(name="lyDo.ma", read=coded({code: code for code in REASONS})),
    Field(name="lyDo.noiDung"),
)


def reply(content: bytes, request_id: str) -> Reply:
    """Read a reply to this request.

    Raises PayloadError: no JSON object, another request's, an unknown state, an acknowledgement
    without receipt, an answer without number and without registration, a refusal without reason.
    """
    records = json.read(content).objects
    if len(records) != 1:
        raise PayloadError(Problem.UNKNOWN_STRUCTURE)
    pointer, told = records[0]
    values = read_object(REPLY, told, pointer).values
    for name in ("maYeuCau", "trangThai"):
        if name not in values:
            raise PayloadError(Problem.MISSING_VALUE, f"{pointer}/{name}", name)
    if values["maYeuCau"] != request_id:
        raise PayloadError(Problem.WRONG_IDENTIFIER, f"{pointer}/maYeuCau", "maYeuCau")
    number = values.get("soDinhDanh")
    if number and not _NUMBER.fullmatch(number):
        raise PayloadError(Problem.WRONG_IDENTIFIER, f"{pointer}/soDinhDanh", "soDinhDanh")
    found = Reply(
        state=State(values["trangThai"]),
        request_id=request_id,
        at=values.get("thoiGian"),
        receipt=values.get("maTiepNhan"),
        personal_id=number,
        registration=_registration(values),
        registered_on=values.get("ngayDangKy"),
        reason_code=values.get("lyDo.ma"),
        reason=values.get("lyDo.noiDung"),
    )
    _check_complete(found, pointer)
    return found


def _check_complete(found: Reply, pointer: str) -> None:
    proofs = {
        State.ACKNOWLEDGED: ("maTiepNhan", found.receipt),
        State.ANSWERED: ("soDinhDanh", found.personal_id or found.registration),
        State.REFUSED: ("lyDo", found.reason_code or found.reason),
    }
    name, proof = proofs[found.state]
    if not proof:
        raise PayloadError(Problem.MISSING_VALUE, f"{pointer}/{name}", name)


def _registration(values: Mapping[str, Any]) -> str | None:
    parts = [values.get(name) for name in ("noiDangKy.maXa", "quyenSo", "so")]
    return None if None in parts else "/".join(map(str, parts))
