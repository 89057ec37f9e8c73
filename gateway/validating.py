"""Use case: what taking a resource in would say of it (FHIR $validate); nothing of it is kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

import audit
from adapters.contract import Domains, Known, Resource, SourceAdapter, SourceMessage
from adapters.errors import Problem, Rejection
from adapters.fhir_body import as_content
from audit.event import Action, AuditEvent, Caller, DetailValue
from gateway.lookup import Absent, read
from gateway.own_records import SOURCE, key_at, own_record
from gateway.preview import Preview, preview
from gateway.registry.drafts import draft

Words = tuple[str, str]
"""Vietnamese, English."""
CODES = {
    Problem.MISSING_VALUE: "required",
    Problem.WRONG_CODE: "code-invalid",
    Problem.FOREIGN_DOMAIN: "forbidden",
    Problem.UNKNOWN_STRUCTURE: "structure",
    Problem.WRONG_TYPE: "structure",
}
"""Problem → FHIR's IssueType; of every other one: `value`."""
SOUND: Words = ("Không phát hiện lỗi.", "Nothing is wrong with it.")
OTHER_TYPE: Words = ("Tài nguyên không thuộc loại này.", "The resource is of another type.")
OTHER_ID: Words = (
    "id khác với id trong địa chỉ.",
    "The id is another one than that of the address.",
)
NOT_THERE: Words = ("Không có tài nguyên này.", "There is no such resource.")
NOTHING_SENT: Words = ("Thiếu tài nguyên cần kiểm tra.", "There is no resource to be looked at.")
NOT_OWN: Words = (
    "Phải nói về một Patient của bên gửi: Patient/<id> do hệ thống này cấp, hoặc Patient gửi cùng.",
    "It must be about a Patient of the sender's own: Patient/<id> as given out here, or one that is"
    " sent along.",
)
ALONE: Words = (
    "Chỉ được nhận trong một transaction, cùng với tài nguyên của trẻ có nhắc đến nó.",
    "It is taken in by a transaction only, with a resource of a child that names it.",
)
UNKEYED: Words = (
    "Không có mã số riêng của bên gửi: sau này không sửa lại được bằng mã số.",
    "It has no number of the sender's own, by which it could be revised later.",
)
UNKNOWN: Words = (
    "Chuẩn không có phần tử này; không được lưu giữ.",
    "The standard knows no such element; it is not kept.",
)
LEFT_OUT: Words = ("Phần này không được lưu giữ", "This is not kept")


class Mode(StrEnum):
    """What is meant to be done with the resource (FHIR's resource-validation-mode)."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One issue. `expression`: an element, never a value."""

    severity: str
    code: str
    words: Words
    expression: str | None = None


def validate(
    session: Session,
    kind: str,
    resource: Resource | None,
    adapter: SourceAdapter,
    caller: Caller,
    domains: Domains,
    *,
    id_: str | None = None,
    mode: Mode = Mode.CREATE,
) -> list[Finding]:
    """All that taking it in would say; one information where that is nothing.

    Only that somebody asked is written down.
    """
    detail: dict[str, DetailValue] = {"source": SOURCE, "type": kind, "mode": mode}
    event = AuditEvent(action=Action.MESSAGE_PREVIEW, caller=caller, detail=detail)
    audit.append(session, event)
    found = list(_about_place(session, kind, resource, caller, id_, mode))
    if mode is not Mode.DELETE:
        found += _about_content(session, kind, resource, adapter, caller, domains)
    return found or [_finding("information", "informational", SOUND)]


def _finding(severity: str, code: str, words: Words, expression: str | None = None) -> Finding:
    return Finding(severity=severity, code=code, words=words, expression=expression)


def _about_place(
    session: Session,
    kind: str,
    resource: Resource | None,
    caller: Caller,
    id_: str | None,
    mode: Mode,
) -> Iterator[Finding]:
    """Whether there is what is to be changed; for whom it is hidden, it is not there."""
    stated = (resource or {}).get("id")
    if id_ is not None and stated is not None and stated != id_:
        yield _finding("error", "invalid", OTHER_ID, f"{kind}.id")
    target = id_ or stated
    # Without an id it is created, or revised by its number.
    if (target is None and mode is not Mode.DELETE) or (mode is Mode.CREATE and id_ is None):
        return
    if not isinstance(target, str) or isinstance(read(session, kind, target, caller), Absent):
        yield _finding("error", "not-found", NOT_THERE, f"{kind}.id")


def _about_content(
    session: Session,
    kind: str,
    resource: Resource | None,
    adapter: SourceAdapter,
    caller: Caller,
    domains: Domains,
) -> Iterator[Finding]:
    if resource is None:
        yield _finding("error", "required", NOTHING_SENT)
        return
    if resource.get("resourceType") != kind:
        yield _finding("error", "structure", OTHER_TYPE, kind)
        return
    alone = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": resource}],
    }
    content = as_content(resource if kind == "Patient" else alone)
    known = _known(session, resource, adapter, domains)
    sent = SourceMessage(source=SOURCE, content=content, known=known)
    told = preview(session, draft(sent, adapter), caller)
    yield from (_refused(one, kind, resource) for one in told.rejections)
    yield from _remarks(told)
    if kind in ("Organization", "Location"):
        yield _finding("warning", "business-rule", ALONE, kind)


def _known(
    session: Session, resource: Resource, adapter: SourceAdapter, domains: Domains
) -> Mapping[str, Known]:
    """What is kept of the child that it is about, where that is the sender's own."""
    told = (resource.get(name) for name in ("subject", "patient"))
    addresses = [one.get("reference") for one in told if isinstance(one, dict)]
    for address in addresses:
        key = key_at(session, domains, address) if isinstance(address, str) else None
        record = own_record(session, adapter, key) if key else None
        if record is not None:
            return record.known()
    return {}


def _refused(one: Rejection, kind: str, resource: Resource) -> Finding:
    place = one.element or kind
    stem, _, element = place.partition(".")
    if one.problem is Problem.MISSING_VALUE and stem == kind and resource.get(element):
        # It refers to its child, who is not the sender's; or comes along, if it is only announced.
        told = resource[element]
        address = told.get("reference") if isinstance(told, dict) else None
        is_announced = isinstance(address, str) and address.startswith("urn:")
        severity = "warning" if is_announced else "error"
        return _finding(severity, "business-rule", NOT_OWN, place)
    words = (one.vietnamese, one.english)
    return _finding("error", CODES.get(one.problem, "value"), words, place)


def _remarks(told: Preview) -> Iterator[Finding]:
    for name in sorted(told.unknown_fields):
        yield _finding("warning", "not-supported", UNKNOWN, name)
    for name in sorted(told.left_out):
        words = (f"{LEFT_OUT[0]}: {name}.", f"{LEFT_OUT[1]}: {name}.")
        yield _finding("warning", "not-supported", words)
    if any(not one.keyed for one in told.records):
        yield _finding("warning", "business-rule", UNKEYED, "Patient.identifier")
