"""A round decided anew only where something has changed; elsewhere it goes as it went before.

Why that is the same as deciding all of it: pairs are taken in one order, and what becomes of a pair
depends only on its two groups and those that they have pairs with, as they stand at that moment.
Groups grow only inside a *cell*, what hangs together by pairs that can join. So let every cell that
has changed, or is next to one that has, be decided, and with it the neighbours of each in which
something becomes of a pair that had not, until there are no more. Then every other cell reads what
it read before, at every moment: by induction over the pairs in their order it goes as it went.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from linkage.clustering import JOINED, Keys, Partition
from linkage.matcher import ScoredPair
from linkage.scores import Seen


@dataclass(slots=True)
class Cells:
    """Atoms that hang together by pairs that can join, and which such cells have pairs."""

    home: dict[str, str] = field(default_factory=dict)
    near: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def find(self, key: str) -> str:
        """The cell of an atom, by one of its atoms."""
        root = key
        while (above := self.home.get(root, root)) != root:
            root = above
        if root != key:
            self.home[key] = root
        return root

    def around(self, cells: set[str]) -> set[str]:
        """These, and those next to them."""
        return cells.union(*(self.near[cell] for cell in cells if cell in self.near))


@dataclass(frozen=True, slots=True)
class Past:
    """What became of pairs in the same round of the last linking."""

    cells: Cells
    anew: set[str]
    outcomes: Mapping[Keys, str]

    def __call__(self, pair: ScoredPair) -> str | None:
        """None where the pair is to be decided anew."""
        if self.cells.find(pair.left) in self.anew:
            return None
        return self.outcomes.get((pair.left, pair.right), "")

    def concerns(self, pair: ScoredPair) -> bool:
        """Whether an atom that is decided anew has the pair."""
        return bool({self.cells.find(pair.left), self.cells.find(pair.right)} & self.anew)


def replayed(
    now: Seen, before: Seen, least: float, decide: Callable[[Past], Partition]
) -> Partition:
    """What `decide` makes of a round. `least`: the bits from which on a pair can join."""
    cells = _cells((now, before), least)
    changed = {cells.find(key) for key, _ in now.prints.items() ^ before.prints.items()}
    anew = cells.around(changed)
    while True:
        done = decide(Past(cells, anew, before.outcomes))
        other = {cells.find(left) for left, _ in _joins(done.outcomes) ^ _joins(before.outcomes)}
        wanted = cells.around(other) - anew
        if not wanted:
            return done
        anew |= wanted


def _joins(outcomes: Mapping[Keys, str]) -> set[Keys]:
    return {keys for keys, outcome in outcomes.items() if outcome == JOINED}


def _cells(rounds: tuple[Seen, ...], least: float) -> Cells:
    cells = Cells()
    pairs = [pair for seen in rounds for pair in seen.pairs.values()]
    for pair in pairs:
        one, other = sorted((cells.find(pair.left), cells.find(pair.right)))
        if pair.weight >= least and one != other:
            cells.home[other] = one
    for pair in pairs:
        one, other = cells.find(pair.left), cells.find(pair.right)
        if one != other:
            cells.near[one].add(other)
            cells.near[other].add(one)
    return cells
