"""Labels: what is known of pairs of records, made into examples for the second look to learn from."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from linkage.calibration import Calibration, Labelled, fitted
from linkage.conflicts import conflict
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


def weighed(records: Sequence[PersonRecord], model: MatchModel, known: Known) -> list[Labelled]:
    """Match weights of pairs of records of which it is known whether they are one child.

    Of a hard conflict nobody is told a probability, so none of those.
    """
    by_key = {record.key: record for record in prepared(records)}
    pairs = score(list(by_key.values()), model, least_weight(model))
    told = (
        (pair.weight, known([pair.left], [pair.right]))
        for pair in pairs
        if conflict(by_key[pair.left], by_key[pair.right]) is None
    )
    return [(weight, same) for weight, same in told if same is not None]


def calibrated(labels: Sequence[Labelled], model: MatchModel) -> Calibration:
    """From what is known of pairs, as far as that is enough; else as the model had it.

    Stewards' answers are no such labels: only of doubtful pairs are they asked. Labels that have
    nothing to do with the weights say nothing either.
    """
    found = fitted(labels) if len(labels) >= LEAST_TO_CALIBRATE else Calibration()
    return found if found.points else model.calibration
