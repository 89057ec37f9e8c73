"""Use case: the golden Patients that a child may be, each with its grade and evidence; nothing is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from adapters.contract import SourceAdapter, SourceMessage
from audit.event import Action, Caller, Seen, naming
from audit.log import append_many
from gateway import matching, modelling
from gateway.grading import Grade, grades
from gateway.matching import MOST_ASKED, Match, NobodyError
from gateway.registry import resources
from gateway.showing import texts
from linkage import index
from linkage.index import Held

__all__ = ["MOST_ASKED", "Candidate", "Candidates", "Grade", "candidates"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A golden Patient that may be the child: `body` is its JSON as the caller may see it."""

    match: Match
    grade: Grade
    body: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidates:
    """The most probable first.

    `more`: others that are worth a question and were not shown. `wide`: blocks of which not every
    record was compared: then nobody knows that the child is new. `unsure`: the certain ones were
    asked for, and who was found is not certain.
    """

    shown: tuple[Candidate, ...] = ()
    more: int = 0
    wide: int = 0
    unsure: bool = False


def candidates(
    session: Session,
    message: SourceMessage,
    adapters: Mapping[str, SourceAdapter],
    caller: Caller,
    *,
    count: int,
    only_certain: bool = False,
) -> Candidates:
    """Ask as R4 `Patient/$match` and ITI-119 do. `count`: Patients at most.

    A payload about an adult is about nobody who is held here. Raises UnreadableQuestionError,
    SeveralChildrenError, NoScorerError.
    """
    try:
        asked = matching.question(message, adapters)
    except NobodyError:
        append_many(session, naming(Action.MATCH_SEARCH, caller, (), {"compared": 0, "found": 0}))
        return Candidates()
    model = modelling.in_use(session)
    answer = matching.compare(session, asked, model, max(count, 1), guarded=True)
    held = _members(session, [one.identity for one in answer.matches])
    records = [[one.record for one in held[match.identity]] for match in answer.matches]
    graded = grades(asked, answer, records, model.thresholds)
    pairs = list(zip(answer.matches, graded, strict=True))
    wanted = [pair for pair in pairs if pair[1] is Grade.CERTAIN] if only_certain else pairs
    shown = _shown(session, wanted[:count], caller)
    named = [
        Seen(record=one.record_id, identity=one.identity_id)
        for candidate in shown
        for one in held[candidate.match.identity]
    ]
    matching.log(session, asked, answer, named, caller)
    left_out = 0 if only_certain else len(wanted[count:]) + answer.more
    return Candidates(
        shown=shown,
        more=left_out,
        wide=len(answer.wide),
        unsure=only_certain and bool(pairs) and not wanted,
    )


def _members(session: Session, identities: Sequence[str]) -> dict[str, list[Held]]:
    found: dict[str, list[Held]] = {id_: [] for id_ in identities}
    for one in index.by_identities(session, identities):
        found[one.identity_id].append(one)
    return found


def _shown(
    session: Session, pairs: Sequence[tuple[Match, Grade]], caller: Caller
) -> tuple[Candidate, ...]:
    """Those whom the caller may see."""
    golden = resources.patients(session, [match.identity for match, _ in pairs])
    there = [pair for pair in pairs if pair[0].identity in golden]
    bodies = texts(session, caller, [golden[match.identity] for match, _ in there])
    return tuple(
        Candidate(match=match, grade=grade, body=body)
        for (match, grade), body in zip(there, bodies, strict=True)
        if body is not None
    )
