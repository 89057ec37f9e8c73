"""kill -9 at each point of a request and of the sequencer: nothing that was shown is without a trace.

What is logged but was never shown may be there: one line too many rather than one too few.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import URL, Engine

from gateway.database import settle
from gateway.ledger_keeping import proof_of
from gateway.receipts import receiving
from tests.audit.breaking import (
    POINTS,
    READ_POINTS,
    Point,
    checked,
    in_tree,
    look,
    look_only,
    stopping_at,
)
from tests.ledger import engine_for

ROUNDS, OF_A_READ = 20, 6
"""At each point; a read passes most of those of a write."""
BEFORE = 1
"""Looks at most that a process has answered before the one in which it is killed."""


Look = Callable[[Engine], object]
WAYS: list[tuple[Look, Point]] = [
    *((look, point) for point in POINTS),
    *((look_only, point) for point in READ_POINTS),
]
"""A request that writes and one that only reads, and where it ends."""


def killed(url: URL, way: Look, point: Point, answered: int) -> list[str]:
    """The events of what a process showed before it was killed there; it is a fork of this one."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            _show_until_killed(url, way, point, answered, writing)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        shown = pipe.read().split()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    return shown


def _show_until_killed(url: URL, way: Look, point: Point, answered: int, pipe: int) -> None:
    engine = engine_for(url)
    for _ in range(answered):
        _show(engine, way, pipe)
    with stopping_at(point, lambda: os.kill(os.getpid(), signal.SIGKILL)):
        _show(engine, way, pipe)


def _show(engine: Engine, way: Look, pipe: int) -> None:
    """As the gate of the web service does it: no byte without a receipt."""
    with receiving() as receipts:
        way(engine)
    os.write(pipe, f"{receipts[0].event}\n".encode())


@pytest.fixture
def quiet(database_url: URL) -> URL:
    """A log with something in it; nobody is connected, so that processes can be forked."""
    engine = engine_for(database_url)
    look(engine, 250)
    engine.dispose()
    return database_url


@pytest.mark.parametrize(("way", "point"), WAYS, ids=lambda one: getattr(one, "__name__", str(one)))
def test_what_was_shown_stands_in_the_signed_tree(quiet: URL, way: Look, point: Point) -> None:
    rounds = range(OF_A_READ if way is look_only else ROUNDS)
    shown = [id_ for n in rounds for id_ in killed(quiet, way, point, n % (BEFORE + 1))]
    assert len(shown) == sum(n % (BEFORE + 1) for n in rounds)
    engine = engine_for(quiet)
    settle(engine)
    tree = in_tree(engine)
    assert set(shown) <= set(tree)
    assert set(Counter(tree).values()) == {1}
    assert all(proof_of(engine, id_).index == tree.index(id_) for id_ in shown)
    look(engine)
    assert checked(engine).findings == []
    engine.dispose()
