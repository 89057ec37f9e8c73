"""A thread beside the service that does one thing again and again, whatever happens."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from gateway.acting import as_system

LONGEST_PAUSE = 5.0
"""Seconds, while the database is away or something else goes wrong."""

log = structlog.get_logger()


@contextmanager
def repeated(name: str, step: Callable[[], bool], pause: float) -> Iterator[None]:
    """As long as the block lasts. `step` says whether there was something to do.

    `pause`: seconds between two looks; after an error twice as many each time.
    """
    stop = threading.Event()
    thread = threading.Thread(
        target=_repeat, args=(name, step, pause, stop), name=name, daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _repeat(name: str, step: Callable[[], bool], pause: float, stop: threading.Event) -> None:
    wait = pause
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
