"""Scores → links: which evidence the engine may act on by itself. Pure policy."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from linkage.clustering import Judges
from linkage.features import FEATURES
from linkage.matcher import ScoredPair
from linkage.model import Thresholds
from linkage.records import PersonRecord
from linkage.step_reports import SOURCE as REPORT

Forbids = Callable[[str, str], bool]
"""Whether two keys (the smaller first) are a hard conflict."""

POSITION = {feature.name: i for i, feature in enumerate(FEATURES)}
IN_A_ROW = 2
"""Certificates of twins have numbers so near to each other: a clerk wrote none, or one, between."""
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
    ("copied",),
    ("due",),
    ("registered",),
    ("card",),
    ("weight", "marks"),
    ("place_words",),
)
"""Kinds of evidence that do not follow from one another."""
TELLING_BITS = 1.5
"""From here on a kind speaks for a link."""
CONTRADICTING_BITS = -0.5
OTHER_BIRTH_BITS = -2.0
"""Another birth date; one less than seven months away is none, because minutes name no birth."""
SCHOOL = "education"
SAME_NAME = 1
"""Levels of the name with its marks: twins are called An and Ân."""
FOLDED_NAME = 3
"""The level of names that differ only in their marks; those before it agree in them."""
LIKE_TWINS = frozenset({4, 5})
"""Levels of the name: family and given name agree, the middle name does not; nearly the same."""
SAME_DAY = 0
SAME_BIRTH = 3
"""The last level of the birth that tells siblings of different ages apart."""
OVERLAPPING_BIRTH = 5
"""The last level of the birth that does not speak against one child."""
SAME_MINUTES = 1
HANDED_OVER = frozenset({0, 1, 2})
"""Levels of the event that name place and day of a handover, or of the finding."""
CONVENTIONAL_BIRTH = 4
DAY_OF_EVENT = frozenset({6, 7, 8})
"""Levels of the event that name a day without a place."""
HOUSE_OF_EVENT = frozenset({3, 9})
"""Levels of the event that name a house which takes in many children each day."""
LAST_DAY = 8
"""The last level of the event that names a day."""
SAME_YEAR = 1
"""Level of the minutes that names the year only."""
MOST_AGAINST = -5.0
"""More than one piece of evidence to the contrary, in bits."""
ANOTHER_NUMBER = 5
"""Level of the personal number: different, and neither mistyped nor cancelled."""
ANOTHER_FILE = 1
"""Level of the file: different numbers in the books of one house."""
OTHER_HOUSE = 2
"""Level of the file: numbers in the books of two houses."""
ANOTHER_CARD = 1
OTHER_WEIGHT = 3
"""Level of the weight: further apart than one child's on one scale within days."""
MOTHERS_NAME = 1
ONE_PLACE = 9
"""The last level of the event that names a place or a day."""
MOTHER_AND_BIRTH = frozenset({"mother", "birth", "sex", "weight"})
SWAPPED = frozenset({"personal_id", "certificate"})
TELLING_APART = ("name", "weight", "marks")
CONTRADICTING = ("birth", "sex", "event")
TRAITS = ("name", "birth", "sex", "weight", "marks")
NUMBERS = ("personal_id", "certificate", "registration", "card", "file", "letter", "copied")
AGAINST_A_COPY = ("name", "birth", "sex", "due")
COPIED_TWICE, COPIED_OWN, COPIED_ANY = 0, 1, 2
"""Levels of copied: two numbers, up to one number of the child's own, up to one that twins may share."""
ONE_COPIED = frozenset({1, 2})
FOUND_OTHER_DAY = 2
"""Level of due: the day of finding is known, and the step does not fit it."""
CROWD = 2
"""Rivals that fit worse than the pair by more than so many margins are no crowd around it."""
MOST_FITS = 12
"""So many of the best fits of a record are looked at for rivals."""


def is_strong(pair: ScoredPair) -> bool:
    """The full name or a number of its own: only what fits about as well is a rival."""
    return is_named(pair) or is_personal(pair)


