"""Precision and recall of a partition against known truth."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb

Pair = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Quality:
    """How right a partition is. Counts are of records, children, identities or pairs as named."""

    records: int
    children: int
    identities: int
    true_pairs: int
    found_pairs: int
    right_pairs: int
    cubed_precision: float
    cubed_recall: float
    exact_children: int
    mixed_identities: int

    @property
    def precision(self) -> float:
        """Of the pairs that were joined, the share that is true; 1 where none was joined."""
        return self.right_pairs / self.found_pairs if self.found_pairs else 1.0

    @property
    def recall(self) -> float:
        """Of the true pairs, the share that was joined; 1 where there is none."""
        return self.right_pairs / self.true_pairs if self.true_pairs else 1.0


def quality(truth: Mapping[str, str], identity: Mapping[str, str]) -> Quality:
    """Compare record → child with record → identity over the records that both know.

    Pairwise and B-cubed (Bagga and Baldwin 1998) precision and recall.
    """
    both = sorted(truth.keys() & identity.keys())
    cells = Counter((truth[r], identity[r]) for r in both)
    children = Counter(truth[r] for r in both)
    identities = Counter(identity[r] for r in both)
    kinds: dict[str, int] = Counter(i for _, i in cells)
    splits: dict[str, int] = Counter(c for c, _ in cells)
    return Quality(
        records=len(both),
        children=len(children),
        identities=len(identities),
        true_pairs=sum(comb(n, 2) for n in children.values()),
        found_pairs=sum(comb(n, 2) for n in identities.values()),
        right_pairs=sum(comb(n, 2) for n in cells.values()),
        cubed_precision=_share(sum(n * n / identities[i] for (_, i), n in cells.items()), both),
        cubed_recall=_share(sum(n * n / children[c] for (c, _), n in cells.items()), both),
        exact_children=sum(1 for c, i in cells if splits[c] == 1 and kinds[i] == 1),
        mixed_identities=sum(1 for n in kinds.values() if n > 1),
    )


def _share(total: float, records: Sequence[str]) -> float:
    return total / len(records) if records else 1.0


def answered(
    truth: Mapping[str, str], identity: Mapping[str, str], reviews: Iterable[Pair]
) -> dict[str, str]:
    """The partition once stewards have answered every review rightly: true pairs are joined."""
    parent = {i: i for i in identity.values()}

    def find(node: str) -> str:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for left, right in reviews:
        known = all(record in truth and record in identity for record in (left, right))
        if known and truth[left] == truth[right]:
            one, other = sorted((find(identity[left]), find(identity[right])))
            parent[other] = one
    return {record: find(i) for record, i in identity.items()}


def merged_siblings(
    truth: Mapping[str, str], identity: Mapping[str, str], siblings: Iterable[Pair]
) -> int:
    """How many pairs of children (twins, found together) share an identity."""
    of_child: dict[str, set[str]] = defaultdict(set)
    for record in truth.keys() & identity.keys():
        of_child[truth[record]].add(identity[record])
    return sum(1 for one, other in siblings if of_child[one] & of_child[other])
