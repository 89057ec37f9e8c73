"""Lists what a bulk export holds, page by page, by the rights of the client as they are at each page."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller, DetailValue
from gateway import acting
from gateway.access.errors import NotAllowedHereError
from gateway.access.policy import Asking, Right, rows_of
from gateway.admission import Entrance
from gateway.database import retried, seeing_everything, transaction
from gateway.fhir.criteria import Ids
from gateway.fhir.errors import TooCostlyError
from gateway.fhir.query import search_of
from gateway.registry import exports, groups, search
from gateway.registry.exports import Export, State, Step

MOST = 1000
"""Resources that a page looks at, and of a file: each is one transaction and one event."""
LEASE = timedelta(seconds=30)
"""Longer than a page takes, whose search is broken off after ten seconds."""
ATTEMPTS = 5
"""At one page: what fails so often is given up."""
FORGET_EVERY = timedelta(minutes=10)
Clock = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """Ids of one page; `last` is the one after which the next begins, None at the end of the step."""

    ids: Sequence[str]
    last: str | None


class Lister:
    """Brings exports forward; each process of the service has one."""

    def __init__(
        self, engine: Engine, entrance: Entrance, most: int = MOST, clock: Clock = now
    ) -> None:
        self._engine, self._entrance, self._most, self._clock = engine, entrance, most, clock
        self._forgot = clock() - FORGET_EVERY

    def go_on(self) -> bool:
        """List one page of one export; whether there was one.

        A process that ends amid this has changed nothing: another goes on at the same page.
        """
        moment = self._clock()
        if moment - self._forgot >= FORGET_EVERY:
            retried(self._engine, lambda session: exports.forget(session, moment))
            self._forgot = moment
        one = retried(
            self._engine, lambda session: exports.take_due(session, moment, moment + LEASE)
        )
        if one is None:
            return False
        if one.attempts > ATTEMPTS:
            self._fail(one, "exception")
            return True
        try:
            found = self._page(one)
        except NotAllowedHereError:
            self._fail(one, "forbidden")
        except TooCostlyError:
            self._fail(one, "too-costly")
        else:
            retried(self._engine, lambda session: self._keep(session, one, found))
        return True

    def _page(self, one: Export) -> Listed:
        """As the client itself would find it now. Raises NotAllowedHereError, TooCostlyError."""
        owner = one.owner
        asking = self._entrance.still(owner.client, owner.purpose, Right.EXPORT)
        with _as(asking), transaction(self._engine) as session:
            return _listed(session, one, one.steps[one.step], self._most)

    def _keep(self, session: Session, one: Export, found: Listed) -> None:
        """The page, and where the next one begins; nothing where another process was quicker."""
        if not exports.hold(session, one):
            return
        step = one.steps[one.step]
        new = exports.keep(session, one.id, step.kind, found.ids, self._most)
        begin = (one.step, found.last) if found.last is not None else (one.step + 1, "")
        is_done = begin[0] == len(one.steps)
        exports.put(
            session,
            one.id,
            step=begin[0],
            after=begin[1],
            found=one.found + new,
            attempts=0,
            due=self._clock(),
            state=State.DONE if is_done else State.RUNNING,
        )
        detail: dict[str, DetailValue] = {"export": one.id, "type": step.kind, "count": new}
        event = AuditEvent(action=Action.EXPORT_LIST, caller=_caller(one), detail=detail)
        audit.append(session, event)

    def _fail(self, one: Export, why: str) -> None:
        def work(session: Session) -> None:
            exports.put(session, one.id, state=State.FAILED, why=why)
            detail = {"export": one.id, "why": why}
            event = AuditEvent(action=Action.EXPORT_END, caller=_caller(one), detail=detail)
            audit.append(session, event)

        retried(self._engine, work)


def _caller(one: Export) -> Caller:
    owner = one.owner
    return Caller(who=owner.who, system=owner.system, purpose=owner.purpose, policy=owner.policy)


@contextmanager
def _as(asking: Asking | None) -> Iterator[None]:
    """Transactions that begin in the block see what the client sees; all, where nobody asks."""
    with acting.request() as request:
        request.subject = asking
        request.rows = rows_of(asking) if asking else acting.SYSTEM
        yield


def _listed(session: Session, one: Export, step: Step, most: int) -> Listed:
    """Of the resources that are next, those that the search finds for this client.

    Of identities that changed also those that were joined with another one: whoever keeps them must
    learn it.
    """
    wanted = replace(search_of(step.kind, step.criteria, search.veil_of(session)), count=most)
    goldens = step.kind == "Patient" and not wanted.asks_for_records
    with seeing_everything(session):
        names = exports.candidates(session, one, step.kind, goldens=goldens, most=most)
    if not names:
        return Listed(ids=(), last=None)
    among = replace(wanted, criteria=(*wanted.criteria, Ids(ids=tuple(names))))
    last = names[-1] if len(names) == most else None
    ids = search.page(session, among).ids
    return Listed(
        ids=groups.of_members(session, step.group, step.kind, ids) if step.group else ids,
        last=last,
    )
