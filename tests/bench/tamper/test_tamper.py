"""Single changes to the log at random places: how many are found, and each at the right place.

All of them: python -m pytest -m bench --capture=no tests/bench/tamper

Each change is made in a transaction, the whole log is read and computed anew in it by the check of
`motem audit verify`, and the transaction is rolled back. Every process has a copy of the log.
"""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from random import Random

import pytest
from sqlalchemy import URL

from audit.checking import check
from gateway.database import ledger_of
from tests.audit.breaking import unguarded
from tests.audit.tampering import CHANGES, Signed, located, make_log
from tests.bench.measure import report
from tests.conftest import fresh_database
from tests.machine import slowness

EVENTS, MANY = 100_000, 1000
SEED = 20261122
PROCESSES = 2
PORTION = 25
"""Changes between two lines that tell how far it is."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of some changes: those missed, each in words, and the seconds of every check."""

    names: Sequence[str]
    wrong: Sequence[str]
    seconds: Sequence[float]


def try_out(url: URL, signed: Signed, names: Sequence[str], seed: int) -> Tried:
    """Make each change by itself and check the whole log; an empty name changes nothing."""
    rng = Random(seed)
    wrong, seconds = [], []
    with unguarded(url) as administrator:
        ledger = ledger_of(administrator)
        for name in names:
            with administrator.connect() as connection:
                place = CHANGES[name](connection, rng, signed) if name else None
                start = time.perf_counter()
                found = check(connection, ledger.log_key, ledger.anchor, [ledger.event_key])
                seconds.append(time.perf_counter() - start)
                connection.rollback()
            # That there are no guards is told each time, and is not what was changed.
            found.findings = [one for one in found.findings if one.code != "GUARD"]
            if (place is None and found.findings) or (place and not located(found, place)):
                wrong.append(f"{name or 'nothing changed'}: {place} but {found.findings[:5]}")
    return Tried(names=names, wrong=wrong, seconds=seconds)


def kinds(count: int) -> list[str]:
    """Each kind of change in turn, so many."""
    return [name for _ in range(count // len(CHANGES) + 1) for name in CHANGES][:count]


def test_each_kind_of_change_is_found_at_its_place(database_url: URL) -> None:
    signed = make_log(database_url, 2000, Random(SEED))
    assert try_out(database_url, signed, ["", *CHANGES], SEED).wrong == []


@pytest.mark.bench
def test_a_thousand_changes(server_url: URL, database_url: URL) -> None:
    made = time.perf_counter()
    signed = make_log(database_url, EVENTS, Random(SEED))
    names = kinds(MANY)
    portions = [names[at : at + PORTION] for at in range(0, MANY, PORTION)]
    for portion in (*portions[:PROCESSES], *portions[-PROCESSES:]):
        portion.append("")
    start, tried = time.perf_counter(), []
    with ExitStack() as stack:
        copies = [
            stack.enter_context(fresh_database(server_url, database_url.database))
            for _ in range(PROCESSES)
        ]
        # One process for each copy: a change to the table's definition locks the whole of it.
        pools = [
            stack.enter_context(ProcessPoolExecutor(1, mp_context=get_context("spawn")))
            for _ in copies
        ]
        running = [
            pools[n % PROCESSES].submit(try_out, copies[n % PROCESSES], signed, own, SEED + n)
            for n, own in enumerate(portions)
        ]
        for done in as_completed(running):
            tried.append(done.result())
            checks = sum(len(list(filter(None, one.names))) for one in tried)
            wrong = [told for one in tried for told in one.wrong]
            sys.stderr.write(f"{checks} of {MANY} changes, not found at their place: {wrong}\n")
    seconds = sorted(one for portion in tried for one in portion.seconds)
    report(
        "tamper",
        events=EVENTS,
        changes=MANY,
        kinds=len(CHANGES),
        missed=dict(Counter(one.partition(":")[0] for one in wrong)),
        found=MANY - len(wrong),
        unchanged_and_whole=2 * PROCESSES,
        seed=SEED,
        processes=PROCESSES,
        check_seconds=round(seconds[len(seconds) // 2], 2),
        slowness=round(slowness(), 2),
        log_seconds=round(start - made),
        all_seconds=round(time.perf_counter() - start),
    )
    assert wrong == []
