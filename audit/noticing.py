"""What a rule of findings looks at beside the events, and what it says when it noticed something."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone

from audit.balp import children_of
from audit.balp_codes import KINDS, Kind
from audit.event import AuditEvent

VIETNAM = timezone(timedelta(hours=7))
MOST = 100
"""Ids of events that a finding names; it counts all."""
SHOWING = frozenset((Kind.READ, Kind.VREAD, Kind.SEARCH, Kind.HISTORY, Kind.OPERATION, Kind.EXPORT))
"""Kinds of events by which somebody gets to see something."""
TET = frozenset(
    date(year, month, day)
    for year, month, days in (
        (2026, 2, range(16, 21)),
        (2027, 2, range(5, 12)),
        (2028, 1, range(25, 31)),
    )
    for day in days
)
"""Days around the lunar new year (17 Feb 2026, 6 Feb 2027, 26 Jan 2028), in Việt Nam.

Which of them are days off is decided each year: to be looked over then.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkHours:
    """When offices work, in Việt Nam. `night_purposes`: of those who also work outside of it."""

    weekdays: frozenset[int] = frozenset(range(5))
    begin: time = time(7)
    end: time = time(18)
    holidays: frozenset[date] = TET
    night_purposes: frozenset[str] = frozenset(("TREAT", "ETREAT", "BTG"))

    def include(self, moment: datetime) -> bool:
        local = moment.astimezone(VIETNAM)
        return (
            local.weekday() in self.weekdays
            and local.date() not in self.holidays
            and self.begin <= local.time() < self.end
        )


def _nothing(_id: str) -> None:
    return None


def _nowhere(_id: str) -> frozenset[str]:
    return frozenset()


def _nobody(_who: str, _child: str) -> bool:
    return False


def _open(_child: str) -> bool:
    return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What rules ask beside the events of the period; a look-up that knows nothing says None.

    `past`: children that an actor was shown on each earlier day with any. `last`: when an actor was
    last seen before. `unreviewed`: emergency accesses that nobody else has looked at in time.
    `writers`: who brought a record, or a version of it. Provinces are today's codes, `*` all.
    """

    hours: WorkHours = field(default_factory=WorkHours)
    machines: frozenset[str] = frozenset(("motem-serve", "motem-audit"))
    """Systems that work by themselves at all hours."""
    past: Mapping[str, Sequence[int]] = field(default_factory=dict)
    last: Mapping[str, datetime] = field(default_factory=dict)
    unreviewed: Sequence[AuditEvent] = ()
    writers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    provinces_of_child: Callable[[str], frozenset[str]] = _nowhere
    provinces_of_actor: Callable[[str], frozenset[str] | None] = _nothing
    purposes_of_actor: Callable[[str], frozenset[str] | None] = _nothing
    is_kin: Callable[[str, str], bool] = _nobody
    """Whether an actor has the family name of a child, or lives in its commune."""
    is_sealed: Callable[[str], bool] = _open


@dataclass(frozen=True, kw_only=True, slots=True)
class Noticed:
    """Something that somebody should look at. `key` tells it from what the rule noticed before."""

    rule: str
    key: str
    who: str | None = None
    child: str | None = None
    occurred: datetime
    events: tuple[str, ...]
    count: int


def noticed(rule: str, key: str, events: Sequence[AuditEvent], child: str | None = None) -> Noticed:
    """What these events, of one actor and in their order, come to."""
    return Noticed(
        rule=rule,
        key=key,
        who=events[-1].caller.who,
        child=child,
        occurred=events[-1].occurred,
        events=tuple(one.id for one in events[:MOST]),
        count=len(events),
    )


def day_of(event: AuditEvent) -> date:
    """The day in Việt Nam."""
    return event.occurred.astimezone(VIETNAM).date()


def shows(event: AuditEvent) -> bool:
    return KINDS[event.action] in SHOWING


def children_in(event: AuditEvent) -> Iterable[str]:
    """The ids by which an event names children, each once."""
    return (one.identity or one.record or "" for one in children_of(event))
