"""Compares what the database says was read (pgaudit) with what the ledger says was looked at.

A process that was taken over can read and write no event. pgaudit writes reads into the log of the
database server, which the process does not write; this finds reads that no event explains.
"""

import csv
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from audit.body import microseconds
from audit.queries import times
from audit.tables import audit_event

USER, WHEN, MESSAGE = 1, 0, 13
"""Columns of PostgreSQL's csvlog (its documentation, "Using CSV-Format Log Output")."""
MARK = "AUDIT: OBJECT,"
"""How pgaudit begins a line about a watched table (its README, "Format")."""
CLASSES = ("READ", "WRITE")
CLASS = 2
"""Field after the mark that holds the class of the statement, from 0."""
NEAR = timedelta(seconds=30)
"""An event is committed in the transaction that reads, or right after a long one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """One read of a watched table: by which login of the database, when."""

    user: str
    at: datetime
    writes: bool = False
    """It changes rows, and RETURNING shows what they say: of one of Motem's logins an event tells of
    it, for the database wants that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unexplained:
    """Reads of one login in one minute that the ledger does not explain."""

    user: str
    minute: datetime
    reads: int
    stranger: bool
    """The login is none of Motem's."""


def reads(lines: Iterable[str]) -> Iterator[Read]:
    """Reads and changes of watched tables in a csvlog; other lines are passed over. Zones must be UTC or GMT.

    Raises ValueError for a line that is no csvlog.
    """
    for row in csv.reader(lines):
        if len(row) <= MESSAGE:
            raise ValueError("This is no log of PostgreSQL in CSV.")
        if not row[MESSAGE].startswith(MARK):
            continue
        told = next(csv.reader([row[MESSAGE].removeprefix(MARK)]))
        if len(told) > CLASS and told[CLASS] in CLASSES:
            writes = told[CLASS] != "READ"
            yield Read(user=row[USER], at=_moment(row[WHEN]), writes=writes)


def unexplained(
    found: Iterable[Read], own: frozenset[str], events: Sequence[int]
) -> list[Unexplained]:
    """Reads by strangers, and by Motem's logins (`own`) without an event near them, by minute.

    `events`: microseconds since 1970 of all events of that time, sorted.
    """
    counted: Counter[tuple[datetime, str, bool]] = Counter()
    for read in found:
        stranger = read.user not in own
        if stranger or not (read.writes or _has_event(events, read.at)):
            counted[read.at.replace(second=0, microsecond=0), read.user, stranger] += 1
    return [
        Unexplained(user=user, minute=minute, reads=count, stranger=stranger)
        for (minute, user, stranger), count in sorted(counted.items())
    ]


def occurrences(session: Session, since: datetime, until: datetime) -> Iterator[int]:
    """When the events of a time occurred, and those near it, sorted."""
    c = audit_event.c
    query = times().where(
        c.occurred >= microseconds(since - NEAR), c.occurred <= microseconds(until + NEAR)
    )
    yield from session.scalars(query.order_by(c.occurred))


def _has_event(events: Sequence[int], at: datetime) -> bool:
    first = bisect_left(events, microseconds(at - NEAR))
    return first < len(events) and events[first] <= microseconds(at + NEAR)


def _moment(text: str) -> datetime:
    moment, _, zone = text.rpartition(" ")
    if zone not in ("UTC", "GMT"):
        raise ValueError("Set log_timezone = 'UTC': other zones have no unambiguous names.")
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)
