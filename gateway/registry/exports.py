"""Keeps bulk exports: what was asked for, how far it was listed, and the ids in each file."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    union,
    update,
)
from sqlalchemy.orm import Session
from ulid import ULID

from audit.tables import audit_event, leaf
from gateway.fhir.parameters import META
from gateway.registry.changes import Kind
from gateway.registry.export_tables import export as table
from gateway.registry.export_tables import export_file as files
from gateway.registry.groups import Group
from gateway.registry.tables import resource, search
from gateway.registry.versions import SHARED_BY_ALL, label_values

Pairs: TypeAlias = Sequence[tuple[str, str]]
LATE = timedelta(days=1)
"""Longer than any transaction is open: what is signed after a moment was not written a day before
it. Only a coarse sieve, so that an index can be used; the place in the log decides."""
MOVED = text(
    "SELECT DISTINCT records.id FROM registry_change c, jsonb_each(c.after) AS child,"
    " jsonb_array_elements_text(child.value) AS records (id)"
    f" WHERE c.kind = '{Kind.IDENTITY}' AND c.occurred >= :late"
)
"""Records whose child is another one since: who sees only its own children may see them newly."""


class State(StrEnum):
    """How far an export has come."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One list of a type: the criteria of a search, as they may be repeated."""

    kind: str
    criteria: Pairs = field(default=(), repr=False)
    group: Group | None = None
    """Of whose children, where not of all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Owner:
    """On whose behalf. `client`: None where nobody had to say who it is."""

    client: str | None
    who: str
    system: str
    purpose: str
    policy: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """What was asked for: `begun` is the transactionTime, `leaf` the place in the log that `since`
    means. `step`, `after`: up to where it was listed. `found`: resources so far."""

    id: str
    owner: Owner
    request: str = field(repr=False)
    steps: Sequence[Step]
    elements: Sequence[str]
    since: datetime | None
    leaf: int
    begun: datetime
    state: State
    step: int
    after: str
    found: int
    attempts: int
    why: str | None
    polled: datetime | None
    expires: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """One file of an export: which resources stand in it."""

    number: int
    kind: str
    ids: Sequence[str] = ()


def add(
    session: Session,
    owner: Owner,
    *,
    request: str,
    steps: Sequence[Step],
    elements: Sequence[str],
    since: datetime | None,
    begun: datetime,
    expires: datetime,
) -> str:
    """Its id."""
    id_ = str(ULID()).lower()
    row = {
        "id": id_,
        "client": owner.client,
        "who": owner.who,
        "system": owner.system,
        "purpose": owner.purpose,
        "policy": owner.policy,
        "request": request,
        "steps": [_kept(one) for one in steps],
        "elements": list(elements),
        "since": since,
        "leaf": place_of(session, since) if since else 0,
        "begun": begun,
        "state": State.RUNNING,
        "step": 0,
        "after": "",
        "found": 0,
        "attempts": 0,
        "due": begun,
        "expires": expires,
    }
    session.execute(insert(table).values(row | label_values(SHARED_BY_ALL)))
    return id_


def place_of(session: Session, moment: datetime) -> int:
    """The first place in the log whose event is not from before a moment.

    An export begins once its own event, whose time is its transactionTime, is signed: so it has seen
    all that was signed before this place, and the next one lists all that was signed from here on,
    however long ago that says it was written.
    """
    query = select(func.min(leaf.c.seq)).join(audit_event, audit_event.c.id == leaf.c.event_id)
    found = session.scalar(query.where(audit_event.c.occurred >= int(moment.timestamp() * 1e6)))
    last = session.scalar(select(func.max(leaf.c.seq))) or 0
    return last + 1 if found is None else found


def find(session: Session, id_: str) -> Export | None:
    row = session.execute(select(table).where(table.c.id == id_)).one_or_none()
    return _export(row._mapping) if row else None


def _export(row: Mapping[Any, Any]) -> Export:
    same = ("id", "request", "elements", "since", "leaf", "begun", "step", "after", "found")
    further = ("attempts", "why", "polled", "expires")
    owner = ("client", "who", "system", "purpose", "policy")
    return Export(
        **{name: row[name] for name in (*same, *further)},
        owner=Owner(**{name: row[name] for name in owner}),
        steps=tuple(_step(*one) for one in row["steps"]),
        state=State(row["state"]),
    )


def _kept(one: Step) -> list[Any]:
    group = [one.group.kind, one.group.value] if one.group else []
    return [one.kind, [list(pair) for pair in one.criteria], *group]


def _step(kind: str, criteria: Pairs, *group: str) -> Step:
    return Step(
        kind=kind,
        criteria=tuple((name, value) for name, value in criteria),
        group=Group(kind=group[0], value=group[1]) if group else None,
    )


def lock(session: Session, client: str | None) -> None:
    """Until the end nobody else begins one for this client: how many there are can be counted."""
    name = func.hashtextextended(f"export {client or ''}", 0)
    session.execute(select(func.pg_advisory_xact_lock(name)))


def running(session: Session, client: str | None) -> int:
    """How many exports of a client are not at their end."""
    query = select(func.count()).select_from(table).where(table.c.state == State.RUNNING)
    return session.scalar(query.where(table.c.client.is_not_distinct_from(client))) or 0


def take_due(session: Session, now: datetime, until: datetime) -> Export | None:
    """One that is due, whose beginning is signed, and that nobody lists; the taker's until a moment."""
    c = table.c
    query = (
        select(c.id)
        .join(leaf, leaf.c.event_id == c.event)
        .where(c.state == State.RUNNING, c.due <= now)
        .order_by(c.due)
        .limit(1)
        .with_for_update(skip_locked=True, of=table)
    )
    id_ = session.scalar(query)
    if id_ is None:
        return None
    taken = update(table).where(c.id == id_).values(due=until, attempts=c.attempts + 1)
    return _export(session.execute(taken.returning(table)).one()._mapping)