def judge(
    by_key: Mapping[str, PersonRecord],
    pairs: Sequence[ScoredPair],
    forbids: Forbids,
    thresholds: Thresholds,
) -> Judges:
    """What evidence is enough for the engine to act on by itself.

    Twins and siblings found together share place, time, minutes and often parts of the name; so
    where a record is known to have such a sibling, or fits two records that cannot be one child,
    only a number of its own or its full name will do.
    """
    crowded = _crowded(pairs, forbids, thresholds)
    rules = _Rules(by_key=by_key, crowded=crowded, thresholds=thresholds)
    return Judges(
        sufficient=rules.is_sufficient,
        otherwise=rules.is_otherwise,
        strong=is_strong,
        traits=rules.traits,
        slip=rules.is_slip,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rules:
    """The rules of this module, applied to pairs of these records."""

    by_key: Mapping[str, PersonRecord] = field(repr=False)
    crowded: Mapping[str, float] = field(repr=False)
    thresholds: Thresholds

    def is_sufficient(self, pair: ScoredPair) -> bool:
        both = self._both(pair)
        if is_merged(pair):
            return True
        if self._is_doubted(pair):
            return False
        floor = pair.weight - CROWD * self.thresholds.margin
        own = is_personal(pair) or is_copied(pair, COPIED_OWN)
        if any(record.several for record in both):
            return own or is_named(pair, SAME_BIRTH)
        if any(self.crowded.get(record.key, -inf) >= floor for record in both):
            return own or is_named(pair)
        return _rule(both)(pair)

    def is_otherwise(self, pair: ScoredPair) -> bool:
        return not self._is_doubted(pair) and _rule(self._both(pair))(pair)

    def traits(self, pair: ScoredPair) -> float:
        name = pair.bits[POSITION["name"]] if has_other_marks(pair) else 0.0
        return traits(pair) - name

    def is_slip(self, one: str, other: str) -> bool:
        """Two certificates of which one may be the other, mistyped."""
        mine, theirs = self.by_key[one].certificates, self.by_key[other].certificates
        return any(is_mistyped(a, b) for a in mine for b in theirs)

    def _both(self, pair: ScoredPair) -> tuple[PersonRecord, PersonRecord]:
        return self.by_key[pair.left], self.by_key[pair.right]

    def _is_doubted(self, pair: ScoredPair) -> bool:
        several = any(record.several for record in self._both(pair))
        return (
            is_doubtful(pair)
            or is_borrowed(pair, several=several)
            or (pair.weight < self.thresholds.link and is_contradicted(pair))
        )


def is_mistyped(one: str, other: str) -> bool:
    """One digit differs, and not as it does between twins, whose certificates follow each other."""
    wrong = [(a, b) for a, b in zip(one, other, strict=False) if a != b]
    if len(one) != len(other) or len(wrong) != 1:
        return False
    first, second = (part.partition(".")[0] for part in (one, other))
    if not (first.isdecimal() and second.isdecimal()):
        return False
    return first == second or abs(int(first) - int(second)) > IN_A_ROW


def traits(pair: ScoredPair) -> float:
    """What speaks of the child itself: twins share place, time and minutes."""
    return sum(pair.bits[POSITION[name]] for name in TRAITS)


def own(pair: ScoredPair) -> float:
    """What no twin shares, in bits: name, sex, body and numbers. Weights of newborns are too alike."""
    return sum(pair.bits[POSITION[name]] for name in ("name", "sex", "marks", *NUMBERS))


def _rule(both: tuple[PersonRecord, PersonRecord]) -> Callable[[ScoredPair], bool]:
    """What is enough for records of these sources, where nobody else comes into question."""
    sources = [record.source for record in both]
    if sources == [REPORT, REPORT]:
        return lambda pair: (
            is_named(pair) or (is_copied(pair, COPIED_TWICE) and not is_miscopied(pair))
        )
    if REPORT in sources:
        return lambda pair: (
            not is_miscopied(pair)
            and (is_copied(pair, COPIED_ANY) or (is_named(pair) and kinds(pair) > 1))
        )
    # A pupil keeps the ministry's code for life: two codes are two pupils, twins Bảo and Bạo.
    if sources == [SCHOOL, SCHOOL]:
        return lambda pair: is_named(pair) or is_individual(pair)
    if _are_two_cases(*both):
        return lambda pair: is_named(pair) or is_individual(pair) or is_copied(pair, COPIED_OWN)
    return is_enough


def _are_two_cases(left: PersonRecord, right: PersonRecord) -> bool:
    """The hotline gives each child of one call a case of its own, told at one place and time."""
    return bool(left.cases and right.cases) and set(left.cases).isdisjoint(right.cases)


def is_enough(pair: ScoredPair) -> bool:
    """A number of its own, two kinds of evidence, the same minutes, or a handover."""
    return is_individual(pair) or kinds(pair) > 1 or is_in_minutes(pair) or is_handed_over(pair)


def kinds(pair: ScoredPair) -> int:
    """How many kinds of evidence speak for the pair.

    A newborn is born, found and brought in on one day: a birth date set by convention, or an event
    without a place, says that day again. A house in which many are born says with the day of birth
    only that the child was born there.
    """
    telling = [
        kind for kind in KINDS if any(pair.bits[POSITION[name]] >= TELLING_BITS for name in kind)
    ]
    event, birth = pair.levels[POSITION["event"]], pair.levels[POSITION["birth"]]
    again = event in DAY_OF_EVENT or birth == CONVENTIONAL_BIRTH
    again |= event in HOUSE_OF_EVENT and birth == SAME_DAY
    return len(telling) - (again and ("birth",) in telling and ("event",) in telling)


def is_merged(pair: ScoredPair) -> bool:
    """The house itself said that both numbers are one patient (HL7 A40): that binds (formats.md)."""
    return pair.levels[POSITION["merged"]] == 0


def is_copied(pair: ScoredPair, last: int) -> bool:
    """A report names a number of the child; `last` is the last level that will do."""
    level = pair.levels[POSITION["copied"]]
    return level is not None and level <= last


def is_miscopied(pair: ScoredPair) -> bool:
    """One copied number agrees and something else does not: it may be another child's number.

    Of twins all numbers may be confused, so where the sex differs two of them are not enough.
    """
    against = AGAINST_A_COPY if pair.levels[POSITION["copied"]] in ONE_COPIED else ("sex",)
    return (
        is_copied(pair, COPIED_ANY)
        and not is_individual(pair)
        and any(pair.bits[POSITION[name]] <= CONTRADICTING_BITS for name in against)
    )


def is_of_another(pair: ScoredPair) -> bool:
    """One copied number agrees, but that child was found on another day: the number is its alone."""
    return (
        pair.levels[POSITION["copied"]] in ONE_COPIED
        and pair.levels[POSITION["due"]] == FOUND_OTHER_DAY
        and not is_individual(pair)
        and pair.bits[POSITION["name"]] < TELLING_BITS
    )


def is_individual(pair: ScoredPair) -> bool:
    """Some number that is meant to be one child's agrees."""
    return any(pair.levels[POSITION[name]] == 0 for name in INDIVIDUAL)


def has_other_marks(pair: ScoredPair) -> bool:
    """The names agree, but were written with other marks: twins are called Bảo and Bạo."""
    return pair.levels[POSITION["name"]] == FOLDED_NAME


def is_marked_otherwise(pair: ScoredPair) -> bool:
    """Other marks, and no number of its own that tells it from its twin."""
    return has_other_marks(pair) and not is_individual(pair)


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
        and (
            pair.bits[POSITION["sex"]] <= CONTRADICTING_BITS
            or pair.bits[POSITION["birth"]] <= OTHER_BIRTH_BITS
        )
    )


