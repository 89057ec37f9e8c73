"""The Merkle tree of RFC 9162, section 2.1: hashes of leaves and nodes, and a log that grows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from hashlib import sha256
from typing import TypeAlias

Nodes: TypeAlias = Callable[[int, int], bytes]
"""(level, index) → hash of the perfect subtree over leaves [index·2^level, (index+1)·2^level)."""

LEAF, NODE = b"\x00", b"\x01"
"""What goes before the data of each: no node can be taken for a leaf (RFC 9162, 2.1.1)."""
EMPTY_ROOT = sha256().digest()


def leaf_hash(entry: bytes) -> bytes:
    """Hash (32 bytes) of an entry; in our log an entry is the commitment to one event."""
    return sha256(LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash (32 bytes) of two neighbours of 32 bytes each."""
    return sha256(NODE + left + right).digest()


def subtrees(first: int, end: int) -> Iterator[tuple[int, int]]:
    """(level, index) of the fewest perfect subtrees that are the leaves [first, end), in order."""
    while first < end:
        widest = (end - first).bit_length() - 1
        level = min(widest, (first & -first).bit_length() - 1) if first else widest
        yield level, first >> level
        first += 1 << level


def range_root(first: int, end: int, nodes: Nodes) -> bytes:
    """Hash of the leaves [first, end), which the tree must hold as one (perhaps ragged) branch."""
    return folded([nodes(level, index) for level, index in subtrees(first, end)])


def folded(hashes: Sequence[bytes]) -> bytes:
    """One hash of subtrees that stand from left to right, smaller and smaller; none: no leaves."""
    if not hashes:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes))


def root(size: int, nodes: Nodes) -> bytes:
    """Hash of the tree of the first `size` leaves."""
    return range_root(0, size, nodes)


class Frontier:
    """The right edge of a tree: enough to append to it and to tell its root, nothing else.

    Holds one hash for each bit that is set in `size`, so a log of any size fits in 2 kB.
    """

    __slots__ = ("_at", "size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """A tree of `size` leaves from the `hashes` it had; ValueError when they do not fit."""
        if size < 0 or len(hashes) != size.bit_count() or any(len(h) != 32 for h in hashes):
            raise ValueError("A tree has one hash of 32 bytes for each bit set in its size.")
        self.size = size
        self._at: dict[int, bytes] = {
            level: hash_ for (level, _), hash_ in zip(subtrees(0, size), hashes, strict=True)
        }

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.extend([leaf])

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in order: level by level, which is quicker than one by one."""
        hashes = list(leaves)
        start, level, added = self.size, 0, len(hashes)
        while hashes:
            if start & 1:
                hashes.insert(0, self._at.pop(level))
            if len(hashes) & 1:
                self._at[level] = hashes.pop()
            hashes = list(map(node_hash, hashes[::2], hashes[1::2]))
            start, level = start >> 1, level + 1
        self.size += added

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The perfect subtrees of the tree, from left to right."""
        return tuple(self._at[level] for level in sorted(self._at, reverse=True))

    def root(self) -> bytes:
        """Hash of the whole tree."""
        return folded(self.hashes)
