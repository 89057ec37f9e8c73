"""Identities that hold together by too little, or are too large for one child: asked, not undone."""

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice, product

from linkage.clustering import Keys, Reason, Review
from linkage.composite import composite
from linkage.matcher import ScoredPair
from linkage.model import MatchModel
from linkage.parity import scorer_for
from linkage.records import PersonRecord
from linkage.second_look import Judged

MOST_RECORDS = 40
"""Records of one child: nine sources, stays, steps and school years up to the age of sixteen."""
MOST_OF_ONE_SOURCE = 25
LEAST_PART = 2
"""One record by itself that fits little else was weighed when it came; two parts were children."""

Strongest = Callable[[Sequence[str], Sequence[str]], ScoredPair]


def suspects(
    groups: Iterable[Sequence[str]],
    pairs: Iterable[ScoredPair],
    records: Mapping[str, PersonRecord],
    called_same: Iterable[Sequence[str]],
    likely: Iterable[Judged],
    model: MatchModel,
) -> list[Review]:
    """A question for each identity that may be two children, with the two records at its weak link.

    `pairs`: all that were scored, record by record. `called_same`: groups that stewards joined.
    `likely`: what the second look joined. No question is about what a steward has said, nor is a
    bridge what the second look found likely. A function of what it is given, in any order.
    """
    crossed = frozenset(pair for one in likely for pair in product(one.left, one.right))
    chain = {key: number for number, group in enumerate(called_same) for key in group}
    inside = _inside(groups, pairs)
    return [
        review
        for group, known in sorted(inside.items())
        if (review := _question(group, known, records, chain, crossed, model))
    ]


def _inside(
    groups: Iterable[Sequence[str]], pairs: Iterable[ScoredPair]
) -> dict[tuple[str, ...], list[ScoredPair]]:
    """The groups in which there is something to ask, each with the pairs in it."""
    wanted = [tuple(sorted(group)) for group in groups if len(group) >= 2 * LEAST_PART]
    home = {key: group for group in wanted for key in group}
    inside: dict[tuple[str, ...], list[ScoredPair]] = {group: [] for group in wanted}
    for pair in pairs:
        group = home.get(pair.left)
        if group is not None and group is home.get(pair.right):
            inside[group].append(pair)
    return inside


def _question(
    group: Sequence[str],
    known: Sequence[ScoredPair],
    records: Mapping[str, PersonRecord],
    chain: Mapping[str, int],
    crossed: Container[Keys],
    model: MatchModel,
) -> Review | None:
    """About the weakest link of a group that is too large, or that is a bridge."""
    too_large = _is_too_large(group, records)
    strongest = partial(_strongest, records=records, model=model, most=1 if too_large else None)
    tree = spanning_tree(group, known, strongest)
    if too_large:
        said = _is_said(*parts(group, tree, tree[-1]), chain)
        return None if said else _review(tree[-1], Reason.OVERSIZED)
    # No pair across a gap is stronger than the link of the tree.
    for pair in reversed([pair for pair in tree if pair.weight < model.thresholds.crowd]):
        both = parts(group, tree, pair)
        if (
            min(map(len, both)) >= LEAST_PART
            and not _is_said(*both, chain)
            and not _is_crossed(*both, crossed)
            and _weigh_little(both, records, model)
        ):
            return _review(pair, Reason.BRIDGE)
    return None


def _strongest(
    one: Sequence[str],
    other: Sequence[str],
    *,
    records: Mapping[str, PersonRecord],
    model: MatchModel,
    most: int | None,
) -> ScoredPair:
    """The strongest pair of two parts between which none was worth keeping, of `most` looked at."""
    scorer = scorer_for(model)
    between = islice(product(sorted(one), sorted(other)), most)
    return min((scorer.pair(records[a], records[b]) for a, b in between), key=_order)


def _weigh_little(
    both: Iterable[Sequence[str]], records: Mapping[str, PersonRecord], model: MatchModel
) -> bool:
    """As wholes too they would not be joined where anybody else is in question."""
    one, other = (composite([records[key] for key in part]) for part in both)
    return scorer_for(model).pair(one, other).weight < model.thresholds.link


def _review(pair: ScoredPair, reason: Reason) -> Review:
    return Review(pair=pair, reason=reason, left=pair.left, right=pair.right)


def _is_too_large(group: Sequence[str], records: Mapping[str, PersonRecord]) -> bool:
    most = max(Counter(records[key].source for key in group).values())
    return len(group) > MOST_RECORDS or most > MOST_OF_ONE_SOURCE


def _is_said(one: Iterable[str], other: Iterable[str], chain: Mapping[str, int]) -> bool:
    """Whether a steward said of records of both parts that they are the same child."""
    return not {chain[key] for key in one}.isdisjoint(chain[key] for key in other)


def _is_crossed(one: Sequence[str], other: Sequence[str], crossed: Container[Keys]) -> bool:
    """Whether the second look joined two groups across the gap."""
    return any((a, b) in crossed or (b, a) in crossed for a, b in product(one, other))


def spanning_tree(
    group: Sequence[str], pairs: Iterable[ScoredPair], strongest: Strongest
) -> list[ScoredPair]:
    """The strongest links that hold a group together, the strongest first (Kruskal).

    Each is the strongest pair between the two parts into which the group falls without it, so what
    is weak in this tree is a bridge, whether one weak pair crosses the gap or several.
    """
    home = {key: [key] for key in group}
    tree = [pair for pair in sorted(pairs, key=_order) if _united(home, pair)]
    while len(part := home[min(group)]) < len(group):
        # They only hold together as wholes.
        pair = strongest(part, [key for key in group if home[key] is not part])
        _united(home, pair)
        tree.append(pair)
    return sorted(tree, key=_order)


def _united(home: dict[str, list[str]], pair: ScoredPair) -> bool:
    """Join the parts of a pair, the smaller to the larger; False where they are one already."""
    less, more = sorted((home[pair.left], home[pair.right]), key=len)
    if less is more:
        return False
    more.extend(less)
    home.update(dict.fromkeys(less, more))
    return True


def parts(
    group: Sequence[str], tree: Iterable[ScoredPair], without: ScoredPair
) -> tuple[list[str], list[str]]:
    """What a group falls into without one link of its tree; the part of its left record first."""
    nearby: dict[str, list[str]] = defaultdict(list)
    for pair in tree:
        if pair is not without:
            nearby[pair.left].append(pair.right)
            nearby[pair.right].append(pair.left)
    part = set(_reached(without.left, nearby))
    return [key for key in group if key in part], [key for key in group if key not in part]


def _reached(start: str, nearby: Mapping[str, Sequence[str]]) -> Iterator[str]:
    seen, waiting = {start}, [start]
    while waiting:
        key = waiting.pop()
        yield key
        new = [other for other in nearby.get(key, ()) if other not in seen]
        seen.update(new)
        waiting.extend(new)


def _order(pair: ScoredPair) -> tuple[float, Keys]:
    return (-pair.weight, (pair.left, pair.right))
