"""Single changes to the log at random places: how many are found, and each at the right place.

All of them: python -m pytest -m bench --capture=no tests/bench/tamper
"""

import time
from collections import Counter
from random import Random

import pytest
from sqlalchemy import URL

from audit.checking import check
from gateway.database import ledger_of
from tests.audit.breaking import unguarded
from tests.audit.tampering import CHANGES, located, make_log
from tests.bench.measure import report

EVENTS, MANY = 100_000, 1000
SEED = 20261122


def missed(url: URL, events: int, changes: int) -> tuple[list[str], list[float]]:
    """Names of changes that were not found, or at another place; seconds of each check."""
    rng = Random(SEED)
    signed = make_log(url, events, rng)
    names = [name for _ in range(changes // len(CHANGES) + 1) for name in CHANGES][:changes]
    wrong, seconds = [], []
    with unguarded(url) as administrator:
        ledger = ledger_of(administrator)
        for name in ["", *names]:
            with administrator.connect() as connection:
                place = CHANGES[name](connection, rng, signed) if name else None
                start = time.perf_counter()
                found = check(connection, ledger.log_key, ledger.anchor, [ledger.event_key])
                seconds.append(time.perf_counter() - start)
                connection.rollback()
            if (place is None and found.findings) or (place and not located(found, place)):
                wrong.append(f"{name or 'nothing changed'}: {place} but {found.findings[:5]}")
    return wrong, seconds


def test_each_kind_of_change_is_found_at_its_place(database_url: URL) -> None:
    wrong, _ = missed(database_url, 2000, len(CHANGES))
    assert wrong == []


@pytest.mark.bench
def test_a_thousand_changes(database_url: URL) -> None:
    wrong, seconds = missed(database_url, EVENTS, MANY)
    report(
        "tamper",
        events=EVENTS,
        changes=MANY,
        kinds=dict(Counter(one.partition(":")[0] for one in wrong)) or len(CHANGES),
        found=MANY - len(wrong),
        seed=SEED,
        check_seconds=round(sorted(seconds)[len(seconds) // 2], 2),
    )
    assert wrong == []
