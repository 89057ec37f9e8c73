"""Threads beside the service that do one thing again and again, whatever happens."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from gateway.acting import as_system

LONGEST_PAUSE = 5.0
"""Seconds, while the database is away or something else goes wrong."""

log = structlog.get_logger()


@contextmanager
def repeated(
    name: str, step: Callable[[], bool], pause: float, *, times: int = 1
) -> Iterator[None]:
    """As long as the block lasts. `step` says whether there was something to do.

    `pause`: seconds between two looks; after an error twice as many each time. `times`: threads
    that do it, taking turns at looking, so that one that takes long at it delays no other.
    """
    stop = threading.Event()
    threads = [
        threading.Thread(
            target=_repeat,
            args=(name, step, pause * times, stop, pause * n),
            name=name,
            daemon=True,
        )
        for n in range(times)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _repeat(
    name: str, step: Callable[[], bool], pause: float, stop: threading.Event, first: float
) -> None:
    wait = pause
    stop.wait(first)
    while not stop.is_set():
        try:
            with as_system():
                found = step()
        # Whatever it is, the thread goes on: nobody would notice that it had ended.
        except Exception as error:
            if wait == pause:
                log.warning("waits", what=name, error=type(error).__name__)
            wait = min(2 * wait, LONGEST_PAUSE)
            stop.wait(wait)
        else:
            wait = pause
            if not found:
                stop.wait(pause)
