"""Who saw a child, as the stand-alone verifier answers: across merges and splits, nothing left out."""

import json
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import verifier
from tests.audit.exports import LOG_KEY, body, log, saved

Told: TypeAlias = dict[str, Any]
RECORDS, CHILDREN = ["R0", "R1", "R2", 'R"\\3'], ["C0", "C1", "C\u1e002"]
moves = st.fixed_dictionaries(
    {
        "action": st.sampled_from(
            ["record:create", "identity:create", "identity:link", "identity:split"]
        ),
        "record": st.sampled_from(RECORDS),
        "identity": st.sampled_from(CHILDREN),
    },
    optional={"detail": st.fixed_dictionaries({"from": st.sampled_from(CHILDREN)})},
)
named = st.fixed_dictionaries(
    {},
    optional={"record": st.sampled_from(RECORDS), "identity": st.sampled_from(CHILDREN)},
)
reads = st.builds(
    lambda action, one, seen: {"action": action, **one, **({"seen": seen} if seen else {})},
    st.sampled_from(["record:read", "identity:read", "patient:search"]),
    named,
    st.lists(named, max_size=3),
)
logs = st.lists(moves | reads, max_size=25)


def answer(
    capsys: pytest.CaptureFixture[str], folder: Path, events: list[Told], child: str, first: int = 0
) -> dict[int, set[str]]:
    """Sequence number → reasons, from the verifier."""
    path = saved(folder, log([body(n, **one) for n, one in enumerate(events)]).export(first))
    arguments = [str(path), "--key", str(LOG_KEY), "--who-saw", child, "--json"]
    assert verifier.main(arguments) == (1 if first else 0)
    told = map(json.loads, capsys.readouterr().out.splitlines())
    return {one["event"]["seq"]: set(one["event"]["because"]) for one in told if "event" in one}


def naive(events: list[Told], id_: str) -> dict[int, set[str]]:
    """The same by the definition, looking through the whole log for each question."""
    found = {}
    child = leads_to(events, id_)
    asked = {id_, child}
    for seq, one in enumerate(events):
        parts = [one, *one.get("seen", [])]
        records = [part["record"] for part in parts if "record" in part]
        identities = [part["identity"] for part in parts if "identity" in part]
        if one["action"] in verifier.MOVES:
            identities += one.get("detail", {}).values()
        now = [r for r in RECORDS if child_of(events, r, len(events)) == child]
        times = (seq, seq + 1)
        because = {
            "record-then": any(child_of(events, r, t) in asked for r in records for t in times),
            "record-now": any(r in now for r in records),
            "identity-then": not asked.isdisjoint(identities),
            "identity-now": any(child_of(events, r, t) in identities for r in now for t in times),
        }
        if any(because.values()):
            found[seq] = {reason for reason, holds in because.items() if holds}
    return found


def leads_to(events: list[Told], id_: str) -> str:
    """The child itself while it has a record; else whose record is the one that it began with."""
    founders = [
        one["record"]
        for one in events
        if one["action"] in verifier.MOVES and one["identity"] == id_
    ]
    today = {record: child_of(events, record, len(events)) for record in (*founders, id_)}
    if id_ in today.values():
        return id_
    return today[founders[0] if founders else id_] or id_


def child_of(events: list[Told], record: str, time: int) -> str | None:
    """To which child the record belonged before the event with this number."""
    for one in reversed(events[:time]):
        if one["action"] in verifier.MOVES and one["record"] == record:
            return str(one["identity"])
    return None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(logs, st.sampled_from([*CHILDREN, *RECORDS]))
def test_the_answer_is_that_of_the_definition(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    events: list[Told],
    child: str,
) -> None:
    assert answer(capsys, tmp_path, events, child) == naive(events, child)


STORY: list[Told] = [
    {"action": "record:create", "record": "R1", "identity": "C1"},
    {"action": "record:read", "record": "R1"},
    {"action": "record:create", "record": "R2", "identity": "C2"},
    {"action": "identity:read", "identity": "C2"},
    {"action": "identity:link", "record": "R2", "identity": "C1", "detail": {"from": "C2"}},
    {"action": "patient:search", "seen": [{"identity": "C1"}, {"record": "R9"}]},
    {"action": "record:read", "record": "R2"},
    {"action": "identity:split", "record": "R2", "identity": "C2", "detail": {"from": "C1"}},
    {"action": "record:read", "record": "R2"},
    {"action": "record:read", "record": "R9"},
]


