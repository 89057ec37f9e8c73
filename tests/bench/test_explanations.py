"""Promise 5 over very many made-up pairs: every explanation adds up to its weight.

By itself: python -m pytest -m bench --capture=no tests/bench/test_explanations.py
MOTEM_BENCH_CASES (default 500) pairs are tried.
"""

import os

import pytest
from hypothesis import given, settings

from linkage.records import PersonRecord
from tests.gateway.adding_up import assert_explained
from tests.linkage.people import PEOPLE

PAIRS = int(os.environ.get("MOTEM_BENCH_CASES", "500"))

pytestmark = pytest.mark.bench


@settings(max_examples=PAIRS, deadline=None)
@given(PEOPLE, PEOPLE)
def test_the_explanation_of_any_two_records_adds_up(one: PersonRecord, other: PersonRecord) -> None:
    assert_explained(one, other)
