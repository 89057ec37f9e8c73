"""Labels: what is known of pairs of records, made into examples for the second look to learn from."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from linkage.calibration import Calibration, fitted
from linkage.decision import Forbids
from linkage.learning import Example
from linkage.linker import least_weight, link, prepared
from linkage.matcher import ScoredPair, score
from linkage.model import MatchModel
from linkage.own_merges import Groups
from linkage.records import PersonRecord
from linkage.second_look import Judged, Noticed, judged, noticed, noticed_beside
from linkage.standing import Decision
from linkage.views import views

Known = Callable[[Collection[str], Collection[str]], bool | None]
"""Whether two groups of records (keys) are one child; None where that is not known."""
LEAST_TO_CALIBRATE = 1_000
"""Pairs with labels below which the map to a probability would be chance."""
FLATTEST = 0.01
"""A slope up to which a map tells nothing of a weight, as where all labels say the same."""


def of_truth(truth: Mapping[str, str]) -> Known:
    """`truth`: record key → child. Groups that share a child are one: so the second look is meant."""

    def known(left: Collection[str], right: Collection[str]) -> bool | None:
        mine, theirs = ({truth[key] for key in side if key in truth} for side in (left, right))
        return bool(mine & theirs) if mine and theirs else None

    return known


def of_verdicts(decisions: Iterable[Decision]) -> Known:
    """What stewards said of records of both; nothing where they said both."""
    said_of = {(min(a, b), max(a, b)): verdict == "same" for a, b, verdict in decisions}

    def known(left: Collection[str], right: Collection[str]) -> bool | None:
        between = [(min(a, b), max(a, b)) for a, b in product(left, right)]
        said = {said_of[pair] for pair in between if pair in said_of}
        return said.pop() if len(said) == 1 else None

    return known


def examples(records: Sequence[PersonRecord], model: MatchModel, known: Known) -> list[Example]:
    """Every pair of groups that the rules leave open and that is known, by what it says by itself.

    `records` are linked without any steward's decision and without the second look.
    """
    first: list[Noticed] = []

    def watch(
        atoms: Sequence[PersonRecord],
        pairs: Sequence[ScoredPair],
        groups: Groups,
        forbids: Forbids,
        model: MatchModel,
    ) -> Sequence[Judged]:
        first[:] = noticed(views(atoms, pairs, groups, forbids))
        return ()

    link(records, model, look=watch)
    return [example for _, example in _told(first, known)]


def examples_beside(
    records: Sequence[PersonRecord], model: MatchModel, known: Known
) -> list[Example]:
    """Every such pair of every second look, by what it says by itself and beside all others.

    The looks after the first are other worlds: whoever was easy to find a place for has one. `model`
    joins with what it knows. A pair that nothing changed between two looks is one example.
    """
    found: dict[tuple[object, ...], Example] = {}

    def watch(
        atoms: Sequence[PersonRecord],
        pairs: Sequence[ScoredPair],
        groups: Groups,
        forbids: Forbids,
        model: MatchModel,
    ) -> Sequence[Judged]:
        alone = noticed(views(atoms, pairs, groups, forbids))
        told = list(_told(noticed_beside(alone, pairs, forbids, model), known))
        already = model.forest.bits(one.clues for one, _ in told)
        for (one, example), bits in zip(told, already, strict=True):
            keys = (one.view.left.keys, one.view.right.keys, one.clues)
            found[keys] = replace(example, already=bits)
        return judged(atoms, pairs, groups, forbids, model)

    link(records, model, look=watch)
    return list(found.values())


def _told(seen: Iterable[Noticed], known: Known) -> Iterator[tuple[Noticed, Example]]:
    for one in seen:
        same = known(one.view.left.keys, one.view.right.keys)
        if same is not None:
            yield one, Example(clues=one.clues, same=same)


def calibrated(records: Sequence[PersonRecord], model: MatchModel, known: Known) -> Calibration:
    """From what is known of all pairs of records that may be one child, as far as it is enough.

    Stewards' answers are no such labels: only of doubtful pairs are they asked.
    """
    pairs = score(prepared(records), model, least_weight(model))
    told = ((pair.weight, known([pair.left], [pair.right])) for pair in pairs)
    labels = [(weight, same) for weight, same in told if same is not None]
    found = fitted(labels) if len(labels) >= LEAST_TO_CALIBRATE else model.calibration
    # Labels that have nothing to do with the weights would turn their order round.
    return found if found.slope > FLATTEST else model.calibration
