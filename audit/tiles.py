"""Tiles (c2sp.org/tlog-tiles): the tree and its entries in files of 256 that never change."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from audit.merkle import Frontier, Nodes, folded, node_hash

HEIGHT, WIDTH, HASH = 8, 256, 32
MAX_ENTRY = 2**16 - 1
_KEPT = 512
"""Tiles that one reader keeps: 4 MiB."""
_PATH = re.compile(
    r"tile/(?P<level>entries|[1-5]?[0-9]|6[0-3])/(?P<index>(?:x[0-9]{3}/){0,5}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Tile:
    """Which tile: `level` None for a bundle of entries; `width` under 256 at the right edge."""

    level: int | None
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """As in an address: `tile/0/x001/234.p/5`."""
        level = "entries" if self.level is None else self.level
        part = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_digits(self.index)}{part}"

    @classmethod
    def parsed(cls, path: str) -> Self:
        """Read an address; ValueError for one that no tile is written as."""
        found = _PATH.fullmatch(path)
        if not found:
            raise ValueError("This is not the path of a tile.")
        index = int(found["index"].replace("x", "").replace("/", ""))
        level = None if found["level"] == "entries" else int(found["level"])
        tile = cls(level=level, index=index, width=int(found["width"] or WIDTH))
        # Only one spelling: no needless x000, no partial tile that is full.
        if tile.path != path or tile.width > WIDTH:
            raise ValueError("This is not the path of a tile.")
        return tile


def _digits(index: int) -> str:
    last, rest = f"{index % 1000:03d}", index // 1000
    while rest:
        last, rest = f"x{rest % 1000:03d}/{last}", rest // 1000
    return last


def width(level: int, index: int, size: int) -> int:
    """Hashes that this tile has in a tree of `size`; 0 when the tree does not reach it."""
    return max(0, min(WIDTH, (size >> HEIGHT * level) - index * WIDTH))


def tiles_between(old: int, new: int) -> Iterator[Tile]:
    """Every tile of a tree of `new` entries that a tree of `old` does not have, partial ones too.

    Levels from 0 up, so each can be made from those before it.
    """
    level = 0
    while new >> HEIGHT * level:
        before, after = (size >> HEIGHT * level for size in (old, new))
        # What was full stays as it is.
        for index in range(before // WIDTH, -(-after // WIDTH)):
            if (wide := width(level, index, new)) != width(level, index, old):
                yield Tile(level=level, index=index, width=wide)
        level += 1


def tile_root(data: bytes) -> bytes:
    """Hash of a full tile: the hash that stands for it one level up."""
    frontier = Frontier()
    frontier.extend(hashes_in(data))
    return frontier.root()


def hashes_in(data: bytes) -> list[bytes]:
    """The hashes of a tile's content."""
    return [data[at : at + HASH] for at in range(0, len(data), HASH)]


def tile_nodes(size: int, read: Callable[[Tile], bytes]) -> Nodes:
    """Nodes of a tree of `size` from its tiles, each asked for once while it is among the last 512.

    `read` gives a tile's content; ValueError when that has not the length that its width says.
    """

    @lru_cache(maxsize=_KEPT)
    def content(level: int, index: int) -> bytes:
        tile = Tile(level=level, index=index, width=width(level, index, size))
        data = read(tile)
        if len(data) != tile.width * HASH:
            raise ValueError(f"{tile.path} has {len(data)} bytes, not {tile.width * HASH}.")
        return data

    def node(level: int, index: int) -> bytes:
        if index < 0 or (index + 1) << level > size:
            raise ValueError("The tree does not hold this node.")
        tall, within = divmod(level, HEIGHT)
        first = index << within
        data, start = content(tall, first // WIDTH), first % WIDTH * HASH
        return perfect_root(hashes_in(data[start : start + (HASH << within)]))

    return node


def perfect_root(hashes: list[bytes]) -> bytes:
    """The root of a perfect subtree from its hashes, a power of two of them."""
    while len(hashes) > 1:
        hashes = list(map(node_hash, hashes[::2], hashes[1::2]))
    return folded(hashes)


def bundle(entries: Iterable[bytes]) -> bytes:
    """Entries as one file: each after its length in two bytes; ValueError beyond 65,535."""
    parts = list(entries)
    if any(len(entry) > MAX_ENTRY for entry in parts):
        raise ValueError("An entry in a bundle has at most 65,535 bytes.")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in parts)


def entries_in(data: bytes) -> list[bytes]:
    """The entries of a bundle; ValueError when it ends in the middle of one."""
    entries, at = list[bytes](), 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or at + 2 > len(data):
            raise ValueError("The bundle ends in the middle of an entry.")
        entries.append(data[at + 2 : end])
        at = end
    return entries
