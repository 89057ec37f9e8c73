"""Tells a mistake of ours, which happens again with the same payload, from what may pass."""

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from gateway.database import AGAIN
from gateway.errors import GatewayError

LIMITS = "54"
"""Class of SQLSTATE: the database cannot hold what it was given, whenever it is tried."""


def is_mistake(error: Exception) -> bool:
    """Whether the payload brings it about. A database that is away or full passes, and is not."""
    if isinstance(error, DBAPIError):
        return isinstance(error, DataError | IntegrityError) or _state(error).startswith(LIMITS)
    return not isinstance(error, GatewayError | PoolTimeoutError)


def may_pass(error: Exception) -> bool:
    """Whether the next attempt may succeed, because another transaction came in between."""
    return isinstance(error, DBAPIError) and _state(error) in AGAIN


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
