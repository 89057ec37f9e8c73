"""Scores → links: which evidence the engine may act on by itself. Pure policy."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from math import inf

from linkage.clustering import Judge
from linkage.features import FEATURES
from linkage.matcher import ScoredPair
from linkage.model import Thresholds
from linkage.records import PersonRecord

Forbids = Callable[[str, str], bool]
"""Whether two keys (the smaller first) are a hard conflict."""

POSITION = {feature.name: i for i, feature in enumerate(FEATURES)}
INDIVIDUAL = ("personal_id", "certificate", "registration", "file", "letter")
"""Features whose first level speaks of one child, and not of all who share an event.

A health-insurance card is not among them: twins are sent home with one temporary card.
"""
KINDS: tuple[tuple[str, ...], ...] = (
    INDIVIDUAL,
    ("minutes",),
    ("name",),
    ("birth",),
    ("event",),
    ("mother",),
    ("card",),
    ("weight", "marks"),
    ("place_words",),
)
"""Kinds of evidence that do not follow from one another."""
TELLING_BITS = 1.5
"""From here on a kind speaks for a link."""
CONTRADICTING_BITS = -0.5
SAME_NAME = 1
"""Levels of the name with its marks: twins are called An and Ân."""
FOLDED_NAME = 2
"""Levels of the name up to "without marks and order"."""
OTHER_MIDDLE = 3
"""Level of the name: family and given name agree, the middle name does not."""
SAME_DAY = 0
SAME_BIRTH = 3
SAME_MINUTES = 1
HANDED_OVER = frozenset({0, 2})
"""Levels of the event that name place and day of a handover."""
CONVENTIONAL_BIRTH = 4
DAY_OF_EVENT = frozenset({6, 7, 8})
"""Levels of the event that name a day without a place."""
LAST_DAY = 8
"""The last level of the event that names a day."""
SAME_YEAR = 1
"""Level of the minutes that names the year only."""
MOST_AGAINST = -5.0
"""More than one piece of evidence to the contrary, in bits."""
ANOTHER_NUMBER = 2
"""Level of the personal number: different, and not by one digit."""
ANOTHER_FILE = 1
"""Level of the file: different numbers in the books of one house."""
ANOTHER_CARD = 1
SWAPPED = frozenset({"personal_id", "certificate"})
TELLING_APART = ("name", "weight", "marks")
CONTRADICTING = ("birth", "sex", "event")
CROWD = 2
"""Rivals that fit worse than the pair by more than so many margins are no crowd around it."""
MOST_FITS = 12
"""So many of the best fits of a record are looked at for rivals."""


def judge(
    by_key: Mapping[str, PersonRecord],
    pairs: Sequence[ScoredPair],
    forbids: Forbids,
    thresholds: Thresholds,
) -> Judge:
    """What evidence is enough for the engine to act on by itself.

    Twins and siblings found together share place, time, minutes and often parts of the name; so
    where a record is known to have such a sibling, or fits two records that cannot be one child,
    only a number of its own or its full name will do.
    """
    crowded = _crowded(pairs, forbids, thresholds)

    def sufficient(pair: ScoredPair) -> bool:
        both = (pair.left, pair.right)
        if any(doubt(pair) for doubt in DOUBTS):
            return False
        if pair.weight < thresholds.link and is_contradicted(pair):
            return False
        floor = pair.weight - CROWD * thresholds.margin
        if any(by_key[key].several or crowded.get(key, -inf) >= floor for key in both):
            return is_named(pair) or is_personal(pair)
        return is_individual(pair) or kinds(pair) > 1 or is_in_minutes(pair) or is_handed_over(pair)

    return sufficient


def kinds(pair: ScoredPair) -> int:
    """How many kinds of evidence speak for the pair.

    A newborn is born, found and brought in on one day: a birth date set by convention, or an event
    without a place, says that day again.
    """
    telling = [
        kind for kind in KINDS if any(pair.bits[POSITION[name]] >= TELLING_BITS for name in kind)
    ]
    event, birth = pair.levels[POSITION["event"]], pair.levels[POSITION["birth"]]
    again = event in DAY_OF_EVENT or birth == CONVENTIONAL_BIRTH
    return len(telling) - (again and ("birth",) in telling and ("event",) in telling)


def is_individual(pair: ScoredPair) -> bool:
    """Some number that is meant to be one child's agrees."""
    return any(pair.levels[POSITION[name]] == 0 for name in INDIVIDUAL)


def is_another_number(pair: ScoredPair) -> bool:
    """Two personal numbers, no other number in common, and names that differ at least in marks."""
    name = pair.levels[POSITION["name"]]
    return (
        pair.levels[POSITION["personal_id"]] == ANOTHER_NUMBER
        and not is_individual(pair)
        and (name is None or name > SAME_NAME)
    )


