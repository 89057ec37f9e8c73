"""What clues say together: trees of conditions on clues, of which each adds bits to the log odds.

The worth of single clues adds up (`learning.py`); what two or three mean only together is no such
sum. The trees were found by gradient boosting (Friedman 2001) on what the sum leaves unexplained.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from linkage.grown import Grown

UNKNOWN = "unknown"
"""The value under which a tree's bits are told that went by a clue which was not noticed."""
NOBODY = 10_000.0
"""The number of `none`: ahead of everybody, because there is nobody else. None is larger."""
BEYOND = 1.0
"""Added to the last bound for what exceeds it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """Whether the value of a clue is at most so much.

    `clue` is the name of one with numbers (`odds`), or a whole clue (`sources=police + police`),
    which is 1 where it was noticed. `unknown`: whether it holds where nothing was noticed.
    """

    clue: str
    most: float
    unknown: bool


Node = list[Any] | float
"""A condition's place, the bits if nothing more were asked, where it holds, where not; or a leaf: its bits."""


@dataclass(frozen=True, kw_only=True)
class Forest:
    """`trees`: each a Node as JSON, one text, so that a model file has a line for each."""

    conditions: tuple[Condition, ...] = ()
    trees: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def grown(self) -> Grown:
        names = dict.fromkeys(one.clue for one in self.conditions)
        columns = {name: place for place, name in enumerate(names)}
        nodes = _Nodes()
        roots = [nodes.add(json.loads(tree)) for tree in self.trees]
        return Grown(
            columns=columns,
            column=np.array([columns[one.clue] for one in self.conditions], np.intp),
            most=np.array([one.most for one in self.conditions], np.float64),
            unknown=np.array([one.unknown for one in self.conditions], np.bool_),
            condition=np.array(nodes.condition, np.intp),
            bits=np.array(nodes.bits, np.float64),
            below=np.array(nodes.below, np.intp),
            roots=np.array([root for root, _ in roots], np.intp),
            depth=max((depth for _, depth in roots), default=0),
        )

    def bits(self, noticed: Iterable[Iterable[str]]) -> list[float]:
        """Of each pair, by its clues, what all trees together add."""
        return list(self.grown.sums([_values(clues) for clues in noticed]))

    def told(self, noticed: Sequence[Sequence[str]]) -> list[tuple[float, dict[str, float]]]:
        """The same, told apart: bits before any clue, and those of each clue; they add up.

        Each step down a tree is worth the bits by which it changes what the tree would say, and
        belongs to the clue that it asked for (Saabas 2014).
        """
        before = self.grown.at_first
        shares = self.grown.shares([_values(clues) for clues in noticed])
        return [
            (before, _by_clue(share, clues)) for share, clues in zip(shares, noticed, strict=True)
        ]


@dataclass(slots=True)
class _Nodes:
    """Nodes one after the other, as `Grown` has them."""

    condition: list[int] = field(default_factory=list)
    bits: list[float] = field(default_factory=list)
    below: list[int] = field(default_factory=list)

    def add(self, node: Node) -> tuple[int, int]:
        """With all that is below it: its place, and how many steps down it goes."""
        place = len(self.bits)
        asked, bits, *below = node if isinstance(node, list) else (0, node)
        self.condition.append(asked)
        self.bits.append(float(bits))
        self.below += place, place
        depth = 0
        for way, inner in enumerate(reversed(below)):
            self.below[2 * place + way], under = self.add(inner)
            depth = max(depth, under + 1)
        return place, depth


def _by_clue(share: Mapping[str, float], clues: Iterable[str]) -> dict[str, float]:
    names = _by_name(clues)
    worth: dict[str, float] = defaultdict(float)
    for clue, bits in share.items():
        worth[_named(clue, names)] += bits
    return dict(worth)


def read(told: Mapping[str, Any]) -> Forest:
    """What `asdict` made of a forest. Raises TypeError, ValueError, KeyError where it is none."""
    if told.keys() != Forest.__dataclass_fields__.keys():
        raise ValueError(NO_FOREST)
    conditions = tuple(Condition(**one) for one in told["conditions"])
    if not all(_is_condition(one) for one in conditions):
        raise ValueError(NO_FOREST)
    trees = tuple(told["trees"])
    for tree in trees:
        _check(json.loads(tree), len(conditions), MOST_DEPTH)
    return Forest(conditions=conditions, trees=trees)


NO_FOREST = "these are no trees of this version"
MOST_DEPTH = 64
MOST_BITS = 1000.0


def _is_condition(one: Condition) -> bool:
    return type(one.clue) is str and type(one.unknown) is bool and _is_within(one.most, NOBODY)


def _is_within(value: object, most: float = MOST_BITS) -> bool:
    return type(value) in (int, float) and -most <= value <= most  # type: ignore[operator]


def _check(node: Any, conditions: int, depth: int) -> None:
    """Raises ValueError where it is no Node."""
    if _is_within(node):
        return
    if type(node) is not list or len(node) != 4 or not depth or not _is_within(node[1]):
        raise ValueError(NO_FOREST)
    if type(node[0]) is not int or not 0 <= node[0] < conditions:
        raise ValueError(NO_FOREST)
    for below in node[2:]:
        _check(below, conditions, depth - 1)


def number(value: str) -> float | None:
    """The value of a clue as a number: `≤ 3`, `> 9` (beyond it), `none`, `4`, `2/5`; else None."""
    if value == "none":
        return NOBODY
    sign, _, bound = value.rpartition(" ")
    try:
        figure = float(bound.removesuffix("/5"))
    except ValueError:
        return None
    return {"": figure, "≤": figure, ">": figure + BEYOND}.get(sign)


@lru_cache(maxsize=16_384)
def _parsed(clue: str) -> tuple[str, float | None]:
    """Name and number of a clue: there are some thousand different ones."""
    name, _, value = clue.partition("=")
    return name, number(value)


def _values(clues: Iterable[str]) -> dict[str, float]:
    """The first of a name, as `_by_name` has it."""
    values = {}
    for clue in sorted(clues, reverse=True):
        values[clue] = 1.0
        name, figure = _parsed(clue)
        if figure is not None:
            values[name] = figure
    return values


def _by_name(clues: Iterable[str]) -> dict[str, str]:
    """Each clue under itself, and the first of each name under that."""
    ordered = sorted(clues, reverse=True)
    return {_parsed(clue)[0]: clue for clue in ordered} | {clue: clue for clue in ordered}


def _named(clue: str, names: Mapping[str, str]) -> str:
    """The clue that a condition went by; of what was not noticed its name, `unknown`."""
    name = clue.partition("=")[0]
    return names.get(clue) or names.get(name) or f"{name}={UNKNOWN}"
