"""What a hostile payload is, and what may come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """`answer` says what must come of it: `<problem>` where the payload is refused as a whole, else
    `<children taken>` and the problems of what is refused in it: "1", "0 wrong-type"."""

    content: bytes = field(repr=False)
    answer: str


Cases: TypeAlias = Mapping[str, Case]


def case(content: str | bytes, answer: str) -> Case:
    return Case(content=content.encode() if isinstance(content, str) else content, answer=answer)
