"""Runs commands as a user does and measures them: seconds, processor time, memory."""

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL

from gateway.database import printable

STRICT = os.environ.get("MOTEM_BENCH_STRICT") == "1"
"""Hold the issue's own limits: on a machine of two cores that does nothing else."""
PATIENCE = 1 if STRICT else 4
"""Otherwise a limit is missed only by so much: other work on the machine must not fail a test."""
RESULTS = Path(__file__).parents[2] / "var" / "bench"
INTERVAL = 0.05
"""Seconds between two looks at the memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What one command cost. `peak` is bytes of it and the processes it started, all together;

    the database server is not among them, `cpu` counts the seconds of all of them.
    """

    status: int
    seconds: float
    cpu: float
    peak: int


def run(home: Path, *arguments: str | Path, database: URL | None = None) -> Run:
    """`motem` with its data in `home`, or in a database, in a process of its own."""
    command = [sys.executable, "-m", "gateway", *map(str, arguments)]
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    if database is not None:
        environment["DATABASE_URL"] = printable(database)
    start, peak = time.perf_counter(), 0
    cpu: dict[int, float] = {}
    process = subprocess.Popen(
        command,
        env=environment | {"MOTEM_HOME": str(home)},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            break
        family = list(_family(process.pid))
        cpu |= {one: max(cpu.get(one, 0), _seconds(one)) for one in family}
        peak = max(peak, sum(map(_memory, family)))
        time.sleep(INTERVAL)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(
        status=process.returncode,
        seconds=time.perf_counter() - start,
        # Its own and those that it waited for, or all that were seen: some outlive their parent.
        cpu=max(used.ru_utime + used.ru_stime, sum(cpu.values())),
        peak=max(peak, used.ru_maxrss * 1024),
    )


def _family(pid: int) -> Iterator[int]:
    """A process and its descendants; where /proc does not tell, itself."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                yield from _family(int(child))


def _memory(pid: int) -> int:
    """Resident bytes of a process; 0 where /proc does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def _seconds(pid: int) -> float:
    """Processor time of a process so far; 0 where /proc does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def report(name: str, **figures: Any) -> None:
    """Show figures and write them to var/bench/<name>.json, with the machine they hold for."""
    shown = {
        "cores": os.cpu_count(),
        "load_before_and_now": [round(load, 2) for load in reversed(os.getloadavg()[:2])],
        "python": platform.python_version(),
        "strict": STRICT,
    } | {key: asdict(value) if isinstance(value, Run) else value for key, value in figures.items()}
    RESULTS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(shown, indent=2, default=str)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"\n{name}: {text}\n")
