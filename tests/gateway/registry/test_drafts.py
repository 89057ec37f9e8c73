"""Messages share a transaction only where that makes no difference."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.contract import SourceMessage
from adapters.errors import Problem
from gateway.registry import drafts as registry_drafts
from gateway.registry.drafts import Draft, Name, ahead, batches, draft
from gateway.registry.messages import UNKNOWN_SOURCE
from tests.fake_source import ADAPTER, fake_message

LINES = st.fixed_dictionaries(
    {"note": st.integers(0, 3)},
    optional={"id": st.sampled_from("abcdef"), "episode": st.sampled_from("xyz")},
)
MESSAGES = st.lists(st.lists(LINES, min_size=1, max_size=4), max_size=12)


def drafts_of(messages: list[list[dict[str, Any]]]) -> list[Draft]:
    return [draft(fake_message(*lines), ADAPTER) for lines in messages]


@given(MESSAGES, st.integers(1, 10))
def test_each_message_comes_once_and_none_shares_a_name_with_its_batch_or_overtakes(
    messages: list[list[dict[str, Any]]], together: int
) -> None:
    drafts = drafts_of(messages)
    found = list(batches(iter(drafts), together))
    assert sorted(number for batch in found for number, _ in batch) == list(range(len(drafts)))
    last: dict[Name, int] = {}
    for batch in found:
        names = [name for _, one in batch for name in one.names]
        assert len(names) == len(set(names))
        for number, one in batch:
            assert one is drafts[number]
            assert all(last.get(name, -1) < number for name in one.names)
            last |= dict.fromkeys(one.names, number)


def test_what_speaks_of_the_same_waits_and_the_rest_goes_on() -> None:
    drafts = drafts_of([[{"id": "a", "note": number}] for number in range(3)] + [[{"id": "b"}]])
    found = [[number for number, _ in batch] for batch in batches(iter(drafts), 10)]
    assert found == [[0, 3], [1], [2]]


def test_batches_are_as_large_as_they_may_be() -> None:
    drafts = drafts_of([[{"id": str(number)}] for number in range(10)])
    assert [len(batch) for batch in batches(iter(drafts), 8)] == [4, 4, 2]


def test_reading_ahead_changes_nothing() -> None:
    drafts = drafts_of([[{"id": str(number)}] for number in range(10)])
    assert list(ahead(batches(iter(drafts), 4))) == list(batches(iter(drafts), 4))


def test_a_message_without_adapter_is_refused_as_unknown() -> None:
    for content, problem in ((b"?", Problem.UNKNOWN_STRUCTURE), (b"", Problem.EMPTY)):
        refused = draft(SourceMessage(source="", content=content), None)
        assert refused.message.source == UNKNOWN_SOURCE
        assert refused.refusal is not None
        assert refused.refusal.problem is problem


def test_what_nobody_can_read_fills_a_batch_by_its_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry_drafts, "LIKE_A_STATEMENT", 100)
    unread = [
        draft(SourceMessage(source="", content=b"%d" % n + b"?" * 399), None) for n in range(6)
    ]
    assert [len(batch) for batch in batches(iter(unread), 10)] == [2, 2, 2]
