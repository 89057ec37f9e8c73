"""One entry on its way to a receiver: its id, its event in the log, its sending, and the next attempt."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import SystemRandom

import orjson
from sqlalchemy import Engine
from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller, DetailValue, Seen, naming
from gateway.database import transaction
from gateway.registry import receivers
from gateway.registry.changes import KeptChange
from gateway.registry.receivers import Receiver, State
from gateway.subscription_form import headers_of
from gateway.webhook import Reply, Send

Clock = Callable[[], datetime]
AT_ONCE = 20
"""Entries that are taken for one receiver at a time: all of them are in the log before the first."""
PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""Before the next attempt, as Standard Webhooks propose: three days in all."""
JITTER = 0.2
"""Share of a pause by which it is longer or shorter: receivers that were away come back at once."""
ONCE_MORE: Mapping[str, str] = {"X-Motem-Replay": "true"}
"""With what is told once more because somebody asked for it."""


def message_id(entry: KeptChange) -> str:
    """The same each time that the entry is sent, so that a receiver can pass over what it has."""
    return f"msg_{entry.place.leaf}_{entry.place.number}"


def sent(
    send: Send,
    one: Receiver,
    id_: str,
    told: Mapping[str, object],
    beside: Mapping[str, str] | None = None,
) -> Reply:
    """A subscription without payload is sent a POST without a body, as FHIR R4 has it."""
    is_bare = one.terms is not None and one.terms.payload is None
    further = (headers_of(one.terms) if one.terms else {}) | dict(beside or {})
    return send(one.url, one.secret, id_, b"" if is_bare else orjson.dumps(told), further)


def log_sending(
    session: Session,
    caller: Caller,
    one: Receiver,
    entries: Sequence[KeptChange],
    **further: DetailValue,
) -> None:
    """The log knows before the receiver does."""
    seen = sorted({(entry.identity, id_) for entry in entries for id_ in entry.records})
    if seen:
        told = (Seen(identity=identity, record=id_) for identity, id_ in seen)
        detail: dict[str, DetailValue] = {"receiver": one.id, "entries": len(entries), **further}
        audit.append_many(session, naming(Action.CHANGES_SEND, caller, told, detail))


def log(session: Session, caller: Caller, detail: Mapping[str, DetailValue]) -> None:
    """That a receiver is other than before."""
    audit.append(session, AuditEvent(action=Action.RECEIVER_CHANGE, caller=caller, detail=detail))


def pause(failures: int) -> timedelta | None:
    """After so many in a row and one more; None: that was enough."""
    if failures >= len(PAUSES):
        return None
    return PAUSES[failures] * SystemRandom().uniform(1 - JITTER, 1 + JITTER)


def end(engine: Engine, caller: Caller, one: Receiver, why: str) -> None:
    """It is told nothing more."""
    with transaction(engine) as session:
        if receivers.put(session, one, state=State.GONE, error=why):
            log(session, caller, {"what": why, "receiver": one.id})
