"""What a step report says: numbers of other bodies as copied, and what the step tells by itself."""

from datetime import date
from typing import Any

import pytest

from adapters import profile
from adapters.profile import IdentifierKind, Place, PlaceKind
from linkage.extraction import person_record
from linkage.normalise import name_key
from linkage.records import Move, PersonRecord
from linkage.step_reports import WINDOWS

DAY = date(2026, 3, 5).toordinal()
COMMUNE = Place(kind=PlaceKind.COMMUNE, code="00199")
HOME = Place(kind=PlaceKind.HOME, code="99001")
HOSPITAL = Place(kind=PlaceKind.HOSPITAL, code="01234")


def report(
    *identifiers: dict[str, Any],
    step: str = "DO_DAU",
    maker: Place = COMMUNE,
    done: str | None = "2026-03-05T10:00:00+07:00",
    **patient: Any,
) -> PersonRecord:
    task = {
        "resourceType": "Task",
        "id": "task-step",
        "code": profile.concept(profile.STEPS, step),
        "owner": {"identifier": {"system": maker.system, "value": maker.code}},
        "authoredOn": done,
    }
    child = {"resourceType": "Patient", "id": "patient", "identifier": identifiers} | patient
    resources = [child, profile.without_nothing(task)]
    return person_record("01x", "casework:00199/1", "casework", resources)


def number(kind: IdentifierKind, value: str, **about: Any) -> dict[str, Any]:
    return profile.identifier(kind, value, **about)


@pytest.mark.parametrize(
    ("identifier", "copied"),
    [
        (number(IdentifierKind.PERSONAL_ID, "998326000001"), "id:998326000001"),
        (number(IdentifierKind.BIRTH_CERTIFICATE, "00001.GCS.01234.26"), "cert:00001.GCS.01234.26"),
        (
            number(IdentifierKind.CIVIL_REGISTRATION, "00199/01/2026/24"),
            "reg:00199/01/2026/24",
        ),
        (number(IdentifierKind.CASE_111, "111-2026-000001"), "case:111-2026-000001"),
        (number(IdentifierKind.MOTEM, "te-01J"), "motem:te-01j"),
        (number(IdentifierKind.FILE, "7", issuer=HOME), "file:home:99001|7"),
        (
            number(IdentifierKind.MINUTES, "12/BB-CAX", issuer=COMMUNE, start="2026-03-04"),
            "min:12|00199|2026",
        ),
    ],
)
def test_a_number_is_copied_and_none_of_the_reports_own(
    identifier: dict[str, Any], copied: str
) -> None:
    record = report(identifier)
    assert copied in record.copied
    own = (record.personal_ids, record.certificates, record.registrations, record.minutes)
    assert (*own, record.cards, record.files, record.cases, record.motem_ids) == ((),) * 8


def test_minutes_without_a_commune_name_nobody() -> None:
    assert report(number(IdentifierKind.MINUTES, "12/BB-CAX", start="2026-03-04")).copied == ()


@pytest.mark.parametrize(
    ("step", "done", "copied"),
    [
        ("NIEM_YET", "2026-08-05", ["min:12|00199|2026"]),
        ("NIEM_YET", "2026-01-05", ["min:12|00199|2025", "min:12|00199|2026"]),
        ("DO_DAU", "2026-08-05", []),
    ],
)
def test_minutes_without_a_day_are_of_the_year_of_a_step_that_follows_them(
    step: str, done: str, copied: list[str]
) -> None:
    minutes = number(IdentifierKind.MINUTES, "12", issuer=COMMUNE)
    told = report(minutes, step=step, done=done).copied
    assert [token for token in told if "|00199|" in token] == copied


@pytest.mark.parametrize("step", sorted(WINDOWS))
def test_a_step_that_the_law_ties_to_the_finding_says_when_that_was(step: str) -> None:
    fewest, most = WINDOWS[step]
    assert 0 <= fewest < most <= 60
    record = report(step=step)
    assert (record.due_low, record.due_high) == (DAY - most, DAY - fewest)


def test_any_other_step_comes_after_the_finding_however_much_later() -> None:
    record = report(step="DO_DAU")
    assert record.due_high == DAY
    assert record.due_low is not None
    assert record.due_low < DAY - 18 * 365


def test_a_step_without_a_day_says_nothing_of_the_finding() -> None:
    record = report(step="NIEM_YET", done=None)
    assert (record.due_low, record.due_high) == (None, None)


def test_the_day_of_copied_minutes_is_no_event_but_a_handover_is() -> None:
    minutes = number(IdentifierKind.MINUTES, "12", issuer=COMMUNE, start="2026-03-04")
    assert report(minutes, step="NIEM_YET").moves == ()
    given = Move(direction="out", place="commune:00199", day=DAY)
    assert report(minutes, step="BAN_GIAO").moves == (given,)
    taken = Move(direction="in", place="home:99001", day=DAY)
    assert report(step="NHAN_BAN_GIAO", maker=HOME).moves == (taken,)


def test_who_reports_is_no_place_where_the_child_was() -> None:
    record = report(maker=HOSPITAL, step="SANG_LOC_SUC_KHOE")
    assert record.makers == ("hospital:01234",)
    assert (record.moves, record.stays, record.homes) == ((), (), ())
    assert record.provinces == ("01",)


def test_a_name_is_the_reports_own_word() -> None:
    assert report(name=[{"text": "Nguyễn Bảo An"}]).names == (name_key("Nguyễn Bảo An"),)
