"""What a write takes the place of: the last word stands, however its statements are put in order."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import history, replacing
from adapters.contract import Conversion, Statement

ROLES = ("patient", "encounter-1", "observation-1")
KINDS = {"patient": "Patient", "encounter-1": "Encounter", "observation-1": "Observation"}
Pair = tuple[Statement, Conversion]


def said(number: int, resources: dict[str, int], replaces: dict[str, list[str]] | None) -> Pair:
    content: dict[str, Any] = {"number": number, "said": resources, "replaces": replaces}
    made = [{"resourceType": KINDS[role], "id": role, "x": of} for role, of in resources.items()]
    statement = Statement(kind="k", record_id="r", content=content, position="/")
    return statement, Conversion(
        resources=made, custodian="home:1", province=None, replaces=replaces
    )


def standing_words(pairs: Sequence[Pair]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for _, conversion in replacing.standing(pairs):
        for one in conversion.resources:
            found.setdefault(one["id"], []).append(one["x"])
    return found


def stating(pairs: Sequence[Pair], role: str) -> list[str]:
    return [
        statement.content_hash
        for statement, conversion in replacing.standing(pairs)
        if any(one["id"] == role for one in conversion.resources)
    ]


WRITES = st.lists(
    st.tuples(
        st.sampled_from(["put", "delete"]),
        st.lists(st.sampled_from(ROLES), min_size=1, unique=True),
    ),
    max_size=8,
)


@given(WRITES, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_last_word_on_each_resource_stands_in_whatever_order(
    writes: list[tuple[str, list[str]]], chance: Any
) -> None:
    pairs = [said(0, dict.fromkeys(ROLES, 0), None)]
    expected: dict[str, list[int]] = {role: [0] for role in ROLES}
    for number, (method, roles) in enumerate(writes, 1):
        replaces = {role: stating(pairs, role) for role in roles}
        pairs.append(
            said(number, dict.fromkeys(roles, number) if method == "put" else {}, replaces)
        )
        for role in roles:
            expected[role] = [number] if method == "put" else []
    chance.shuffle(pairs)
    assert standing_words(pairs) == {role: words for role, words in expected.items() if words}


def test_what_nobody_replaced_is_the_same_object() -> None:
    pairs = [said(1, {"patient": 1}, None), said(2, {"patient": 2}, {})]
    assert replacing.standing(pairs) is pairs


def test_only_a_payload_ends_groups_that_it_does_not_name() -> None:
    def flag(role: str, replaces: dict[str, list[str]] | None) -> Conversion:
        made = {"resourceType": "Flag", "id": role, "status": "active", "meta": {}}
        return Conversion(resources=[made], custodian="home:1", province=None, replaces=replaces)

    for replaces, status in ((None, "inactive"), ({}, "active")):
        whole = history.compose([flag("flag-a", None), flag("flag-b", replaces)])
        assert {one["id"]: one["status"] for one in whole.resources} == {
            "flag-a": status,
            "flag-b": "active",
        }
