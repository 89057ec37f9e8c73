"""The model without one of the things that it goes by: a feature, the second look, a kind of clue."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from linkage.clues import KNOWN
from linkage.features import FEATURES, Feature
from linkage.forest import Condition, Forest
from linkage.model import MatchModel
from linkage.noticing import AND

Ablation = Callable[[MatchModel], MatchModel]


def without_feature(feature: Feature, model: MatchModel) -> MatchModel:
    """Every level weighs nothing, for a rare name too, and none is a clue.

    Conflicts, block keys and the rules that go by a level rather than by its bits stay. What the
    other clues are worth was learnt beside these and is not learnt again.
    """
    levels = feature.levels
    known = model.weights[feature.name]
    told = {
        level.term_frequency: u
        for level, (_, u) in zip(levels, known, strict=False)
        if level.term_frequency
    }
    return replace(
        _without_clues(feature.name, model),
        weights={**model.weights, feature.name: tuple((u, u) for _, u in known)},
        # As rare as its level is on the whole: then a term adds nothing.
        frequencies={name: f for name, f in model.frequencies.items() if name not in told},
        unseen={**model.unseen, **told},
    )


def without_second_look(model: MatchModel) -> MatchModel:
    return replace(model, clues={}, beside={}, forest=Forest())


def without_others(model: MatchModel) -> MatchModel:
    """Each pair is judged by itself alone."""
    return replace(model, beside={}, forest=Forest())


def _without_clues(name: str, model: MatchModel) -> MatchModel:
    """A clue that the model does not know says nothing."""
    return replace(
        model,
        clues=_without(name, model.clues),
        beside=_without(name, model.beside),
        forest=replace(
            model.forest,
            conditions=tuple(_unasked(one, name) for one in model.forest.conditions),
        ),
    )


def _unasked(condition: Condition, name: str) -> Condition:
    """A tree that asks for the clue goes where it goes when nothing was noticed."""
    about = {condition.clue.partition("=")[0]} | _about(condition.clue)
    return replace(condition, clue="") if name in about else condition


def _without(name: str, worth: Mapping[str, float]) -> dict[str, float]:
    return {clue: bits for clue, bits in worth.items() if name not in _about(clue)}


def _about(clue: str) -> set[str]:
    """Its own name, and the features that it tells together."""
    return {name for part in clue.split(AND) for name in part.split("=")[:-1]}


OF_FEATURES: dict[str, Ablation] = {
    f"feature {feature.name}": partial(without_feature, feature) for feature in FEATURES
}
OF_CLUES: dict[str, Ablation] = {
    "second look": without_second_look,
    "others": without_others,
    **{f"clue {name}": partial(_without_clues, name) for name in KNOWN},
}
"""These change no score, so that what the rounds saw may be used again."""