def is_another_of_the_minutes(pair: ScoredPair) -> bool:
    """One minutes, no number of its own, and both name and sex differ: twins found together."""
    return (
        is_in_minutes(pair)
        and not is_individual(pair)
        and all(pair.bits[POSITION[name]] <= CONTRADICTING_BITS for name in ("sex", "name"))
    )


def is_named_like_a_twin(pair: ScoredPair) -> bool:
    """Born on one day, called Cao Thanh An and Cao Diệu An or Hoàn and Hòa, no number in common."""
    return (
        pair.levels[POSITION["name"]] in LIKE_TWINS
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


def is_other_weight(pair: ScoredPair) -> bool:
    """Weighed within days by two who keep books of patients, and not as one child can weigh.

    A newborn loses a tenth, a scale errs by 3 %. Minutes guess the weight.
    """
    return (
        pair.levels[POSITION["weight"]] == OTHER_WEIGHT
        and pair.levels[POSITION["file"]] is not None
        and not is_individual(pair)
    )


def is_mother_alone(pair: ScoredPair) -> bool:
    """Patients of two houses, and only the mother's name and the birth speak for one child.

    Many mothers are called Trần Thị Lan. A transfer, a stay in one house or a number links stays.
    """
    event = pair.levels[POSITION["event"]]
    telling = {name for name, at in POSITION.items() if pair.bits[at] >= TELLING_BITS}
    return (
        pair.levels[POSITION["file"]] == OTHER_HOUSE
        and pair.levels[POSITION["mother"]] == MOTHERS_NAME
        and (event is None or event > ONE_PLACE)
        and telling <= MOTHER_AND_BIRTH
    )


def is_contradicted(pair: ScoredPair) -> bool:
    """More speaks against the pair than the lack of choice can make up for."""
    return sum(bits for bits in pair.bits if bits < 0) < MOST_AGAINST


def is_handed_over(pair: ScoredPair) -> bool:
    """One body gave a child away on the day on which the other took one in from there."""
    return pair.levels[POSITION["event"]] in HANDED_OVER


def is_borrowed(pair: ScoredPair, *, several: bool) -> bool:
    """One number agrees, the name does not, nor does birth, sex or event (vn_domain.md 3.1).

    Numbers are mistyped, borrowed, and swapped between twins (`several`); a personal number beside
    another name therefore wants a common event, or one day of birth and nobody born beside. A name
    that is nearly the same will do where nobody was born beside and birth and sex agree with it.
    """
    agreeing = [name for name in INDIVIDUAL if pair.levels[POSITION[name]] == 0]
    if len(agreeing) != 1:
        return False
    name = pair.levels[POSITION["name"]]
    if agreeing == ["personal_id"]:
        birth = pair.levels[POSITION["birth"]]
        other_name = name is not None and name > FOLDED_NAME
        latest = OVERLAPPING_BIRTH if name in LIKE_TWINS else SAME_DAY
        born_alone = birth is not None and birth <= latest and not several
        born_alone &= pair.bits[POSITION["sex"]] >= 0
        return other_name and not born_alone and pair.bits[POSITION["event"]] < TELLING_BITS
    return pair.bits[POSITION["name"]] <= CONTRADICTING_BITS and any(
        pair.bits[POSITION[name]] <= CONTRADICTING_BITS for name in CONTRADICTING
    )


DOUBTS = (
    is_marked_otherwise,
    is_another_number,
    is_mistyped_minutes,
    is_another_of_the_minutes,
    is_named_like_a_twin,
    is_twins_card,
    is_another_patient,
    is_other_weight,
    is_mother_alone,
)
"""What is asked about, whatever its weight."""


def is_doubtful(pair: ScoredPair) -> bool:
    """One of DOUBTS holds."""
    return any(doubt(pair) for doubt in DOUBTS)


def is_named(pair: ScoredPair, last: int = OVERLAPPING_BIRTH) -> bool:
    """The full name agrees, and neither sex nor birth (up to its level `last`) speaks against it."""
    name, birth = pair.levels[POSITION["name"]], pair.levels[POSITION["birth"]]
    return (
        name is not None
        and name <= SAME_NAME
        and (birth is None or birth <= last)
        and pair.bits[POSITION["sex"]] >= 0
    )


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
