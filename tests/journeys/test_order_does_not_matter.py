"""Promise 3: the same records give the same identities, in whatever order and batches they came."""

from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from random import Random

import pytest

from linkage.linker import Linkage, least_weight, link
from linkage.matcher import ScoredPair, score
from linkage.model import untrained
from linkage.records import Move, PersonRecord
from linkage.standing import Decision
from tests.linkage.people import TODAY, person

MODEL = untrained()
SYLLABLES = [
    "An",
    "Bình",
    "Chi",
    "Dung",
    "Hà",
    "Hoa",
    "Khánh",
    "Lan",
    "Mai",
    "Minh",
    "Nga",
    "Nhi",
    "Phúc",
    "Quý",
    "Sơn",
    "Thảo",
    "Tú",
    "Vy",
]


@dataclass(frozen=True, kw_only=True)
class Town:
    """Made-up records, who is whose, and which children were found together."""

    records: tuple[PersonRecord, ...]
    child: dict[str, int]
    twins: frozenset[tuple[int, int]]


@cache
def town() -> Town:
    """Twenty-four children, eight of them twins found together, each in up to four sources."""
    random = Random(3)
    twins = frozenset((number, number + 1) for number in range(0, 8, 2))
    found: list[tuple[int, PersonRecord]] = []
    for number in range(24):
        event = number // 2 if number < 8 else number
        found += [(number, record) for record in _records(random, number, event, number < 8)]
    return Town(
        records=tuple(record for _, record in found),
        child={record.key: number for number, record in found},
        twins=twins,
    )


def _records(random: Random, number: int, event: int, twin: bool) -> list[PersonRecord]:
    day = TODAY + event % 9
    name = " ".join(["nguyễn", *random.sample([s.lower() for s in SYLLABLES], 2)])
    sex, grams = random.choice(["male", "female"]), random.randrange(2200, 3900, 10)
    hospital, home = f"hospital:{event % 3:05}", f"home:{event % 2:05}"
    report = f"police:00199/{event}/2026"
    file = f"BN{number}"
    minutes = (f"{event}|00199|{day}",)
    arrival = Move(direction="in", place=hospital, day=day, hour=day * 24 + 9)
    leaving = Move(direction="out", place=hospital, day=day + 5, hour=0)
    born = {"birth_low": day - 1, "birth_high": day - 1, "birth_firm": random.random() < 0.6}
    records = [
        person(
            f"{report}#{1 + number % 2}",
            report=report,
            several=twin,
            minutes=minutes,
            sex=sex,
            found_low=day,
            found_high=day,
            communes=("00199",),
            place_words=("chua", "lang"),
            grams=grams,
            grams_day=day,
            moves=(replace(arrival, hour=arrival.hour + random.randrange(3)),),
            files=(f"{hospital}|{file}",) if random.random() < 0.5 else (),
            foundling=True,
        ),
        person(
            f"{hospital}/{file}",
            sex=sex,
            grams=grams + random.randrange(-40, 40),
            grams_day=day,
            files=(f"{hospital}|{file}",),
            moves=(arrival, leaving),
            foundling=True,
        ),
        person(
            f"facility:{event % 2:05}/{number}",
            names=(name,),
            sex=sex if random.random() < 0.9 else None,
            minutes=minutes if random.random() < 0.7 else (),
            files=(f"{home}|{number}",),
            homes=(home,),
            moves=(leaving, Move(direction="in", place=home, day=day + 5)),
            foundling=True,
            **born,
        ),
        person(
            f"civil_status:00199/{number}",
            names=(name,),
            sex=sex,
            minutes=minutes if random.random() < 0.7 else (),
            personal_ids=(f"998326{number:06}",),
            homes=(home,),
            foundling=True,
            **born,
        ),
    ]
    return random.sample(records, random.randrange(2, 5))


@cache
def at_once() -> Linkage:
    return link(town().records, MODEL)


def test_the_town_is_worth_linking() -> None:
    child = town().child
    made = at_once()
    assert len(town().records) > 60
    assert 10 < len(made.groups) < len(town().records) - 10
    assert made.reviews
    assert made.rounds > 1
    for group in made.groups:
        for one, other in combinations({child[key] for key in group}, 2):
            assert (min(one, other), max(one, other)) not in town().twins


@pytest.mark.parametrize("seed", range(3))
def test_records_in_any_order_are_the_same_children(seed: int) -> None:
    shuffled = Random(seed).sample(town().records, len(town().records))
    assert link(shuffled, MODEL) == at_once()


@pytest.mark.parametrize("size", [25])
def test_records_in_batches_are_the_same_children(size: int) -> None:
    """Linked after each batch, as `motem link` is run after each ingest: the last run decides."""
    records = Random(size).sample(town().records, len(town().records))
    for end in range(size, len(records) + size, size):
        made = link(records[:end], MODEL)
        assert sorted(key for group in made.groups for key in group) == sorted(
            record.key for record in records[:end]
        )
    assert made == at_once()


def test_pairs_that_came_in_batches_score_alike() -> None:
    """Each batch is compared with itself and all before it, as records that come one by one are."""
    records = Random(5).sample(town().records, len(town().records))
    least = least_weight(MODEL)
    pairs: dict[tuple[str, str], ScoredPair] = {}
    for end in range(30, len(records) + 30, 30):
        new = {record.key for record in records[end - 30 : end]}
        for pair in score(records[:end], MODEL, least):
            if new & {pair.left, pair.right}:
                pairs[pair.left, pair.right] = pair
    assert pairs == {(pair.left, pair.right): pair for pair in score(records, MODEL, least)}


def decisions(seed: int) -> list[Decision]:
    """A steward's answers: some of the open questions, and some pairs taken apart."""
    random = Random(seed)
    standing: list[Decision] = []
    for group in random.sample([g for g in at_once().groups if len(g) > 1], 4):
        standing.append((*random.sample(group, 2), "not-same"))  # type: ignore[arg-type]
    for review in random.sample(at_once().reviews, min(4, len(at_once().reviews))):
        standing.append((review.left, review.right, "same"))
    return standing


@pytest.mark.parametrize("seed", range(2))
def test_decisions_in_any_order_are_the_same_children_and_outrank_the_engine(seed: int) -> None:
    random = Random(seed)
    standing = decisions(seed)
    made = link(town().records, MODEL, standing)
    turned = [(right, left, verdict) for left, right, verdict in standing]
    random.shuffle(turned)
    shuffled = random.sample(town().records, len(town().records))
    assert link(shuffled, MODEL, turned) == made
    home = {key: group for group in made.groups for key in group}
    for left, right, verdict in standing:
        assert (home[left] == home[right]) == (verdict == "same")
