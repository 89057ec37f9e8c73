"""Reads messages that were only received so far, beside the service, until it is told to stop."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway.database import retried
from gateway.errors import GatewayError
from gateway.idempotency import forget
from gateway.registry import unread
from gateway.registry.unread import Attempt
from gateway.replay import AdaptersOf, give_up, replay

PAUSE = 0.2
"""Seconds between two looks: each process of the service looks, and none waits for another."""
FORGET_EVERY = 3600.0
"""Seconds between two removals of old answers."""
ATTEMPTS = 3
"""Times that reading a message may be begun without coming to an end (no memory, a crash below
Python, a kill): each costs all that the process was doing. Two processes that begin at the same
moment count twice, which only matters if one of them is then killed."""
LONGEST_PAUSE = 5.0
"""Seconds, while the database is away or a message cannot be read for another reason."""

log = structlog.get_logger()


@contextmanager
def working(engine: Engine, adapters_of: AdaptersOf, caller: Caller) -> Iterator[None]:
    """A thread reads what waits, as long as the block lasts."""
    stop = threading.Event()
    thread = threading.Thread(
        target=_work, args=(engine, adapters_of, caller, stop), name="reading", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _work(engine: Engine, adapters_of: AdaptersOf, caller: Caller, stop: threading.Event) -> None:
    pause, forgot = PAUSE, -FORGET_EVERY
    while not stop.is_set():
        try:
            if time.monotonic() - forgot >= FORGET_EVERY:
                retried(engine, forget)
                forgot = time.monotonic()
            found = take_next(engine, adapters_of, caller)
        # Whatever it is, the thread goes on: nobody would notice that it had ended.
        except Exception as error:
            if pause == PAUSE:
                log.warning("reading waits", error=type(error).__name__)
            pause = min(2 * pause, LONGEST_PAUSE)
            stop.wait(pause)
        else:
            pause = PAUSE
            if found is None:
                stop.wait(pause)


def take_next(engine: Engine, adapters_of: AdaptersOf, caller: Caller) -> str | None:
    """Read a message that nobody reads yet; its id, None if none waits.

    One whose reading ended the process ATTEMPTS times is refused. Whatever is raised leaves it as
    it was.
    """
    while (begun := retried(engine, unread.begin)) is not None:
        if _tried(engine, begun, adapters_of, caller):
            return begun.message
    return None


def _tried(engine: Engine, begun: Attempt, adapters_of: AdaptersOf, caller: Caller) -> bool:
    """Whether it was still to be read, and nobody was quicker since the beginning was counted."""

    def work(session: Session) -> bool:
        is_free = unread.hold(session, begun.message)
        if is_free and begun.number > ATTEMPTS:
            give_up(session, begun.message, adapters_of, caller)
        elif is_free:
            replay(session, begun.message, adapters_of, caller)
        return is_free

    try:
        return retried(engine, work)
    except Exception:
        # Where the database is away the beginning stays counted: it may have ended the database.
        with suppress(SQLAlchemyError, GatewayError):
            retried(engine, lambda session: unread.outlived(session, begun.message))
        raise
