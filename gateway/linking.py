"""Use cases: link all records into identities, export links and reviews."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from inspect import getdoc

from sqlalchemy.orm import Session

from audit.event import Action, AuditEvent, Caller, Seen, naming
from audit.log import append, append_many
from gateway import golden
from gateway.errors import GatewayError
from gateway.partitions import changed_together
from gateway.registry import changes
from gateway.registry.changes import Change, Kind
from gateway.weighing import scorer_of
from linkage import blocking, linker
from linkage.backends import HERE, Backend
from linkage.clustering import Review
from linkage.configuration import CHILDREN
from linkage.explanation import explain
from linkage.few import scored_sparingly
from linkage.linker import Linkage
from linkage.matcher import TooManyPairsError, score
from linkage.model import MatchModel
from linkage.odds import probability
from linkage.records import PersonRecord
from linkage.rows import Rows
from linkage.score_store import remember, remembered, scored_last_by
from linkage.scores import Engine, code
from linkage.store import IdentityStore, Membership, OpenReview

Progress = Callable[[str], None]
AT_ONCE = 500
"""Records that are linked in the request of one that is new: a linking looks at each, for a
millisecond. In a larger registry what is new waits for the next linking."""
BY = " code "
"""Between the model's version and what else decides a score."""


class OversizedError(GatewayError):
    """Too many records share one key: their pairs do not fit in memory, and nothing was linked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkReport:
    """What a linking did: counts of records, candidate pairs, identities, reviews, changes.

    `oversized` names the kinds of keys that very many records share, e.g. `min 1 × 3000`, although
    the model does not split them.
    """

    records: int
    pairs: int
    identities: int
    reviews: int
    moved: int
    oversized: str
    model: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """One accepted record, the identity it belongs to and how that was decided."""

    source: str
    record: str = field(repr=False)
    identity: str
    decision: str


def link(
    session: Session,
    model: MatchModel,
    caller: Caller,
    progress: Progress = lambda step: None,
    backend: Backend = HERE,
    *,
    full: bool = False,
) -> LinkReport:
    """Score all records that share a block key, decide, and give every record its identity.

    `backend`: where pairs are scored. What the last linking with this model scored is not scored
    again, and only what is near a change is decided anew, unless `full`; the outcome is the same.
    Raises OversizedError.
    """
    store = IdentityStore(session)
    store.lock()
    progress("records")
    records = list(store.records())
    oversized = _oversized(records, model)
    version = model.version  # It takes as long as to link some ten records.
    by = f"{version}{BY}{code()} {linker.least_weight(model)}"
    ids = {record.key: record.record_id for record in records}
    last = scored_last_by(session)
    if last and f"{BY}{code()} " not in last:
        store.index_anew(records)
    before = remembered(session, "" if full else by, {id_: key for key, id_ in ids.items()})
    try:
        outcome = linker.link(
            records,
            model,
            store.standing(),
            progress,
            before.seen,
            _engine(backend),
        )
    except (TooManyPairsError, MemoryError) as error:
        blocks = f" Oversized blocks: {oversized or 'none'}."
        raise OversizedError(f"{getdoc(OversizedError)}{blocks}") from error
    progress("identities")
    # By id: a key may have changed since the records were read (a reused key gets a variant).
    members = {member.record_id: member for member in store.memberships()}
    moved = _assign(
        session, store, outcome, {key: members[id_] for key, id_ in ids.items()}, caller
    )
    labels_of = store.labels()
    labels = {key: labels_of[id_] for key, id_ in ids.items()}
    store.replace_reviews(list(_open_reviews(outcome, model)), labels, version)
    known = {key: (id_, labels[key]) for key, id_ in ids.items()}
    remember(session, by, outcome.seen, before, known, outcome.likely, outcome.doubtful)
    report = LinkReport(
        records=len(records),
        pairs=outcome.pairs,
        identities=len(outcome.groups),
        reviews=len(outcome.reviews),
        moved=moved,
        oversized=oversized,
        model=version,
    )
    append(session, AuditEvent(action=Action.LINKAGE_RUN, caller=caller, detail=asdict(report)))
    return report


def _engine(backend: Backend) -> Engine:
    """Where the caller named another place than this process, all is scored there."""
    by_splink = partial(score, backend=backend, rows=Rows())
    return partial(scored_sparingly, engine=by_splink) if backend is HERE else by_splink


def link_if_small(session: Session, model: MatchModel, caller: Caller) -> LinkReport | None:
    """Link at once what has come, where that takes well under a second; None where it does not.

    Nor where the identities rest on another model: which one is used, nobody changes by the way.
    """
    if IdentityStore(session).has_more_than(AT_ONCE):
        return None
    if linked_with(session) not in (None, scorer_of(model).version):
        return None
    return link(session, model, caller)


def linked_with(session: Session) -> str | None:
    """The version of the model that the identities rest on; None before the first linking."""
    last = scored_last_by(session)
    return last.partition(BY)[0] if last else None


def _oversized(records: Sequence[PersonRecord], model: MatchModel) -> str:
    """By kind, number and size; the keys themselves are child data. Not those that the model splits."""
    found = blocking.oversized(records, partial(CHILDREN.keys, split=model.split))
    return ", ".join(f"{kind.kind} {kind.blocks} × {kind.largest}" for kind in found)


def _assign(
    session: Session,
    store: IdentityStore,
    outcome: Linkage,
    before: Mapping[str, Membership],
    caller: Caller,
) -> int:
    """Write the partition; only what changed is written, logged and projected anew.

    `before`: by the keys that were linked.
    """
    after = dict(_assignments(outcome, before))
    changed = {
        key: assigned
        for key, assigned in after.items()
        if assigned != (before[key].identity_id, before[key].decision)
    }
    moves = {key: after[key][0] for key in changed if after[key][0] != before[key].identity_id}
    append_many(session, (_moved(before[key], identity, caller) for key, identity in moves.items()))
    touched = {before[key].identity_id for key in moves} | set(moves.values())
    # An id that was retired before leads elsewhere now.
    touched |= {before[key].founding_id for key in moves}
    # Who stays is written too: payloads that change them now have to wait, or both would write the
    # next version of one golden Patient.
    held = {key: assigned for key, assigned in after.items() if assigned[0] in touched}
    store.assign({before[key].record_id: assigned for key, assigned in (held | changed).items()})
    golden.project(session, sorted(touched))
    _tell(session, before, after)
    return len(moves)


def _tell(
    session: Session,
    before: Mapping[str, Membership],
    after: Mapping[str, tuple[str, str]],
) -> None:
    """Others learn of it with what was and what is, whole."""
    was = {one.record_id: one.identity_id for one in before.values()}
    becomes = {before[key].record_id: identity for key, (identity, _) in after.items()}
    told = (
        Change(
            kind=Kind.IDENTITY,
            identity=min(identity for identity, records in new.items() if records),
            before=old,
            after=new,
        )
        for old, new in changed_together(was, becomes)
    )
    changes.add(session, told, datetime.now(UTC))


def _assignments(
    outcome: Linkage, members: Mapping[str, Membership]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Key → (identity, decision). A group is the identity that its earliest record founded."""
    for group in outcome.groups:
        identity = min(members[key].founding_id for key in group)
        for key in group:
            if len(group) == 1:
                yield key, (identity, "single")
            else:
                yield key, (identity, "manual" if key in outcome.manual else "auto")


