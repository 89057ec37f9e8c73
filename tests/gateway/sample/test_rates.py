"""Tests of gateway.sample.rates."""

from pathlib import Path

import pytest

import gateway.sample
from gateway.sample import rates
from gateway.sample.courses import COURSES

NAMES = sorted(name for name in vars(rates) if name.isupper())
CODE = "".join(
    path.read_text(encoding="utf-8")
    for path in Path(gateway.sample.__path__[0]).glob("*.py")
    if path.name != "rates.py"
)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "STRATA"])
def test_a_rate_is_a_share_and_is_used(name: str) -> None:
    assert 0 <= getattr(rates, name) <= 1
    assert f"rates.{name}" in CODE


def test_strata_are_shares_of_known_courses() -> None:
    assert sum(rates.STRATA.values()) == pytest.approx(1)
    assert set(rates.STRATA) == set(COURSES)
