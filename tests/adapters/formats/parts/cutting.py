"""Cuts payloads for tests and joins what a source reads in the parts."""

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module

import pytest

from adapters.contract import Reading, SourceAdapter, SourceMessage, Statement
from adapters.errors import PayloadError
from adapters.formats import parts as package
from adapters.formats.fields import Field
from adapters.formats.parts import Part, parts, text
from adapters.sources.casework.fields import COLUMNS as CASEWORK
from adapters.sources.education.fields import COLUMNS as EDUCATION
from adapters.sources.facility.fields import COLUMNS as FACILITY

COLUMNS: dict[str, Sequence[Field]] = {
    "casework": CASEWORK,
    "education": EDUCATION,
    "facility": FACILITY,
}


class Dribble(io.BytesIO):
    """A stream that gives few bytes at a time, as a socket does."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size, 1_000) if size and size > 0 else size)


class Endless(io.RawIOBase):
    """A beginning and then the same bytes again and again, `total` in all and `end`."""

    def __init__(self, beginning: bytes, again: bytes, total: int, end: bytes = b"") -> None:
        self.waiting, self.again, self.end = beginning, again, end
        self.left = max(total - len(beginning), 0) // len(again)

    def read(self, size: int = -1) -> bytes:
        while len(self.waiting) < size and (self.left or self.end):
            times = min(size // len(self.again) + 1, self.left)
            self.waiting += self.again * times
            self.left -= times
            if not self.left:
                self.waiting, self.end = self.waiting + self.end, b""
        given, self.waiting = self.waiting[:size], self.waiting[size:]
        return given


@dataclass(kw_only=True)
class Found:
    """What is read, and where in the source's payload it stood."""

    statements: list[Statement] = field(default_factory=list)
    rejections: list[tuple[str, str, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    unknown: set[str] = field(default_factory=set)

    def add(self, reading: Reading, part: Part) -> None:
        for statement in reading.statements:
            self.statements.append(replace(statement, position=part.located(statement.position)))
        for told in reading.rejections:
            self.refuse(PayloadError(told.problem, told.position, told.element), part)
        self.left_out.update(reading.left_out)
        self.unknown.update(reading.unknown_fields)

    def refuse(self, error: PayloadError, part: Part) -> None:
        told = error.rejection
        self.rejections.append((part.located(told.position), told.problem, told.element or ""))

    @property
    def keys(self) -> list[str | None]:
        return [statement.record_id for statement in self.statements]


@contextmanager
def small_steps(sniffed: int = 1_000, step: int = 7) -> Iterator[None]:
    """Read on in small steps, so that everything stands across two of them once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(package, "SNIFFED", sniffed)
        patch.setattr(text, "SNIFFED", sniffed)
        patch.setattr(text, "CHUNK", step)
        yield


def cut(content: bytes, size: int, source: str = "") -> list[Part]:
    return list(parts(Dribble(content), size=size, columns=COLUMNS.get(source, ())))


def read(source: str, *cuts: Part) -> Found:
    """A part that is refused as a whole is a rejection at its own position."""
    found = Found()
    for part in cuts:
        try:
            found.add(adapter(source).read(message(source, part.content)), part)
        except PayloadError as error:
            found.refuse(error, part)
    found.rejections.sort()
    return found


def read_whole(source: str, content: bytes) -> Found:
    return read(source, Part(content=content))


def assert_same(source: str, content: bytes, size: int) -> list[Part]:
    """The parts, which together hold for the source what the whole holds, at the same places."""
    made = cut(content, size, source)
    assert read(source, *made) == read_whole(source, content)
    assert_joins(content, made)
    return made


def assert_joins(content: bytes, made: Sequence[Part]) -> None:
    """The parts' own bytes are those of the payload, each where it says that it begins."""
    assert b"".join(part.own for part in made) == content[: made[-1].ends]
    assert [part.begins for part in made] == [0, *(part.ends for part in made[:-1])]


def adapter(source: str) -> SourceAdapter:
    found: SourceAdapter = import_module(f"adapters.sources.{source}").adapter
    return found


def message(source: str, content: bytes) -> SourceMessage:
    return SourceMessage(source=source, content=content)
