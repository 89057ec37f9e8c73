"""Which patients an ADT message speaks of: its event, and a PID with what stands behind it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adapters.errors import PayloadError, Problem
from adapters.formats.hl7 import Message, Segment
from adapters.sources.hospital.adt_fields import (
    EVENTS,
    MERGE,
    NOT_PRODUCTION,
    NOT_USED,
    OTHER_TYPES,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """One patient's segments, with the head of the message before them."""

    event: str
    segments: Mapping[str, Segment] = field(repr=False)
    """The first of each name."""
    kin: tuple[Segment, ...] = field(repr=False)
    merged: tuple[Segment, ...] = field(repr=False)

    @property
    def pid(self) -> Segment:
        return self.segments["PID"]

    def position(self, path: str) -> str:
        """Where in the message `PID-7` or `PV1-44.1` of this patient stands."""
        name, _, rest = path.partition("-")
        segment = self.segments.get(name)
        return f"{segment.place}-{rest}" if segment else path


def groups(message: Message, event: str) -> Iterator[Group]:
    """The patients of a message, several in a merge of several.

    Raises PayloadError(MISSING_VALUE) for a message of no patient.
    """
    segments = message.segments
    starts = [at for at, segment in enumerate(segments) if segment.name == "PID"]
    if not starts:
        raise PayloadError(Problem.MISSING_VALUE, "PID", "PID")
    for start, end in zip(starts, [*starts[1:], len(segments)], strict=True):
        own = segments[start:end]
        # Backwards, so that the first of a name stays.
        whole = {s.name: s for s in reversed((*segments[: starts[0]], *own))}
        yield Group(
            event=event,
            segments=whole,
            kin=tuple(s for s in own if s.name == "NK1"),
            merged=tuple(s for s in own if s.name == "MRG" and event == MERGE),
        )


def event_of(message: Message) -> str:
    """The trigger event, one of EVENTS or NOT_USED.

    Raises PayloadError(WRONG_CODE) for a type, an event or a version that this source does not
    know, and for a message that tries out a system.
    """
    head = message.segments[0]
    if _is_trial(message):
        raise _not_ours("MSH-11")
    if head.text(9).strip().upper() != "ADT":
        raise _not_ours("MSH-9.1")
    named = next((s.text(1) for s in message.segments if s.name == "EVN"), "")
    event = (head.text(9, 2) or named).strip().upper()
    if event not in EVENTS and event not in NOT_USED:
        raise _not_ours("MSH-9.2")
    version = head.text(12).strip()
    if version and not version.startswith("2."):
        raise _not_ours("MSH-12")
    return event


def is_for_others(message: Message) -> bool:
    """Whether it is of a type that HL7 made for other systems, or not sent for production."""
    return message.segments[0].text(9).strip().upper() in OTHER_TYPES or _is_trial(message)


def _is_trial(message: Message) -> bool:
    return message.segments[0].text(11).strip().upper() in NOT_PRODUCTION


def _not_ours(path: str) -> PayloadError:
    return PayloadError(Problem.WRONG_CODE, path, path)