def test_a_look_counts_for_the_child_it_was_then_and_the_child_it_is_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = answer(capsys, tmp_path, STORY, "C1")
    other = answer(capsys, tmp_path, STORY, "C2")
    # R2 was shown while it was thought to be C1's: both children are told.
    assert {1, 4, 5, 6, 7} <= one.keys()
    assert one.keys().isdisjoint({2, 3, 8, 9})
    assert other.keys() == {2, 3, 4, 5, 6, 7, 8}
    assert other[5] == {"identity-now"}


def test_a_retired_id_leads_to_the_child_that_it_was_merged_into(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    merged = STORY[:7]
    # While it was one, when it was joined, and what was seen of the joined child since.
    assert answer(capsys, tmp_path, merged, "C2").keys() == {0, 1, 2, 3, 4, 5, 6}
    path = saved(tmp_path, log([body(n, **one) for n, one in enumerate(merged)]).export())
    arguments = [str(path), "--key", str(LOG_KEY), "--who-saw"]
    for asked, expected in (("C2", ("C1", 4)), ("R1", ("C1", 0)), ("C1", None), ("C9", None)):
        assert verifier.main([*arguments, asked, "--json"]) == 0
        lines = list(map(json.loads, capsys.readouterr().out.splitlines()))
        told = [one["successor"] for one in lines if "successor" in one]
        assert told == (
            [{"asked": asked, "child": expected[0], "seq": expected[1]}] if expected else []
        )
        assert lines[-1]["summary"]["child"] == (expected[0] if expected else asked)
    assert verifier.main([*arguments, "C2"]) == 0
    assert capsys.readouterr().out.startswith("C2 → C1\t4\t")


def test_a_part_of_the_log_says_that_it_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(capsys, tmp_path, STORY, "C1", first=6).keys() == {7}
    path = saved(tmp_path, log([body(n, **one) for n, one in enumerate(STORY)]).export(6))
    assert verifier.main([str(path), "--key", str(LOG_KEY), "--who-saw", "C1"]) == 1
    told = capsys.readouterr().out
    assert "một phần, không từ đầu / a part, not from the beginning" in told
    assert "PART\t0..5" in told
    # Whoever asks nothing of a part is told that it is whole.
    assert verifier.main([str(path), "--key", str(LOG_KEY)]) == 0


def test_each_line_tells_who_when_what_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path, log([body(n, **one) for n, one in enumerate(STORY)]).export())
    verifier.main([str(path), "--key", str(LOG_KEY), "--who-saw", "C2", "--json"])
    (event,) = [
        told["event"]
        for told in map(json.loads, capsys.readouterr().out.splitlines())
        if told.get("event", {}).get("seq") == 3
    ]
    assert event == {
        "seq": 3,
        "time": "2026-09-21T14:13:20.000003+00:00",
        "id": f"01JE{3:022d}",
        "action": "identity:read",
        "who": "bác sĩ 3",
        "system": "test",
        "purpose": "TREAT",
        "outcome": "success",
        "because": ["identity-then", "identity-now"],
    }


@pytest.mark.parametrize(
    "text",
    [
        '{"action":"identity:link","record":"R1","identity":"C1"}',
        '{"action":"identity:link","identity":"C1","record":["R1"]}',
        '{"action":"identity:link","detail":"C1","identity":"C1","record":"R1","seen":3}',
        '{"action":"identity:link","identity":"C1","n":' + "[" * 5000,
        '{"action":"identity:link","identity":"C1","identity":"C2","record":"R1"}',
        '{"action":"identity:link","identity":"C1","n":' + "9" * 5000 + "}",
        '{"action":"identity:link","identity":"\\u0043\\u0031"}',
    ],
)
def test_a_body_that_the_log_never_writes_is_a_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = saved(tmp_path, log([body(0), text]).export())
    status = verifier.main([str(path), "--key", str(LOG_KEY), "--who-saw", "C1", "--json"])
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = [(one["finding"]["code"], one["finding"]["first"]) for one in told if "finding" in one]
    assert (status, found) == (1, [("BODY", 1)])
