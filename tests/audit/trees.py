"""A tree that is computed as RFC 9162 defines it, by recursion, to compare ours with."""

from hashlib import sha256

from audit.merkle import Nodes


def plain_root(entries: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    half = 1
    while half * 2 < len(entries):
        half *= 2
    return sha256(b"\x01" + plain_root(entries[:half]) + plain_root(entries[half:])).digest()


def plain_nodes(entries: list[bytes]) -> Nodes:
    """Perfect subtrees of `entries`; IndexError for one that they do not fill."""

    def node(level: int, index: int) -> bytes:
        part = entries[index << level : (index + 1) << level]
        if len(part) != 1 << level:
            raise IndexError("this subtree is not whole")
        return plain_root(part)

    return node
