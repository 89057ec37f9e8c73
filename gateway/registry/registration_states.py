"""How far a request for a birth registration has come, and what may follow what."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from gateway.errors import GatewayError


class State(StrEnum):
    """Where a request stands."""

    DRAFTED = "drafted"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """Somebody here put the draft aside before it left."""


TRANSITIONS: Mapping[State | None, frozenset[State]] = {
    None: frozenset({State.DRAFTED}),
    State.DRAFTED: frozenset({State.DRAFTED, State.SENT, State.REFUSED, State.WITHDRAWN}),
    State.SENT: frozenset({State.ACKNOWLEDGED, State.ANSWERED, State.REFUSED}),
    State.ACKNOWLEDGED: frozenset({State.ANSWERED, State.REFUSED}),
    State.ANSWERED: frozenset({State.ANSWERED}),
    State.REFUSED: frozenset(),
    State.WITHDRAWN: frozenset(),
}
"""Which states may follow a state; None: a new request.

A draft may be renewed, what was sent may be answered at once. A registration is valid before
its number comes (CV 3160/BTP-CNTT 2021), so an answer may follow an answer. A refusal or a
withdrawal is the end: whoever asks again drafts a new request.
"""
OPEN = (State.DRAFTED, State.SENT, State.ACKNOWLEDGED)
"""Somebody must still do something."""


class IllegalTransitionError(GatewayError):
    """A request cannot come from its state to this one."""

    status = 409
    code = "conflict"
    vietnamese: ClassVar[str] = (
        "Yêu cầu không thể chuyển từ trạng thái hiện tại sang trạng thái này."
    )


class HasLeftError(IllegalTransitionError):
    """The request may have arrived: only the office itself can be asked to put it aside."""

    vietnamese: ClassVar[str] = (
        "Đề nghị có thể đã đến nơi nhận; muốn rút phải liên hệ với nơi nhận."
    )


def require(before: State | None, after: State) -> None:
    """Raise IllegalTransitionError where `after` may not follow `before`."""
    if after not in TRANSITIONS[before]:
        raise IllegalTransitionError
