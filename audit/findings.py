"""Rules that notice in the log what somebody should look at: one row of a table each."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean, pstdev

from audit.balp_codes import KINDS, Kind
from audit.event import Action, AuditEvent, Outcome
from audit.noticing import Noticed, Surroundings, children_in, day_of, noticed, shows

FEWEST_CHILDREN = 50
"""Children a day below which nobody's number is unusual."""
DEVIATIONS = 3.0
FAILURES, FAILURE_WINDOW = 5, timedelta(minutes=10)
STEPS, NEAR = 5, 1 << 16
"""So many ids one after the other, each this near to the last: chance is one in 2^64 for each; or so
many numbers of one hundred on one day, where a province gives a million to the boys of a year."""
ALL = "*"
"""The provinces of who works everywhere."""
DORMANT = timedelta(days=90)
EXPORTS, EXPORT_WINDOW = 3, timedelta(hours=1)
REVIEW_WITHIN = timedelta(hours=24)
LETTERS = {letter: value for value, letter in enumerate("0123456789abcdefghjkmnpqrstvwxyz")}
"""Crockford's base 32, as in a ULID."""

Notice = Callable[[str, Sequence[AuditEvent], Surroundings], Iterator[Noticed]]


def off_hours(rule: str, events: Sequence[AuditEvent], about: Surroundings) -> Iterator[Noticed]:
    """Somebody was shown something outside the hours of offices, or at Tết; not who treats."""
    late = [
        one
        for one in events
        if shows(one)
        and one.caller.system not in about.machines
        and one.caller.purpose not in about.hours.night_purposes
        and not about.hours.include(one.occurred)
    ]
    return _each(rule, late, lambda one: (one.caller.who, day_of(one)))


def volume(rule: str, events: Sequence[AuditEvent], about: Surroundings) -> Iterator[Noticed]:
    """More children a day than the actor's own past makes likely; of newcomers, more than the least."""
    for (who, day), own in _by_day(events).items():
        shown = [one for one in own if shows(one)]
        children = {child for one in shown for child in children_in(one)}
        past = about.past.get(who, ())
        usual = fmean(past) + DEVIATIONS * pstdev(past) if past else 0.0
        if len(children) > max(FEWEST_CHILDREN, usual):
            yield noticed(rule, f"{who}/{day}", shown)


def outside_task(rule: str, events: Sequence[AuditEvent], about: Surroundings) -> Iterator[Noticed]:
    """A child of another province than the actor's, or a purpose that is not the actor's.

    Who treats a child treats it wherever it comes from.
    """
    strange = [one for one in events if shows(one) and _is_strange(one, about)]
    yield from _each(rule, strange, lambda one: (one.caller.who, day_of(one), one.caller.purpose))
    yield from _of_children(rule, events, lambda one, child: _is_far(one, child, about))


def kin(rule: str, events: Sequence[AuditEvent], about: Surroundings) -> Iterator[Noticed]:
    """A child with the actor's family name, or of the actor's commune.

    Family names are few: many false alarms.
    """
    return _of_children(rule, events, lambda one, child: about.is_kin(one.caller.who, child))


def sealed(rule: str, events: Sequence[AuditEvent], about: Surroundings) -> Iterator[Noticed]:
    """Anybody was shown something of a child of whom a record is sealed."""
    return _of_children(rule, events, lambda _one, child: about.is_sealed(child))


def failed_searches(
    rule: str, events: Sequence[AuditEvent], about: Surroundings
) -> Iterator[Noticed]:
    """One actor asks again and again in vain (`vain` in the detail of a search), or is refused."""
    failed = [one for one in events if shows(one) and _is_vain(one)]
    return _bursts(rule, failed, FAILURES, FAILURE_WINDOW)


def probing(rule: str, events: Sequence[AuditEvent], about: Surroundings) -> Iterator[Noticed]:
    """One actor asks for ids or numbers that lie next to one another, as nobody does who has them
    from a list. Of numbers the log has only keyed hashes (`near` in the detail of a search)."""
    yield from _near_numbers(rule, events)
    asked = [one for one in events if shows(one) and _asked_number(one) is not None]
    for who, own in _grouped(asked, lambda one: one.caller.who).items():
        run = [own[0]]
        for before, one in pairwise(own):
            distance = abs((_asked_number(one) or 0) - (_asked_number(before) or 0))
            if 0 < distance <= NEAR:
                run.append(one)
                continue
            yield from _long_run(rule, str(who), run)
            run = [one]
        yield from _long_run(rule, str(who), run)


