"""Learning without labels: what cannot be learnt from is said, and never half learnt."""

import pytest

from linkage.model import read, untrained
from linkage.records import PersonRecord
from linkage.training import train
from tests.linkage.people import HOME, TODAY, person


def twice(number: int) -> list[PersonRecord]:
    """Two records of one child that agree in everything, and with nobody else in anything."""
    told = {
        "names": (f"nguyễn thị tên{number}",),
        "personal_ids": (f"998326{number:06d}",),
        "certificates": (f"{number:05d}.GCS.01234.26",),
        "birth_low": TODAY + number,
        "birth_high": TODAY + number,
        "birth_firm": True,
    }
    return [person(f"{source}:{number}", **told) for source in ("hospital", "police")]


def test_records_that_leave_no_doubt_teach_little_and_break_nothing() -> None:
    records = [record for number in range(150) for record in twice(number)]
    trained = train(records)
    assert trained.weights.keys() == untrained().weights.keys()
    assert all(0 < p <= 1 for levels in trained.weights.values() for pair in levels for p in pair)
    assert trained.weights["personal_id"] == untrained().weights["personal_id"]


def test_names_that_a_house_gives_to_everybody_are_frozen_in_the_model() -> None:
    records = [record for number in range(150) for record in twice(number)]
    temple = [
        person(f"facility:{n}", names=("vạn bảo",), files=(f"{HOME}|{n}|a",)) for n in range(6)
    ]
    trained = train([*records, *temple])
    assert trained.habits == {HOME: ("name:bao van",)}
    assert "vạn bảo" not in trained.frequencies["name_main"]
    assert read(trained.as_json()) == trained
    assert train(records).habits == {}


def test_too_few_records_are_refused() -> None:
    with pytest.raises(ValueError, match="200"):
        train(twice(1))
