"""What may follow what, state by state."""

import pytest

from gateway.registry.registration_states import (
    OPEN,
    TRANSITIONS,
    IllegalTransitionError,
    State,
    require,
)

LEGAL = {
    (None, "drafted"),
    ("drafted", "drafted"),
    ("drafted", "sent"),
    ("drafted", "refused"),
    ("drafted", "withdrawn"),
    ("sent", "acknowledged"),
    ("sent", "answered"),
    ("sent", "refused"),
    ("acknowledged", "answered"),
    ("acknowledged", "refused"),
    ("answered", "answered"),
}


@pytest.mark.parametrize("after", State)
@pytest.mark.parametrize("before", [None, *State])
def test_only_what_stands_in_the_table_may_follow(before: State | None, after: State) -> None:
    if (before, after) in LEGAL:
        require(before, after)
    else:
        with pytest.raises(IllegalTransitionError):
            require(before, after)


def test_every_state_has_its_row_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == {None, *State}
    assert set().union(*TRANSITIONS.values()) == set(State)


def test_from_every_open_state_a_request_can_come_to_an_end() -> None:
    for state in OPEN:
        assert State.REFUSED in TRANSITIONS[state]
