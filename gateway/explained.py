"""What an explanation shows: records by their ids, never by their keys, which may hold ID numbers."""

from dataclasses import dataclass

from gateway.weighing import Line
from linkage.clustering import Reason
from linkage.conflicts import Conflict
from linkage.explanation import Evidence
from linkage.fate import Fate


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """A pair with its adding-up.

    `groups`: each side is all of its records as one; then `left` and `right` are the identities, or
    one record of each side where both are one identity.
    """

    groups: bool
    left: str
    right: str
    weight: float
    probability: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """What the second look found for two groups of records, by ids, as they stood then.

    `lines` add up to `bits`, the log odds; `joined`: likely enough for the engine.
    """

    joined: bool
    left: tuple[str, ...]
    right: tuple[str, ...]
    bits: float
    probability: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A record as it may stand on a screen: not by its key, which may hold an ID number."""

    record: str
    source: str
    identity: str
    decision: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """Two sides, their evidence and what became of them.

    `weighed`: the strongest pair of records, then the two identities as one record each where that
    is what the engine decides on. `conflict_of`: the two records of the conflict. `shared_keys`:
    kinds of block keys in common. `verdicts`: what stewards said and nobody withdrew. `question`:
    why a steward is asked, and `question_model` by which model. `looked`: what the second look of the
    last linking found for groups with a record of either side.
    """

    fate: Fate
    left: tuple[Shown, ...]
    right: tuple[Shown, ...]
    model: str
    weighed: tuple[Weighed, ...] = ()
    conflict: Conflict | None = None
    conflict_of: tuple[str, str] | None = None
    shared_keys: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    question: Reason | None = None
    question_model: str | None = None
    doubts: tuple[str, ...] = ()
    looked: tuple[Looked, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One link of an identity, see `growth.Step`; `strongest`: what speaks loudest for it."""

    left: str
    right: str
    weight: float
    probability: float
    decided: bool
    together: int
    holds: bool
    bridge: bool
    strongest: tuple[Evidence, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class How:
    """An identity, its records, and the links that hold it together, the strongest first.

    `weakest`: the place in `links` of the weakest one; None for a record alone.
    """

    identity: str
    records: tuple[Shown, ...]
    links: tuple[Link, ...]
    weakest: int | None
    bridges: int
    model: str