def is_personal(pair: ScoredPair) -> bool:
    """A number of its own agrees, and it is not the only thing that tells it from its twin.

    Certificates and identity numbers get swapped between twins; what one house calls a child in its
    own books does not.
    """
    agreeing = {name for name in INDIVIDUAL if pair.levels[POSITION[name]] == 0}
    if pair.bits[POSITION["sex"]] < 0 or not agreeing:
        return False
    return (
        len(agreeing) > 1
        or not agreeing <= SWAPPED
        or any(pair.bits[POSITION[name]] >= TELLING_BITS for name in TELLING_APART)
    )


def is_in_minutes(pair: ScoredPair) -> bool:
    """Both name the same minutes of one commune."""
    level = pair.levels[POSITION["minutes"]]
    return level is not None and level <= SAME_MINUTES


def is_mistyped_minutes(pair: ScoredPair) -> bool:
    """The same number of one commune and year, and birth or sex say that other minutes are meant.

    A commune counts its minutes from one each year, so a mistyped number is another child's.
    """
    event = pair.levels[POSITION["event"]]
    return (
        pair.levels[POSITION["minutes"]] == SAME_YEAR
        and not is_individual(pair)
        and pair.bits[POSITION["name"]] < TELLING_BITS
        and (event is None or event > LAST_DAY)
        and any(pair.bits[POSITION[name]] <= CONTRADICTING_BITS for name in ("birth", "sex"))
    )


def is_named_like_a_twin(pair: ScoredPair) -> bool:
    """Born on one day, called Cao Thanh An and Cao Diệu An, and no number in common."""
    return (
        pair.levels[POSITION["name"]] == OTHER_MIDDLE
        and pair.levels[POSITION["birth"]] == SAME_DAY
        and not is_individual(pair)
    )


def is_twins_card(pair: ScoredPair) -> bool:
    """One card, no other number, and sex or name differ: twins go home with one temporary card."""
    return (
        pair.levels[POSITION["card"]] == 0
        and not is_individual(pair)
        and any(pair.bits[POSITION[name]] <= CONTRADICTING_BITS for name in ("sex", "name"))
    )


def is_another_patient(pair: ScoredPair) -> bool:
    """Two patients in the books of one house, with two cards: twins may have one name there."""
    return (
        pair.levels[POSITION["file"]] == ANOTHER_FILE
        and pair.levels[POSITION["card"]] == ANOTHER_CARD
        and not is_individual(pair)
    )


def is_contradicted(pair: ScoredPair) -> bool:
    """More speaks against the pair than the lack of choice can make up for."""
    return sum(bits for bits in pair.bits if bits < 0) < MOST_AGAINST


def is_handed_over(pair: ScoredPair) -> bool:
    """One body gave a child away on the day on which the other took one in from there."""
    return pair.levels[POSITION["event"]] in HANDED_OVER


def is_borrowed(pair: ScoredPair) -> bool:
    """One number agrees, the name does not, nor does birth, sex or event (vn_domain.md 3.1).

    Numbers are mistyped, borrowed, and swapped between twins; a personal number beside another name
    therefore wants a common event.
    """
    agreeing = [name for name in INDIVIDUAL if pair.levels[POSITION[name]] == 0]
    if len(agreeing) != 1:
        return False
    name = pair.levels[POSITION["name"]]
    if agreeing == ["personal_id"]:
        other_name = name is not None and name > FOLDED_NAME
        return other_name and pair.bits[POSITION["event"]] < TELLING_BITS
    return pair.bits[POSITION["name"]] <= CONTRADICTING_BITS and any(
        pair.bits[POSITION[name]] <= CONTRADICTING_BITS for name in CONTRADICTING
    )


DOUBTS = (
    is_borrowed,
    is_another_number,
    is_mistyped_minutes,
    is_named_like_a_twin,
    is_twins_card,
    is_another_patient,
)
"""What is asked about, whatever its weight."""


def is_named(pair: ScoredPair) -> bool:
    """The full name agrees and the birth does not speak against it."""
    name, birth = pair.levels[POSITION["name"]], pair.levels[POSITION["birth"]]
    return name is not None and name <= SAME_NAME and (birth is None or birth <= SAME_BIRTH)


def _crowded(
    pairs: Sequence[ScoredPair], forbids: Forbids, thresholds: Thresholds
) -> dict[str, float]:
    """Records that fit nearly as well with each of two that cannot be one child, and how well."""
    fits: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for pair in pairs:
        if pair.weight >= thresholds.crowd:
            fits[pair.left].append((-pair.weight, pair.right))
            fits[pair.right].append((-pair.weight, pair.left))
    return {
        key: crowd
        for key, found in fits.items()
        if (crowd := _rivals(sorted(found)[:MOST_FITS], forbids, thresholds.margin)) is not None
    }


def _rivals(fits: Sequence[tuple[float, str]], forbids: Forbids, margin: float) -> float | None:
    """The bits with which the second of two rivals still fits, at best."""
    return max(
        (
            -second
            for i, (first, one) in enumerate(fits)
            for second, other in fits[i + 1 :]
            if second - first <= margin and forbids(min(one, other), max(one, other))
        ),
        default=None,
    )
