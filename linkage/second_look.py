"""Groups that no rule joined, judged by all that can be noticed of them and of what else fits them.

A rule asks whether the evidence is enough; it cannot say how likely two groups are one child. Here
every clue adds or takes away bits, as the model learnt them from pairs with known answers. The sum
is the log odds, so it is a probability, and it explains itself. Each pair is judged by itself first,
and then beside all others (`beside.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf

from linkage import beside
from linkage.beside import Odds, company, told_apart
from linkage.clues import clues
from linkage.clustering import Keys
from linkage.decision import Forbids, is_borrowed, is_doubtful, kinds, own, traits
from linkage.forest import Forest
from linkage.learning import BASE
from linkage.matcher import PRECISION, ScoredPair
from linkage.model import MatchModel, Thresholds
from linkage.own_merges import Groups
from linkage.records import PersonRecord
from linkage.step_reports import SOURCE as REPORT
from linkage.views import View, views

FINE = 9
"""Digits of what a clue adds: a hundred of them still add up to the log odds."""
TOLD_APART = 2.0
"""Bits. Of twins whom less tells apart, one record in so many is the other's, however well it fits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """Two groups and the keys of their records: the log odds, in bits, and what was noticed."""

    pair: ScoredPair
    left: tuple[str, ...] = field(repr=False)
    right: tuple[str, ...] = field(repr=False)
    bits: float
    noticed: tuple[str, ...] = field(repr=False)
    several: bool
    """One of both is known to be a twin, or to have been found with others."""
    confusable: bool
    """So is a twin, and nothing that is the child's own tells which of them it is."""
    doubted: bool
    """The evidence is doubtful in kind."""
    held: bool
    """However likely, people are asked."""
    clues: tuple[tuple[str, float], ...] = field(default=(), repr=False)
    """What each clue adds, in bits, once it is `explained`."""


def judged(
    atoms: Iterable[PersonRecord],
    pairs: Sequence[ScoredPair],
    groups: Groups,
    forbids: Forbids,
    model: MatchModel,
    memory: "Memory | None" = None,
) -> list[Judged]:
    """Every pair of a round that may still be one child, the likeliest first; ties by key.

    A model that has learnt no clues judges nothing. `memory`: of the look before, with this model;
    it saves time and changes nothing.
    """
    if not model.clues:
        return []
    memory = memory or Memory()
    seen = memory.noticed(views(atoms, pairs, groups, forbids))
    if model.beside:
        seen = noticed_beside(seen, pairs, forbids, model)
    together = memory.weighed(seen, model.forest)
    found = [_judged(one, bits, model) for one, bits in zip(seen, together, strict=True)]
    return sorted(found, key=lambda one: (-one.bits, one.pair.left, one.pair.right))


@dataclass(frozen=True, kw_only=True, slots=True)
class Noticed:
    """A pair with all its clues."""

    view: View
    clues: tuple[str, ...] = field(repr=False)
    apart: float = -inf
    """Bits by which it is told apart from a twin; as good as none before others are looked at."""

    @property
    def several(self) -> bool:
        return any(record.several for record in self.view.records)

    @property
    def reported_twice(self) -> bool:
        """Each holds a step report, of which one house writes many that tell little of the child."""
        return all(REPORT in record.source.split("+") for record in self.view.records)

    @property
    def confusable(self) -> bool:
        return self.several and self.apart < TOLD_APART


@dataclass(slots=True)
class Memory:
    """What the look before noticed of each pair by itself, by its keys: most stand as they stood.

    `together`: clues → what the trees say.
    """

    alone: dict[Keys, Noticed] = field(default_factory=dict, repr=False)
    together: dict[tuple[str, ...], float] = field(default_factory=dict, repr=False)

    def noticed(self, seen: Iterable[View]) -> list[Noticed]:
        """What each pair says by itself."""
        self.alone = {(view.pair.left, view.pair.right): self._noticed(view) for view in seen}
        return list(self.alone.values())

    def weighed(self, seen: Sequence[Noticed], forest: Forest) -> list[float]:
        """Of each pair what the trees say."""
        wanted = dict.fromkeys(one.clues for one in seen)
        new = [noticed for noticed in wanted if noticed not in self.together]
        known = self.together | dict(zip(new, forest.bits(new), strict=True))
        self.together = {noticed: known[noticed] for noticed in wanted}
        return [self.together[one.clues] for one in seen]

    def _noticed(self, view: View) -> Noticed:
        before = self.alone.get((view.pair.left, view.pair.right))
        if before is not None and before.view == view:
            return before
        return Noticed(view=view, clues=tuple(clues(view)))


