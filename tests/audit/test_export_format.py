"""The export: readable lines, the hashes beside them, nothing that its manifest does not say."""

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.export_format import FORMAT, Manifest, beside, export_lines
from audit.merkle import Frontier, leaf_hash
from audit.sealing import entry_of
from tests.audit.exports import EVENT_KEY, LOG_KEY, ORIGIN, body, log, nodes_of

TEN = log([body(n) for n in range(10)], erased=[6])


def test_the_file_is_the_format_a_manifest_the_events_and_a_seal() -> None:
    data = TEN.export(query={"from": "2026-01-01"}, checkpoints=[4], signed=[8])
    head, manifest, *events, seal, nothing = data.decode().split("\n")
    assert (head, len(events), nothing) == (FORMAT, 10, "")
    told = json.loads(manifest)
    assert {key: told[key] for key in ("origin", "key", "first", "count", "size", "query")} == {
        "origin": ORIGIN,
        "key": str(LOG_KEY),
        "first": 0,
        "count": 10,
        "size": 10,
        "query": {"from": "2026-01-01"},
    }
    assert told["checkpoint"] == TEN.note()
    assert [one[0] for one in told["checkpoints"]] == [4, 8]
    assert told["checkpoints"][1][2] == TEN.note(8)
    assert told["event_keys"] == [str(EVENT_KEY)]
    before = data[: data.rindex(b"end\t")]
    assert seal == f"end\t{sha256(before).hexdigest()}"


def test_of_an_erased_event_only_the_commitment_and_the_signature_go_out() -> None:
    lines = TEN.export().decode().split("\n")[2:12]
    assert [len(line.split("\t")[0]) for line in lines] == [44] * 6 + [1] + [44] * 3
    assert lines[3].split("\t")[2] == body(3)
    assert [len(part) for part in lines[6].split("\t")] == [1, 92, 44]


@given(st.integers(0, 10), st.integers(0, 10))
def test_with_what_stands_beside_the_events_the_root_comes_out(one: int, other: int) -> None:
    first, end = sorted((one, other))
    leaves = [leaf_hash(entry_of(event.commitment, event.signature)) for event in TEN.events]
    left, _ = beside(first, end - first, 10, nodes_of(leaves))
    frontier = Frontier(first, left)
    frontier.extend(leaves[first:])
    assert frontier.root() == TEN.checkpoint().root


@pytest.mark.parametrize("count", [0, 9, 11])
def test_a_count_that_is_not_that_of_the_events_is_refused(count: int) -> None:
    manifest = Manifest(
        note=TEN.note(), key=LOG_KEY, event_keys=(), first=0, count=count, left=(), right=()
    )
    with pytest.raises(ValueError, match=f"says {count} events; there were 10"):
        list(export_lines(manifest, TEN.events))
