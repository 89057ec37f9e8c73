"""A part of a large payload as a message of its own, which tells places as in the whole."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from adapters.contract import Reading, SourceMessage
from adapters.errors import Problem, Rejection
from adapters.formats.parts import Part, Place

NO_PIECE: Mapping[str, Any] = {"part_of": None, "part": None, "begins": None, "place": None}


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece(SourceMessage):
    """A part of the message `whole`, with its number from 1.

    `unreadable`: the way to the next record is lost before it; its bytes are kept and not read.
    """

    whole: str
    number: int
    place: Place
    unreadable: Problem | None = None

    @property
    def ends(self) -> int:
        """Byte of the whole behind its last."""
        return _part(self.content, self.place).ends


def columns_of(message: SourceMessage) -> dict[str, Any]:
    """What its row says of where it belongs; `place` as JSON."""
    if not isinstance(message, Piece):
        return dict(NO_PIECE)
    place = asdict(message.place)
    begins = place.pop("begins")
    place["before"] = message.place.before.hex()
    place["unreadable"] = message.unreadable
    return {
        "part_of": message.whole,
        "part": message.number,
        "begins": begins,
        "place": json.dumps({name: value for name, value in place.items() if value}),
    }


def place_of(begins: int, kept: Mapping[str, Any]) -> Place:
    """The reverse of `columns_of`."""
    values = {name: value for name, value in kept.items() if name != "unreadable"}
    values["before"] = bytes.fromhex(kept.get("before", ""))
    return Place(begins=begins, **values)


def kept_message(source: str, row: Any) -> SourceMessage:
    """A message as it was sent. `row` has content, part_of, part, begins, place."""
    if row.part_of is None:
        return SourceMessage(source=source, content=row.content)
    problem = row.place.get("unreadable")
    return Piece(
        source=source,
        content=row.content,
        whole=row.part_of,
        number=row.part,
        place=place_of(row.begins, row.place),
        unreadable=Problem(problem) if problem else None,
    )


def refusal_of(message: SourceMessage) -> Rejection | None:
    """Why a message cannot be read, where that is known without reading it."""
    if not isinstance(message, Piece) or message.unreadable is None:
        return None
    return Rejection(problem=message.unreadable, position=message.place.position)


def located(message: SourceMessage, reading: Reading) -> Reading:
    """With all positions as they are in the whole."""
    if not isinstance(message, Piece):
        return reading
    place = message.place
    return replace(
        reading,
        statements=[replace(s, position=place.located(s.position)) for s in reading.statements],
        rejections=[located_refusal(message, one) for one in reading.rejections],
    )


def located_refusal(message: SourceMessage, refused: Rejection) -> Rejection:
    if not isinstance(message, Piece):
        return refused
    return replace(refused, position=message.place.located(refused.position))


def own_bytes(row: Any) -> bytes:
    """What of the whole stands in a kept part."""
    return _part(row.content, place_of(row.begins, row.place)).own


def _part(content: bytes, place: Place) -> Part:
    return Part(content=content, **asdict(place))
