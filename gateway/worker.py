"""Reads messages that were only received so far, beside the service, until it is told to stop."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway.access import refusals, sessions, tokens
from gateway.background import repeated
from gateway.database import keep_witness, retried
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
TELL_EVERY = 1.0
"""Seconds between two looks for refusals that are not in the log yet."""
WITNESS_EVERY = 1.0
"""Seconds after which the witness is shown what was signed meanwhile."""


@contextmanager
def working(engine: Engine, adapters_of: AdaptersOf, caller: Caller) -> Iterator[None]:
    """A thread reads what waits, as long as the block lasts."""
    look = _Looks(engine=engine, adapters_of=adapters_of, caller=caller)
    with repeated("reading", look.again, PAUSE):
        yield


@dataclass(kw_only=True)
class _Looks:
    """What is done beside the service, and when the rarer parts of it were done last."""

    engine: Engine
    adapters_of: AdaptersOf
    caller: Caller
    forgot: float = -FORGET_EVERY
    told: float = -TELL_EVERY

    def again(self) -> bool:
        """Whether there was a message to be read."""
        if time.monotonic() - self.forgot >= FORGET_EVERY:
            retried(self.engine, forget)
            retried(self.engine, tokens.forget)
            retried(self.engine, sessions.forget)
            self.forgot = time.monotonic()
        if time.monotonic() - self.told >= TELL_EVERY:
            retried(self.engine, refusals.tell)
            self.told = time.monotonic()
        found = take_next(self.engine, self.adapters_of, self.caller)
        keep_witness(self.engine, WITNESS_EVERY)
        return found is not None


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
