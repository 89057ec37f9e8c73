"""How sure a match is, in the four grades of FHIR's match-grade: certain only where nothing speaks against."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import StrEnum

from gateway.matching import QUESTION, Answer, Match
from linkage.conflicts import MISTYPED, conflict
from linkage.fate import doubts
from linkage.matcher import ScoredPair
from linkage.model import Thresholds
from linkage.records import PersonRecord

LIKELY = 2 / 3
"""From this probability on a match is probable: a full name alone is not enough."""


class Grade(StrEnum):
    """Codes of http://terminology.hl7.org/CodeSystem/match-grade."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    CERTAINLY_NOT = "certainly-not"


def grades(
    asked: PersonRecord,
    answer: Answer,
    members: Sequence[Sequence[PersonRecord]],
    thresholds: Thresholds,
) -> list[Grade]:
    """One for each match, the strongest first; `members`: the records of each identity.

    `certain` is one identity at most, and only where the engine would join one record to it by
    itself: enough bits, no doubt, no conflict, no rival within the margin. Where not every record
    that shares a key was compared, a rival may be among the others, and nobody is certain.
    """
    matches = answer.matches
    conflicts = [_worst(asked, records) for records in members]
    found = [_graded(one, kind) for one, kind in zip(matches, conflicts, strict=True)]
    if not matches or conflicts[0] is not None or answer.wide:
        return found
    rivals = [
        one.weight
        for one, grade in zip(matches[1:], found[1:], strict=True)
        if grade is not Grade.CERTAINLY_NOT
    ]
    rivals += [] if answer.rival is None else [answer.rival]
    several = asked.several or any(record.several for record in members[0])
    enough = matches[0].weight >= thresholds.certain and not doubts(
        _pair(matches[0]), thresholds, several=several
    )
    if enough and all(matches[0].weight - other >= thresholds.margin for other in rivals):
        found[0] = Grade.CERTAIN
    return found


class _Not(StrEnum):
    """What a conflict leaves of a match."""

    NEVER = "never"
    PERHAPS = "perhaps"


def _worst(asked: PersonRecord, records: Iterable[PersonRecord]) -> _Not | None:
    """The question is no report of its own: that it names one does not make it another child."""
    question = replace(asked, report=None)
    kinds = {conflict(question, record) for record in records} - {None}
    if not kinds:
        return None
    return _Not.PERHAPS if kinds <= MISTYPED.keys() else _Not.NEVER


def _graded(match: Match, kind: _Not | None) -> Grade:
    if kind is _Not.NEVER:
        return Grade.CERTAINLY_NOT
    return Grade.PROBABLE if kind is None and match.probability >= LIKELY else Grade.POSSIBLE


def _pair(match: Match) -> ScoredPair:
    """The adding-up without the prior, as the scored pair that it was."""
    evidence = match.lines[1:]
    return ScoredPair(
        left=QUESTION,
        right=match.record,
        weight=match.weight,
        levels=tuple(line.level for line in evidence),
        bits=tuple(line.bits for line in evidence),
    )
