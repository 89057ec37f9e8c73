"""The tree as the database holds it: leaves, and full tiles of 256 hashes above them."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from audit.errors import RestoredError
from audit.merkle import Frontier, subtrees
from audit.tables import leaf, tile
from audit.tiles import HEIGHT, WIDTH, perfect_root


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredTree:
    """Reads nodes of the tree; what is not in a full tile yet is read from below."""

    connection: Connection

    def size(self) -> int:
        """How many leaves there are."""
        last = self.connection.scalar(select(func.max(leaf.c.seq)))
        return 0 if last is None else last + 1

    def node(self, level: int, index: int) -> bytes:
        """The root of the perfect subtree of 2^level leaves with this number, from 0."""
        below = level % HEIGHT
        return perfect_root(self.hashes(level // HEIGHT, index << below, 1 << below))

    def hashes(self, tile_level: int, start: int, count: int) -> list[bytes]:
        """`count` hashes of a level of tiles from `start` on: of leaves, or of full tiles below."""
        c = leaf.c if tile_level == 0 else tile.c
        place = leaf.c.seq if tile_level == 0 else tile.c.number
        query = select(c.hash if tile_level == 0 else tile.c.root).where(
            place >= start, place < start + count
        )
        if tile_level:
            query = query.where(tile.c.level == tile_level - 1)
        found = list(map(bytes, self.connection.scalars(query.order_by(place))))
        if len(found) != count:
            missing = count - len(found)
            raise RestoredError(
                f"The tree lacks {missing} hashes of level {tile_level}, from {start} on."
            )
        return found

    def frontier(self, size: int) -> Frontier:
        """Where a tree of so many leaves ends."""
        return Frontier(size, [self.node(*place) for place in subtrees(0, size)])

    def add_tiles(self, before: int, after: int) -> None:
        """Write the tiles that became full while the tree grew from `before` leaves to `after`."""
        level = 0
        while after // WIDTH > before // WIDTH:
            before, after = before // WIDTH, after // WIDTH
            self.connection.execute(
                insert(tile), [self._tile(level, number) for number in range(before, after)]
            )
            level += 1

    def _tile(self, level: int, number: int) -> dict[str, object]:
        hashes = self.hashes(level, number * WIDTH, WIDTH)
        return {
            "level": level,
            "number": number,
            "hashes": b"".join(hashes),
            "root": perfect_root(hashes),
        }
