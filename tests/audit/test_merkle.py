"""The tree: the vectors of Certificate Transparency, the definition, pymerkle as an oracle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from audit.merkle import EMPTY_ROOT, Frontier, leaf_hash, root, subtrees
from tests.audit.trees import plain_nodes, plain_root

CT_ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Roots of the first 1, 2, … 8 entries (certificate-transparency, merkletree tests)."""

entries = st.lists(st.binary(max_size=8), max_size=70)


def grown(leaves: list[bytes]) -> Frontier:
    frontier = Frontier()
    for entry in leaves:
        frontier.append(leaf_hash(entry))
    return frontier


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert grown(CT_ENTRIES[:size]).root().hex() == CT_ROOTS[size - 1]
    assert root(size, plain_nodes(CT_ENTRIES)).hex() == CT_ROOTS[size - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert Frontier().root() == root(0, plain_nodes([])) == EMPTY_ROOT
    assert EMPTY_ROOT.hex().startswith("e3b0c442")


@given(entries)
def test_one_by_one_and_by_definition_the_root_is_the_same(leaves: list[bytes]) -> None:
    frontier = grown(leaves)
    assert frontier.size == len(leaves)
    assert frontier.root() == plain_root(leaves) == root(len(leaves), plain_nodes(leaves))


@given(entries, st.lists(st.integers(0, 20), max_size=8))
def test_any_batches_give_the_same_tree_and_it_can_be_taken_up_again(
    leaves: list[bytes], batches: list[int]
) -> None:
    frontier, done = Frontier(), 0
    for width in [*batches, len(leaves)]:
        batch = leaves[done : done + width]
        frontier.extend(leaf_hash(entry) for entry in batch)
        done += len(batch)
        frontier = Frontier(frontier.size, frontier.hashes)
        assert frontier.root() == plain_root(leaves[:done])
    assert frontier.hashes == grown(leaves).hashes


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40))
def test_pymerkle_finds_the_same_root(leaves: list[bytes]) -> None:
    tree = InmemoryTree(algorithm="sha256")
    for entry in leaves:
        tree.append_entry(entry)
    assert grown(leaves).root() == tree.get_root()


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_subtrees_fill_a_range_without_gap_and_are_few(one: int, other: int) -> None:
    first, end = sorted((one, other))
    place = first
    found = list(subtrees(first, end))
    for level, index in found:
        assert index << level == place
        place += 1 << level
    assert place == end
    assert len(found) <= 2 * 41


@pytest.mark.parametrize(
    ("size", "hashes"),
    [(1, []), (3, [b"x" * 32]), (2, [b"x" * 31]), (-1, []), (0, [b"x" * 32])],
)
def test_a_tree_is_not_made_from_hashes_that_do_not_fit(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(ValueError, match="one hash of 32 bytes"):
        Frontier(size, hashes)
