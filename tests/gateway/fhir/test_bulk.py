"""What a bulk export asks for is read whole or refused, and can be repeated as it is told."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.fhir.bulk import READ, Bulk, bulk_of, elements_of, steps_of
from gateway.fhir.errors import UnknownParameterError, WrongParameterError
from gateway.fhir.query import search_of
from gateway.fhir.veil import Veil

VEIL = Veil(key=b"k" * 32)


def read(*asked: tuple[str, str]) -> Bulk:
    return bulk_of(asked, VEIL)


def test_types_by_commas_and_several_times() -> None:
    assert read(("_type", "Patient,Task"), ("_type", "Task,Flag")).kinds == (
        "Patient",
        "Task",
        "Flag",
    )


@pytest.mark.parametrize(
    ("told", "kinds"),
    [
        ("Patient?gender=female", ["Patient"]),
        ("Patient?gender=female,male", ["Patient"]),
        ("Patient?gender=female%2Cmale", ["Patient"]),
        ("Patient?gender=female,Task?status=completed", ["Patient", "Task"]),
        ("Patient%3Fgender=female,Task%3Fstatus=completed", ["Patient", "Task"]),
        ("Patient?gender=a,Patient?gender=b,c", ["Patient", "Patient"]),
    ],
)
def test_a_comma_divides_filters_only_before_a_type(told: str, kinds: list[str]) -> None:
    assert [one.kind for one in read(("_typeFilter", told)).filters] == kinds


def test_a_plus_that_nobody_escaped_is_a_plus() -> None:
    moment = "2026-03-04T05:10:00+07:00"
    bulk = read(("_since", moment.replace("+", " ")))
    assert bulk.since == datetime(2026, 3, 3, 22, 10, tzinfo=UTC)
    (one,) = read(("_typeFilter", f"Patient?_lastUpdated=gt{moment}")).filters
    assert dict(one.criteria)["_lastUpdated"] == f"gt{moment}"


def test_what_may_be_a_childs_is_veiled_and_can_be_asked_for_again() -> None:
    bulk = read(("_typeFilter", "Patient?identifier=urn:x|998&name=Hà"))
    assert "998" not in repr(bulk.applied)
    again = bulk_of(bulk.applied, VEIL)
    meant = [search_of(one.kind, one.criteria, VEIL).criteria for one in again.filters]
    plain = search_of("Patient", [("identifier", "urn:x|998"), ("name", "Hà")], VEIL)
    assert meant == [plain.criteria]


def test_steps_and_elements() -> None:
    bulk = read(("_typeFilter", "Task?status=a,Task?status=b"), ("_elements", "id,Task.code"))
    assert [one.kind for one in steps_of(bulk, ["Patient", "Task"])] == ["Patient", "Task", "Task"]
    assert elements_of(bulk.elements, "Task") == ["id", "code"]
    assert elements_of(bulk.elements, "Patient") == ["id"]


def test_what_is_unknown_is_left_out_only_where_that_is_wished() -> None:
    with pytest.raises(UnknownParameterError):
        read(("patient", "Patient/1"))
    assert bulk_of([("patient", "Patient/1")], VEIL, is_lenient=True) == Bulk()
    with pytest.raises(WrongParameterError):
        bulk_of([("_type", "Patients")], VEIL, is_lenient=True)


VALUES = st.text(max_size=20) | st.builds(
    lambda kind, rest: f"{kind}?{rest}", st.sampled_from(["Patient", "Task", "X"]), st.text()
)


@given(asked=st.lists(st.tuples(st.sampled_from([*READ, "x"]), VALUES), max_size=3))
def test_nothing_that_can_be_asked_breaks_it(asked: list[tuple[str, str]]) -> None:
    try:
        bulk = bulk_of(asked, VEIL)
    except WrongParameterError:
        return
    again = bulk_of(bulk.applied, VEIL)
    assert (again.kinds, again.since, again.elements) == (bulk.kinds, bulk.since, bulk.elements)
