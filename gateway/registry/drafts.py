"""Reads messages before anything is stored, and puts together those that can share a transaction."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TypeAlias

import structlog

from adapters.contract import Reading, SourceAdapter, SourceMessage
from adapters.errors import PayloadError, Problem, Rejection, mistake
from gateway.registry import pieces
from gateway.registry.messages import UNKNOWN_SOURCE
from gateway.registry.preparation import Prepared, prepare

log = structlog.get_logger()
LIKE_A_STATEMENT = 32 * 1024
"""Bytes of a message that weigh in a batch like one more statement."""
Name: TypeAlias = tuple[str, str | bytes]
"""A source with a record id, an episode, or all that a message holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A message with what its adapter reads in it, or why it cannot be read."""

    message: SourceMessage
    adapter: SourceAdapter | None
    reading: Reading = field(repr=False, default=Reading())
    prepared: Sequence[Prepared] = field(repr=False, default=())
    """The statements of the reading."""
    refusal: Rejection | None = None

    @property
    def weight(self) -> int:
        """How much of a batch it takes: statements, and bytes, which may be many without any."""
        return 1 + len(self.prepared) + len(self.message.content) // LIKE_A_STATEMENT

    @property
    def names(self) -> set[Name]:
        """What it speaks of: two messages that share a name go into different transactions."""
        source, statements = self.message.source, self.reading.statements
        named = {(source, name) for s in statements for name in (s.record_id, s.episode) if name}
        return {(source, self.message.content), *named}


Numbered: TypeAlias = tuple[int, Draft]


def draft(message: SourceMessage, adapter: SourceAdapter | None) -> Draft:
    """Read and convert a message; nothing is stored. Without adapter it is refused: unrecognised."""
    if adapter is None:
        unknown = replace(message, source=UNKNOWN_SOURCE)
        problem = Problem.UNKNOWN_STRUCTURE if message.content else Problem.EMPTY
        refusal = pieces.located_refusal(message, Rejection(problem=problem, position="/"))
        return Draft(message=unknown, adapter=None, refusal=refusal)
    known = pieces.refusal_of(message)
    if known is not None:
        return Draft(message=message, adapter=adapter, refusal=known)
    try:
        reading = pieces.located(message, adapter.read(message))
        prepared = [prepare(message.source, adapter, statement) for statement in reading.statements]
    except PayloadError as error:
        refusal = pieces.located_refusal(message, error.rejection)
        return Draft(message=message, adapter=adapter, refusal=refusal)
    # A mistake in a reader must not cost the message: it is kept, and read again when repaired.
    except Exception as error:
        log.error("reading failed", source=message.source, error=type(error).__name__)
        refusal = pieces.located_refusal(message, mistake(error))
        return Draft(message=message, adapter=adapter, refusal=refusal)
    return Draft(message=message, adapter=adapter, reading=reading, prepared=prepared)


def batches(drafts: Iterable[Draft], together: int) -> Iterator[list[Numbered]]:
    """Drafts with their place in the order, `together` statements at most in a batch.

    All of a batch are of one source, so that what a transaction writes is locked in one order, as a
    linking locks it. No two speak of the same, and none overtakes another that speaks of the same.
    """
    coming = enumerate(drafts)
    batch, held = _batch([], coming, together)
    while batch:
        yield batch
        batch, held = _batch(held, coming, together)


def _batch(
    held: Sequence[Numbered], coming: Iterator[Numbered], together: int
) -> tuple[list[Numbered], list[Numbered]]:
    """The next batch, and what has to wait for a later one."""
    batch: list[Numbered] = []
    later: list[Numbered] = []
    names: set[Name] = set()
    size = waiting = 0
    first = iter(held)
    for number, one in chain(first, coming):
        own = one.weight
        is_of_it = not batch or one.message.source == batch[0][1].message.source
        is_free = is_of_it and names.isdisjoint(one.names)
        is_full = bool(batch) and size + own > together
        names |= one.names
        if is_free and not is_full:
            batch.append((number, one))
            size += own
        else:
            later.append((number, one))
            waiting += own
        if is_full or waiting > together:
            break
    return batch, [*later, *first]


def ahead(batches: Iterator[list[Numbered]]) -> Iterator[list[Numbered]]:
    """Read the next batch while the database works on this one."""
    with ThreadPoolExecutor(1, thread_name_prefix="reading") as reader:
        following = reader.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = reader.submit(next, batches, None)
            yield batch
