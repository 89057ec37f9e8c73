"""Person records: frozen words that survive being written down."""

from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given

from linkage.records import PersonRecord, from_json
from tests.linkage.people import PEOPLE, QUICK, person, rich


@QUICK
@given(PEOPLE)
def test_a_record_survives_being_written_and_read(record: PersonRecord) -> None:
    assert from_json(record.as_json()) == record


def test_a_record_of_everything_survives_being_written_and_read() -> None:
    record = rich("police:00199/12/2026#1", several=True, report="police:00199/12/2026")
    assert from_json(record.as_json()) == record


def test_what_is_missing_stays_missing_and_zero_stays_zero() -> None:
    read = from_json(person("hospital:1", grams=0).as_json())
    assert read.grams == 0
    assert read.grams_day is None
    assert read.names == ()


def test_equal_records_are_written_alike() -> None:
    assert rich("hospital:1").as_json() == rich("hospital:1").as_json()


def test_vietnamese_letters_are_written_as_they_are() -> None:
    assert "đặng" in person("hospital:1", names=("đặng",)).as_json()


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        person("hospital:1").sex = "male"  # type: ignore[misc]


def test_nothing_of_the_child_shows_in_the_representation() -> None:
    shown = repr(rich("hospital:01234/BN77"))
    for secret in ("nguyễn", "998326000001", "BN77", "00001.GCS", "chua", "bui", "khan", "2900"):
        assert secret not in shown
