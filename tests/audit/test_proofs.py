"""Proofs: whole ones convince, anything changed does not, pymerkle agrees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from audit.merkle import leaf_hash
from audit.proofs import consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from tests.audit.trees import plain_nodes, plain_root

SIZE = 66
ENTRIES = [bytes([n]) for n in range(SIZE)]
NODES = plain_nodes(ENTRIES)
ROOTS = [plain_root(ENTRIES[:size]) for size in range(SIZE + 1)]
sizes = st.integers(1, SIZE)


@st.composite
def places(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(sizes)
    return draw(st.integers(0, size - 1)), size


@st.composite
def growths(draw: st.DrawFn) -> tuple[int, int]:
    new = draw(sizes)
    return draw(st.integers(0, new)), new


def spoilt(proof: list[bytes], which: int) -> list[bytes]:
    """The proof with one bit of one hash changed."""
    changed = list(proof)
    which %= len(proof)
    changed[which] = bytes([changed[which][0] ^ 1]) + changed[which][1:]
    return changed


@given(places())
def test_every_entry_can_be_shown_to_be_in_the_tree(place: tuple[int, int]) -> None:
    index, size = place
    proof = inclusion_proof(index, size, NODES)
    assert verify_inclusion(leaf_hash(ENTRIES[index]), index, size, proof, ROOTS[size])


@given(places(), st.integers(0, SIZE - 1), st.integers(1, SIZE), st.integers(0, 5))
def test_a_proof_shows_only_its_own_entry_place_and_tree(
    place: tuple[int, int], other: int, other_size: int, which: int
) -> None:
    index, size = place
    leaf, proof = leaf_hash(ENTRIES[index]), inclusion_proof(index, size, NODES)
    if other != index:
        assert not verify_inclusion(leaf, other, size, proof, ROOTS[size])
        assert not verify_inclusion(leaf_hash(ENTRIES[other]), index, size, proof, ROOTS[size])
    if other_size != size:
        assert not verify_inclusion(leaf, index, size, proof, ROOTS[other_size])
    if proof:
        assert not verify_inclusion(leaf, index, size, spoilt(proof, which), ROOTS[size])
        assert not verify_inclusion(leaf, index, size, proof[:-1], ROOTS[size])
    assert not verify_inclusion(leaf, index, size, [*proof, leaf], ROOTS[size])


@given(growths())
def test_every_growth_can_be_shown(growth: tuple[int, int]) -> None:
    old, new = growth
    proof = consistency_proof(old, new, NODES)
    assert verify_consistency(old, ROOTS[old], new, ROOTS[new], proof)


@given(growths(), sizes, st.integers(0, 5))
def test_a_proof_of_growth_shows_only_its_own_trees(
    growth: tuple[int, int], other: int, which: int
) -> None:
    old, new = growth
    proof = consistency_proof(old, new, NODES)
    if other != old and old:
        assert not verify_consistency(old, ROOTS[other], new, ROOTS[new], proof)
    if other != new and old:
        assert not verify_consistency(old, ROOTS[old], new, ROOTS[other], proof)
    if proof:
        assert not verify_consistency(old, ROOTS[old], new, ROOTS[new], spoilt(proof, which))
        assert not verify_consistency(old, ROOTS[old], new, ROOTS[new], proof[:-1])
    assert not verify_consistency(old, ROOTS[old], new, ROOTS[new], [*proof, ROOTS[old]])


@given(growths(), st.integers(0, SIZE - 1))
def test_a_tree_with_one_old_entry_changed_is_no_growth(
    growth: tuple[int, int], changed: int
) -> None:
    old, new = growth
    if changed < old:
        rewritten = [*ENTRIES[:changed], b"rewritten", *ENTRIES[changed + 1 : new]]
        proof = consistency_proof(old, new, plain_nodes(rewritten))
        assert not verify_consistency(old, ROOTS[old], new, plain_root(rewritten), proof)


@given(places())
def test_pymerkle_gives_the_same_hashes_for_an_entry(place: tuple[int, int]) -> None:
    index, size = place
    theirs = _oracle().prove_inclusion(index + 1, size).serialize()["path"]
    ours = inclusion_proof(index, size, NODES)
    assert [leaf_hash(ENTRIES[index]).hex(), *(h.hex() for h in ours)] == theirs


@given(growths())
def test_roots_of_pymerkle_are_convinced_by_our_proof_of_growth(growth: tuple[int, int]) -> None:
    old, new = growth
    tree = _oracle()
    proof = consistency_proof(old, new, NODES)
    assert verify_consistency(old, tree.get_root(old), new, tree.get_root(new), proof)


def _oracle() -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    tree.append_entries(ENTRIES)
    return tree


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (6, 5)])
def test_there_is_no_proof_for_what_the_tree_does_not_hold(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="does not hold"):
        inclusion_proof(index, size, NODES)
    assert not verify_inclusion(leaf_hash(b""), index, size, [], ROOTS[0])


@pytest.mark.parametrize(("old", "new"), [(6, 5), (-1, 5)])
def test_there_is_no_proof_of_shrinking(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="shrink"):
        consistency_proof(old, new, NODES)
    assert not verify_consistency(old, ROOTS[5], new, ROOTS[5], [])
