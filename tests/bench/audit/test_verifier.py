"""How fast the stand-alone verifier reads an export, beside a plain SHA-256 of the same file.

By itself: python -m pytest -m bench --capture=no tests/bench/audit/test_verifier.py
"""

import os
import re
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from audit import verifier
from audit.checkpoint import Checkpoint
from audit.export_format import ExportedEvent, Manifest, export_lines
from audit.merkle import Frontier, leaf_hash
from audit.sealing import entry_of
from tests.audit.exports import EVENT_KEY, LOG, LOG_KEY, ORIGIN, body
from tests.bench.measure import STRICT, report
from tests.machine import slowness

EVENTS, EVERY = 250_000, 1000
"""Events in the log, and in each of its checkpoints."""
SLOWEST = 12 if STRICT else 40
"""Times the seconds of a plain SHA-256 of the file: measured 7 to 10."""
MOST_MEMORY = 150 << 20
"""Bytes, most of it the interpreter with its libraries."""

LAUNCH = """
import runpy, sys
del sys.argv[0]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    sys.stderr.write(open("/proc/self/status").read())
"""
"""The peak of a process that was just started counts that of its parent, unless it tells itself."""

pytestmark = pytest.mark.bench


def test_a_whole_log(tmp_path: Path) -> None:
    path = _exported(tmp_path / "log.export", EVENTS)
    started, _ = _checked(_exported(tmp_path / "short.export", EVERY))
    plain, slow = _digested(path), slowness()
    checked, peak = _checked(path)
    asked, _ = _checked(path, "--who-saw", "01JD0000000000000000000007")
    slow = (slow + slowness()) / 2
    checking, asking = checked - started, asked - started
    report(
        "audit-verifier",
        events=EVENTS,
        bytes=path.stat().st_size,
        events_a_second=round(EVENTS / checking),
        events_a_second_with_who_saw=round(EVENTS / asking),
        slowness=round(slow, 2),
        start_seconds=round(started, 2),
        times_plain_sha256=round(checking / plain, 1),
        peak_mb=peak >> 20,
    )
    assert checking / plain < SLOWEST
    assert peak < MOST_MEMORY
    assert not STRICT or EVENTS / checking * slow > 200_000


def _exported(path: Path, count: int) -> Path:
    events, frontier, checkpoints = list[ExportedEvent](), Frontier(), list[Checkpoint]()
    for number in range(count):
        events.append(_event(number))
        last = events[-1]
        frontier.append(leaf_hash(entry_of(last.commitment, last.signature)))
        if frontier.size % EVERY == 0:
            checkpoints.append(Checkpoint(origin=ORIGIN, size=frontier.size, root=frontier.root()))
    manifest = Manifest(
        note=str(checkpoints[-1].signed(LOG)),
        key=LOG_KEY,
        event_keys=(EVENT_KEY,),
        first=0,
        count=count,
        left=(),
        right=(),
        checkpoints=tuple(checkpoints),
    )
    with path.open("wb") as file:
        file.writelines(export_lines(manifest, events))
    return path


def _event(number: int) -> ExportedEvent:
    """As large as most; a tenth of them creates records. Signatures are not looked at here."""
    action = "record:create" if number % 10 == 0 else "record:read"
    ids = {
        "record": f"01JR{number % 5000:022d}",
        "identity": f"01JD{number % 2500:022d}",
        "message": f"01JM{number:022d}",
        "request": f"01JQ{number:022d}",
        "policy": "b1946ac92492d2347c6235b4d2611184",
    }
    text, salt = body(number, action, **ids), sha256(b"%d" % number).digest()
    commitment = sha256(salt + text.encode()).digest()
    return ExportedEvent(
        body=text, salt=salt, commitment=commitment, signature=EVENT_KEY.id + bytes(64)
    )


def _digested(path: Path) -> float:
    """Seconds of one core."""
    start = time.process_time()
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return time.process_time() - start


def _checked(path: Path, *arguments: str) -> tuple[float, int]:
    """Seconds of one core, with the start of Python, and bytes at most."""
    command = [sys.executable, "-c", LAUNCH, verifier.__file__, str(path), "--key", str(LOG_KEY)]
    process = subprocess.Popen(
        [*command, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    with process.stderr as pipe:
        said = pipe.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    peak = int(re.findall(r"VmHWM:\s*(\d+) kB", said)[0]) * 1024
    return used.ru_utime + used.ru_stime, peak
