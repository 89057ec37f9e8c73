"""Grows a model's trees: what clues say together, by LightGBM (Ke et al. 2017).

Needs requirements/trees.txt, which nothing else does: the trees themselves are plain data.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import lightgbm
import numpy as np

from linkage.forest import NOBODY, Condition, Forest, number
from linkage.learning import BASE, Example

TOLD_TWICE = ("together", "event-between")
"""Clues made of others, which the trees can put together themselves."""
TREES = 300
GROWTH = {
    "objective": "binary",
    "learning_rate": 0.1,
    "num_leaves": 127,
    "min_data_in_leaf": 10,
    "lambda_l2": 5.0,
    "feature_fraction": 0.2,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
DIGITS = 3


def grown(examples: Sequence[Example], worth: Mapping[str, float]) -> Forest:
    """The trees on top of what each clue is `worth` by itself; `examples` may come in any order."""
    ordered = sorted(examples, key=lambda example: (sorted(example.clues), example.same))
    places = {clue: place for place, clue in enumerate(_columns(ordered))}
    table = np.full((len(ordered), len(places)), np.nan, np.float32)
    table[:, [place for clue, place in places.items() if "=" in clue]] = 0
    for row, example in enumerate(ordered):
        for clue in example.clues:
            name, _, value = clue.partition("=")
            if name in places:
                table[row, places[name]] = number(value)
            elif clue in places:
                table[row, places[clue]] = 1
    before = [sum(worth.get(clue, 0) for clue in (BASE, *one.clues)) for one in ordered]
    made = lightgbm.train(
        GROWTH,
        lightgbm.Dataset(
            table,
            np.array([one.same for one in ordered]),
            init_score=np.array(before) * math.log(2),
        ),
        TREES,
    )
    trees = [tree["tree_structure"] for tree in made.dump_model()["tree_info"]]
    forest = _planted(trees, list(places))
    _check(forest, ordered[::1000], made.predict(table[::1000], raw_score=True))
    return forest


def _columns(examples: Iterable[Example]) -> list[str]:
    """The names of clues that are numbers and noticed once at most, and the others whole."""
    values: dict[str, set[str]] = defaultdict(set)
    several = set()
    for example in examples:
        told = Counter(clue.partition("=")[0] for clue in example.clues)
        several |= {name for name, times in told.items() if times > 1}
        for clue in example.clues:
            name, _, value = clue.partition("=")
            values[name].add(value)
    columns = []
    for name in sorted(values.keys() - {*TOLD_TWICE}):
        numbers = name not in several and None not in map(number, values[name])
        whole = [f"{name}={value}" for value in sorted(values[name])]
        columns += [name] if numbers and len(whole) > 1 else whole
    return columns


def _planted(trees: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Forest:
    places: dict[Condition, int] = {}
    texts = [json.dumps(_node(tree, columns, places), separators=(",", ":")) for tree in trees]
    return Forest(conditions=tuple(places), trees=tuple(texts))


def _node(told: Mapping[str, Any], columns: Sequence[str], places: dict[Condition, int]) -> Any:
    """LightGBM's node as ours; it counts in nats."""
    if "leaf_value" in told:
        return _bits(told["leaf_value"])
    condition = _condition(told, columns)
    place = places.setdefault(condition, len(places))
    below = (_node(told[side], columns, places) for side in ("left_child", "right_child"))
    return [place, _bits(told["internal_value"]), *below]


def _condition(told: Mapping[str, Any], columns: Sequence[str]) -> Condition:
    clue = columns[told["split_feature"]]
    if "=" in clue:
        return Condition(clue=clue, most=0.5, unknown=True)
    # 1e300 stands for "whether anything was noticed", and -1e-35 for what is less than nothing.
    most = math.floor(min(told["threshold"], NOBODY) * 10**DIGITS) / 10**DIGITS
    unknown = told["default_left"] if told["missing_type"] == "NaN" else most >= 0
    return Condition(clue=clue, most=most, unknown=unknown)


def _check(forest: Forest, examples: Sequence[Example], nats: Sequence[float]) -> None:
    """Stops where the trees, as written down, do not say what LightGBM's say."""
    apart = max(
        abs(bits - said / math.log(2))
        for bits, said in zip(forest.bits(one.clues for one in examples), nats, strict=True)
    )
    if apart > TREES * 10**-DIGITS:
        raise SystemExit(f"the trees are {apart:.3f} bits away from LightGBM's")


def _bits(nats: float) -> float:
    return round(nats / math.log(2), DIGITS)