def dormant(rule: str, events: Sequence[AuditEvent], about: Surroundings) -> Iterator[Noticed]:
    """An account that did nothing for 90 days is in use again."""
    for who, own in _grouped(events, lambda one: one.caller.who).items():
        last = about.last.get(str(who))
        if last is not None and own[0].occurred - last >= DORMANT:
            yield noticed(rule, f"{who}/{last.date()}", own)


def exports(rule: str, events: Sequence[AuditEvent], about: Surroundings) -> Iterator[Noticed]:
    """One actor makes several exports within an hour."""
    made = [one for one in events if KINDS[one.action] is Kind.EXPORT]
    return _bursts(rule, made, EXPORTS, EXPORT_WINDOW)


def self_approved(
    rule: str, events: Sequence[AuditEvent], about: Surroundings
) -> Iterator[Noticed]:
    """Who proposed a link decided on it too (`proposer` in the detail of a decision), or decided on
    records that it had brought itself."""
    own = [one for one in events if one.action is Action.DECISION_MAKE and _is_own(one, about)]
    return _each(rule, own, lambda one: one.detail.get("decision", one.id))


def unreviewed(rule: str, events: Sequence[AuditEvent], about: Surroundings) -> Iterator[Noticed]:
    """An emergency access at which nobody else has looked within 24 hours."""
    return _each(rule, about.unreviewed, lambda one: one.id)


