"""A thin typed client of Motem over HTTP, which needs nothing of the server."""

from gateway.client.answers import (
    Candidate,
    Change,
    Changes,
    CrossReference,
    Evidence,
    Matches,
    Resource,
    Sent,
    Written,
)
from gateway.client.calls import Patience
from gateway.client.client import Client
from gateway.client.credentials import Credentials
from gateway.client.errors import (
    AnswerError,
    ConflictError,
    ForbiddenError,
    GoneError,
    Issue,
    MotemError,
    NotFoundError,
    NotReachedError,
    NotUnderstoodError,
    TokenError,
    UnavailableError,
    VersionError,
    WrongRequestError,
)

__all__ = [
    "AnswerError",
    "Candidate",
    "Change",
    "Changes",
    "Client",
    "ConflictError",
    "Credentials",
    "CrossReference",
    "Evidence",
    "ForbiddenError",
    "GoneError",
    "Issue",
    "Matches",
    "MotemError",
    "NotFoundError",
    "NotReachedError",
    "NotUnderstoodError",
    "Patience",
    "Resource",
    "Sent",
    "TokenError",
    "UnavailableError",
    "VersionError",
    "Written",
    "WrongRequestError",
]
