"""Who signs for what is kept for ever, and why."""

from audit.event import Caller
from gateway.errors import WrongRequestError

LONGEST_REASON = 2000
LONGEST_AUTHOR = 200


class NoReasonError(WrongRequestError):
    """It needs a reason of at most 2,000 characters."""

    vietnamese = "Phải có lý do, dài không quá 2.000 ký tự."


def author(caller: Caller) -> str:
    """The caller's name, as long as a row takes it."""
    return caller.who[:LONGEST_AUTHOR]


def require_reason(reason: str) -> None:
    """PostgreSQL keeps no NUL, and a reason of spaces is none. Raises NoReasonError."""
    if not reason.strip() or len(reason) > LONGEST_REASON or "\0" in reason:
        raise NoReasonError
