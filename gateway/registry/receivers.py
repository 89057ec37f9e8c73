"""Keeps who is told of changes, how far each was told, and what could not be brought."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Update, case, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.orm import Session
from ulid import ULID

from gateway.registry.change_tables import receiver as table
from gateway.registry.change_tables import undelivered
from gateway.registry.changes import Place
from gateway.registry.versions import SHARED_BY_ALL, label_values

SAME = (
    *("id", "name", "url", "secret", "due", "lease", "failures"),
    *("client", "purpose", "verified", "error", "version", "changed"),
)
"""Columns that a receiver has as they are kept."""


class State(StrEnum):
    """Whether a receiver is told of changes."""

    ACTIVE = "active"
    STOPPED = "stopped"
    GONE = "gone"
    """It answered that it wants no more (410); of a subscription also: it ended, or its client may no
    longer be told."""
    DELETED = "deleted"
    """Its client took the subscription back."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What a client subscribed to. `criteria`: a search as FHIR has it; `payload`: a MIME type, none
    for notifications without a body; `headers`: `Name: value`, as it sent them; `end`: ISO 8601."""

    criteria: str
    reason: str = field(repr=False)
    payload: str | None = None
    headers: tuple[str, ...] = field(default=(), repr=False)
    end: str | None = None

    @property
    def is_over(self) -> datetime | None:
        """When it ends."""
        return datetime.fromisoformat(self.end) if self.end else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Again:
    """What is told once more, beside what is new: the place up to which it was, as `told` has it."""

    place: Place
    failures: int
    due: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Receiver:
    """Who is told. `told`: the place up to which; `failures` in a row of the entry after it.

    With `terms` it is a subscription of `client` (None where nobody had to say who it is), which is
    told nothing before it is `verified`. `error`: why the last attempt failed.
    """

    id: str
    name: str
    url: str
    secret: str = field(repr=False)
    state: State
    told: Place
    due: datetime
    lease: int
    failures: int
    undelivered: int = 0
    client: str | None = None
    purpose: str | None = None
    terms: Terms | None = None
    verified: bool = True
    error: str | None = None
    version: int = 1
    changed: datetime | None = None
    again: Again | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Undelivered:
    """An entry that was given up; it can be polled for ever."""

    receiver: str
    place: Place
    why: str
    given_up: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """Whose subscription it is, and what it subscribed to."""

    client: str | None
    purpose: str
    terms: Terms


def add(
    session: Session,
    name: str,
    url: str,
    secret: str,
    told: Place,
    now: datetime,
    owner: Owner | None = None,
    state: State = State.ACTIVE,
) -> str:
    """Its id."""
    id_ = str(ULID()).lower()
    row = {
        "id": id_,
        "name": name,
        "url": url,
        "secret": secret,
        "state": state,
        "leaf": told.leaf,
        "number": told.number,
        "due": now,
        "lease": 0,
        "failures": 0,
        "created": now,
    }
    if owner is not None:
        row |= asdict(owner) | {"verified": False, "changed": now}
    session.execute(insert(table).values(row | label_values(SHARED_BY_ALL)))
    return id_


def all_of(session: Session) -> list[Receiver]:
    given_up = (
        select(func.count())
        .where(undelivered.c.receiver_id == table.c.id)
        .scalar_subquery()
        .label("given_up")
    )
    found = session.execute(select(table, given_up).order_by(table.c.created, table.c.id))
    return [_receiver(row, row.given_up) for row in found]


def _receiver(row: object, given_up: int = 0) -> Receiver:
    c = row._mapping  # type: ignore[attr-defined]
    return Receiver(
        **{name: c[name] for name in SAME},
        state=State(c["state"]),
        told=Place(leaf=c["leaf"], number=c["number"]),
        undelivered=given_up,
        terms=_terms(c["terms"]),
        again=_again(c),
    )


def _again(c: Mapping[str, Any]) -> Again | None:
    if c["again_leaf"] is None:
        return None
    place = Place(leaf=c["again_leaf"], number=c["again_number"])
    return Again(place=place, failures=c["again_failures"], due=c["again_due"])


def _terms(kept: Mapping[str, Any] | None) -> Terms | None:
    return Terms(**{**kept, "headers": tuple(kept["headers"])}) if kept is not None else None


def lock(session: Session, client: str | None) -> None:
    """Until the end nobody else adds one for this client: how many there are can be counted."""
    name = func.hashtextextended(f"subscription {client or ''}", 0)
    session.execute(select(func.pg_advisory_xact_lock(name)))


def subscriptions(session: Session, client: str | None) -> list[Receiver]:
    """Those of a client that it did not take back, the oldest first."""
    c = table.c
    own = (c.terms.is_not(None), c.client.is_not_distinct_from(client), c.state != State.DELETED)
    found = session.execute(select(table).where(*own).order_by(c.created, c.id))
    return [_receiver(row) for row in found]


def subscription(session: Session, client: str | None, id_: str) -> Receiver | None:
    """One of a client, also one that it took back; nobody else changes it until the end."""
    return _subscription(session, id_, table.c.client.is_not_distinct_from(client))


def subscription_of_any(session: Session, id_: str) -> Receiver | None:
    """The same, whosever it is: for those who run the service."""
    return _subscription(session, id_)


def _subscription(session: Session, id_: str, *whose: ColumnElement[bool]) -> Receiver | None:
    query = select(table).where(table.c.id == id_, table.c.terms.is_not(None), *whose)
    row = session.execute(query.with_for_update()).one_or_none()
    return _receiver(row) if row else None


def revise(session: Session, one: Receiver, now: datetime, **values: object) -> None:
    """Change a subscription; what is under way counts no longer."""
    c = table.c
    again = c.again_leaf.is_not(None)
    further = {
        "lease": c.lease + 1,
        "version": c.version + 1,
        "changed": now,
        "failures": 0,
        "again_failures": case((again, 0)),
        "again_due": case((again, now)),
    }
    session.execute(update(table).where(c.id == one.id).values(**values | further))


def take_due(session: Session, now: datetime, until: datetime) -> Receiver | None:
    """One that is due and that nobody else has taken; it is the taker's until a moment."""
    c = table.c
    query = (
        select(table)
        .where(c.state == State.ACTIVE, c.due <= now)
        .order_by(c.due)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    taken = {"due": until, "lease": row.lease + 1}
    found = session.execute(update(table).where(c.id == row.id).values(taken).returning(table))
    return _receiver(found.one())


def put(session: Session, one: Receiver, **values: object) -> bool:
    """Change it, unless somebody else has taken it since; whether that was done."""
    c = table.c
    own = update(table).where(c.id == one.id, c.lease == one.lease, c.state == State.ACTIVE)
    return session.execute(own.values(values).returning(c.id)).one_or_none() is not None


def put_again(session: Session, one: Receiver, again: Again | None, error: str | None) -> bool:
    """As `put`, and only where nobody has asked for another beginning since."""
    c, was = table.c, one.again
    assert was is not None, "it is told once more"
    own = (
        *(c.id == one.id, c.lease == one.lease, c.state == State.ACTIVE),
        *(c.again_leaf == was.place.leaf, c.again_number == was.place.number),
    )
    change = update(table).where(*own).values(_columns(again) | {"error": error})
    return session.execute(change.returning(c.id)).one_or_none() is not None


def tell_again(session: Session, id_: str, again: Again) -> None:
    """Once more from a place on, at the next turn; what is under way goes on."""
    session.execute(update(table).where(table.c.id == id_).values(_columns(again)))


def _columns(again: Again | None) -> dict[str, Any]:
    return {
        "again_leaf": again.place.leaf if again else None,
        "again_number": again.place.number if again else None,
        "again_failures": again.failures if again else None,
        "again_due": again.due if again else None,
    }


def begin_again(session: Session, id_: str, told: Place, now: datetime) -> bool:
    """From a place on, whatever state it was in; whether there is such a receiver."""
    c = table.c
    values = {
        "state": State.ACTIVE,
        "leaf": told.leaf,
        "number": told.number,
        "due": now,
        "failures": 0,
        "error": None,
        "lease": c.lease + 1,  # What is under way counts no longer.
    }
    found = session.execute(_standing(id_).values(values).returning(c.id))
    return found.one_or_none() is not None


def _standing(id_: str) -> Update:
    """A change of one that was not taken back."""
    return update(table).where(table.c.id == id_, table.c.state != State.DELETED)


def stop(session: Session, id_: str) -> bool:
    """Whether there is such a receiver."""
    values = {"state": State.STOPPED, "lease": table.c.lease + 1}
    change = _standing(id_).values(values).returning(table.c.id)
    return session.execute(change).one_or_none() is not None


def give_up(session: Session, one: Receiver, place: Place, why: str, now: datetime) -> None:
    row = {
        "receiver_id": one.id,
        "leaf": place.leaf,
        "number": place.number,
        "why": why,
        "given_up": now,
    }
    # What is told once more may be given up once more.
    kept = insert_once(undelivered).values(row | label_values(SHARED_BY_ALL))
    session.execute(kept.on_conflict_do_nothing())


def given_up(session: Session) -> Sequence[Undelivered]:
    """The newest first."""
    c = undelivered.c
    return [
        Undelivered(
            receiver=row.receiver_id,
            place=Place(leaf=row.leaf, number=row.number),
            why=row.why,
            given_up=row.given_up,
        )
        for row in session.execute(select(undelivered).order_by(c.given_up.desc(), c.leaf))
    ]
