"""Groups that no rule joined, judged by all that can be noticed of them and of what else fits them.

A rule asks whether the evidence is enough; it cannot say how likely two groups are one child. Here
every clue adds or takes away bits, as the model learnt them from pairs with known answers. The sum
is the log odds, so it is a probability, and it explains itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from linkage.clues import clues
from linkage.decision import Forbids, is_borrowed, is_doubtful
from linkage.learning import BASE
from linkage.matcher import PRECISION, ScoredPair
from linkage.model import MatchModel, Thresholds
from linkage.own_merges import Groups
from linkage.records import PersonRecord
from linkage.views import View, views


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """Two groups and the keys of their records: the log odds, and what each clue adds, in bits."""

    pair: ScoredPair
    left: tuple[str, ...] = field(repr=False)
    right: tuple[str, ...] = field(repr=False)
    bits: float
    clues: tuple[tuple[str, float], ...] = field(repr=False)
    several: bool
    """One of both is known to be a twin, or to have been found with others."""
    held: bool
    """The evidence is doubtful whatever it weighs: however likely, people are asked."""


def judged(
    atoms: Iterable[PersonRecord],
    pairs: Sequence[ScoredPair],
    groups: Groups,
    forbids: Forbids,
    model: MatchModel,
) -> list[Judged]:
    """Every pair of a round that may still be one child, the likeliest first; ties by key.

    A model that has learnt no clues judges nothing.
    """
    if not model.clues:
        return []
    found = [_judged(view, model.clues) for view in views(atoms, pairs, groups, forbids)]
    return sorted(found, key=lambda one: (-one.bits, one.pair.left, one.pair.right))


def _judged(view: View, worth: Mapping[str, float]) -> Judged:
    """A clue that the model never saw says nothing."""
    several = any(record.several for record in view.records)
    lines = tuple((clue, worth[clue]) for clue in (BASE, *clues(view)) if clue in worth)
    return Judged(
        pair=view.pair,
        left=view.left.keys,
        right=view.right.keys,
        bits=round(sum(bits for _, bits in lines), PRECISION),
        clues=lines,
        several=several,
        held=is_held(view.pair, several=several),
    )


def is_held(pair: ScoredPair, *, several: bool) -> bool:
    """No clue says that a card is not the twin's, or a number not borrowed (promise 2, issue 4.1).

    In the worlds from which clues are learnt there are too few such children to weigh that.
    """
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
        least = thresholds.sure_of_several if one.several else thresholds.sure
        if one.bits >= least and not one.held and taken.isdisjoint(keys):
            chosen.append(one)
        taken |= keys
    return chosen
