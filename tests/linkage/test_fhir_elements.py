"""Values read out of FHIR elements: what is not there is nothing, what is there is exact."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import profile
from adapters.profile import IdentifierKind, Place, PlaceKind
from linkage import fhir_elements
from tests.linkage.people import QUICK

DAY = date(2026, 3, 4).toordinal()
PLACES = st.builds(
    Place,
    kind=st.sampled_from(list(PlaceKind)),
    code=st.from_regex(r"[0-9A-Z]{1,8}", fullmatch=True),
)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-03-04", date(2026, 3, 4), date(2026, 3, 4)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-03-04T00:10:00+07:00", date(2026, 3, 4), date(2026, 3, 4)),
        ("2026-03-03T17:10:00Z", date(2026, 3, 4), date(2026, 3, 4)),
        ("2026-03-04T23:59:00+07:00", date(2026, 3, 4), date(2026, 3, 4)),
    ],
)
def test_a_date_is_as_wide_as_it_was_stated(text: str, first: date, last: date) -> None:
    assert fhir_elements.days(text) == [first.toordinal(), last.toordinal()]


@pytest.mark.parametrize("text", [None, ""])
def test_no_date_has_no_days(text: str | None) -> None:
    assert fhir_elements.days(text) == []


@QUICK
@given(
    st.datetimes(datetime(1990, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001 - the zone is added
    st.integers(-12, 14),
)
def test_an_instant_is_the_same_in_every_zone(moment: datetime, hours: int) -> None:
    moment = moment.replace(microsecond=0)
    stated = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    there = stated.astimezone(fhir_elements.VIETNAM)
    minute = there.toordinal() * 1440 + there.hour * 60 + there.minute
    assert fhir_elements.minute_of(stated.isoformat()) == minute
    assert fhir_elements.minute_of(there.isoformat()) == minute
    assert fhir_elements.hour_of(stated.isoformat()) == minute // 60
    assert fhir_elements.days(stated.isoformat()) == [there.toordinal()] * 2


def test_midnight_is_a_time_of_day_and_a_bare_day_is_none() -> None:
    assert fhir_elements.hour_of("2026-03-04T00:00:00+07:00") == DAY * 24
    assert fhir_elements.hour_of("2026-03-04") == 0
    assert fhir_elements.minute_of("2026-03-04") == DAY * 1440


def test_only_resources_of_the_type() -> None:
    resources = [{"resourceType": "Patient"}, {"resourceType": "Flag"}]
    assert fhir_elements.of_type(resources, "Flag") == [{"resourceType": "Flag"}]
    assert fhir_elements.of_type(resources, "Encounter") == []


def test_parts_of_a_complex_extension() -> None:
    found = profile.discovery(time="2026-03-04", commune="1", candidates=("00199", "00200"))
    assert fhir_elements.values(found, "commune") == ["00199", "00200"]
    assert fhir_elements.value(found, "time") == "2026-03-04"
    assert fhir_elements.value(found, "minutes") is None
    assert fhir_elements.values({}, "time") == []


def test_zero_and_false_are_values() -> None:
    parts = {"extension": [{"url": "n", "valueInteger": 0}, {"url": "b", "valueBoolean": False}]}
    assert fhir_elements.value(parts, "n") == 0
    assert fhir_elements.value(parts, "b") is False


def test_extensions_of_one_kind() -> None:
    element = {"extension": [profile.flag_placeholder("x"), {"url": "urn:other"}]}
    assert list(fhir_elements.extensions(element, profile.EXT_PLACEHOLDER)) == [
        profile.flag_placeholder("x")
    ]
    assert fhir_elements.is_placeholder(element)
    assert not fhir_elements.is_placeholder({"extension": [{"url": "urn:other"}]})
    assert not fhir_elements.is_placeholder({})


@pytest.mark.parametrize("element", [None, {}, {"coding": []}, {"text": "x"}, {"coding": [{}]}])
def test_no_code_is_none(element: dict[str, object] | None) -> None:
    assert fhir_elements.first_code(element) is None


def test_the_first_code() -> None:
    assert fhir_elements.first_code(profile.concept(profile.LOINC, "8339-4")) == "8339-4"


@QUICK
@given(PLACES)
def test_a_body_is_named_alike_by_identifier_and_by_reference(place: Place) -> None:
    organization = profile.organization(place, None)
    reference = profile.reference("Organization", organization["id"])
    assert fhir_elements.place_of(organization["identifier"][0]) == str(place)
    assert fhir_elements.place_of_reference(reference) == str(place)
    by_identifier = {"identifier": organization["identifier"][0]}
    assert fhir_elements.place_of_reference(by_identifier) == str(place)


@pytest.mark.parametrize(
    "element",
    [
        None,
        {},
        {"system": "urn:motem:sid:hospital"},
        {"system": "urn:motem:sid:hospital", "value": ""},
        {"system": "http://example.org", "value": "01234"},
    ],
)
def test_no_body_is_none(element: dict[str, object] | None) -> None:
    assert fhir_elements.place_of(element) is None


@pytest.mark.parametrize(
    "element", [None, {}, {"reference": "Organization/x"}, {"reference": "Organization/org-home"}]
)
def test_a_reference_to_no_body_is_none(element: dict[str, object] | None) -> None:
    assert fhir_elements.place_of_reference(element) is None


@pytest.mark.parametrize("kind", list(IdentifierKind))
def test_every_kind_of_identifier_is_known_by_its_system(kind: IdentifierKind) -> None:
    system = profile.identifier(kind, "1")["system"]
    assert fhir_elements.KIND_OF_SYSTEM[system] is kind


def test_a_set_is_sorted_without_doubles_and_without_nothing() -> None:
    assert fhir_elements.sorted_set(["b", None, "a", "", "b"]) == ("a", "b")
