"""Receipts: that the access log holds, committed and signed, what an answer is about to show."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """For one unit of work: `event` is the first event of it. Only `gateway.database` issues it."""

    event: str


_received: ContextVar[list[Receipt] | None] = ContextVar("receipts", default=None)


@contextmanager
def receiving() -> Iterator[list[Receipt]]:
    """The receipts of all work that is done in this context, threads that it starts included."""
    found: list[Receipt] = []
    token = _received.set(found)
    try:
        yield found
    finally:
        _received.reset(token)


def issue(event: str) -> None:
    """Say that this event is committed and signed."""
    found = _received.get()
    if found is not None:
        found.append(Receipt(event=event))
