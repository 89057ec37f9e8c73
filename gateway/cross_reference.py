"""Use case: under which numbers a child is known elsewhere, asked by one of them (IHE ITI-83)."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy.orm import Session

from adapters.profile import SYSTEMS, IdentifierKind
from audit.event import Action, AuditEvent, Caller, DetailValue, Outcome, Seen, naming
from audit.log import append, append_many
from gateway.errors import GatewayError, NotFoundError
from gateway.nearness import near
from gateway.registry import numbers, resources, search
from gateway.registry.records import under
from gateway.showing import texts
from linkage import index
from linkage.store import IDENTITY_PREFIX

OURS = SYSTEMS[IdentifierKind.MOTEM]
RESOURCE = re.compile(r"Patient/([A-Za-z0-9\-.]{1,64})")
SOURCE = "fhir"
"""Whose record keys are numbers in the sender's own domain."""


class UnknownNumberError(NotFoundError):
    """sourceIdentifier Patient Identifier not found"""

    vietnamese = "Không có bệnh nhân nào mang số này, hoặc số đã bị xóa."
    expression = "Parameters.parameter.where(name='sourceIdentifier')"


class UnknownDomainError(GatewayError):
    """sourceIdentifier Assigning Authority not found"""

    status = 400
    code = "code-invalid"
    vietnamese = "Không có hệ thống định danh này."
    expression = "Parameters.parameter.where(name='sourceIdentifier')"


class UnknownTargetError(GatewayError):
    """targetSystem not found"""

    status = 403
    code = "code-invalid"
    vietnamese = "Không có hệ thống định danh được hỏi đến."
    expression = "Parameters.parameter.where(name='targetSystem')"


class SeveralBearersError(GatewayError):
    """Several children bear this number, and none of them as its own: nobody is named."""

    status = 409
    code = "multiple-matches"
    vietnamese = "Nhiều trẻ cùng mang số này mà không rõ là số của trẻ nào, nên không nêu trẻ nào."
    expression = "Parameters.parameter.where(name='sourceIdentifier')"


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """An identifier: a system and a value; or (`system` is our base or empty) `Patient/<id>`."""

    system: str
    value: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossReference:
    """Identifiers of FHIR, each once, and ids of the Patients that have them."""

    identifiers: tuple[Mapping[str, Any], ...] = field(repr=False)
    patients: tuple[str, ...]


def cross_reference(
    session: Session,
    asked: Number,
    targets: Sequence[str],
    domains: Collection[str],
    base: str,
    caller: Caller,
) -> CrossReference | None:
    """The other numbers of a child; None where nobody bears the one that is asked for.

    A number that was taken back, or that another one replaced, is nobody's; and so are those of
    records that are no longer active. `domains`: identifier systems that the site's file names;
    those of the profile are known too, and those that any record uses. `base`: our own address.
    Raises UnknownDomainError, UnknownTargetError, SeveralBearersError.
    """
    by_resource = asked.system in ("", base) and RESOURCE.fullmatch(asked.value)
    known = {*SYSTEMS.values(), *domains}
    if not by_resource and not _is_known(session, asked.system, known):
        raise UnknownDomainError
    if not all(_is_known(session, target, known) for target in targets):
        raise UnknownTargetError
    own = by_resource.group(1) if by_resource else None
    identity = _identity_of(session, own) if own else _bearer(session, asked)
    shown = _visible(session, identity, caller) if identity else {}
    detail: dict[str, DetailValue] = {
        "what": "numbers",
        **near(search.veil_of(session), [(asked.system, asked.value)]),
    }
    if not identity or not _is_theirs(asked, own, identity, shown):
        event = AuditEvent(
            action=Action.IDENTITY_READ, caller=caller, outcome=Outcome.FAILURE, detail=detail
        )
        append(session, event)
        return None
    seen = [Seen(record=id_, identity=identity) for id_ in shown]
    append_many(session, naming(Action.IDENTITY_READ, caller, seen, detail))
    return _answer(asked, own, identity, shown, targets)


def _is_known(session: Session, system: str, known: Collection[str]) -> bool:
    return system in known or (bool(system) and numbers.is_used(session, system))


def _identity_of(session: Session, id_: str) -> str | None:
    """Of the Patient of a record, or of a golden one that stands."""
    if id_.startswith(IDENTITY_PREFIX):
        return id_ if index.by_identity(session, id_) else None
    held = index.by_name(session, id_)
    return held.identity_id if held and held.record_id == id_ else None


def _bearer(session: Session, asked: Number) -> str | None:
    """Who has it as the key of a record comes before all who only mention it."""
    if asked.system == OURS:
        return _identity_of(session, asked.value)
    key = f"{asked.system}|{asked.value}"
    own = [one.id for one in under(session, SOURCE, [key]).get(key, ())]
    found = own or numbers.bearers(session, asked.system, asked.value)
    identities = {held.identity_id for held in index.by_records(session, found)}
    if len(identities) > 1:
        raise SeveralBearersError
    return next(iter(identities), None)


def _visible(session: Session, identity: str, caller: Caller) -> dict[str, Any]:
    """Record id → its Patient as the caller may see it; those that are not active are left out."""
    members = [held.record_id for held in index.by_identity(session, identity)]
    kept = resources.patients(session, members)
    bodies = texts(session, caller, list(kept.values()))
    patients = {
        id_: orjson.loads(body) for id_, body in zip(kept, bodies, strict=True) if body is not None
    }
    return {id_: one for id_, one in sorted(patients.items()) if one.get("active") is not False}


def _is_theirs(asked: Number, own: str | None, identity: str, shown: Mapping[str, Any]) -> bool:
    """Whether what was asked for is still a number, or a Patient, that the caller may know of."""
    if own is not None or asked.system == OURS:
        return bool(shown) and (own or asked.value) in {identity, *shown}
    told = (asked.system, asked.value)
    return any(told in map(_name, _current(one)) for one in shown.values())


def _answer(
    asked: Number,
    own: str | None,
    identity: str,
    shown: Mapping[str, Any],
    targets: Sequence[str],
) -> CrossReference:
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    patients: list[str] = []
    for id_, patient in shown.items():
        wanted = {_name(one): one for one in _current(patient) if _is_wanted(one, targets)}
        found |= {name: one for name, one in wanted.items() if name not in found}
        patients += [id_] if wanted or not targets else []
    motem = {"system": OURS, "value": identity}
    if _is_wanted(motem, targets):
        found[_name(motem)] = motem
    golden = [identity] if found else []
    found.pop((asked.system, asked.value), None)
    return CrossReference(
        identifiers=tuple(found.values()),
        patients=tuple(id_ for id_ in [*golden, *patients] if id_ != own),
    )


def _current(patient: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """System, value and giver of each identifier that is not an old one."""
    for one in patient.get("identifier", ()):
        if "system" in one and "value" in one and one.get("use") != "old":
            yield {name: one[name] for name in ("system", "value", "assigner") if name in one}


def _is_wanted(number: Mapping[str, Any], targets: Collection[str]) -> bool:
    return not targets or number["system"] in targets


def _name(number: Mapping[str, Any]) -> tuple[str, str]:
    return number.get("system", ""), number.get("value", "")
