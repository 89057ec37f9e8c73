"""Refusals of a flood: none is lost where they cannot be kept yet."""

from typing import NoReturn

import pytest

from audit.event import Action
from gateway.access.refusals import Refused, Unsaid

ONE = Refused(Action.ACCESS_REFUSE, "many", "budget")
OTHER = Refused(Action.TOKEN_REFUSE, "many", "budget")


def test_what_could_not_be_kept_is_counted_on() -> None:
    unsaid = Unsaid()
    for refused in (ONE, ONE, OTHER):
        unsaid.add(refused)
    with pytest.raises(ConnectionError), unsaid.taken():
        _lost(unsaid)
    with unsaid.taken() as found:
        assert found == {ONE: 3, OTHER: 1}
    with unsaid.taken() as found:
        assert not found


def _lost(unsaid: Unsaid) -> NoReturn:
    """One more comes meanwhile, and the database is gone."""
    unsaid.add(ONE)
    raise ConnectionError
