"""How many events a second are committed and signed before each is answered, beside a plain table.

By itself: python -m pytest -m bench --capture=no tests/bench/audit/test_ledger.py
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection

import psycopg
import pytest
from sqlalchemy import URL, Engine
from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent
from gateway.database import ledger_of, printable, reading, transaction
from tests.audit.breaking import CALLER, checked
from tests.bench.measure import STRICT, report
from tests.ledger import engine_for

PROCESSES, THREADS = 2, 40
SECONDS = 10
RATE = 500
"""Events a second that are asked for, however slowly they are answered."""
pytestmark = pytest.mark.bench
Work = Callable[[], object]
Begin = Callable[[Engine], AbstractContextManager[Session]]


@contextmanager
def strict(url: URL) -> Iterator[Work]:
    """One event, committed, and under a signed checkpoint when it returns."""
    engine = engine_for(url)
    ledger = ledger_of(engine)
    yield lambda: ledger.write([_event()])
    engine.dispose()


def _event() -> AuditEvent:
    return AuditEvent(action=Action.PATIENT_READ, caller=CALLER, identity="i1", record="r1")


@contextmanager
def working(url: URL, begin: Begin) -> Iterator[Work]:
    """The same, told in a transaction."""
    engine = engine_for(url, pool_size=THREADS)

    def work() -> None:
        with begin(engine) as session:
            audit.append(session, _event())

    yield work
    engine.dispose()


@contextmanager
def plain(url: URL) -> Iterator[Work]:
    """One row in a table without anything, committed."""
    with ExitStack() as stack:
        own = threading.local()

        def work() -> None:
            if not hasattr(own, "connection"):
                own.connection = stack.enter_context(psycopg.connect(printable(url)))
            own.connection.execute("INSERT INTO plain VALUES (%s)", ("x" * 300,))
            own.connection.commit()

        yield work


KINDS: Mapping[str, Callable[[URL], AbstractContextManager[Work]]] = {
    "strict": strict,
    "reading": partial(working, begin=reading),
    "writing": partial(working, begin=transaction),
    "plain": plain,
}
"""`reading` and `writing`: with the transaction of whoever tells."""


def saturated(work: Work, pool: ThreadPoolExecutor) -> list[float]:
    """Seconds of each, all threads as quickly as they can."""
    end = time.monotonic() + SECONDS

    def run(_: int) -> list[float]:
        taken = []
        while (start := time.monotonic()) < end:
            work()
            taken.append(time.monotonic() - start)
        return taken

    return [one for each in pool.map(run, range(THREADS)) for one in each]


def open_loop(work: Work, pool: ThreadPoolExecutor) -> list[float]:
    """Seconds from when each was due, answered or not, until it was done."""
    start, numbers = time.monotonic() + 0.1, count()
    every = PROCESSES / RATE

    def run(_: int) -> list[float]:
        taken = []
        while (due := start + next(numbers) * every) < start + SECONDS:
            time.sleep(max(0.0, due - time.monotonic()))
            work()
            taken.append(time.monotonic() - due)
        return taken

    return [one for each in pool.map(run, range(THREADS)) for one in each]


LOADS = {"open loop": open_loop, "saturated": saturated}
"""What is asked for at a rate comes first: after as many as go the server still cleans up."""


def _work(url: URL, kind: str, load: str, pipe: Connection) -> None:
    with KINDS[kind](url) as work, ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda _: work(), range(THREADS)))
        pipe.send(None)
        pipe.recv()
        pipe.send(LOADS[load](work, pool))


def measured(url: URL, kind: str, load: str) -> dict[str, float]:
    """Events a second, and milliseconds until one was done."""
    context = get_context("spawn")
    pipes = []
    processes = []
    for _ in range(PROCESSES):
        ours, theirs = context.Pipe()
        processes.append(context.Process(target=_work, args=(url, kind, load, theirs)))
        pipes.append(ours)
        processes[-1].start()
    for pipe in pipes:
        pipe.recv()
    for pipe in pipes:
        pipe.send(None)
    taken = sorted(one for pipe in pipes for one in pipe.recv())
    for process in processes:
        process.join()
    at = {f"p{n}_ms": round(taken[len(taken) * n // 100] * 1000, 1) for n in (50, 95, 99)}
    return {"a_second": round(len(taken) / SECONDS), **at}


def test_strict_events(disk_url: URL) -> None:
    with psycopg.connect(printable(disk_url)) as connection:
        connection.execute("CREATE TABLE plain (body text)")
    found = {f"{load}, {kind}": measured(disk_url, kind, load) for load in LOADS for kind in KINDS}
    most, beside = (found[f"saturated, {kind}"]["a_second"] for kind in ("strict", "plain"))
    added = {
        name: round(found["open loop, strict"][name] - found["open loop, plain"][name], 1)
        for name in ("p50_ms", "p95_ms", "p99_ms")
    }
    report(
        "ledger",
        processes=PROCESSES,
        threads=THREADS,
        rate=RATE,
        times_plain=round(beside / most, 1),
        added=added,
        **found,
    )
    engine = engine_for(disk_url)
    assert checked(engine).findings == []
    engine.dispose()
    assert not STRICT or most >= 2000
    assert not STRICT or (added["p50_ms"] <= 15 and added["p99_ms"] <= 50)
