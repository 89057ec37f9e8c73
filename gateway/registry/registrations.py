"""Keeps requests for birth registrations: what was drafted and sent, and all that became of it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from gateway.errors import NotFoundError
from gateway.registry.outbound_tables import registration, step
from gateway.registry.registration_states import State, require
from gateway.registry.tables import among
from gateway.registry.versions import label_values
from linkage.records import Labels

_r, _s = registration.c, step.c
LOCK = 0x6472616674
""""draft" as a number: the advisory lock of whoever drafts or begins to send."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What an office said with a state."""

    told_at: str | None = None
    """FHIR dateTime, the office's own."""
    receipt: str | None = field(default=None, repr=False)
    personal_id: str | None = field(default=None, repr=False)
    entry: str | None = field(default=None, repr=False)
    """Key of the birth registration: the record id of `civil_status`."""
    registered_on: str | None = field(default=None, repr=False)
    reason_code: str | None = None
    reason: str | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One row of a request's history. `content` and `office` are those of a draft."""

    state: State
    at: datetime
    left: bool = False
    """The message may have left: from then on it is only sent again as it is."""
    office: str | None = None
    content: str | None = field(default=None, repr=False)
    told: Told = Told()


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """A request with its history, the oldest step first."""

    id: str
    identity_id: str
    """As it was when drafted; it may lead to another by now."""
    created: datetime
    labels: Labels
    steps: tuple[Step, ...] = ()

    @property
    def state(self) -> State | None:
        """None: not drafted yet."""
        return self.steps[-1].state if self.steps else None

    @property
    def left(self) -> bool:
        """Whether the message may have left."""
        return self.steps[-1].left

    @property
    def draft(self) -> Step:
        """The last draft: what is sent, or was."""
        return next(one for one in reversed(self.steps) if one.content is not None)

    @property
    def has_number(self) -> bool:
        """Whether the office told the child's number."""
        return any(one.told.personal_id for one in self.steps)


def lock(session: Session) -> None:
    """One at a time until the transaction ends: otherwise two could draft for one child."""
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))


def add(session: Session, one: Registration) -> None:
    """Store a new request, which has no step yet."""
    row = {"id": one.id, "identity_id": one.identity_id, "created": one.created}
    session.execute(insert(registration), [row | label_values(one.labels)])


def append(session: Session, one: Registration, new: Step) -> Registration:
    """Add a step to the history. Raises IllegalTransitionError."""
    require(one.state, new.state)
    row = {name: getattr(new, name) for name in Step.__slots__ if name != "told"}
    told = {name: getattr(new.told, name) for name in Told.__slots__}
    values = {"registration_id": one.id} | row | told | label_values(one.labels)
    session.execute(insert(step), [values])
    return replace(one, steps=(*one.steps, new))


def read(session: Session, ids: Iterable[str]) -> list[Registration]:
    """Requests by their ids, in the order in which they were made."""
    return _found(session, among(_r.id, ids))


def one(session: Session, id_: str) -> Registration:
    """A request by its id. Raises NotFoundError."""
    found = next(iter(read(session, [id_])), None)
    if found is None:
        raise NotFoundError
    return found


def of_identities(session: Session, identity_ids: Collection[str]) -> list[Registration]:
    """Requests that were drafted for any of these identities, in the order they were made."""
    return _found(session, among(_r.identity_id, identity_ids))


def with_number(session: Session, number: str) -> list[Registration]:
    """Requests that were answered with this number."""
    return read(
        session, session.scalars(select(_s.registration_id).where(_s.personal_id == number))
    )


def newest(session: Session, states: Collection[State], most: int) -> list[Registration]:
    """Requests in one of these states, the newest first."""
    latest = _latest().subquery()
    query = select(latest.c.registration_id).where(latest.c.state.in_(states))
    ids = session.scalars(query.order_by(latest.c.registration_id.desc()).limit(most)).all()
    return read(session, ids)[::-1]


def unfinished(session: Session, states: Collection[State]) -> list[str]:
    """Ids of requests in one of these states whose number has not come, the oldest first."""
    latest, told = _latest().subquery(), step.alias()
    query = select(latest.c.registration_id).where(
        latest.c.state.in_(states),
        ~exists().where(
            told.c.registration_id == latest.c.registration_id, told.c.personal_id.is_not(None)
        ),
    )
    return list(session.scalars(query.order_by(latest.c.registration_id)))


def counts(session: Session) -> dict[str, int]:
    """State → requests; every state stands there."""
    latest = _latest().subquery()
    query = select(latest.c.state, func.count()).group_by(latest.c.state)
    found = {row[0]: row[1] for row in session.execute(query)}
    return {state.value: found.get(state.value, 0) for state in State}


def _latest() -> Select[Any]:
    """The last step of each request."""
    query = select(_s.registration_id, _s.state).ext(distinct_on(_s.registration_id))
    return query.order_by(_s.registration_id, _s.number.desc())


def _found(session: Session, condition: ColumnElement[bool]) -> list[Registration]:
    heads = session.execute(select(registration).where(condition).order_by(_r.id)).all()
    query = select(step).where(among(_s.registration_id, [head.id for head in heads]))
    steps: dict[str, list[Step]] = {head.id: [] for head in heads}
    for row in session.execute(query.order_by(_s.number)).mappings():
        steps[row["registration_id"]].append(_step(row))
    return [
        Registration(
            id=head.id,
            identity_id=head.identity_id,
            created=head.created,
            labels=Labels(
                custodian=head.custodian,
                province=head.province,
                sensitivity=tuple(head.sensitivity),
            ),
            steps=tuple(steps[head.id]),
        )
        for head in heads
    ]


def _step(row: Mapping[Any, Any]) -> Step:
    values = {name: row[name] for name in Step.__slots__ if name not in ("told", "state")}
    told = Told(**{name: row[name] for name in Told.__slots__})
    return Step(state=State(row["state"]), told=told, **values)
