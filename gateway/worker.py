"""Reads messages that were only received so far, beside the service, until it is told to stop."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway.database import retried
from gateway.idempotency import forget
from gateway.registry.messages import MessageState
from gateway.registry.tables import message
from gateway.replay import AdaptersOf, replay

PAUSE = 0.2
"""Seconds between two looks: each process of the service looks, and none waits for another."""
FORGET_EVERY = 3600.0
"""Seconds between two removals of old answers."""
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
            found = retried(engine, lambda session: take_next(session, adapters_of, caller))
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


def take_next(session: Session, adapters_of: AdaptersOf, caller: Caller) -> str | None:
    """Read the message that waits longest and that nobody reads yet; its id, None if none waits."""
    c = message.c
    query = (
        select(c.id)
        .where(c.state == MessageState.RECEIVED, c.content.is_not(None))
        .order_by(c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    waiting = session.scalar(query)
    if waiting is not None:
        replay(session, waiting, adapters_of, caller)
    return waiting
