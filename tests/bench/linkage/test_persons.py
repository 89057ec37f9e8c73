"""OpenCR's set of Uganda, and FEBRL 3 and 4: near saturation, a check of the engine's other half.

By itself: python -m pytest -m bench --capture=no tests/bench/linkage/test_persons.py
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from itertools import combinations
from typing import Any

import pytest

from tests.bench.linkage import opencr, plain
from tests.bench.linkage.engine import Linked, link
from tests.bench.linkage.judge import links
from tests.bench.linkage.persons import (
    FEBRL,
    FEBRL_ATTRIBUTES,
    UGANDA,
    UGANDA_ATTRIBUTES,
    person,
)
from tests.bench.linkage.public_data import Public, febrl, uganda
from tests.bench.measure import report

pytestmark = pytest.mark.bench

THRESHOLDS = (0.5, 0.9, 0.99)
UGANDA_RECALL, UGANDA_PRECISION, FEBRL3_F1, FEBRL4_F1 = 0.998, 0.999, 0.999, 0.9995


def pairs_of(linked: Linked) -> Iterable[tuple[str, str]]:
    return (pair for group in linked.groups for pair in combinations(group, 2))


def show(name: str, data: Public, linked: Linked, others: dict[str, Any]) -> None:
    report(
        f"linkage-{name}",
        records=len(data.truth),
        true_pairs=len(data.true_pairs),
        engine=asdict(links(pairs_of(linked), data.true_pairs)),
        how=asdict(replace(linked, groups=(), pairs=[])),
        **others,
    )


def splinks_own(example: plain.Example, data: Public) -> dict[str, Any]:
    predicted = plain.predict(example, *data.tables)
    at = {str(least): asdict(links(predicted.over(least), data.true_pairs)) for least in THRESHOLDS}
    return {"splink": at, "splink_seconds": predicted.seconds}


def test_uganda_by_names_sex_birth_date_and_phone() -> None:
    data = uganda()
    linked = link([person(one, UGANDA_ATTRIBUTES) for one in data.records], UGANDA)
    rule = asdict(links(opencr.linked(data.records), data.true_pairs))
    show("uganda", data, linked, {"opencr": rule} | splinks_own(plain.UGANDA, data))
    found = links(pairs_of(linked), data.true_pairs)
    assert (rule["precision"], rule["recall"]) == (1.0, 0.837)
    assert found.recall >= UGANDA_RECALL
    assert found.precision >= UGANDA_PRECISION


def test_febrl3_within_one_file() -> None:
    data = febrl("dataset3.csv")
    linked = link([person(one, FEBRL_ATTRIBUTES) for one in data.records], FEBRL)
    show("febrl3", data, linked, splinks_own(plain.FEBRL3, data))
    assert links(pairs_of(linked), data.true_pairs).f1 >= FEBRL3_F1


def test_febrl4_between_two_files() -> None:
    data = febrl("dataset4a.csv", "dataset4b.csv")
    file = {one["unique_id"]: str(i) for i, table in enumerate(data.tables) for one in table}
    rows = [person(one, FEBRL_ATTRIBUTES, report=file[one["unique_id"]]) for one in data.records]
    linked = link(rows, FEBRL, in_one(file))
    show("febrl4", data, linked, splinks_own(plain.FEBRL4, data))
    assert links(pairs_of(linked), data.true_pairs).f1 >= FEBRL4_F1


def in_one(file: dict[str, str]) -> Callable[[str, str], bool]:
    """Whether two records stand in one file, in which nobody stands twice."""
    return lambda one, other: file[one] == file[other]
