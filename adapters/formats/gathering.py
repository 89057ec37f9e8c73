"""What reading a payload gathers, record by record, and how a statement gets its key."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from adapters.contract import Named, Reading, Statement, content_hash
from adapters.errors import PayloadError, Rejection
from adapters.formats.fields import Content


@dataclass(kw_only=True, slots=True)
class Gathered:
    """What is found while a payload is read, record by record."""

    statements: list[Statement] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    named: dict[str, Named] = field(default_factory=dict)

    def refuse(self, error: PayloadError, excerpt: bytes) -> None:
        """Keep the bytes of a record that cannot be read; the others are not spoilt."""
        self.rejections.append(replace(error.rejection, excerpt=excerpt))

    def note_unread(self, content: Content) -> None:
        """Count the fields whose value could not be read, as `<name>: <problem>`."""
        self.unknown.update(f"{name}: {problem}" for name, problem in content.unread)

    def reading(self) -> Reading:
        return Reading(
            statements=self.statements,
            rejections=self.rejections,
            left_out=dict(self.left_out),
            unknown_fields=dict(self.unknown),
            named=self.named,
        )


def stated_key(number: str | None) -> str | None:
    """A number that can be a key by itself: zeros, and words in its place, name many children."""
    return number if number and any("1" <= character <= "9" for character in number) else None


def statement(
    kind: str,
    key: str | None,
    content: Mapping[str, Any],
    position: str,
    effective: datetime | None = None,
) -> Statement:
    """A statement under its key; without one, under `~` and 12 hex of its hash (formats.md)."""
    return Statement(
        kind=kind,
        record_id=key or f"~{content_hash(content)[:12]}",
        content=content,
        position=position,
        effective=effective,
        unkeyed=key is None,
    )
