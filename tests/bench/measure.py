"""Runs commands as a user does and measures them: seconds, processor time, memory."""

import json
import os
import platform
import resource
import subprocess
import sys
import time
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
        peak = max(peak, _memory(process.pid))
        time.sleep(INTERVAL)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Run(
        status=process.returncode,
        seconds=time.perf_counter() - start,
        cpu=used.ru_utime + used.ru_stime,
        peak=max(peak, used.ru_maxrss * 1024),
    )


def _memory(pid: int) -> int:
    """Resident bytes of a process and its descendants; 0 where /proc does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        tasks = list(Path(f"/proc/{pid}/task").glob("*/children"))
        children = [int(child) for task in tasks for child in task.read_text().split()]
    except (OSError, IndexError):
        return 0
    return pages * resource.getpagesize() + sum(map(_memory, children))


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
