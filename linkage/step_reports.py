"""What a report of a step tells linkage: copied numbers, who reports, when the child was found."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from adapters import communes
from linkage.fhir_elements import Element, days, first_code, of_type, place_of, sorted_set
from linkage.numbers import number_tokens
from linkage.records import Move, PersonRecord

SOURCE = "casework"
"""The source whose reports name a child by numbers out of other bodies' papers."""
OPEN_WINDOW = 100 * 365
WINDOWS: Mapping[str, tuple[int, int]] = {
    "KIEM_KE_TAI_SAN": (0, 14),
    "SANG_LOC_SUC_KHOE": (0, 14),
    "THONG_BAO_SAU_48_GIO": (1, 14),
    "NIEM_YET": (0, 14),
    "KET_THUC_NIEM_YET": (6, 30),
    "BAN_GIAO": (0, 14),
}
"""Step → days between the child's finding and it, fewest and most (vn_domain.md 2.1, steps 0c to 4).

The law says at once, after 48 hours, for seven days; what is beyond that is allowed for delay. Of
any other step only this is known: it comes after the finding.
"""
RECEIVED, GIVEN = "NHAN_BAN_GIAO", "BAN_GIAO"


def as_reported(record: PersonRecord, resources: Sequence[Element]) -> PersonRecord:
    """The record of a step report: its numbers as copied, and what the step itself says."""
    step = next(iter(of_type(resources, "Task")), {})
    code = first_code(step.get("code")) or ""
    maker = place_of(step.get("owner", {}).get("identifier"))
    done = days(step.get("authoredOn"))
    fewest, most = WINDOWS.get(code, (0, OPEN_WINDOW))
    return replace(
        record,
        copied=sorted_set(number_tokens(record)),
        due_low=done[0] - most if done else None,
        due_high=done[-1] - fewest if done else None,
        makers=(maker,) if maker else (),
        provinces=sorted_set([*record.provinces, *_provinces(maker)]),
        moves=sorted_set(_moves(code, maker, done, record.moves)),
        personal_ids=(),
        certificates=(),
        registrations=(),
        minutes=(),
        cards=(),
        files=(),
        cases=(),
        motem_ids=(),
    )


def soon_after_minutes(source: str, resources: Sequence[Element]) -> str | None:
    """The time of a step that the law ties to the minutes, which tells their year where no day does."""
    step = next(iter(of_type(resources, "Task") if source == SOURCE else ()), {})
    soon = first_code(step.get("code")) in WINDOWS
    return step.get("authoredOn") if soon else None


def _moves(
    code: str, maker: str | None, done: Sequence[int], told: Iterable[Move]
) -> Iterator[Move]:
    """To whom the child was given, and the step itself where it is a handover.

    The day of copied minutes is no event of its own: it comes with their number.
    """
    yield from (move for move in told if move.direction == "in")
    direction = {RECEIVED: "in", GIVEN: "out"}.get(code)
    if maker and done and direction:
        yield Move(direction=direction, place=maker, day=done[0])


def _provinces(maker: str | None) -> Iterator[str | None]:
    kind, _, code = (maker or "").partition(":")
    if kind == "hospital" and len(code) == 5:
        yield communes.province_today(code[:2])
    elif kind == "commune":
        yield from (communes.province_of(reading) for reading in communes.readings(code, None))
