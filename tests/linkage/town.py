"""A made-up town for the tests of linkage: children, twins among them, in records of four sources."""

from dataclasses import dataclass, replace
from functools import cache
from random import Random

from linkage.records import Move, PersonRecord
from tests.linkage.people import TODAY, person

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
def town(children: int = 24, born_together: int = 8, seed: int = 3) -> Town:
    """Made-up children, the first of them twins found together, each in up to four sources."""
    random = Random(seed)
    twins = frozenset((number, number + 1) for number in range(0, born_together, 2))
    found: list[tuple[int, PersonRecord]] = []
    for number in range(children):
        twin = number < born_together
        event = number // 2 if twin else number
        found += [(number, record) for record in _records(random, number, event, twin)]
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
