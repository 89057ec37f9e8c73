"""What was scored before is not scored again, and what comes out is what scoring all gives."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from linkage import score_store
from linkage.blocking import MOST_TOGETHER
from linkage.linker import least_weight
from linkage.matcher import ScoredPair
from linkage.model import MatchModel
from linkage.records import Labels, PersonRecord
from linkage.score_store import Remembered, remember, remembered
from linkage.scores import NOTHING, REST, Atom, Seen, fingerprint, scored
from linkage.tables import scored_atom, scored_pair
from tests.linkage.histories import MODEL, plain, world
from tests.linkage.people import scored as scored_pair_of
from tests.linkage.town import town

LEAST = least_weight(MODEL)
RECORDS = town(children=10, born_together=4, seed=1).records
LABELS = Labels(custodian="shared", sensitivity=("HIV",))


class Watched:
    """The plain engine; `asked` are the keys of what it was given, but for the partners."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __call__(
        self, records: Sequence[PersonRecord], model: MatchModel, least: float
    ) -> Iterable[ScoredPair]:
        self.asked |= {record.key for record in records if record.report != REST}
        return plain(records, model, least)


def atoms(records: Sequence[PersonRecord]) -> list[Atom]:
    return [Atom(record=record, told=fingerprint(record.as_json())) for record in records]


def at_once(records: Sequence[PersonRecord]) -> Seen:
    return scored(atoms(records), MODEL, LEAST, [], plain)


def test_nothing_is_known_at_first() -> None:
    seen = scored(atoms(RECORDS), MODEL, LEAST, [NOTHING], plain)
    assert seen == at_once(RECORDS)
    assert seen.pairs == {(p.left, p.right): p for p in plain(RECORDS, MODEL, LEAST)}
    assert len(seen.pairs) > 20


def test_only_what_is_new_is_scored() -> None:
    watched = Watched()
    changed = replace(RECORDS[3], sex=None)
    now = [*RECORDS[:3], changed, *RECORDS[4:-1]]
    seen = scored(atoms(now), MODEL, LEAST, [at_once(RECORDS[1:])], watched)
    assert seen == at_once(now)
    assert watched.asked == {RECORDS[0].key, changed.key}


def test_of_two_memories_each_knows_its_own_pairs() -> None:
    """A pair of which one stood here and the other there was never compared."""
    half = len(RECORDS) // 2
    before = [at_once(RECORDS[:half]), at_once(RECORDS[half:])]
    assert scored(atoms(RECORDS), MODEL, LEAST, before, plain) == at_once(RECORDS)


def of_one_report(children: int) -> list[PersonRecord]:
    return [replace(RECORDS[0], key=f"police:{n}", report="police:1") for n in range(children)]


@pytest.mark.parametrize(("before", "after"), [(-2, 0), (0, -2), (0, 2), (2, 0)])
def test_children_of_a_report_that_becomes_large_or_small(before: int, after: int) -> None:
    """Those of large reports are not compared with one another, also where none of them is new."""
    known = at_once(of_one_report(MOST_TOGETHER + 1 + before))
    now = of_one_report(MOST_TOGETHER + 1 + after)
    seen = scored(atoms(now), MODEL, LEAST, [known], plain)
    assert seen == at_once(now)
    assert bool(seen.pairs) == (len(now) <= MOST_TOGETHER)


def test_what_is_kept_is_what_was_seen(session: Session) -> None:
    made = world(7)
    seen = made.link().seen
    known = {key: (record.record_id, LABELS) for key, record in made.records.items()}
    keys = {id_: key for key, (id_, _) in known.items()}
    assert remembered(session, "model 1", keys).seen == ()
    remember(session, "model 1", seen, Remembered(), known)
    assert remembered(session, "model 1", keys).seen == seen
    assert remembered(session, "model 2", keys).seen == ()


def test_what_weighs_again_what_it_weighed_two_rounds_before_is_kept_of_each_round(
    session: Session,
) -> None:
    """A group grows, and with it what it weighs; the third round's members make up for it."""
    pair, heavier = scored_pair_of("a", "x", 1), scored_pair_of("a", "x", 3)
    seen = tuple(
        Seen(prints={"a": told, "x": "alone"}, pairs=pairs, outcomes=dict.fromkeys(pairs, told))
        for told, pairs in (
            ("one", {("a", "x"): pair}),
            ("two", {("a", "x"): heavier}),
            ("three", {("a", "x"): pair}),
            ("four", {}),
            ("five", {("a", "x"): pair}),
        )
    )
    known = {key: (key, LABELS) for key in "ax"}
    remember(session, "model", seen, Remembered(), known)
    kept = remembered(session, "model", {"a": "a", "x": "x"})
    assert kept.seen == seen
    remember(session, "model", seen, kept, known)
    assert remembered(session, "model", {"a": "a", "x": "x"}).seen == seen


@pytest.mark.parametrize("at_once", [10_000, 3])
def test_what_is_gone_is_forgotten_and_only_differences_are_written(
    session: Session, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(score_store, "AT_ONCE", at_once)
    made = world(7)
    known = {record.key: (record.record_id, LABELS) for record in made.pool}
    keys = {id_: key for key, (id_, _) in known.items()}
    remember(session, "model", made.link().seen, Remembered(), known)
    gone = made.records.pop(min(made.records))
    before = remembered(session, "model", keys)
    after = made.link().seen
    remember(session, "model", after, before, known)
    left = {id_: key for id_, key in keys.items() if id_ != gone.record_id}
    assert remembered(session, "model", left).seen == after
    asked = select(func.count()).select_from(scored_atom)
    assert session.scalar(asked.where(scored_atom.c.record_id == gone.record_id)) == 0
    kept = remembered(session, "model", left)
    now, then = (one.rows[scored_pair.name].items() for one in (kept, before))
    assert now & then, "what did not change stands as it was written"


def test_who_is_near_a_record_that_is_gone_is_decided_anew(session: Session) -> None:
    """Who was its rival may be joined now, and who was joined through it may not."""
    for seed in range(20):
        made = world(seed)
        made.records = {
            key: replace(record, record_id=f"id of {key}") for key, record in made.records.items()
        }
        made.link()
        known = {key: (one.record_id, LABELS) for key, one in made.records.items()}
        remember(session, f"model {seed}", made.seen, Remembered(), known)
        del made.records[Random(seed).choice(sorted(made.records))]
        keys = {one.record_id: key for key, one in made.records.items()}
        made.seen = remembered(session, f"model {seed}", keys).seen
        assert made.link() == made.link_full(), seed


def test_pairs_bear_the_labels_of_their_record(session: Session) -> None:
    made = world(7)
    known = {record.key: (record.record_id, LABELS) for record in made.pool}
    remember(session, "model", made.link().seen, Remembered(), known)
    rows = session.execute(select(scored_pair.c.custodian, scored_pair.c.sensitivity)).all()
    assert rows
    assert {(row.custodian, tuple(row.sensitivity)) for row in rows} == {("shared", ("HIV",))}
