"""Rules of findings, on made-up events: what each notices, and the nearest thing that it does not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.event import Action, AuditEvent, Caller, Outcome, Seen
from audit.findings import REVIEW_WITHIN, RULES, notice, without_review
from audit.noticing import Noticed, Surroundings

MONDAY = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""10:00 in Việt Nam."""
PROVINCES = {"te-far": frozenset(("79", "92")), "te-near": frozenset(("01", "79"))}
KNOWING = Surroundings(
    past={"lan": [60, 70, 80], "new": []},
    last={"lan": MONDAY - timedelta(days=3), "old": MONDAY - timedelta(days=91)},
    writers={"r-own": frozenset(("lan", "minh"))},
    provinces_of_child=lambda child: PROVINCES.get(child, frozenset()),
    provinces_of_actor={"lan": frozenset(("01",)), "all": frozenset("*")}.get,
    purposes_of_actor={"clerk": frozenset(("COVERAGE",))}.get,
    is_kin=lambda who, child: (who, child) == ("lan", "te-niece"),
    is_sealed=lambda child: child == "te-sealed",
)


def event(
    who: str = "lan",
    action: Action = Action.PATIENT_READ,
    at: datetime = MONDAY,
    purpose: str = "HOPERAT",
    **told: Any,
) -> AuditEvent:
    caller = Caller(who=who, system="ward-7", purpose=purpose)
    return AuditEvent(action=action, caller=caller, occurred=at, **told)


def repeated(count: int, every: timedelta, **told: Any) -> list[AuditEvent]:
    return [event(at=MONDAY + every * n, **told) for n in range(count)]


def shown(count: int, who: str = "lan") -> list[AuditEvent]:
    return [
        event(who, Action.MATCH_SEARCH, seen=tuple(Seen(identity=f"te-{n}") for n in range(count)))
    ]


def asked(*numbers: int) -> list[AuditEvent]:
    """Ids next to one another are those of numbers next to one another."""
    ids = [f"01jd{'0' * 20}{'0123456789abcdefghjkmnpqrstvwxyz'[n]}0" for n in numbers]
    return [event(detail={"asked": id_}, outcome=Outcome.FAILURE) for id_ in ids]


def far_apart(count: int) -> list[AuditEvent]:
    return [event(record=f"01jd{n}{'0' * 21}") for n in range(1, count + 1)]


MINUTE = timedelta(minutes=1)
DECISION, OVERRIDE = Action.DECISION_MAKE, Action.OVERRIDE_OPEN
NOTICES: dict[str, tuple[Sequence[AuditEvent], Sequence[AuditEvent]]] = {
    "off-hours": ([event(at=MONDAY + timedelta(hours=8, minutes=1))], [event()]),
    "volume": (shown(101), shown(80)),
    "outside-task": ([event(identity="te-far")], [event(identity="te-near")]),
    "kin": ([event(identity="te-niece")], [event(identity="te-near")]),
    "sealed": ([event(record="r", identity="te-sealed")], [event(identity="te-near")]),
    "failed-searches": (
        repeated(5, MINUTE, outcome=Outcome.REFUSED),
        repeated(5, MINUTE * 3, outcome=Outcome.REFUSED),
    ),
    "probing": (asked(0, 1, 2, 3, 4), [*asked(0, 1, 2, 3), *far_apart(3)]),
    "dormant": ([event("old")], [event("lan"), event("never-seen")]),
    "exports": (
        repeated(3, MINUTE, action=Action.LINKS_EXPORT),
        repeated(3, MINUTE * 31, action=Action.LINKS_EXPORT),
    ),
    "self-approved": (
        [event(action=DECISION, detail={"proposer": "lan"})],
        [event(action=DECISION, detail={"proposer": "minh"}), event(action=DECISION)],
    ),
}


def noticed(rule: str, events: Sequence[AuditEvent]) -> list[Noticed]:
    return [found for found in notice(events, KNOWING) if found.rule == rule]


@pytest.mark.parametrize("rule", NOTICES)
def test_a_rule_notices_what_it_says_and_not_what_is_next_to_it(rule: str) -> None:
    bad, good = NOTICES[rule]
    (found,) = noticed(rule, bad)
    assert (found.who, found.count) == (bad[0].caller.who, len(bad))
    assert found.events == tuple(one.id for one in bad)
    assert found.occurred == bad[-1].occurred
    assert noticed(rule, good) == []


