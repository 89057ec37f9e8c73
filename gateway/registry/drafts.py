"""Reads messages before anything is stored, and puts together those that can share a transaction."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from adapters.contract import Reading, SourceAdapter, SourceMessage
from adapters.errors import PayloadError, Problem, Rejection
from gateway.registry.preparation import Prepared, prepare
from gateway.registry.readers import read_in_processes

UNKNOWN_SOURCE = "unknown"
"""Source of messages that no adapter recognises."""


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
    def names(self) -> set[tuple[str, str]]:
        """What it speaks of: two messages that share a name go into different transactions."""
        source = self.message.source
        named = {(source, s.record_id) for s in self.reading.statements if s.record_id}
        parts = {(source, s.episode) for s in self.reading.statements if s.episode}
        return named | parts


def draft(message: SourceMessage, adapter: SourceAdapter | None) -> Draft:
    """Read and convert a message; nothing is stored. Without adapter it is refused: unrecognised."""
    if adapter is None:
        unknown = replace(message, source=UNKNOWN_SOURCE)
        problem = Problem.UNKNOWN_STRUCTURE if message.content else Problem.EMPTY
        return Draft(
            message=unknown, adapter=None, refusal=Rejection(problem=problem, position="/")
        )
    try:
        reading = adapter.read(message)
    except PayloadError as error:
        return Draft(message=message, adapter=adapter, refusal=error.rejection)
    prepared = [prepare(message.source, adapter, statement) for statement in reading.statements]
    return Draft(message=message, adapter=adapter, reading=reading, prepared=prepared)


def drafts(
    deliveries: Iterable[tuple[SourceMessage, SourceAdapter | None]], readers: int
) -> Iterator[Draft]:
    """Drafts in the order of the messages, made in so many processes; in this one where 0."""
    if readers:
        return read_in_processes(draft, deliveries, readers)
    return (draft(*delivery) for delivery in deliveries)


def batches(drafts: Iterable[Draft], together: int) -> Iterator[list[Draft]]:
    """Neighbours with `together` statements at most, no two of which speak of the same."""
    batch: list[Draft] = []
    names: set[tuple[str, str]] = set()
    contents: set[tuple[str, bytes]] = set()
    size = 0
    for one in drafts:
        content = (one.message.source, one.message.content)
        size += 1 + len(one.reading.statements)
        if batch and (size > together or names & one.names or content in contents):
            yield batch
            batch, names, contents, size = [], set(), set(), 1 + len(one.reading.statements)
        batch.append(one)
        names |= one.names
        contents.add(content)
    if batch:
        yield batch


def ahead(batches: Iterator[list[Draft]]) -> Iterator[list[Draft]]:
    """Read the next batch while the database works on this one."""
    with ThreadPoolExecutor(1, thread_name_prefix="reading") as reader:
        following = reader.submit(next, batches, None)
        while (batch := following.result()) is not None:
            following = reader.submit(next, batches, None)
            yield batch
