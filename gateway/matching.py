"""Use case: which children may one child be; the question is not kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from adapters import history
from adapters.catalog import addressed
from adapters.contract import SourceAdapter, SourceMessage
from adapters.errors import Rejection
from audit.event import Action, AuditEvent, Caller, DetailValue, Seen
from audit.log import append_many
from gateway.errors import WrongRequestError
from gateway.nearness import near
from gateway.registry.drafts import draft
from gateway.registry.search import veil_of
from gateway.weighing import Line, adding_up, scorer_of
from linkage.candidates import Candidate, Found, Wide, candidates
from linkage.composite import composite
from linkage.extraction import person_record
from linkage.matcher import PRECISION, ScoredPair
from linkage.model import MatchModel
from linkage.records import PersonRecord
from linkage.scorer import Exact, Scorer

QUESTION = ""
"""Id and key of the question: no record's, and before all in the order of keys."""
ANY_SYSTEM = ""
MOST_ASKED = 100
"""Identities that one answer may name."""


class UnreadableQuestionError(WrongRequestError):
    """The payload says of no child what can be compared."""

    vietnamese = "Dữ liệu không nói về trẻ nào có thể so sánh."


class SeveralChildrenError(WrongRequestError):
    """The payload speaks of several children. Ask for one at a time."""

    vietnamese = "Dữ liệu nói về nhiều trẻ. Hãy hỏi từng trẻ một."


class NobodyError(UnreadableQuestionError):
    """The payload speaks of no child: of an adult, or of nobody."""

    vietnamese = "Dữ liệu không nói về trẻ em nào."


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """An identity that the child may be: its strongest record, with the adding-up of the bits."""

    identity: str
    record: str
    weight: float
    probability: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """The most probable identities first, at most as many as were asked for.

    `more`: others that are worth a question too. `compared`: records that were scored. `wide`:
    blocks of which not all were; while it is empty, no record that shares a key was left out.
    """

    matches: tuple[Match, ...]
    more: int
    compared: int
    wide: tuple[Wide, ...]
    model: str
    rival: float | None = None
    """Weight of the strongest identity that was left out."""


def question(message: SourceMessage, adapters: Mapping[str, SourceAdapter]) -> PersonRecord:
    """What a payload says of the one child in it, read as if it were taken in.

    Raises UnreadableQuestionError (with what is wrong) and SeveralChildrenError.
    """
    found = draft(*addressed(message, adapters))
    refused = [found.refusal, *found.reading.rejections, *(one.refusal for one in found.prepared)]
    if wrong := [one for one in refused if one]:
        raise UnreadableQuestionError(_told(wrong))
    pairs = [(one.statement, one.conversion) for one in found.prepared if one.conversion]
    if not pairs:
        raise NobodyError
    keys = {statement.record_id for statement, _ in pairs if statement.record_id}
    children = list(history.group(pairs).values())
    if len(keys) > 1 or len(children) > 1:
        raise SeveralChildrenError
    source, readings = found.message.source, map(history.compose, history.orders(children[0]))
    try:
        return composite(
            [person_record(QUESTION, QUESTION, source, one.resources) for one in readings]
        )
    except ValueError as error:
        raise UnreadableQuestionError from error


def _told(rejections: Sequence[Rejection]) -> str:
    first = rejections[0]
    return f"{first.problem}: {first.vietnamese} {first.english} ({first.position})"


def match(
    session: Session, asked: PersonRecord, model: MatchModel, caller: Caller, count: int
) -> Answer:
    """The identities that a child may be, from `thresholds.review` bits up; nothing is kept.

    `asked` has the key of a question. An identity is as probable as its strongest record. Each one
    that is named is in the log, and so is the question. Raises NoScorerError.
    """
    answer = compare(session, asked, model, count)
    named = [Seen(record=one.record, identity=one.identity) for one in answer.matches]
    log(session, asked, answer, named, caller)
    return answer


def compare(
    session: Session,
    asked: PersonRecord,
    model: MatchModel,
    count: int,
    *,
    guarded: bool = False,
) -> Answer:
    """As `match`, for a use case that writes down itself whom it shows (`log`)."""
    scorer = scorer_of(model)
    found = candidates(session, asked, guarded=guarded)
    best = _best(found, asked, scorer)
    shown = best[: min(count, MOST_ASKED)]
    return Answer(
        matches=tuple(_match(asked, candidate, exact, model) for candidate, exact in shown),
        more=len(best) - len(shown),
        compared=len(found.candidates),
        wide=found.wide,
        model=scorer.version,
        rival=best[len(shown)][1][0] if len(best) > len(shown) else None,
    )


def _best(found: Found, asked: PersonRecord, scorer: Scorer) -> list[tuple[Candidate, Exact]]:
    """Of each identity the strongest record that is worth a question; the strongest first."""
    values = [candidate.values for candidate in found.candidates]
    best: dict[str, tuple[Candidate, Exact]] = {}
    least = scorer.model.thresholds.review
    for place, exact in scorer.against(scorer.prepared(asked), values, least):
        candidate = found.candidates[place]
        known = best.get(candidate.identity_id)
        if known is None or exact[0] > known[1][0]:
            best[candidate.identity_id] = (candidate, exact)
    return sorted(best.values(), key=lambda one: (-one[1][0], one[0].identity_id))


def _match(asked: PersonRecord, candidate: Candidate, exact: Exact, model: MatchModel) -> Match:
    weight, levels, bits = exact
    pair = ScoredPair(
        left=asked.key,
        right=candidate.key,
        weight=round(weight, PRECISION),
        levels=levels,
        bits=bits,
    )
    return Match(
        identity=candidate.identity_id,
        record=candidate.record_id,
        weight=pair.weight,
        probability=round(model.calibration.probability(pair.weight), PRECISION),
        lines=adding_up(pair, model),
    )


def log(
    session: Session, asked: PersonRecord, answer: Answer, named: Sequence[Seen], caller: Caller
) -> None:
    """The question, and each record and child that was shown for an answer to it."""
    numbers = [(ANY_SYSTEM, number) for number in (*asked.personal_ids, *asked.cards)]
    detail: dict[str, DetailValue] = {
        "compared": answer.compared,
        "found": len({one.identity for one in named}),
        "wide": len(answer.wide),
        "model": answer.model,
        **near(veil_of(session), numbers),
    }
    events = [AuditEvent(action=Action.MATCH_SEARCH, caller=caller, detail=detail)]
    events += [
        AuditEvent(
            action=Action.MATCH_READ, caller=caller, record=one.record, identity=one.identity
        )
        for one in named
    ]
    append_many(session, events)
