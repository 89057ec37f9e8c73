"""Does pure work on messages in processes of its own, beside the one that writes."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import TypeVar

from adapters.contract import SourceAdapter, SourceMessage
from gateway.garbage import collect_seldom

Result = TypeVar("Result")
MOST_AHEAD = 64
"""Messages read and not yet stored: bounds memory."""
MOST_BYTES_AHEAD = 32 * 1024 * 1024


def read_in_processes(
    work: Callable[[SourceMessage, SourceAdapter | None], Result],
    deliveries: Iterable[tuple[SourceMessage, SourceAdapter | None]],
    processes: int,
) -> Iterator[Result]:
    """What `work` gives for each message, in their order, whichever process is first.

    The processes are started afresh (a fork would share the database's connection), and end with
    this one, however it ends.
    """
    fresh = multiprocessing.get_context("spawn")
    waiting: deque[tuple[int, Future[Result]]] = deque()
    size = 0
    pool = ProcessPoolExecutor(processes, mp_context=fresh, initializer=_become_reader)
    try:
        for message, adapter in deliveries:
            waiting.append((len(message.content), pool.submit(work, message, adapter)))
            size += len(message.content)
            while len(waiting) > MOST_AHEAD or (size > MOST_BYTES_AHEAD and waiting):
                length, future = waiting.popleft()
                size -= length
                yield future.result()
        for _, future in waiting:
            yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _become_reader() -> None:
    """Ctrl-C is for the process that writes; nobody would tell readers that it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    collect_seldom()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None, "a reader is always somebody's child"
    parent.join()
    os._exit(1)
