"""Proofs about a Merkle tree (RFC 9162, 2.1.3 and 2.1.4): that it holds an entry, that it grew."""

from collections.abc import Sequence

from audit.merkle import Nodes, node_hash, range_root

MAX_LENGTH = 63
"""Hashes in a proof for the largest tree that a checkpoint can name (2^63 - 1 leaves)."""


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of the first `size` leaves, upwards."""
    if not 0 <= index < size:
        raise ValueError("The tree does not hold this entry.")
    proof, first, end = list[bytes](), 0, size
    while end - first > 1:
        middle = first + _half(end - first)
        if index < middle:
            proof.append(range_root(middle, end, nodes))
            end = middle
        else:
            proof.append(range_root(first, middle, nodes))
            first = middle
    return proof[::-1]


def consistency_proof(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """The hashes that show that the first `old` of `new` leaves are the tree that was, upwards.

    Empty for trees of the same size and for one that was empty: there is nothing to show.
    """
    if not 0 <= old <= new:
        raise ValueError("A tree does not shrink.")
    if old in (0, new):
        return []
    proof, first, end = list[bytes](), 0, new
    while old != end:
        middle = first + _half(end - first)
        if old <= middle:
            proof.append(range_root(middle, end, nodes))
            end = middle
        else:
            proof.append(range_root(first, middle, nodes))
            first = middle
    # Where the old tree is the left part itself, the one who checks has its hash already.
    return ([range_root(first, end, nodes)] if first else []) + proof[::-1]


def _half(width: int) -> int:
    """Leaves in the left branch of `width` > 1: the largest power of two below it."""
    return 1 << ((width - 1).bit_length() - 1)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether `proof` shows that `leaf` (a leaf hash) stands at `index` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or len(proof) > MAX_LENGTH:
        return False
    place, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            computed = node_hash(sibling, computed)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and computed == root


def verify_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether `proof` shows that the new tree begins with the old one (RFC 9162, 2.1.4.2).

    An empty tree is the beginning of any; `old_root` is not looked at then.
    """
    if not 0 <= old <= new or len(proof) > MAX_LENGTH:
        return False
    if old in (0, new):
        return not proof and (old == 0 or old_root == new_root)
    path = [old_root, *proof] if old.bit_count() == 1 else list(proof)
    return bool(path) and _consistent(old, old_root, new, new_root, path)


def _consistent(old: int, old_root: bytes, new: int, new_root: bytes, path: list[bytes]) -> bool:
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root
