"""Several records as one: a group knows more than any of it, two readings of one record less."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from linkage.numbers import number_tokens
from linkage.records import PersonRecord, Stay
from linkage.step_reports import SOURCE as REPORT

UNITED = (
    "names",
    "personal_ids",
    "active_ids",
    "cancelled_ids",
    "certificates",
    "registrations",
    "minutes",
    "cards",
    "files",
    "letters",
    "cases",
    "motem_ids",
    "merged",
    "copied",
    "makers",
    "communes",
    "place_words",
    "place_kinds",
    "mothers",
    "mother_ids",
    "marks",
    "homes",
    "names_of_places",
    "provinces",
    "moves",
)
"""What every member adds to."""


def composite(members: Sequence[PersonRecord]) -> PersonRecord:
    """One record of all that the members say, whatever their order. Its key is the smallest."""
    members = sorted(members, key=lambda record: record.key)
    if len(members) == 1:
        return members[0]
    first = members[0]
    sources = "+".join(sorted({record.source for record in members}))
    members = _without_reports(members)
    low, high, firm = _birth(members)
    grams, grams_day = _weight(members)
    return PersonRecord(
        record_id=first.record_id,
        key=first.key,
        source=sources,
        sex=_majority(record.sex for record in members),
        birth_low=low,
        birth_high=high,
        birth_firm=firm,
        found_low=min((r.found_low for r in members if r.found_low is not None), default=None),
        found_high=max((r.found_high for r in members if r.found_high is not None), default=None),
        report=first.report if {record.report for record in members} == {first.report} else None,
        due_low=max((r.due_low for r in members if r.due_low is not None), default=None),
        due_high=min((r.due_high for r in members if r.due_high is not None), default=None),
        registered=min((r.registered for r in members if r.registered is not None), default=None),
        provisional=all(record.provisional for record in members if record.names)
        and any(record.names for record in members),
        several=any(record.several for record in members),
        told=min((r.told for r in members if r.told is not None), default=None),
        grams=grams,
        grams_day=grams_day,
        foundling=any(record.foundling for record in members),
        stays=_stays(members),
        **{name: united(getattr(record, name) for record in members) for name in UNITED},
    )


def _without_reports(members: Sequence[PersonRecord]) -> list[PersonRecord]:
    """Reports of steps add to a group only the names and the numbers that nobody else states.

    What they copied says nothing twice, and when a step was done says nothing of another group.
    """
    others = [record for record in members if record.source != REPORT]
    if not others:
        return list(members)
    known = {token for record in others for token in number_tokens(record)}
    reports = [record for record in members if record.source == REPORT]
    return [
        *others,
        *(
            PersonRecord(
                record_id=report.record_id,
                key=report.key,
                source=report.source,
                names=report.names,
                provisional=report.provisional,
                copied=tuple(token for token in report.copied if token not in known),
            )
            for report in reports
        ),
    ]


def _stays(members: Sequence[PersonRecord]) -> tuple[Stay, ...]:
    """Each stay once: who says that it ended knows more than who still saw the child there."""
    ends: dict[tuple[str, str, int, bool], int] = {}
    for stay in (stay for record in members for stay in record.stays):
        begun = (stay.place, stay.file, stay.start, stay.visit)
        ends[begun] = min(stay.end, ends.get(begun, stay.end))
    return tuple(
        sorted(
            Stay(place=place, file=file, start=start, end=end, visit=visit)
            for (place, file, start, visit), end in ends.items()
        )
    )


def united(values: Iterable[tuple[Any, ...]]) -> Any:
    """All values, sorted and without doubles."""
    return tuple(sorted({value for part in values for value in part}))


def _majority(values: Iterable[str | None]) -> str | None:
    """The value most members state; None where two are stated equally often."""
    counts = Counter(value for value in values if value is not None).most_common(2)
    if not counts or (len(counts) == 2 and counts[0][1] == counts[1][1]):
        return None
    return counts[0][0]


def _birth(members: Sequence[PersonRecord]) -> tuple[int | None, int | None, bool]:
    """The firm day most members state, else where their intervals meet, else the narrowest."""
    firm = Counter(r.birth_low for r in members if r.birth_firm and r.birth_low is not None)
    if firm:
        day = min(firm, key=lambda day: (-firm[day], day))
        return day, day, True
    spans = sorted(
        (r.birth_high - r.birth_low, r.birth_low, r.birth_high)
        for r in members
        if r.birth_low is not None and r.birth_high is not None
    )
    if not spans:
        return None, None, False
    low, high = max(span[1] for span in spans), min(span[2] for span in spans)
    return (low, high, False) if low <= high else (*spans[0][1:], False)


def _weight(members: Sequence[PersonRecord]) -> tuple[int | None, int | None]:
    """The earliest weight."""
    weights = [(r.grams_day, r.grams) for r in members if r.grams and r.grams_day is not None]
    if not weights:
        return None, None
    day, grams = min(weights)
    return grams, day
