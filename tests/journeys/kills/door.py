"""Kills a door with -9 at random points of its work, and looks at what it left."""

import os
import random
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import URL, Engine, Select, func, select

from gateway.database import printable, transaction
from gateway.registry import tables
from linkage import tables as linkage_tables
from tests.journeys.kills.nursery import Running, Start, nursery
from tests.journeys.steps import connected

LONGEST = 0.4
"""Seconds from the first sign of work to the kill."""
PATIENCE = 600.0
"""Seconds until a door that does nothing hangs: a machine that does other work may be very slow."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What senders know: the records in what they sent, and the messages that were answered."""

    given: set[str] = field(default_factory=set)
    """Record keys that must be there in the end."""
    answered: set[str] = field(default_factory=set)
    """Record keys that must be there as soon as they are answered."""
    received: set[str] = field(default_factory=set)
    """Ids of messages that must be there, whether they are read yet or not."""


class Door(Protocol):
    """A way into the registry, with senders that keep it busy."""

    told: Told

    def at_work(self, start: Start, number: int) -> AbstractContextManager[Running]:
        """The door's process, busy with what is new in this round; senders end with the block."""
        ...

    def progress(self, engine: Engine) -> int:
        """A number that grows while the door works."""
        ...

    def finish(self, url: URL) -> None:
        """All that may not have arrived is given again, until everything is read."""
        ...


def motem(url: URL, *arguments: str) -> subprocess.Popen[bytes]:
    """`motem` on a database, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "gateway", *arguments],
        env=os.environ | {"DATABASE_URL": printable(url)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_and_look(url: URL, door: Door, rounds: int) -> int:
    """Nothing answered is lost, nothing is doubled. In how many rounds the kill fell amid work."""
    chance = random.Random(20261122)
    with nursery(url) as start, connected(url) as engine:
        amid = sum(
            _killed_amid_work(engine, door, start, number, chance.uniform(0, LONGEST))
            for number in range(1, rounds + 1)
        )
    door.finish(url)
    assert_each_once(url, door.told.given)
    return amid


def _killed_amid_work(
    engine: Engine, door: Door, start: Start, number: int, seconds: float
) -> bool:
    before = door.progress(engine)
    with door.at_work(start, number) as process:
        try:
            _wait_for_work(engine, door, before, process)
            time.sleep(seconds)
            amid = process.poll() is None
        finally:
            process.kill()
            process.wait()
    keys, messages = found(engine, select(tables.record.c.key), select(tables.message.c.id))
    assert door.told.answered <= set(keys)
    assert door.told.received <= set(messages)
    return amid


def _wait_for_work(engine: Engine, door: Door, before: int, process: Running) -> None:
    """The kill is to fall while the door works, not while Python starts."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and door.progress(engine) == before:
        assert time.monotonic() < until, "the door does nothing"
        time.sleep(0.02)


def scalars(url: URL, *queries: Select[Any]) -> list[list[Any]]:
    with connected(url) as engine:
        return found(engine, *queries)


def found(engine: Engine, *queries: Select[Any]) -> list[list[Any]]:
    with transaction(engine) as session:
        return [list(session.scalars(query)) for query in queries]


def records(engine: Engine) -> int:
    ((count,),) = found(engine, select(func.count()).select_from(tables.record))
    return int(count)


def assert_each_once(url: URL, keys: set[str]) -> None:
    """Records, statements, Patients, identities: as many as children, and these children."""
    resource, of = tables.resource.c, linkage_tables.record.c
    kept, *counts = scalars(
        url,
        select(tables.record.c.key),
        select(func.count()).select_from(tables.statement),
        select(func.count()).where(
            resource.type == "Patient", resource.is_current, resource.record_id.is_not(None)
        ),
        select(func.count()).where(resource.type == "Patient", resource.record_id.is_(None)),
        select(func.count(of.record_id)),
        select(func.count(of.identity_id.distinct())),
    )
    assert sorted(kept) == sorted(keys)
    assert counts == [[len(keys)]] * len(counts)
