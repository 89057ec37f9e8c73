"""What a client is told instead of an answer: codes in the text, and nothing of a child."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

CODE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
"""What a code looks like; a service that puts anything else there is not quoted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """One issue of an OperationOutcome. Its words are for people; another service's may quote."""

    severity: str
    code: str
    problem: str = ""
    """The stable code of the service, where it tells one (docs/errors.md)."""
    vietnamese: str = field(default="", repr=False)
    english: str = field(default="", repr=False)
    expression: tuple[str, ...] = field(default=(), repr=False)


class MotemError(Exception):
    """Nothing came of a call. Neither text nor repr holds anything that was sent or found."""


class NotReachedError(MotemError):
    """The service did not answer: no connection, or no answer in time."""


class NotUnderstoodError(MotemError):
    """The service answered something that is no answer of Motem."""


class TokenError(MotemError):
    """No token was given: the text has the error code of RFC 6749."""


class AnswerError(MotemError):
    """The service refused; `issues` says why."""

    def __init__(
        self,
        status: int,
        issues: Sequence[Issue] = (),
        *,
        event: str = "",
        after: float | None = None,
    ) -> None:
        self.status, self.issues, self.event, self.after = status, tuple(issues), event, after
        codes = " ".join(one.problem or one.code for one in issues)
        super().__init__(f"{status} {codes}".strip())


class WrongRequestError(AnswerError):
    """400, 406, 415, 422 and the like: to send it again changes nothing."""


class ForbiddenError(AnswerError):
    """401 or 403: this client may not."""


class NotFoundError(AnswerError):
    """404: there is nothing here, or not for this client."""


class GoneError(AnswerError):
    """410: it was here; its versions are in its history."""


class ConflictError(AnswerError):
    """409: the state of things does not allow it, or several fit."""


class VersionError(AnswerError):
    """412: somebody else was quicker; read it again."""


class UnavailableError(AnswerError):
    """429, 503: later; `after` has the seconds, where they were told."""


KINDS: Mapping[int, type[AnswerError]] = {
    401: ForbiddenError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    412: VersionError,
    429: UnavailableError,
    503: UnavailableError,
}
"""Status → its error; other refusals are WrongRequestError (4xx) or AnswerError."""


def error_of(status: int, body: Any, *, event: str = "", after: float | None = None) -> AnswerError:
    """The error for an answer; `body` is its JSON, None where it has none."""
    kind = KINDS.get(status, WrongRequestError if 400 <= status < 500 else AnswerError)
    return kind(status, issues_in(body), event=event, after=after)


def issues_in(body: Any) -> tuple[Issue, ...]:
    """The issues of an OperationOutcome; none in anything else."""
    stated = body.get("issue") if isinstance(body, dict) else None
    return tuple(_issue(one) for one in stated or () if isinstance(one, dict))


def _issue(told: Mapping[str, Any]) -> Issue:
    details = told.get("details")
    details = details if isinstance(details, dict) else {}
    coded = (one.get("code") for one in details.get("coding") or () if isinstance(one, dict))
    return Issue(
        severity=_code(told.get("severity")),
        code=_code(told.get("code")),
        problem=_code(next(coded, "")),
        vietnamese=str(details.get("text", "")),
        english=str(told.get("diagnostics", "")),
        expression=tuple(map(str, told.get("expression") or ())),
    )


def _code(told: object) -> str:
    return told if isinstance(told, str) and CODE.fullmatch(told) else ""
