"""Eight connections that send payloads to a real `motem serve` as fast as they are answered."""

import http.client
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from sqlalchemy import URL

from tests.journeys.kills.door import motem
from tests.journeys.kills.services import over_http

CONNECTIONS = 8
SOURCES = {"hospital_hl7": "hospital"}
"""Folder of a world → source, where that is another."""
TYPES = {
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".xml": "application/xml",
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".hl7": "application/hl7-v2",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What sending cost. `cpu` and `peak` are of the service alone; the database is not in it."""

    seconds: float
    cpu: float
    peak: int
    statuses: dict[int, int]


def send_all(url: URL, folder: str, files: Sequence[Path]) -> Sent:
    """Send each file as one request."""
    waiting: SimpleQueue[tuple[str, bytes]] = SimpleQueue()
    for file in files:
        waiting.put((TYPES[file.suffix], file.read_bytes()))
    path = f"/sources/{SOURCES.get(folder, folder)}/messages"
    start = partial(motem, url)
    with over_http().serving(start) as (process, port), ThreadPoolExecutor(CONNECTIONS) as pool:
        before, began = _cpu(process.pid), time.perf_counter()
        work = [pool.submit(_send, port, path, waiting) for _ in range(CONNECTIONS)]
        statuses = sum((one.result() for one in work), Counter[int]())
        seconds = time.perf_counter() - began
        return Sent(
            seconds=seconds,
            cpu=_cpu(process.pid) - before,
            peak=_peak(process.pid),
            statuses=dict(statuses),
        )


def _send(port: int, path: str, waiting: SimpleQueue[tuple[str, bytes]]) -> Counter[int]:
    statuses: Counter[int] = Counter()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as connection:
        while True:
            try:
                kind, content = waiting.get_nowait()
            except Empty:
                return statuses
            connection.request("POST", path, content, {"Content-Type": kind})
            answer = connection.getresponse()
            answer.read()
            statuses[answer.status] += 1


def _cpu(pid: int) -> float:
    """Seconds of user and system time (proc(5), stat, fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _peak(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
