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


LEAF = -1
Node = tuple[int, float, "Node | None", "Node | None"]
"""A condition's place, the bits if nothing more were asked, where it holds, where not; at the end
of a way LEAF and the bits. In a file a leaf is its bits alone."""


@dataclass(frozen=True, eq=False)
class Grown:
    """Conditions and trees as they are gone through; the same only as itself.

    `unknown`: whether each condition holds where nothing was noticed; `asked`: of each clue the
    places of its conditions, and their bounds.
    """

    unknown: tuple[bool, ...]
    asked: Mapping[str, Sequence[tuple[int, float]]]
    trees: tuple[Node, ...]

    def held(self, clues: Iterable[str]) -> list[bool]:
        """Of each condition whether it holds."""
        held = list(self.unknown)
        for clue, value in _values(clues).items():
            for place, most in self.asked.get(clue, ()):
                held[place] = value <= most
        return held


@dataclass(frozen=True, kw_only=True)
class Forest:
    """`trees`: each a Node as JSON, one text, so that a model file has a line for each."""

    conditions: tuple[Condition, ...] = ()
    trees: tuple[str, ...] = field(default=(), repr=False)

    @cached_property
    def grown(self) -> Grown:
        asked: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, one in enumerate(self.conditions):
            asked[one.clue].append((place, one.most))
        return Grown(
            unknown=tuple(one.unknown for one in self.conditions),
            asked=dict(asked),
            trees=tuple(_node(json.loads(tree)) for tree in self.trees),
        )

    def bits(self, clues: Iterable[str]) -> float:
        """What all trees together add."""
        return _bits(self.grown, tuple(clues))

    def told(self, clues: Sequence[str]) -> tuple[float, dict[str, float]]:
        """The same, told apart: bits before any clue, and those of each clue; they add up.

        Each step down a tree is worth the bits by which it changes what the tree would say, and
        belongs to the clue that it asked for (Saabas 2014).
        """
        grown, names = self.grown, _by_name(clues)
        by_clue: dict[str, float] = defaultdict(float)
        for place, bits in _steps(grown.trees, grown.held(clues)).items():
            by_clue[self.conditions[place].clue] += bits
        worth: dict[str, float] = defaultdict(float)
        for clue, bits in by_clue.items():
            worth[_named(clue, names)] += bits
        return sum(tree[1] for tree in grown.trees), dict(worth)


@lru_cache(maxsize=4096)
def _bits(grown: Grown, clues: tuple[str, ...]) -> float:
    """Kept, because from one look to the next, and from one linking to the next of a few hundred
    records, nearly all pairs stay what they were."""
    held = grown.held(clues)
    bits = 0.0
    for node in grown.trees:  # Millions of steps: no call for each.
        while (place := node[0]) != LEAF:
            node = node[2] if held[place] else node[3]  # type: ignore[assignment]
        bits += node[1]
    return bits


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


def _node(told: Any) -> Node:
    if type(told) is not list:
        return LEAF, float(told), None, None
    place, so_far, held, failed = told
    return place, float(so_far), _node(held), _node(failed)


def _steps(trees: Iterable[Node], held: Sequence[bool]) -> dict[int, float]:
    """Each condition on the ways down, and by how much its answers change the bits."""
    worth: dict[int, float] = defaultdict(float)
    for node in trees:
        so_far = node[1]
        while (place := node[0]) != LEAF:
            node = node[2] if held[place] else node[3]  # type: ignore[assignment]
            worth[place] += node[1] - so_far
            so_far = node[1]
    return worth


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
