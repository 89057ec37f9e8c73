"""Random histories of records and decisions, and what must hold at the end of each.

They are scored by a plain engine of the tests' own, a thousand times as fast as Splink on a handful
of records: what is tested is not the score.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from random import Random
from typing import Any

from hypothesis import strategies as st

from linkage.blocking import MOST_TOGETHER, block_keys, crowds
from linkage.explanation import prior_bits
from linkage.features import FEATURES
from linkage.learning import BASE
from linkage.linker import Linkage, link
from linkage.matcher import ScoredPair
from linkage.model import MatchModel, Thresholds, untrained
from linkage.records import PersonRecord
from linkage.scores import Engine, Seen
from linkage.standing import Decision, contradiction
from tests.linkage.town import town

MODEL = replace(
    untrained(),
    thresholds=Thresholds(link=20.0, crowd=-12.0, margin=16.0, choice=14.0),
    clues={BASE: 2.0, "ahead=none": 3.0, "ahead=≤ 0": -5.0, "apart=1": -2.0, "larger=2": 1.0},
    beside={
        BASE: 3.0,
        "odds-ahead=none": 2.0,
        "odds-ahead=≤ 0": -5.0,
        "rivals=1": -2.0,
        "larger=2": 1.0,
    },
)
"""With wide margins, and a second look that goes by who else fits, so that groups that share little
decide about one another."""
TOLD: dict[str, Callable[[PersonRecord], Sequence[object]]] = {
    "personal_id": lambda r: r.personal_ids,
    "minutes": lambda r: r.minutes,
    "file": lambda r: r.files,
    "name": lambda r: r.names,
    "birth": lambda r: [r.birth_low] if r.birth_low is not None else [],
    "sex": lambda r: [r.sex] if r.sex else [],
    "event": lambda r: [(m.direction, m.place, m.day) for m in r.moves],
}


def plain(records: Sequence[PersonRecord], model: MatchModel, least: float) -> Iterator[ScoredPair]:
    """What Splink would score if a feature had two levels, the best and none of them."""
    large = crowds(records)
    keys = {record.key: frozenset(block_keys(record)) for record in records}
    for left, right in combinations(sorted(records, key=lambda r: r.key), 2):
        if keys[left.key].isdisjoint(keys[right.key]):
            continue
        if left.report == right.report and left.report in large:
            continue
        levels = tuple(_level(feature.name, left, right) for feature in FEATURES)
        bits = tuple(
            0.0 if level is None else round(math.log2(m / u), 6)
            for feature, level in zip(FEATURES, levels, strict=True)
            for m, u in [model.weights[feature.name][level or 0]]
        )
        weight = round(prior_bits(model) + math.fsum(bits), 6)
        if weight >= least:
            yield ScoredPair(
                left=left.key, right=right.key, weight=weight, levels=levels, bits=bits
            )


def _level(name: str, left: PersonRecord, right: PersonRecord) -> int | None:
    if name not in TOLD:
        return None
    one, other = set(TOLD[name](left)), set(TOLD[name](right))
    if not one or not other:
        return None
    return 0 if one & other else len(MODEL.weights[name]) - 1


@dataclass(kw_only=True)
class World:
    """A registry of made-up records: what is in it, what stewards said, what the last linking saw."""

    engine: Engine = plain
    pool: tuple[PersonRecord, ...]
    records: dict[str, PersonRecord] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    seen: tuple[Seen, ...] = ()

    def insert(self, random: Random) -> None:
        record = random.choice(self.pool)
        self.records[record.key] = record

    def update(self, random: Random) -> None:
        if self.records:
            record = self.records[random.choice(sorted(self.records))]
            other = random.choice(self.pool)
            name = random.choice(CHANGEABLE)
            self.records[record.key] = replace(record, **{name: getattr(other, name)})

    def delete(self, random: Random) -> None:
        if self.records:
            del self.records[random.choice(sorted(self.records))]

    def rename(self, random: Random) -> None:
        """A key turns out to be reused: decisions stay with the record."""
        if self.records:
            record = self.records.pop(random.choice(sorted(self.records)))
            key = f"{record.key.partition('~')[0]}~{random.randrange(16**12):012x}"
            self.records[key] = replace(record, key=key)
            self.decisions = [
                (key if left == record.key else left, key if right == record.key else right, said)
                for left, right, said in self.decisions
            ]

    def crowd(self, random: Random) -> None:
        """Some are now of one report, which may become large, or small again."""
        count = min(len(self.records), random.choice([1, 2, MOST_TOGETHER - 1, MOST_TOGETHER + 1]))
        self._change(random, count, report=random.choice(["large:1", "large:1", None]))

    def merge(self, random: Random) -> None:
        """A source says of two of its numbers that they are one child's."""
        self._change(random, 2, merged=(random.choice(["house|1=2", "house|2=3"]),))

    def confirm(self, random: Random) -> None:
        """The population source confirms a number: two of them are never one child's."""
        number = random.choice(["998326000001", "998326000002"])
        self._change(random, 2, personal_ids=(number,), active_ids=(number,))

    def twin(self, random: Random) -> None:
        self._change(random, 1, several=random.random() < 0.5)

    def _change(self, random: Random, count: int, **values: Any) -> None:
        if len(self.records) >= count:
            for key in random.sample(sorted(self.records), count):
                self.records[key] = replace(self.records[key], **values)

    def decide(self, random: Random) -> None:
        """As `motem decide`: what contradicts is refused. Records may be gone."""
        left, right = (record.key for record in random.sample(self.pool, 2))
        verdict = random.choice(["same", "not-same"])
        if not contradiction(self.decisions, left, right, verdict):
            self.decisions.append((left, right, verdict))

    def undo(self, random: Random) -> None:
        if self.decisions:
            self.decisions.remove(random.choice(self.decisions))

    def link(self, random: Random | None = None) -> Linkage:
        """As `motem link`: what the last one scored is remembered."""
        made = link(
            list(self.records.values()),
            MODEL,
            self.decisions,
            remembered=self.seen,
            engine=self.engine,
        )
        self.seen = made.seen
        return made

    def link_full(self) -> Linkage:
        return link(list(self.records.values()), MODEL, self.decisions, engine=self.engine)


