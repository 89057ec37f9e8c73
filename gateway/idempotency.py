"""The same request under the same key is answered once, and then always alike."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

import audit
from audit.event import Action, Caller, Seen, naming
from gateway.errors import InProgressError, OtherRequestError
from gateway.registry.tables import request
from gateway.registry.versions import SHARED_BY_ALL, label_values

KEPT = timedelta(days=30)
"""How long an answer is given again; a key that comes later is a new one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a request was answered with; `body` is JSON."""

    status: int
    body: str = field(repr=False)
    location: str | None = None


def once(
    session: Session, caller: Caller, key: str, digest: str, work: Callable[[], Answer]
) -> Answer:
    """Do the work and keep its answer, in the session's transaction; or give the kept answer.

    Keys belong to the caller's name and system; `digest` is the SHA-256 of all that was asked.
    After a crash nothing is kept, and nothing was done. A kept answer tells of records again, and
    the log has that. Raises InProgressError where another transaction is at it, OtherRequestError where the key
    came with something else.
    """
    sender = f"{caller.who} {caller.system}"
    lock = func.hashtextextended(f"{sender}\x1f{key}", 0)
    if not session.scalar(select(func.pg_try_advisory_xact_lock(lock))):
        raise InProgressError
    c = request.c
    query = select(c.digest, c.status, c.answer, c.location).where(c.sender == sender, c.key == key)
    known = session.execute(query).one_or_none()
    if known is not None:
        if known.digest != digest:
            raise OtherRequestError
        audit.append_many(
            session, naming(Action.MESSAGE_READ, caller, _told_in(known.answer), {"what": "answer"})
        )
        return Answer(status=known.status, body=known.answer, location=known.location)
    answer = work()
    row = {
        "sender": sender,
        "key": key,
        "digest": digest,
        "status": answer.status,
        "answer": answer.body,
        "location": answer.location,
        "created": datetime.now(UTC),
    }
    session.execute(insert(request), [row | label_values(SHARED_BY_ALL)])
    return answer


def _told_in(answer: str) -> list[Seen]:
    """The records that an answer tells of, and whose they were when it was given."""
    told = orjson.loads(answer).get("records", ())
    return [Seen(record=one["record"], identity=one["identity"]) for one in told]


def forget(session: Session) -> None:
    """Remove answers that are older than they are kept."""
    session.execute(delete(request).where(request.c.created < datetime.now(UTC) - KEPT))
