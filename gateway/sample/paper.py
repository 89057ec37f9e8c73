"""What one body sends of one event, before it is put into a file of its source's format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Paper:
    """The content one body sends in one turn, with the true child of each record key in it."""

    source: str
    sender: str
    turn: int = 0
    """-1 in a file before the main one, 0 in the main file, 1 in a later file."""
    content: Any = field(repr=False)
    truth: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Record key (formats.md, without the source) → child."""
