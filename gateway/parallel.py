"""Ingests many messages in several processes at once, each of which reads and stores."""

import importlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TypeAlias

from sqlalchemy import Engine, make_url

from adapters.catalog import addressed, packages
from adapters.contract import SourceAdapter, SourceMessage
from audit.event import Caller
from gateway.database import Log, engine_for
from gateway.garbage import collect_seldom
from gateway.ingest import IngestResult, deliver_many

MOST_MESSAGES = 64
"""Messages that one process takes at a time: enough to share transactions, few enough to share out
the work."""
MOST_BYTES = 2 * 1024 * 1024
AHEAD = 2
"""Shares of work that wait for a process: bounds memory."""

FRESH = multiprocessing.get_context("forkserver")
"""Processes are forks of one that has loaded all they need, and opened nothing."""
CAN_FORK = sys.platform == "linux"
"""Libraries of macOS may not survive the fork of a process that used them."""

Share: TypeAlias = Sequence[SourceMessage]


@dataclass(frozen=True, kw_only=True, slots=True)
class Taker:
    """All that a process needs to take messages; the URL is that of the database."""

    url: str = field(repr=False)
    audit: Log
    adapters: Mapping[str, SourceAdapter]
    caller: Caller

    def take(self, share: Share, received: datetime) -> list[IngestResult]:
        """Ingest messages one after the other; `received` decides which of two came later."""
        deliveries = (addressed(message, self.adapters) for message in share)
        return list(deliver_many(_engine(self.url, self.audit), deliveries, self.caller, received))


def early_pool(processes: int) -> Executor:
    """Processes for the beginning of a program that has opened nothing yet and has one thread.

    Where it can be forked, they begin with all that it has loaded.
    """
    for package in packages():
        importlib.import_module(package)
    if not CAN_FORK or threading.active_count() > 1:
        return _fresh_pool(processes)
    context = multiprocessing.get_context("fork")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_become_taker)
    pool.submit(os.getpid)  # The first task starts all of them.
    return pool


def _fresh_pool(processes: int) -> Executor:
    FRESH.set_forkserver_preload([__name__, *packages()])
    return ProcessPoolExecutor(processes, mp_context=FRESH, initializer=_become_taker)


def deliver_in_processes(
    taker: Taker,
    messages: Iterable[SourceMessage],
    processes: int,
    early: Executor | None = None,
) -> Iterator[IngestResult]:
    """Ingest messages; their results come in the order of the messages, and are committed.

    A message without source goes to the source that recognises it. Records end as if the messages
    had come one after the other; which of two messages at the same time finds a record new and
    which an old one may be either. `early`: so many processes that run already; they end here.
    """
    waiting: deque[Future[list[IngestResult]]] = deque()
    pool = early or _fresh_pool(processes)
    try:
        for share, received in zip(_shares(messages), _moments(), strict=False):
            waiting.append(pool.submit(taker.take, share, received))
            while len(waiting) >= processes + AHEAD:
                yield from waiting.popleft().result()
        for future in waiting:
            yield from future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _shares(messages: Iterable[SourceMessage]) -> Iterator[Share]:
    """Messages that one process takes together, in their order."""
    share: list[SourceMessage] = []
    size = 0
    for message in messages:
        if share and (len(share) == MOST_MESSAGES or size + len(message.content) > MOST_BYTES):
            yield share
            share, size = [], 0
        share.append(message)
        size += len(message.content)
    if share:
        yield share


def _moments() -> Iterator[datetime]:
    """Now, and each time later than before, however coarse the clock is."""
    last = datetime.now(UTC)
    while True:
        yield last
        last = max(datetime.now(UTC), last + timedelta(microseconds=1))


@cache
def _engine(url: str, audit: Log) -> Engine:
    """Of this process: connections are not shared."""
    return engine_for(make_url(url), pool_size=1, audit=audit)


def _become_taker() -> None:
    """Ctrl-C is for the process that shares out; nobody would tell the others that it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    collect_seldom()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "a taker is always somebody's child"
    parent.join()
    os._exit(1)
