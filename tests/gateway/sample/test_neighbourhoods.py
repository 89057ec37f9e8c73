"""Tests of gateway.sample.neighbourhoods."""

from datetime import date, timedelta

from adapters import communes
from gateway.sample.neighbourhoods import communes_by_province, neighbourhood
from gateway.sample.places import REFORM


def test_codes_of_before_the_reform_can_mean_todays_commune() -> None:
    before, after = REFORM - timedelta(days=1), date(2026, 1, 1)
    for number in range(4):
        for spot in neighbourhood(1, number, 1.0).spots:
            assert spot.commune.code in communes.readings(spot.code(before), before)
            assert communes.readings(spot.code(after), after) == (spot.commune.code,)


def test_some_places_lie_in_communes_that_were_split() -> None:
    spots = [spot for number in range(8) for spot in neighbourhood(1, number, 1.0).spots]
    assert any(spot.old.split for spot in spots)


def test_there_are_34_provinces() -> None:
    assert len(communes_by_province()) == 34


def test_codes_of_bodies_are_their_own() -> None:
    places = [neighbourhood(3, number, 1.0) for number in range(80)]
    hospitals = [hospital.code for place in places for hospital in place.hospitals]
    homes = [home.code for place in places for home in place.homes]
    national = {hospital.code for hospital in places[0].national}
    assert len(set(hospitals)) == len(hospitals)
    assert len(set(homes)) == len(homes)
    assert not national & set(hospitals)
    assert {len(code) for code in hospitals} == {5}


def test_a_neighbourhood_depends_on_seed_and_number_alone() -> None:
    first = neighbourhood(9, 2, 1.0)
    for other in range(12):
        neighbourhood(9, other, 1.0)
    assert neighbourhood(9, 2, 1.0) == first
    assert neighbourhood(10, 2, 1.0) != first
