"""Whether who else comes into question for a pair is settled: excluded, or fits somebody else better.

Of two children found together each record fits both. Where one of them is known to be somebody
else, or the four records fit the one way round much better than the other, it is settled.
"""

from collections.abc import Callable, Mapping

from linkage.groups import Edges, Groups
from linkage.matcher import ScoredPair

Apart = Callable[[str, str], bool]
"""Whether two records may be kept apart by nothing but a slip of the pen."""
Traits = Callable[[ScoredPair], float]
"""What speaks of the child itself and not of all who share an event, in bits."""
Fits = Mapping[str, ScoredPair]


def is_settled(
    groups: Groups,
    pair: ScoredPair,
    edges: Edges,
    least: float,
    traits: Traits,
    margin: float,
    slip: Apart = lambda one, other: False,
) -> bool:
    """Whether somebody else comes into question on either side, and all of them are settled.

    Rivals of a side are the groups that fit it with `least` bits or more and cannot be one child
    with the other side. A rival that may still be one child with its side is settled only where a
    rival of the other side fits it, and this way round is `margin` bits of traits better. One record
    that fits better than the pair itself may be kept apart by a slip of the pen: it settles nothing.
    Nor does a group that a mistyped number keeps apart (`slip`).
    """
    one, other = groups.find(pair.left), groups.find(pair.right)
    left = _rivals(groups, one, other, edges, least)
    right = _rivals(groups, other, one, edges, least)

    def is_out(side: str, rival: str, fit: ScoredPair) -> bool:
        told = fit.weight <= pair.weight or groups.is_joined(rival)
        return told and parted(side, rival)

    def parted(side: str, rival: str) -> bool:
        """Whether they cannot be one child, and by more than what may be a slip of the pen."""
        mistyped = (slip(a, b) for a in groups.members[side] for b in groups.members[rival])
        return groups.conflicting(side, rival) and not any(mistyped)

    def swapped(third: str, fourth: str) -> bool:
        """Whether left with `fourth` and right with `third` would be nearly as good."""
        if groups.conflicting(third, fourth):
            return True
        fitting = groups.neighbours(third, edges, least).get(fourth)
        if fitting is None:
            return True
        if parted(one, third) or parted(other, fourth):
            return False
        gain = traits(pair) + traits(fitting) - traits(left[third]) - traits(right[fourth])
        return gain < margin

    return bool(left or right) and (
        all(
            is_out(one, third, left[third]) or not all(swapped(third, fourth) for fourth in right)
            for third in left
        )
        and all(
            is_out(other, fourth, right[fourth])
            or not all(swapped(third, fourth) for third in left)
            for fourth in right
        )
    )


def _rivals(groups: Groups, one: str, other: str, edges: Edges, least: float) -> Fits:
    """The groups that fit `one` and cannot be one child with `other`, and how they fit."""
    return {
        third: fit
        for third, fit in groups.neighbours(one, edges, least).items()
        if third != other and groups.conflicting(third, other)
    }
