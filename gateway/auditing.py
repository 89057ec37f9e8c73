"""Use cases of an auditor: questions to the access log, each of which is in that log itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

import audit
from audit import queries
from audit.event import Action, AuditEvent, Caller, DetailValue, Outcome
from audit.queries import After, Logged, Wanted
from audit.who_saw import Because, Look, Sight
from audit.who_saw import who_saw as looks_at
from gateway.lookup import OWN_ID

__all__ = [
    "After",
    "Because",
    "Logged",
    "Look",
    "Page",
    "Report",
    "Sight",
    "Wanted",
    "found_of_child",
    "last_checkpoint",
    "one",
    "report",
    "search",
    "search_all",
    "who_saw",
    "words_asked",
]
COUNTED = ("action", "outcome", "purpose", "who", "system")
"""By what a report counts."""
UNHEARD = "?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Events, the newest first; `after` leads on where there are more."""

    events: Sequence[Logged]
    after: After | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """How many events of a period say what; by column, then by value."""

    since: datetime
    until: datetime
    counts: Mapping[str, Mapping[str, int]]


def who_saw(session: Session, id_: str, caller: Caller, question: str = "who-saw") -> Sight | None:
    """Who saw the child that a record or identity is today. None where the log knows none."""
    sight = looks_at(session, id_) if OWN_ID.fullmatch(id_) else None
    event = AuditEvent(
        action=Action.AUDIT_READ,
        caller=caller,
        identity=sight.child if sight else None,
        outcome=Outcome.SUCCESS if sight else Outcome.FAILURE,
        detail={"question": question, "events": len(sight.looks) if sight else 0},
    )
    audit.append(session, event)
    return sight


def search(
    session: Session,
    wanted: Wanted,
    caller: Caller,
    *,
    about: str | None = None,
    after: After | None = None,
    most: int = 100,
) -> Page:
    """One page of events. `about`: the child whose events the caller asks for, for the log."""
    found = queries.search(session, wanted, after=after, most=most)
    audit.append(session, _asked(session, wanted, about, caller, len(found)))
    full = len(found) == min(most, queries.MOST)
    return Page(events=found, after=queries.end_of(found) if full else None)


def search_all(
    session: Session, wanted: Wanted, caller: Caller, *, child: str | None = None
) -> list[Logged]:
    """Every event; with `child`, only those about the child that this record or identity is.

    For a child that the log does not know there is nothing.
    """
    found = list(queries.every(session, _about(session, wanted, child)))
    audit.append(session, _asked(session, wanted, child, caller, len(found)))
    return found


def one(session: Session, event_id: str, caller: Caller) -> Logged | None:
    """One event by its id. None where there is none, or where it was erased."""
    found = next(iter(queries.search(session, Wanted(events=(event_id,)))), None)
    event = AuditEvent(
        action=Action.AUDIT_READ,
        caller=caller,
        record=found.event.record if found else None,
        identity=found.event.identity if found else None,
        outcome=Outcome.SUCCESS if found else Outcome.FAILURE,
        detail={"question": "event"} | ({"event": event_id} if found else {}),
    )
    audit.append(session, event)
    return found


def report(session: Session, since: datetime, until: datetime, caller: Caller) -> Report:
    """Counts of a period: `since` is included, `until` is not."""
    wanted = Wanted(since=since, until=until)
    audit.append(session, _asked(session, wanted, None, caller, None, "report"))
    return Report(
        since=since,
        until=until,
        counts={name: queries.counted(session, name, since, until) for name in COUNTED},
    )


def last_checkpoint(session: Session) -> str | None:
    """The newest signed note of the log, which goes with every answer that is kept."""
    return queries.last_checkpoint(session)


def found_of_child(session: Session, id_: str) -> Sight | None:
    """Part of another question, which is in the log itself."""
    return looks_at(session, id_) if OWN_ID.fullmatch(id_) else None


def _about(session: Session, wanted: Wanted, child: str | None) -> Wanted:
    if child is None:
        return wanted
    sight = found_of_child(session, child)
    return replace(wanted, events=tuple(look.event.id for look in sight.looks) if sight else ())


def _asked(
    session: Session,
    wanted: Wanted,
    child: str | None,
    caller: Caller,
    found: int | None,
    question: str = "search",
) -> AuditEvent:
    """What was asked: ids of ours in their places, and nothing that may be anybody's number."""
    detail: dict[str, DetailValue] = {
        "question": question,
        **words_asked(session, wanted),
        **dict(_told(wanted)),
    }
    if found is not None:
        detail["events"] = found
    return AuditEvent(
        action=Action.AUDIT_READ,
        caller=caller,
        record=_own(wanted.record),
        identity=_own(child) or _own(wanted.identity),
        message=wanted.message
        if wanted.message and OWN_ID.fullmatch(wanted.message.lower())
        else None,
        detail=detail,
    )


def _own(id_: str | None) -> str | None:
    return id_ if id_ is not None and OWN_ID.fullmatch(id_) else None


def words_asked(session: Session, wanted: Wanted) -> dict[str, DetailValue]:
    """Account, system and purpose that were asked for; `?` for what the log never heard of.

    Somebody may have typed a child's number there, and what is in the log stays there.
    """
    asked = {name: getattr(wanted, name) for name in ("who", "system", "purpose")}
    return {
        name: value if queries.is_known(session, name, value) else UNHEARD
        for name, value in asked.items()
        if value is not None
    }


def _told(wanted: Wanted) -> Iterator[tuple[str, DetailValue]]:
    for name in ("since", "until"):
        moment = getattr(wanted, name)
        if moment is not None:
            yield name, moment.isoformat()
    if wanted.actions:
        yield "actions", " ".join(sorted(wanted.actions))
    if wanted.outcomes:
        yield "outcomes", " ".join(sorted(wanted.outcomes))