def noticed(seen: Iterable[View]) -> list[Noticed]:
    """What each pair says by itself."""
    return Memory().noticed(seen)


def noticed_beside(
    seen: Sequence[Noticed],
    pairs: Iterable[ScoredPair],
    forbids: Forbids,
    model: MatchModel,
) -> list[Noticed]:
    """And what it says beside all others, each judged by what it says by itself."""
    odds = [
        Odds(
            left=one.view.pair.left,
            right=one.view.pair.right,
            bits=_total(_worth(one.clues, model.clues)),
            traits=traits(one.view.pair),
            own=own(one.view.pair),
            several=one.several,
        )
        for one in seen
    ]
    sides = (side.record for one in seen for side in one.view.sides)
    others = company(odds, pairs, forbids, {record.key: record.source for record in sides})
    return [
        replace(
            one,
            clues=(*one.clues, *beside.clues(single, others)),
            apart=told_apart(single, others),
        )
        for one, single in zip(seen, odds, strict=True)
    ]


def _judged(one: Noticed, together: float, model: MatchModel) -> Judged:
    """`together`: what the trees say."""
    alone = sum(bits for _, bits in _worth(one.clues, model.second))
    pair = one.view.pair
    return Judged(
        pair=pair,
        left=one.view.left.keys,
        right=one.view.right.keys,
        bits=round(alone + together, PRECISION),
        noticed=one.clues,
        several=one.several,
        confusable=one.confusable,
        doubted=is_doubted(pair, several=one.several) or one.reported_twice,
        held=is_held(pair, several=one.several),
    )


def _worth(noticed: Iterable[str], worth: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """A clue that the model never saw says nothing."""
    return tuple((clue, worth[clue]) for clue in (BASE, *noticed) if clue in worth)


def explained(some: Sequence[Judged], model: MatchModel) -> list[Judged]:
    """Each with what each clue adds, alone and together with others; the sum is the log odds.

    Only few pairs of a look are told anybody.
    """
    told = model.forest.told([one.noticed for one in some])
    return [replace(one, clues=_lines(one, *of, model)) for one, of in zip(some, told, strict=True)]


def _lines(
    one: Judged, before: float, together: Mapping[str, float], model: MatchModel
) -> tuple[tuple[str, float], ...]:
    alone = dict(_worth(one.noticed, model.second))
    together = {**together, BASE: before}
    return tuple(
        (clue, round(alone.get(clue, 0.0) + together.get(clue, 0.0), FINE))
        for clue in (BASE, *one.noticed, *sorted(together.keys() - {BASE, *one.noticed}))
        if clue in alone or clue in together
    )


def _total(lines: Iterable[tuple[str, float]]) -> float:
    return round(sum(bits for _, bits in lines), PRECISION)


def is_held(pair: ScoredPair, *, several: bool) -> bool:
    """Whether people are asked however likely it is (promise 2, issue 4.1).

    No clue says that a card is not the twin's; and a number that agrees where everything else
    disagrees may be borrowed. Of either the worlds from which clues are learnt have too few to
    weigh that.
    """
    return (several and is_doubted(pair, several=several)) or (
        is_borrowed(pair, several=several) and kinds(pair) <= 1
    )


def is_doubted(pair: ScoredPair, *, several: bool) -> bool:
    """Evidence that is doubtful in kind: one card and two names, a number that may be borrowed."""
    return is_doubtful(pair) or is_borrowed(pair, several=several)


def joins(found: Sequence[Judged], thresholds: Thresholds) -> list[Judged]:
    """Those that are likely enough, each group at most once: with the one that it fits best.

    What else fits is weighed anew before the next look, because each join may settle it. Twins and
    siblings want more, and what is held is only asked about (promise 2).
    """
    taken: set[str] = set()
    chosen = []
    for one in found:
        keys = {one.pair.left, one.pair.right}
        if one.bits >= _least(one, thresholds) and not one.held and taken.isdisjoint(keys):
            chosen.append(one)
        taken |= keys
    return chosen


def _least(one: Judged, thresholds: Thresholds) -> float:
    """The log odds from which the engine may join it by itself."""
    return max(
        thresholds.sure,
        thresholds.sure_of_several if one.several else thresholds.sure,
        thresholds.sure_of_confusable if one.confusable else thresholds.sure,
        thresholds.sure_of_doubtful if one.doubted else thresholds.sure,
    )
