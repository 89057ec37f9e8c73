"""Kills a door with -9 at random points of its work, and looks at what it left."""

import os
import random
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import URL, Select, func, select

from gateway.database import engine_for, printable, transaction
from gateway.registry import tables
from linkage import tables as linkage_tables

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

    def at_work(self, url: URL, number: int) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """The door's process, busy with what is new in this round; senders end with the block."""
        ...

    def progress(self, url: URL) -> int:
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
    chance, amid = random.Random(20261122), 0
    for number in range(1, rounds + 1):
        before = door.progress(url)
        with door.at_work(url, number) as process:
            try:
                _wait_for_work(url, door, before, process)
                time.sleep(chance.uniform(0, LONGEST))
                amid += process.poll() is None
            finally:
                process.kill()
                process.wait()
        records, messages = scalars(url, select(tables.record.c.key), select(tables.message.c.id))
        assert door.told.answered <= set(records)
        assert door.told.received <= set(messages)
    door.finish(url)
    assert_each_once(url, door.told.given)
    return amid


def _wait_for_work(url: URL, door: Door, before: int, process: subprocess.Popen[bytes]) -> None:
    """The kill is to fall while the door works, not while Python starts."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and door.progress(url) == before:
        assert time.monotonic() < until, "the door does nothing"
        time.sleep(0.02)


def scalars(url: URL, *queries: Select[Any]) -> list[list[Any]]:
    engine = engine_for(url)
    with transaction(engine) as session:
        found = [list(session.scalars(query)) for query in queries]
    engine.dispose()
    return found


def records(url: URL) -> int:
    ((count,),) = scalars(url, select(func.count()).select_from(tables.record))
    return int(count)


def assert_each_once(url: URL, keys: set[str]) -> None:
    """Records, statements, Patients, identities: as many as children, and these children."""
    resource, of = tables.resource.c, linkage_tables.record.c
    found, *counts = scalars(
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
    assert sorted(found) == sorted(keys)
    assert counts == [[len(keys)]] * len(counts)
