"""Puts the standard's places and codes in the place of a sender's, in one patient's segments."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from adapters.dialect import Dialect
from adapters.formats.dialects import translated
from adapters.formats.hl7 import Segment
from adapters.sources.hospital.adt_message import Group

FIELD = re.compile(r"([A-Z][A-Z0-9]{2})-([1-9]\d{0,2})")
"""A place as a whole, which may stand for another."""
PLACE = re.compile(FIELD.pattern + r"(?:\.([1-9]\d?))?")
"""A place that may hold a code."""


def in_our_places(group: Group, dialect: Dialect) -> Group:
    """The group with what a sender writes elsewhere (`ZPD-4`) where the standard has it (`PID-22`).

    A place of the standard that is filled stays as it is.
    """
    if not dialect:
        return group
    segments = dict(group.segments)
    for sent, ours in dialect.spellings.items():
        _copy(segments, FIELD.fullmatch(sent), FIELD.fullmatch(ours))
    for place, codes in dialect.codes.items():
        found = PLACE.fullmatch(place)
        if found and found[1] in segments:
            segments[found[1]] = _translated(segments[found[1]], found, codes)
    kin = tuple(_in_our_codes(segment, dialect) for segment in group.kin)
    merged = tuple(_in_our_codes(segment, dialect) for segment in group.merged)
    return replace(group, segments=segments, kin=kin, merged=merged)


def _copy(
    segments: dict[str, Segment], sent: re.Match[str] | None, ours: re.Match[str] | None
) -> None:
    if not (sent and ours and sent[1] in segments and ours[1] in segments):
        return
    origin, at = segments[sent[1]], int(sent[2])
    segment, place = segments[ours[1]], int(ours[2])
    value = origin.raw[at] if at < len(origin.raw) else ""
    if value and not (place < len(segment.raw) and segment.raw[place]):
        segments[ours[1]] = _changed(segment, place, lambda _: value)


def _in_our_codes(segment: Segment, dialect: Dialect) -> Segment:
    for place, codes in dialect.codes.items():
        found = PLACE.fullmatch(place)
        if found and found[1] == segment.name:
            segment = _translated(segment, found, codes)
    return segment


def _translated(segment: Segment, place: re.Match[str], codes: Mapping[str, str]) -> Segment:
    """Codes of the standard hold no separator: so what is written needs no escape."""
    marks, component = segment.separators, int(place[3] or 1)

    def of_repetition(raw: str) -> str:
        parts = raw.split(marks.component)
        if component <= len(parts):
            parts[component - 1] = str(translated(parts[component - 1], codes))
        return marks.component.join(parts)

    def of_field(raw: str) -> str:
        if not marks.repetition:
            return of_repetition(raw)
        return marks.repetition.join(map(of_repetition, raw.split(marks.repetition)))

    return _changed(segment, int(place[2]), of_field)


def _changed(segment: Segment, number: int, change: Callable[[str], str]) -> Segment:
    raw = [*segment.raw, *[""] * (number + 1 - len(segment.raw))]
    raw[number] = change(raw[number])
    return replace(segment, raw=tuple(raw))
