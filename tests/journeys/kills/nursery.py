"""Starts `motem` again and again in no time: each a fork of one process that has loaded it.

What is killed is to be at work, and not starting Python: that took most of these tests' time.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, Protocol, TypeAlias

from sqlalchemy import URL

from adapters.catalog import load_adapters
from gateway import app, cli, mllp
from gateway.cli import ingest
from gateway.database import printable
from tests.gateway.cut_small import cut_always_small

SMALL = "small"
ROOT = Path(__file__).parents[3]
LOADED = (app, cli, ingest, mllp)
"""What the doors import."""
LOOK_EVERY = 0.05
"""Seconds between two looks into a drop folder; how long a file must lie still is not tested here."""


class Running(Protocol):
    """What a test does with a process: `subprocess.Popen` has it too."""

    pid: int

    def poll(self) -> int | None:
        """Its exit status, None while it runs."""
        ...

    def kill(self) -> None:
        """SIGKILL."""
        ...

    def wait(self) -> int:
        """Its exit status, once it has ended."""
        ...


Start: TypeAlias = Callable[..., Running]
"""Starts `motem` with arguments, on the database of the test."""


class Fork:
    """A process that the nursery has started; the nursery is its parent and must be asked."""

    def __init__(self, ask: Callable[..., Any], pid: int) -> None:
        self._ask, self.pid = ask, pid
        self._status: int | None = None

    def poll(self) -> int | None:
        if self._status is None:
            self._status = self._ask("poll", self.pid)
        return self._status

    def kill(self) -> None:
        if self.poll() is None:
            self._ask("kill", self.pid)

    def wait(self) -> int:
        # The nursery itself must not wait: somebody may want to kill the process meanwhile.
        while (status := self.poll()) is None:
            time.sleep(0.01)
        return status


@contextmanager
def nursery(url: URL, *, small: bool = False) -> Iterator[Start]:
    """A way to start `motem` as long as the block lasts; its processes must end before.

    `small`: what is large is so already from some hundred bytes on.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", __spec__.name, *[SMALL] * small],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": printable(url)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None
    assert stdout is not None

    lock = threading.Lock()

    def ask(*order: Any) -> Any:
        with lock:
            stdin.write(json.dumps(order) + "\n")
            stdin.flush()
            return json.loads(stdout.readline())

    with process:
        yield lambda *arguments: Fork(ask, ask("start", *arguments))


def _start(*arguments: str) -> int:
    pid = os.fork()
    return pid if pid else _become(arguments)


def _become(arguments: tuple[str, ...]) -> NoReturn:
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    sys.argv = ["motem", *arguments]
    ingest.LOOK_EVERY = LOOK_EVERY
    status = 1
    try:
        cli.main()
        status = 0
    except SystemExit as ended:
        status = int(ended.code or 0)
    finally:
        os._exit(status)


def _poll(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _kill(pid: int) -> None:
    os.kill(pid, 9)


ORDERS: dict[str, Callable[..., Any]] = {"start": _start, "poll": _poll, "kill": _kill}


def main() -> None:
    """Do one order after the other: a line of JSON each, and so is the answer."""
    load_adapters()
    if SMALL in sys.argv:
        cut_always_small()
    for line in sys.stdin:
        name, *words = json.loads(line)
        sys.stdout.write(json.dumps(ORDERS[name](*words)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
