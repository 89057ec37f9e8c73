"""Where the time of taking payloads goes: one process, looked at every few milliseconds that it works.

By itself: python -m pytest -m bench --capture=no tests/bench/test_shares.py
"""

import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest
from sqlalchemy import Engine

from gateway import ingest as use_case
from tests.bench.measure import report, run
from tests.journeys.steps import files_of, ingest

CHILDREN, SEED = "800", "987001"
EVERY = 0.002
"""Seconds of processor time between two looks; waiting for PostgreSQL is in none of them."""
SHARES = {
    "recognising whose payload it is": ("adapters/catalog.py",),
    "handing rows to the database": ("sqlalchemy/", "psycopg/"),
    "checking against models and codes": ("adapters/validation.py",),
    "record for comparison, block keys": ("linkage/extraction.py", "linkage/blocking.py"),
    "golden record": ("gateway/golden.py",),
    "resources as text, with hashes": ("gateway/registry/versions.py",),
    "composing a record of its statements": ("adapters/history.py",),
    "conversion to FHIR": ("gateway/registry/preparation.py",),
    "reading": ("gateway/registry/drafts.py",),
}
"""Share → files; the first share of which a file is at work has the sample."""

pytestmark = pytest.mark.bench


def test_shares(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = tmp_path / "world"
    assert run(tmp_path, "sample", world, "--children", CHILDREN, "--seed", SEED).status == 0
    payloads = files_of(world)
    # Reading ahead is a thread of its own, which nobody here looks at.
    monkeypatch.setattr(use_case, "ahead", lambda batches: batches)
    ingest(engine, payloads[:1])  # What is loaded on first use.
    seen = sampled(lambda: ingest(engine, payloads[1:]))
    total = sum(seen.values())
    report("shares", samples=total, **{name: f"{n / total:.0%}" for name, n in seen.most_common()})
    assert total > 100
    assert set(SHARES) <= seen.keys()


def sampled(work: Callable[[], object]) -> Counter[str]:
    """How often each share was at work, by processor time."""
    seen: Counter[str] = Counter()

    def look(_number: int, frame: FrameType | None) -> None:
        seen[_share(frame)] += 1

    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    try:
        work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return seen


def _share(frame: FrameType | None) -> str:
    files = []
    while frame is not None:
        files.append(frame.f_code.co_filename)
        frame = frame.f_back
    at_work = " ".join(files)
    return next((n for n, parts in SHARES.items() if any(p in at_work for p in parts)), "the rest")
