"""Identities that exchanged records are told together, before and after, each record once."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from gateway.partitions import changed_together

HOMES = st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from("1234"), min_size=1)


def test_a_merge_and_a_split_far_away_are_two_changes() -> None:
    before = {"a": "1", "b": "2", "c": "2", "d": "3", "e": "3", "f": "4"}
    after = before | {"b": "1", "c": "1", "e": "5"}
    assert list(changed_together(before, after)) == [
        ({"1": ["a"], "2": ["b", "c"]}, {"1": ["a", "b", "c"], "2": []}),
        ({"3": ["d", "e"], "5": []}, {"3": ["d"], "5": ["e"]}),
    ]


@given(before=HOMES, data=st.data())
def test_every_change_is_told_once_and_nothing_else(
    before: Mapping[str, str], data: st.DataObject
) -> None:
    after = {record: data.draw(st.sampled_from("1234")) for record in before}
    told = list(changed_together(before, after))
    names = [identity for old, _ in told for identity in old]
    assert len(names) == len(set(names))
    assert all(old.keys() == new.keys() for old, new in told)
    rebuilt = dict(before)
    for old, new in told:
        assert old != new
        held = {record for records in old.values() for record in records}
        assert held == {record for records in new.values() for record in records}
        assert held == {record for record, identity in before.items() if identity in old}
        rebuilt |= {record: identity for identity, records in new.items() for record in records}
    assert rebuilt == after