def without_review(
    opened: Iterable[AuditEvent], reviews: Iterable[AuditEvent], now: datetime
) -> list[AuditEvent]:
    """Emergency accesses that are older than 24 hours and that nobody else has looked at.

    A review names what it reviews in its detail (`override`); one's own does not count.
    """
    seen = {(str(one.detail.get("override")), one.caller.who) for one in reviews}
    return [
        one
        for one in opened
        if now - one.occurred >= REVIEW_WITHIN
        and not any(override == one.id and who != one.caller.who for override, who in seen)
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule: its name, what it says in Vietnamese and English, and how it notices."""

    name: str
    words: tuple[str, str]
    notice: Notice


RULES: tuple[Rule, ...] = (
    Rule(name="off-hours", words=("ngoài giờ làm việc", "outside office hours"), notice=off_hours),
    Rule(name="volume", words=("nhiều bất thường", "more than usual"), notice=volume),
    Rule(
        name="outside-task",
        words=("ngoài địa bàn hoặc nhiệm vụ", "outside the province or the task"),
        notice=outside_task,
    ),
    Rule(name="kin", words=("cùng họ hoặc cùng xã", "same family name or commune"), notice=kin),
    Rule(name="sealed", words=("hồ sơ niêm phong", "a sealed record"), notice=sealed),
    Rule(
        name="failed-searches",
        words=("tìm hụt nhiều lần", "asked in vain again and again"),
        notice=failed_searches,
    ),
    Rule(
        name="probing", words=("dò mã liên tiếp", "ids tried one after the other"), notice=probing
    ),
    Rule(name="dormant", words=("tài khoản lâu không dùng", "a dormant account"), notice=dormant),
    Rule(name="exports", words=("kết xuất dồn dập", "several exports at once"), notice=exports),
    Rule(
        name="self-approved",
        words=("tự duyệt liên kết", "approved by itself"),
        notice=self_approved,
    ),
    Rule(
        name="unreviewed",
        words=("truy cập khẩn cấp chưa kiểm tra", "emergency access without review"),
        notice=unreviewed,
    ),
)


def notice(events: Sequence[AuditEvent], about: Surroundings) -> list[Noticed]:
    """What all rules notice in the events of a period, which are in the order of their times.

    The events are held in memory: whole days, not months.
    """
    return [found for rule in RULES for found in rule.notice(rule.name, events, about)]


def _each(
    rule: str, events: Iterable[AuditEvent], key: Callable[[AuditEvent], Hashable]
) -> Iterator[Noticed]:
    """One for all events of a key."""
    for name, own in _grouped(events, key).items():
        text = "/".join(map(str, name)) if isinstance(name, tuple) else str(name)
        yield noticed(rule, text, own)


def _grouped(
    events: Iterable[AuditEvent], key: Callable[[AuditEvent], Hashable]
) -> Mapping[Hashable, list[AuditEvent]]:
    found: defaultdict[Hashable, list[AuditEvent]] = defaultdict(list)
    for one in events:
        found[key(one)].append(one)
    return found


def _of_children(
    rule: str, events: Sequence[AuditEvent], is_one: Callable[[AuditEvent, str], bool]
) -> Iterator[Noticed]:
    """One for each actor, child and day."""
    found: defaultdict[tuple[str, str, str], list[AuditEvent]] = defaultdict(list)
    for one in filter(shows, events):
        for child in children_in(one):
            if is_one(one, child):
                found[one.caller.who, child, str(day_of(one))].append(one)
    for (who, child, day), own in found.items():
        yield noticed(rule, f"{who}/{child}/{day}", own, child)


def _is_strange(event: AuditEvent, about: Surroundings) -> bool:
    purposes = about.purposes_of_actor(event.caller.who)
    return purposes is not None and event.caller.purpose not in purposes


def _is_far(event: AuditEvent, child: str, about: Surroundings) -> bool:
    own = about.provinces_of_actor(event.caller.who)
    if own is None or ALL in own or event.caller.purpose in about.hours.night_purposes:
        return False
    its = about.provinces_of_child(child)
    return bool(its) and not its & own


def _is_vain(event: AuditEvent) -> bool:
    return event.outcome is not Outcome.SUCCESS or event.detail.get("vain") is True


def _is_own(event: AuditEvent, about: Surroundings) -> bool:
    who = event.caller.who
    return event.detail.get("proposer") == who or who in about.writers.get(event.record or "", ())


def _near_numbers(rule: str, events: Iterable[AuditEvent]) -> Iterator[Noticed]:
    """Many different numbers of one hundred, by one actor on one day."""
    asked: defaultdict[tuple[str, str, str], dict[str, AuditEvent]] = defaultdict(dict)
    for one in filter(shows, events):
        for hundred, number in _numbers_of(one):
            key = (one.caller.who, str(day_of(one)), hundred)
            asked[key].setdefault(number, one)
    for (who, day, hundred), found in asked.items():
        if len(found) >= STEPS:
            own = list({one.id: one for one in found.values()}.values())
            yield noticed(rule, f"{who}/{day}/{hundred}", own)


def _numbers_of(event: AuditEvent) -> Iterator[tuple[str, str]]:
    """Of each number that was asked for: its hundred and itself, as keyed hashes."""
    for told in str(event.detail.get("near", "")).split():
        hundred, _, number = told.partition(".")
        yield hundred, number


def _bursts(
    rule: str, events: Sequence[AuditEvent], least: int, window: timedelta
) -> Iterator[Noticed]:
    """Of each actor and day all, where so many lie within the window."""
    for (who, day), own in _by_day(events).items():
        spans = zip(own, own[least - 1 :], strict=False)
        if any(last.occurred - first.occurred <= window for first, last in spans):
            yield noticed(rule, f"{who}/{day}", own)


def _long_run(rule: str, who: str, run: Sequence[AuditEvent]) -> Iterator[Noticed]:
    if len(run) >= STEPS:
        yield noticed(rule, f"{who}/{run[0].id}", run)


def _asked_number(event: AuditEvent) -> int | None:
    """The id that was asked for as a number; None where none was, or not in the form of ours."""
    asked = event.detail.get("asked") or event.record or event.identity
    if not isinstance(asked, str):
        return None
    letters = asked.removeprefix("te-")[:26]
    if len(letters) < 26 or not set(letters) <= LETTERS.keys():
        return None
    number = 0
    for letter in letters:
        number = number * 32 + LETTERS[letter]
    return number


def _by_day(events: Iterable[AuditEvent]) -> Mapping[tuple[str, str], list[AuditEvent]]:
    found: defaultdict[tuple[str, str], list[AuditEvent]] = defaultdict(list)
    for one in events:
        found[one.caller.who, str(day_of(one))].append(one)
    return found
