"""Search parameters of AuditEvent, read as FHIR R4 has them: dates with prefixes, tokens, cursors."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from audit.balp import OUTCOMES
from audit.balp_codes import KINDS
from audit.event import Action, Outcome
from gateway.auditing import After, Wanted
from gateway.fhir import moments
from gateway.fhir.errors import WrongParameterError
from gateway.fhir_log import Place

MOST, USUAL = 500, 50
CURSOR = re.compile(r"(?:(\d{1,17})\.([0-9A-Za-z]{1,26}))?\.(\d{1,6})")
SYSTEM, ACCOUNT, MESSAGE = "urn:motem:system", "urn:motem:account", "urn:motem:message"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a search wants, from where on, and how many at a time."""

    wanted: Wanted = field(default_factory=Wanted)
    child: str | None = None
    begin: Place = field(default_factory=Place)
    count: int = USUAL


def asked_of(parameters: Sequence[tuple[str, str]]) -> Asked:
    """All parameters must hold; values with commas are alternatives. Raises WrongParameterError.

    An unknown parameter is an error: to leave it out would show more than was asked for.
    """
    asked = Asked()
    for name, value in parameters:
        reading = READERS.get(name)
        if reading is None or "\0" in value:
            raise WrongParameterError
        try:
            asked = reading(asked, value)
        except (ValueError, OverflowError) as error:
            raise WrongParameterError from error
    return asked


def cursor_of(place: Place) -> str:
    """A place as the text in a `next` link."""
    after = f"{place.after.occurred}.{place.after.id}" if place.after else ""
    return base64.urlsafe_b64encode(f"{after}.{place.skipped}".encode()).decode().rstrip("=")


def period(value: str) -> tuple[datetime | None, datetime | None]:
    """First moment and end of what a date with its prefix allows. Raises ValueError."""
    asked = moments.wanted(value, UTC)
    match asked.prefix:
        case "eq":
            return asked.low, asked.high
        case "ge":
            return asked.low, None
        case "gt" | "sa":
            return asked.high, None
        case "le":
            return None, asked.high
        case "lt" | "eb":
            return None, asked.low
        case _:
            raise ValueError("no prefix for a moment")


def _date(asked: Asked, value: str) -> Asked:
    begin, end = period(value)
    wanted = asked.wanted
    since = max((one for one in (wanted.since, begin) if one), default=None)
    until = min((one for one in (wanted.until, end) if one), default=None)
    return replace(asked, wanted=replace(wanted, since=since, until=until))


def _patient(asked: Asked, value: str) -> Asked:
    id_ = value.removeprefix("Patient/")
    if asked.child not in (None, id_):
        raise ValueError("one child at a time")
    return replace(asked, child=id_)


def _entity(asked: Asked, value: str) -> Asked:
    system, _, code = value.rpartition("|")
    if system == MESSAGE:
        return replace(asked, wanted=replace(asked.wanted, message=code))
    return _patient(asked, value)


def _agent(asked: Asked, value: str) -> Asked:
    system, _, code = value.rpartition("|")
    if system not in ("", ACCOUNT, SYSTEM):
        raise ValueError("no system of agents")
    wanted = asked.wanted
    is_system = system == SYSTEM
    wanted = replace(wanted, system=code) if is_system else replace(wanted, who=code)
    return replace(asked, wanted=wanted)


def _purpose(asked: Asked, value: str) -> Asked:
    return replace(asked, wanted=replace(asked.wanted, purpose=value.rpartition("|")[2]))


def _subtype(asked: Asked, value: str) -> Asked:
    codes = {one.rpartition("|")[2] for one in value.split(",")}
    found = {
        action
        for action in Action
        if action.value in codes or any(one.code in codes for one in KINDS[action].value.subtypes)
    }
    kept = found & set(asked.wanted.actions) if asked.wanted.actions else found
    return _narrowed(asked, replace(asked.wanted, actions=tuple(sorted(kept))), any_=bool(kept))


def _outcome(asked: Asked, value: str) -> Asked:
    codes = {one.rpartition("|")[2] for one in value.split(",")}
    kept = tuple(outcome for outcome in Outcome if OUTCOMES[outcome][0] in codes)
    return _narrowed(asked, replace(asked.wanted, outcomes=kept), any_=bool(kept))


def _narrowed(asked: Asked, wanted: Wanted, *, any_: bool) -> Asked:
    """Where no event can say it, nothing is found."""
    return replace(asked, wanted=wanted if any_ else replace(wanted, events=()))


def _count(asked: Asked, value: str) -> Asked:
    return replace(asked, count=max(1, min(int(value), MOST)))


def _cursor(asked: Asked, value: str) -> Asked:
    try:
        text = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode("ascii")
    except (binascii.Error, UnicodeError) as error:
        raise ValueError("no cursor") from error
    found = CURSOR.fullmatch(text)
    if found is None:
        raise ValueError("no cursor")
    after = After(occurred=int(found[1]), id=found[2]) if found[1] else None
    return replace(asked, begin=Place(after=after, skipped=int(found[3])))


def _ignored(asked: Asked, _value: str) -> Asked:
    return asked


READERS: Mapping[str, Callable[[Asked, str], Asked]] = {
    "patient": _patient,
    "agent": _agent,
    "date": _date,
    "subtype": _subtype,
    "outcome": _outcome,
    "purpose": _purpose,
    "entity": _entity,
    "_count": _count,
    "_cursor": _cursor,
    "_format": _ignored,
}
SEARCHABLE: Mapping[str, tuple[str, str]] = {
    "patient": ("reference", "The child, through merges and splits, by any of its ids."),
    "agent": ("token", f"The account; {SYSTEM}|… for the system."),
    "date": ("date", "With the prefixes eq, ge, gt, le, lt, sa and eb."),
    "subtype": ("token", "A code of restful-interaction or DICOM, or an action of the log."),
    "outcome": ("token", "0, 4 or 8."),
    "purpose": ("token", "A code of v3-ActReason."),
    "entity": ("reference", f"A child, or {MESSAGE}|… for a message."),
}
"""For the CapabilityStatement: type and words of each search parameter."""