def standing(session: Session, kind: str, *, after: str, goldens: bool, most: int) -> list[str]:
    """Ids of a type that stand, after one of them. `goldens`: of Patients only those of today.

    Whatever a caller may see: a page is so many looked at, not so many found, or whoever sees few of
    very many would wait for a whole table. Needs the rights of the service.
    """
    c = search.c
    query = select(c.id).where(c.type == kind, c.parameter == META, c.id > after)
    if goldens:
        query = query.where(c.listed)
    return list(session.scalars(query.order_by(c.id).limit(most)))


def candidates(session: Session, one: Export, kind: str, *, goldens: bool, most: int) -> list[str]:
    """The next ids of a type: of all that stand, or of what is other than at `since`."""
    if one.since is None:
        return standing(session, kind, after=one.after, goldens=goldens, most=most)
    return _changed(session, one, one.since, kind, goldens=goldens, most=most)


def _changed(
    session: Session, one: Export, since: datetime, kind: str, *, goldens: bool, most: int
) -> list[str]:
    c = resource.c
    late = since - LATE
    place = select(leaf.c.seq).where(leaf.c.event_id == c.event).scalar_subquery()
    # What is not signed yet comes after whatever is.
    signed = func.coalesce(place, one.leaf) >= one.leaf
    moved = MOVED.bindparams(late=late).columns(id=Text)
    parts = [
        _of(one, kind, (c.last_updated >= late) & ((c.last_updated >= since) | signed)),
        _of(one, kind, c.record_id.in_(moved)),
    ]
    if goldens:
        parts = [parts[0].where(c.record_id.is_(None))]
    # Each by an index of its own: an "or" would have all of a type looked at.
    found = union(*(part.order_by(c.id).limit(most).subquery().select() for part in parts))
    return list(session.scalars(found.order_by("id").limit(most)))


def _of(one: Export, kind: str, holds: ColumnElement[bool]) -> Select[tuple[str]]:
    c = resource.c
    return select(c.id).where(c.type == kind, c.is_current, c.id > one.after, holds)


def hold(session: Session, one: Export) -> bool:
    """Lock an export for this transaction; whether it still is where it was when it was taken."""
    c = table.c
    query = select(c.id).where(
        c.id == one.id, c.state == State.RUNNING, c.step == one.step, c.after == one.after
    )
    return session.scalar(query.with_for_update()) is not None


def keep(session: Session, id_: str, kind: str, ids: Collection[str], most: int) -> int:
    """Put ids of a type into files of at most `most`, each once; how many were new."""
    c = files.c
    own = (c.export_id == id_, c.type == kind)
    there = session.scalars(
        select(func.unnest(c.ids)).where(*own, c.ids.op("&&")(literal(sorted(ids), ARRAY(Text))))
    ).all()
    new = sorted(set(ids) - set(there))
    if not new:
        return 0
    last = session.execute(select(c.number, c.ids).where(*own).order_by(c.number.desc())).first()
    if last is not None and len(last.ids) + len(new) <= most:
        whole = [*last.ids, *new]
        session.execute(update(files).where(*own, c.number == last.number).values(ids=whole))
        return len(new)
    number = session.scalar(select(func.count()).select_from(files).where(c.export_id == id_)) or 0
    row = {"export_id": id_, "number": number + 1, "type": kind, "ids": new}
    session.execute(insert(files).values(row | label_values(SHARED_BY_ALL)))
    return len(new)


def put(session: Session, id_: str, **values: Any) -> None:
    """Write down how far an export has come."""
    session.execute(update(table).where(table.c.id == id_).values(values))


def files_of(session: Session, id_: str) -> list[File]:
    """All files of an export, without what is in them."""
    query = select(files.c.number, files.c.type).where(files.c.export_id == id_)
    rows = session.execute(query.order_by(files.c.number))
    return [File(number=row.number, kind=row.type) for row in rows]


def file_of(session: Session, id_: str, number: int) -> File | None:
    c = files.c
    query = select(c.number, c.type, c.ids).where(c.export_id == id_, c.number == number)
    row = session.execute(query).one_or_none()
    return File(number=row.number, kind=row.type, ids=tuple(row.ids)) if row else None


def remove(session: Session, id_: str) -> None:
    """The export and its files."""
    session.execute(delete(table).where(table.c.id == id_))


def forget(session: Session, now: datetime) -> None:
    """Remove what is over."""
    session.execute(delete(table).where(table.c.expires <= now))
