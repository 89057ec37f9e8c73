"""Lets the rules look at the access log by themselves, again and again, one process of several at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

import audit
from audit import queries
from audit.event import Action, AuditEvent, Caller, DetailValue, Outcome
from audit.noticing import VIETNAM
from audit.queries import Wanted
from gateway import findings
from gateway.background import repeated
from gateway.database import transaction

PAUSE = 5.0
"""Seconds between two looks at the clock."""
FIRST_AFTER = timedelta(minutes=10)
"""A service that has just begun has other things to do."""
LATE = timedelta(minutes=10)
"""By which an event may be committed after its time."""
FURTHEST = timedelta(days=3)
"""So far back at most, after a pause: longer ones are looked at by the command."""
MOST = 100_000
"""Events of one look, which are held in memory beside the service: some 200 MB."""
LOCK = func.hashtextextended("findings/look", 0)
Clock = Callable[[], datetime]

log = structlog.get_logger()


def now() -> datetime:
    return datetime.now(UTC)


class Lookout:
    """Looks whenever so much time is over; each process of the service has one, and one of them does."""

    def __init__(
        self,
        engine: Engine,
        caller: Caller,
        every: timedelta,
        *,
        most: int = MOST,
        clock: Clock = now,
    ) -> None:
        self._engine, self._caller, self._every = engine, caller, every
        self._most, self._clock = most, clock
        self._due = clock() + min(every, FIRST_AFTER)

    def go_on(self) -> bool:
        """Look if that is due and no other process has done it or does; whether this one did."""
        if self._clock() < self._due:
            return False
        with transaction(self._engine) as session:
            if not session.scalar(select(func.pg_try_advisory_xact_lock(LOCK))):
                return False
            moment = self._clock()
            last = self._last(session)
            if last is not None and moment - last < self._every:
                self._due = last + self._every
                return False
            self._look(session, _begin(last, moment), moment)
        self._due = moment + self._every
        return True

    def _last(self, session: Session) -> datetime | None:
        """Up to when the service has looked; the looks of people may be of any time."""
        wanted = Wanted(
            actions=(Action.FINDING_OPEN,), who=self._caller.who, system=self._caller.system
        )
        found = queries.search(session, wanted, most=1)
        return datetime.fromisoformat(str(found[0].event.detail["until"])) if found else None

    def _look(self, session: Session, since: datetime, until: datetime) -> None:
        count = sum(queries.counted(session, "action", since, until).values())
        if count <= self._most:
            findings.look(session, since, until, self._caller)
            return
        log.warning("too many events for one look: let `motem audit findings` look", events=count)
        detail: dict[str, DetailValue] = {
            "since": since.isoformat(),
            "until": until.isoformat(),
            "events": count,
        }
        event = AuditEvent(
            action=Action.FINDING_OPEN,
            caller=self._caller,
            outcome=Outcome.FAILURE,
            detail=detail,
        )
        audit.append(session, event)


def _begin(last: datetime | None, moment: datetime) -> datetime:
    """A midnight in Việt Nam: several rules count by the day, and what a look noticed is not
    noticed again."""
    wanted = moment - timedelta(days=1) if last is None else last - LATE
    local = max(wanted, moment - FURTHEST).astimezone(VIETNAM)
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


@contextmanager
def looking(engine: Engine, caller: Caller, every: int) -> Iterator[None]:
    """As long as the block lasts. `every`: seconds; 0: never."""
    if not every:
        yield
        return
    lookout = Lookout(engine, caller, timedelta(seconds=every))
    with repeated("looking", lookout.go_on, PAUSE):
        yield
