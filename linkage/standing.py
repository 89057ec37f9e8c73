"""Stewards' standing decisions: what they join, what they keep apart, where they contradict."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from linkage.clustering import Keys

Decision = tuple[str, str, str]
"""(left key, right key, "same" or "not-same")."""
Place = tuple[str, bool]
"""A record on the way along decisions, and whether the way has passed a "not-same"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Decisions applied. `groups` cover every record once, joined as stewards said.

    `contradicted`: pairs said to be apart inside a chain of "same"; that chain is not joined, the
    engine does not guess which steward is right.
    """

    groups: tuple[tuple[str, ...], ...] = field(repr=False)
    manual: frozenset[str] = field(repr=False)
    same: frozenset[Keys] = field(repr=False)
    not_same: frozenset[Keys] = field(repr=False)
    contradicted: tuple[Keys, ...] = field(repr=False)

    @property
    def decided(self) -> frozenset[Keys]:
        return self.same | self.not_same


def stand(keys: Iterable[str], decisions: Sequence[Decision]) -> Standing:
    """Apply decisions to the records that exist; a withdrawn record's are ignored."""
    known = set(keys)
    pairs = {
        verdict: frozenset(
            (min(left, right), max(left, right))
            for left, right, said in decisions
            if said == verdict and left in known and right in known and left != right
        )
        for verdict in ("same", "not-same")
    }
    chains = _chains(known, pairs["same"])
    home = {key: chain for chain in chains for key in chain}
    contradicted = sorted(p for p in pairs["not-same"] if home[p[0]] is home[p[1]])
    broken = {home[left] for left, _ in contradicted}
    groups = [
        part
        for chain in chains
        for part in ([(key,) for key in chain] if chain in broken else [chain])
    ]
    return Standing(
        groups=tuple(sorted(groups)),
        manual=frozenset(key for group in groups if len(group) > 1 for key in group),
        same=pairs["same"],
        not_same=pairs["not-same"],
        contradicted=tuple(contradicted),
    )


def contradiction(
    decisions: Iterable[Decision], left: str, right: str, verdict: str
) -> tuple[Decision, ...]:
    """The fewest decisions that say the opposite of a verdict, from `left` to `right` as a chain.

    Against "not-same": records that are the same, one after the other. Against "same": such a chain
    in which exactly two are not the same. Empty where nothing contradicts.
    """
    steps: dict[str, set[tuple[str, bool]]] = defaultdict(set)
    for one, other, said in decisions:
        steps[one].add((other, said != "same"))
        steps[other].add((one, said != "same"))
    parted = verdict == "same"
    came: dict[Place, Place | None] = {(left, False): None}
    waiting = deque(came)
    while waiting and (right, parted) not in came:
        key, crossed = waiting.popleft()
        for to, parts in sorted(steps[key]):
            place = (to, crossed or parts)
            if place not in came and not (crossed and parts):
                came[place] = (key, crossed)
                waiting.append(place)
    return _path(came, (right, parted))


def _path(came: Mapping[Place, Place | None], end: Place) -> tuple[Decision, ...]:
    """The steps that led to a place, the first first; none where nothing did."""
    steps: list[Decision] = []
    while (before := came.get(end)) is not None:
        steps.append((before[0], end[0], "not-same" if before[1] != end[1] else "same"))
        end = before
    return tuple(reversed(steps))


def _chains(keys: set[str], pairs: Iterable[Keys]) -> list[tuple[str, ...]]:
    """Connected components, each sorted."""
    groups = {key: {key} for key in keys}
    for left, right in pairs:
        if groups[left] is not groups[right]:
            groups[left] |= groups[right]
            groups |= dict.fromkeys(groups[right], groups[left])
    return sorted({id(group): tuple(sorted(group)) for group in groups.values()}.values())
