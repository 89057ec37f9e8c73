"""Where a child was and when, out of encounters, stays in homes and handovers."""

from datetime import date
from typing import Any

import pytest

from adapters import profile
from adapters.profile import Place, PlaceKind
from linkage import movements
from linkage.records import OPEN, Move, Stay

HOSPITAL = Place(kind=PlaceKind.HOSPITAL, code="01234")
OTHER = Place(kind=PlaceKind.HOSPITAL, code="05678")
HOME = Place(kind=PlaceKind.HOME, code="99001")
DAY = date(2026, 3, 4).toordinal()
ARRIVAL, DEPARTURE = "2026-03-04T09:15:00+07:00", "2026-03-06T10:00:00+07:00"


def body(place: Place) -> dict[str, Any]:
    return profile.reference("Organization", profile.organization_id(place))


def encounter(start: str | None, end: str | None, **ways: Place) -> dict[str, Any]:
    period = profile.without_nothing({"start": start, "end": end})
    hospitalization = {name: body(place) for name, place in ways.items()}
    return profile.without_nothing(
        {
            "resourceType": "Encounter",
            "serviceProvider": body(HOSPITAL),
            "period": period,
            "hospitalization": hospitalization,
        }
    )


def episode(start: str | None, end: str | None, *extensions: dict[str, Any]) -> dict[str, Any]:
    return profile.without_nothing(
        {
            "resourceType": "EpisodeOfCare",
            "managingOrganization": body(HOME),
            "period": profile.without_nothing({"start": start, "end": end}),
            "extension": list(extensions),
        }
    )


def move(direction: str, place: Place, day: int, hour: int = 0) -> Move:
    return Move(direction=direction, place=str(place), day=day, hour=hour and day * 24 + hour)


def test_a_stay_in_hospital_is_an_arrival_and_a_departure() -> None:
    moves = list(movements.encounter_moves([encounter(ARRIVAL, DEPARTURE)]))
    assert moves == [move("in", HOSPITAL, DAY, 9), move("out", HOSPITAL, DAY + 2, 10)]


def test_a_transfer_leaves_one_house_and_enters_the_next() -> None:
    sender = encounter(ARRIVAL, DEPARTURE, destination=OTHER)
    receiver = encounter(DEPARTURE, None, origin=OTHER)
    assert move("in", OTHER, DAY + 2, 10) in movements.encounter_moves([sender])
    assert move("out", OTHER, DAY + 2, 10) in movements.encounter_moves([receiver])


def test_reception_into_a_home_and_leaving_it() -> None:
    moves = list(movements.episode_moves([episode("2026-03-06", "2026-04-01")]))
    assert [(m.direction, m.place, m.hour) for m in moves] == [
        ("in", str(HOME), 0),
        ("out", str(HOME), 0),
    ]


@pytest.mark.parametrize("time", [None, "2026", "2026-03"])
def test_what_has_no_day_is_no_move(time: str | None) -> None:
    assert list(movements.encounter_moves([encounter(time, time, origin=OTHER)])) == []
    assert list(movements.episode_moves([episode(time, time)])) == []
    assert list(movements.hospital_stays([encounter(time, None)], "f")) == []
    assert list(movements.home_stays([episode(time, None)], "f")) == []


def test_nowhere_is_no_move() -> None:
    nowhere: dict[str, Any] = {"resourceType": "Encounter", "period": {"start": ARRIVAL}}
    assert list(movements.encounter_moves([nowhere])) == []
    assert list(movements.hospital_stays([nowhere], "f")) == []


def test_midnight_is_an_hour() -> None:
    moves = movements.encounter_moves([encounter("2026-03-04T00:00:00+07:00", None)])
    assert [m.hour for m in moves] == [DAY * 24]


def test_given_to_a_place_is_into_it_at_its_own_time_only() -> None:
    given = profile.handover("given", places=[HOSPITAL], time=ARRIVAL)
    untimed = profile.handover("given", places=[HOSPITAL])
    assert list(movements.handover_moves([given], "2026-03-09")) == [move("in", HOSPITAL, DAY, 9)]
    assert list(movements.handover_moves([untimed], "2026-03-09")) == []


def test_received_from_a_place_is_out_of_it_at_reception_where_no_time_is_stated() -> None:
    received = profile.handover("received", places=[HOSPITAL])
    assert list(movements.handover_moves([received], "2026-03-04")) == [move("out", HOSPITAL, DAY)]
    assert list(movements.handover_moves([received], None)) == []


def test_every_reading_of_an_ambiguous_place_counts() -> None:
    commune = Place(kind=PlaceKind.COMMUNE, code="01234")
    received = profile.handover("received", places=[HOSPITAL, commune], file_number="BN 7")
    moves = movements.handover_moves([received], "2026-03-04")
    assert {m.place for m in moves} == {str(HOSPITAL), str(commune)}
    files = list(movements.handover_files([received]))
    assert files == [(str(HOSPITAL), "BN 7"), (str(commune), "BN 7")]


def test_a_handover_without_a_file_number_names_no_file() -> None:
    assert list(movements.handover_files([profile.handover("given", places=[HOSPITAL])])) == []
    assert list(movements.handover_files([profile.handover("given", file_number="7")])) == []


def test_a_stay_is_from_arrival_to_departure() -> None:
    start, end = DAY * 1440 + 9 * 60 + 15, (DAY + 2) * 1440 + 600
    assert list(movements.hospital_stays([encounter(ARRIVAL, DEPARTURE)], "file")) == [
        Stay(place=str(HOSPITAL), file="file", start=start, end=end)
    ]


def test_a_check_in_is_short_and_a_home_is_open() -> None:
    (check_in,) = movements.hospital_stays([encounter(ARRIVAL, None)], "file")
    assert 0 < check_in.end - check_in.start <= movements.CHECK_IN_MINUTES
    (at_home,) = movements.home_stays([episode("2026-03-06", None)], "file")
    assert at_home.end == OPEN


@pytest.mark.parametrize(
    ("kind", "visit"), [("AMB", True), ("PRENC", True), ("IMP", False), ("EMER", False)]
)
def test_who_only_visits_a_hospital_does_not_lie_in_it(kind: str, visit: bool) -> None:
    seen = encounter(ARRIVAL, DEPARTURE) | {"class": {"code": kind}}
    assert [stay.visit for stay in movements.hospital_stays([seen], "f")] == [visit]


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_stay_that_was_taken_back_is_not_held(status: str) -> None:
    finished = encounter(ARRIVAL, DEPARTURE) | {"status": "finished"}
    assert movements.held([finished | {"status": status}, finished]) == [finished]


def test_a_stay_never_ends_before_it_begins() -> None:
    (stay,) = movements.hospital_stays([encounter(DEPARTURE, ARRIVAL)], "file")
    assert stay.end >= stay.start


def test_handovers_stand_on_the_child_and_on_the_stay_in_a_home() -> None:
    given, received = profile.handover("given"), profile.handover("received")
    patient = {"resourceType": "Patient", "extension": [given, profile.flag_placeholder("x")]}
    assert movements.handovers_of(patient, [episode("2026-03-06", None, received)]) == [
        given,
        received,
    ]
    assert movements.handovers_of({"resourceType": "Patient"}, []) == []