def _moved(member: Membership, identity: str, caller: Caller) -> AuditEvent:
    back = identity == member.founding_id
    return AuditEvent(
        action=Action.IDENTITY_SPLIT if back else Action.IDENTITY_LINK,
        caller=caller,
        record=member.record_id,
        identity=identity,
        detail={"from": member.identity_id},
    )


def _open_reviews(outcome: Linkage, model: MatchModel) -> Iterator[OpenReview]:
    """Each question, as likely as the second look finds it; without one, as its weight says."""
    judged = {(one.pair.left, one.pair.right): one.bits for one in outcome.doubtful}
    for review in outcome.reviews:
        bits = judged.get((review.pair.left, review.pair.right))
        likely = model.calibration.probability(review.pair.weight)
        yield _open_review(review, likely if bits is None else probability(bits), model)


def _open_review(review: Review, likely: float, model: MatchModel) -> OpenReview:
    pair = review.pair
    return OpenReview(
        left_key=review.left,
        right_key=review.right,
        weight=pair.weight,
        probability=round(likely, 6),
        reason=review.reason,
        evidence=json.dumps([asdict(line) for line in explain(pair, model)], ensure_ascii=False),
    )


def links(session: Session, caller: Caller) -> list[Link]:
    """Every accepted record exactly once. A record that was not linked yet stands alone."""
    found = list(IdentityStore(session).memberships())
    seen = (Seen(record=one.record_id, identity=one.identity_id) for one in found)
    append_many(session, naming(Action.LINKS_EXPORT, caller, seen, {"records": len(found)}))
    return [_link(member) for member in found]


def _link(member: Membership) -> Link:
    source, _, record = member.key.partition(":")
    decision = "single" if member.decision == "pending" else member.decision
    return Link(source=source, record=record, identity=member.identity_id, decision=decision)


def reviews(session: Session, caller: Caller) -> list[OpenReview]:
    """Every open review, the most probable first."""
    store = IdentityStore(session)
    rows = store.reviews()
    asked = {key for row in rows for key in (row.left_key, row.right_key)}
    seen = (
        Seen(record=one.record_id, identity=one.identity_id)
        for one in store.memberships()
        if one.key in asked
    )
    append_many(session, naming(Action.REVIEW_EXPORT, caller, seen, {"reviews": len(rows)}))
    return rows
