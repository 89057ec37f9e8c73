"""Messages of the population database's look-up, which confirms a child but cannot search for one.

Service "037" of C06 by SOAP 1.1 (vn_domain.md 5.1): a number, a name and a birth date are asked, and
the answer holds the citizen or none. Only "confirmed" or "not confirmed" leaves this module: the
answer's data must not be kept (NĐ 69/2024 Đ19k4).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lxml import etree

from adapters.contract import Resource
from adapters.errors import PayloadError, Problem
from adapters.formats import xml
from adapters.formats.citizens import full_name
from adapters.formats.values import WrongValueError, day, text
from adapters.legacy_text import fold
from adapters.outbound.reading import is_placeholder, name_of, number_of
from adapters.profile import IdentifierKind

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SERVICE = "http://dancuquocgia.bca"
OPERATION = "TraCuuThongTinCongDan"
INTEGRATION = "037"
MAX_BYTES = 1024 * 1024
"""One citizen takes a few kilobytes."""

_NUMBER = re.compile("[0-9]{12}")
_BIRTH_DATE = re.compile(r"\d{4}(?:-\d{2}-\d{2})?")
_FAULT_CODE = re.compile(r"[A-Za-z][A-Za-z.]{0,79}")
_SENDERS_FAULT = ("client", "sender", "versionmismatch", "mustunderstand")
_FOUND, _NONE = "CONGDAN", "CONGDANCOLLECTION"


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked. `birth_date` is yyyy-mm-dd, or yyyy where only the year is known.

    Raises ValueError, which quotes nothing, where the service could not answer.
    """

    transaction_id: str
    number: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _NUMBER.fullmatch(self.number):
            raise ValueError("a personal ID has twelve digits")
        if not all(
            said.strip() and said.isprintable() for said in (self.name, self.transaction_id)
        ):
            raise ValueError("a question needs a name and a transaction id")
        if not _BIRTH_DATE.fullmatch(self.birth_date) or _day(self.birth_date) is None:
            raise ValueError("a birth date is a day or a year")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """On whose behalf is asked: what C06 agreed with the body (configuration)."""

    service_code: str
    """MaDVC."""
    officer: str = field(repr=False)
    """MaCanBo: the officer's own number."""
    unit: str
    """MaDonVi."""
    account: str = field(repr=False)
    """TaiKhoan."""
    phone: str = field(default="0", repr=False)


class Verdict(StrEnum):
    """What an answer says; that no answer came ("not reachable") only the client can say."""

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not-confirmed"
    FAULT = "fault"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """All that may be kept of an answer."""

    verdict: Verdict
    transaction_id: str
    fault_code: str | None = None
    """The SOAP fault's code (letters and dots): never its sentence, which may quote the question."""

    @property
    def worth_retrying(self) -> bool:
        """A fault of the service may pass; one of the sender's stays."""
        first = (self.fault_code or "").partition(".")[0].lower()
        return self.verdict is Verdict.FAULT and first not in _SENDERS_FAULT


def question_about(patient: Resource, transaction_id: str) -> Question | None:
    """What to ask of a golden Patient; None where number, name or birth date is not known.

    Of a month, and of 01/01 in place of a year, only the year is asked.
    """
    number = number_of(patient, IdentifierKind.PERSONAL_ID)
    name, born = name_of(patient), patient.get("birthDate")
    if not (number and _NUMBER.fullmatch(number) and name and born):
        return None
    whole = len(born) == 10 and not is_placeholder(patient.get("_birthDate", {}))
    return Question(
        transaction_id=transaction_id,
        number=number,
        name=name,
        birth_date=born if whole else born[:4],
    )