def test_every_rule_is_tried_here() -> None:
    assert {rule.name for rule in RULES} == {*NOTICES, "unreviewed"}
    assert len({rule.name for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(
    ("day", "purpose", "late"),
    [
        ("2026-11-22T03:00", "HOPERAT", True),  # A Sunday.
        ("2027-02-08T03:00", "HOPERAT", True),  # Tết, a Monday.
        ("2026-11-22T19:00", "TREAT", False),  # Wards work at night.
        ("2026-11-23T10:59", "HOPERAT", False),
        ("2026-11-23T11:00", "HOPERAT", True),
    ],
)
def test_nights_weekends_and_tet_are_off_hours_but_not_for_who_treats(
    day: str, purpose: str, late: bool
) -> None:
    at = datetime.fromisoformat(f"{day}:00+00:00")
    assert bool(noticed("off-hours", [event(at=at, purpose=purpose)])) is late


def test_a_newcomer_is_measured_against_the_least() -> None:
    assert noticed("volume", shown(51, "new"))
    assert not noticed("volume", shown(50, "new"))


def test_a_purpose_that_is_not_the_actors_is_outside_the_task() -> None:
    assert noticed("outside-task", [event("clerk")])
    assert not noticed("outside-task", [event("clerk", purpose="COVERAGE")])


def test_who_treats_and_who_works_everywhere_may_see_a_child_from_anywhere() -> None:
    assert not noticed("outside-task", [event(identity="te-far", purpose="TREAT")])
    assert not noticed("outside-task", [event("all", identity="te-far")])
    assert not noticed("outside-task", [event(identity="te-unknown")])


def searched(*near: str, **told: Any) -> AuditEvent:
    return event(action=Action.PATIENT_SEARCH, detail={"near": " ".join(near)}, **told)


def test_many_numbers_of_one_hundred_are_probing_however_they_are_asked() -> None:
    one_by_one = [searched(f"aa.{n}", at=MONDAY + MINUTE * n) for n in range(5)]
    (found,) = noticed("probing", one_by_one)
    assert found.events == tuple(one.id for one in one_by_one)
    (found,) = noticed("probing", [searched(*(f"aa.{n}" for n in range(5)))])
    assert found.count == 1
    again = [searched("aa.1") for _ in range(9)]
    scattered = [searched(f"a{n}.{n}") for n in range(9)]
    elsewhere = [searched(f"bb.{n}", who=f"somebody-{n}") for n in range(9)]
    next_day = [searched(f"cc.{n}", at=MONDAY + timedelta(days=n)) for n in range(9)]
    assert not noticed("probing", [*again, *scattered, *elsewhere, *next_day])


def test_a_search_that_finds_nobody_is_in_vain_though_it_did_not_fail() -> None:
    search = Action.PATIENT_SEARCH
    assert noticed("failed-searches", repeated(5, MINUTE, action=search, detail={"vain": True}))
    assert not noticed("failed-searches", repeated(5, MINUTE, action=search, detail={"count": 0}))


def test_nobody_decides_on_a_record_of_their_own() -> None:
    told = {"decision": "01A", "other": "r-x"}
    both = [event(action=DECISION, record=record, detail=told) for record in ("r-own", "r-x")]
    (found,) = noticed("self-approved", both)
    assert found.key == "01A"
    assert not noticed("self-approved", [event("dung", DECISION, record="r-own", detail=told)])


def test_one_day_of_one_actor_is_one_finding_with_all_its_events() -> None:
    events = repeated(150, timedelta(seconds=1), identity="te-sealed")
    (found,) = noticed("sealed", events)
    assert (found.count, len(found.events), found.child) == (150, 100, "te-sealed")


def test_an_emergency_is_reviewed_by_somebody_else_within_a_day() -> None:
    opened = [event(action=OVERRIDE) for _ in range(3)]
    review = Action.OVERRIDE_REVIEW
    reviews = [
        event("minh", review, detail={"override": opened[0].id}),
        event("lan", review, detail={"override": opened[1].id}),
    ]
    later = MONDAY + REVIEW_WITHIN
    left = without_review(opened, reviews, later)
    assert left == opened[1:]
    assert without_review(opened, reviews, later - MINUTE) == []
    found = notice([], Surroundings(unreviewed=left))
    assert [one.rule for one in found] == ["unreviewed", "unreviewed"]