CHANGEABLE = ("names", "sex", "minutes", "moves", "files", "personal_ids", "report")
STEPS = (
    *("insert", "insert", "update", "delete", "decide", "undo", "link"),
    *("rename", "crowd", "merge", "confirm", "twin"),
)
SEEDS = st.integers(0, 2**32)
HISTORIES = st.lists(st.sampled_from(STEPS), max_size=12)


def world(seed: int, engine: Engine = plain) -> World:
    """A town's records, two in three of them taken in and linked."""
    pool = town(children=10, born_together=4, seed=seed % 50).records
    inside = Random(seed).sample(pool, 4 * len(pool) // 5)
    made = World(pool=pool, records={record.key: record for record in inside}, engine=engine)
    made.link()
    return made


def lived(history: Sequence[str], seed: int, engine: Engine = plain) -> World:
    """A world after a history."""
    made, random = world(seed, engine), Random(seed)
    for step in history:
        getattr(made, step)(random)
    return made


def incremental_is_full(history: Sequence[str], seed: int, engine: Engine = plain) -> None:
    """What is linked step by step, with what was scored before, is what is linked at once."""
    made = lived(history, seed, engine)
    assert made.link() == made.link_full()
    assert made.link() == made.link_full(), "nothing has changed"


def decisions_outrank(history: Sequence[str], seed: int) -> None:
    made = lived([*history, "decide", "decide", "decide"], seed)
    home = {key: group for group in made.link().groups for key in group}
    for left, right, verdict in made.decisions:
        if left in home and right in home:
            assert (home[left] == home[right]) == (verdict == "same")


def order_does_not_matter(history: Sequence[str], seed: int) -> None:
    made, random = lived([*history, "decide", "decide"], seed), Random(seed)
    before = made.link_full()
    made.records = dict(random.sample(sorted(made.records.items()), len(made.records)))
    turned = [(right, left, verdict) for left, right, verdict in made.decisions]
    made.decisions = random.sample(turned, len(turned))
    assert made.link() == made.link_full() == before


def undoing_brings_back(history: Sequence[str], seed: int) -> None:
    """Also after other decisions, and linkings in between."""
    made, random = lived(history, seed), Random(seed)
    before, standing = made.link(), list(made.decisions)
    for _ in range(3):
        made.decide(random)
        made.link()
    made.decisions = standing
    assert made.link() == before