def request(question: Question, asker: Asker) -> bytes:
    """The SOAP envelope as UTF-8."""
    envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soapenv": SOAP, "dan": SERVICE})
    etree.SubElement(envelope, f"{{{SOAP}}}Header")
    body = etree.SubElement(envelope, f"{{{SOAP}}}Body")
    operation = etree.SubElement(body, f"{{{SERVICE}}}{OPERATION}")
    for name, value in (
        ("MaYeuCau", question.transaction_id),
        ("MaDVC", asker.service_code),
        ("MaTichHop", INTEGRATION),
        ("MaCanBo", asker.officer),
        ("MaDonVi", asker.unit),
        ("TaiKhoan", asker.account),
        ("SoDienThoai", asker.phone),
        ("SoDinhDanh", question.number),
        ("HoVaTen", question.name.strip()),
    ):
        etree.SubElement(operation, f"{{{SERVICE}}}{name}").text = value
    born = etree.SubElement(operation, f"{{{SERVICE}}}NgayThangNamSinh")
    form = "Nam" if len(question.birth_date) == 4 else "NgayThangNam"
    etree.SubElement(born, f"{{{SERVICE}}}{form}").text = question.birth_date.replace("-", "")
    return etree.tostring(envelope, encoding="utf-8", xml_declaration=True)


HEADERS = {
    "Content-Type": "text/xml; charset=utf-8",
    "SOAPAction": f'"{SERVICE}/{OPERATION}"',
}
"""Of a request, beside the credentials."""


def answer(content: bytes, question: Question) -> Answer:
    """What the service says to this question.

    Confirmed is one citizen with the number, name and birth date that were asked; an empty
    collection, or a citizen who differs, is not confirmed. Raises PayloadError where the content is
    no SOAP answer, answers another transaction, or says neither: such a one proves nothing.
    """
    body = _body(xml.parse(content, max_bytes=MAX_BYTES))
    fault = next((e for e in body if xml.local_name(e) == "FAULT"), None)
    if fault is not None:
        return Answer(
            verdict=Verdict.FAULT,
            transaction_id=question.transaction_id,
            fault_code=_fault_code(fault),
        )
    _check_transaction(body, question)
    citizens = list(_below(body, _FOUND))
    if not citizens and not any(True for _ in _below(body, _NONE)):
        raise PayloadError(Problem.UNKNOWN_STRUCTURE, "/Envelope/Body")
    same = len(citizens) == 1 and _is_asked_for(xml.members(citizens[0]), question)
    verdict = Verdict.CONFIRMED if same else Verdict.NOT_CONFIRMED
    return Answer(verdict=verdict, transaction_id=question.transaction_id)


def _body(envelope: etree._Element) -> etree._Element:
    bodies = [e for e in envelope if e.tag == f"{{{SOAP}}}Body"]
    if envelope.tag != f"{{{SOAP}}}Envelope" or len(bodies) != 1 or len(bodies[0]) != 1:
        raise PayloadError(Problem.UNKNOWN_STRUCTURE, "/Envelope")
    return bodies[0]


def _below(body: etree._Element, name: str) -> list[etree._Element]:
    return [e for e in body.iterdescendants(etree.Element) if xml.local_name(e) == name]


def _fault_code(fault: etree._Element) -> str | None:
    """`Server.ServerProxy.…` of X-Road, `Client` of SOAP; anything else is not told."""
    stated = next((e.text or "" for e in _below(fault, "FAULTCODE")), "").strip()
    code = stated.rpartition(":")[2]
    return code if _FAULT_CODE.fullmatch(code) else None


def _check_transaction(body: etree._Element, question: Question) -> None:
    """An answer that names a transaction must name this one."""
    named = {(e.text or "").strip() for e in _below(body, "MAYEUCAU")}
    if named - {question.transaction_id}:
        raise PayloadError(Problem.WRONG_IDENTIFIER, "/Envelope/Body", "MaYeuCau")


def _is_asked_for(citizen: Any, question: Question) -> bool:
    """What the answer states must agree; a number it must state."""
    if not isinstance(citizen, Mapping):
        return False
    try:
        number, name = text(citizen.get("SoDinhDanh")), full_name(citizen.get("HoVaTen"))
        born = _born(citizen.get("NgayThangNamSinh"))
    except WrongValueError:
        return False
    return (
        number == question.number
        and (name is None or fold(name) == fold(question.name))
        and (born is None or _agree(born, question.birth_date))
    )


def _born(stated: Any) -> str | None:
    if isinstance(stated, Mapping):
        stated = stated.get("NgayThangNam") or stated.get("Nam")
    return day(stated)


def _agree(one: str, other: str) -> bool:
    """Two dates as far as both are precise."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _day(stated: str) -> str | None:
    try:
        return day(stated)
    except WrongValueError:
        return None
