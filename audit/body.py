"""An event as the canonical text that is signed, and back."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from audit.canonical import canonical
from audit.event import Action, AuditEvent, Caller, Outcome, Seen

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
OPTIONAL = ("message", "record", "identity", "policy", "unit")


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970 in UTC: exact, and without a zone to argue about."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(count: int) -> datetime:
    """The moment of so many microseconds since 1970, in UTC."""
    return EPOCH + count * MICROSECOND


def body_of(event: AuditEvent) -> str:
    """Canonical JSON (RFC 8785) of an event; what it does not tell is absent.

    Raises ValueError for text that is not Unicode.
    """
    body: dict[str, Any] = {
        "id": event.id,
        "action": event.action.value,
        "occurred": microseconds(event.occurred),
        "outcome": event.outcome.value,
        "detail": event.detail,
        **_told(asdict(event.caller)),
        **_told({name: getattr(event, name) for name in OPTIONAL}),
    }
    if event.seen:
        body["seen"] = [_told(asdict(one)) for one in event.seen]
    if event.withheld:
        body["withheld"] = event.withheld
    return canonical(body)


def _told(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def event_of(body: str) -> AuditEvent:
    """The event of a body. Raises ValueError or KeyError where it is none of ours."""
    told = json.loads(body)
    return AuditEvent(
        id=told["id"],
        action=Action(told["action"]),
        occurred=moment_of(told["occurred"]),
        outcome=Outcome(told["outcome"]),
        caller=Caller(
            who=told["who"],
            system=told["system"],
            purpose=told["purpose"],
            request=told.get("request"),
        ),
        detail=told["detail"],
        seen=tuple(Seen(**one) for one in told.get("seen", ())),
        withheld=tuple(told.get("withheld", ())),
        **{name: told.get(name) for name in OPTIONAL},
    )


OUTLINE = ("id", "action", "occurred", "outcome", "purpose", "system", "who")


def outline(body: str) -> str:
    """Who did what kind of thing when, and how it ended: nothing of a child, nor of its records."""
    told = json.loads(body)
    return canonical({name: told[name] for name in OUTLINE if name in told})
