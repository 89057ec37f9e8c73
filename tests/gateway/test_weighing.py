"""The explanation of any two records adds up to their weight; only a checked scorer is used."""

import pytest
from hypothesis import given

from gateway import weighing
from gateway.weighing import NoScorerError, scorer_of
from linkage.model import load
from linkage.parity import ParityError
from linkage.records import PersonRecord
from linkage.sql_expressions import UntranslatableError
from tests.gateway.adding_up import assert_explained
from tests.linkage.people import PEOPLE, QUICK


@QUICK
@given(PEOPLE, PEOPLE)
def test_the_explanation_of_any_two_records_adds_up(one: PersonRecord, other: PersonRecord) -> None:
    assert_explained(one, other)


@pytest.mark.parametrize("error", [ParityError, UntranslatableError])
def test_a_scorer_that_is_not_splinks_is_no_scorer(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(model: object) -> None:
        raise error

    monkeypatch.setattr(weighing, "scorer_for", fails)
    with pytest.raises(NoScorerError, match="Splink"):
        scorer_of(load())
