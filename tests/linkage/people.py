"""Made-up person records for the tests of linkage, and hypothesis strategies for them."""

import string
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from linkage.features import FEATURES
from linkage.matcher import ScoredPair
from linkage.records import Move, PersonRecord, Stay

QUICK = settings(max_examples=50, deadline=None)
TODAY = date(2026, 3, 4).toordinal()
HOSPITAL, HOME = "hospital:01234", "home:99001"


def person(key: str, **values: Any) -> PersonRecord:
    """A record that says nothing but what is given."""
    opaque = sha256(key.encode()).hexdigest()[:26]
    return PersonRecord(record_id=opaque, key=key, source=key.partition(":")[0], **values)


def rich(key: str, **changes: Any) -> PersonRecord:
    """A record that says something about everything that is compared."""
    told = person(
        key,
        names=("nguyễn thị bình an",),
        personal_ids=("998326000001",),
        certificates=("00001.GCS.01234.26",),
        registrations=("24/01/2026/00199",),
        registered=TODAY + 11,
        minutes=(f"12|00199|{TODAY}",),
        cards=("9900000001",),
        files=(f"{HOSPITAL}|BN1",),
        letters=(f"{HOSPITAL}|55",),
        cases=("111-2026-000001",),
        motem_ids=("te-01x",),
        merged=(f"{HOSPITAL}|BN1=BN2",),
        copied=("case:111-2026-000001", "id:998326000001"),
        due_low=TODAY - 7,
        due_high=TODAY,
        makers=("commune:00199",),
        sex="female",
        birth_low=TODAY - 2,
        birth_high=TODAY - 2,
        birth_firm=True,
        found_low=TODAY,
        found_high=TODAY,
        communes=("00199",),
        place_words=("chua", "lang"),
        place_kinds=("pagoda",),
        grams=2900,
        grams_day=TODAY,
        mothers=("bui thi xuan",),
        mother_ids=("999190000001",),
        marks=("bot", "khan", "xanh"),
        homes=(HOME, "mai am"),
        provinces=("01",),
        moves=(Move(direction="in", place=HOSPITAL, day=TODAY, hour=TODAY * 24 + 9),),
        stays=(Stay(place=HOSPITAL, file=key, start=TODAY * 1440, end=TODAY * 1440 + 60),),
        foundling=True,
    )
    return replace(told, **changes)


def two_parts(**more: Any) -> list[PersonRecord]:
    """Two certain pairs of records; what they have in common is told by no two records alone."""
    born: dict[str, Any] = {"birth_low": TODAY - 200, "birth_high": TODAY}
    return [
        person(
            "civil_status:1", names=("tống khánh vy",), certificates=("1",), sex="female", **born
        ),
        person("facility:2", mothers=("bui thi xuan",), certificates=("1",), **born),
        person("hospital:3", names=("tống thị vy",), letters=("h|1",), sex="female", **born),
        person("police:4", mothers=("bui thi xuan",), letters=("h|1",), **born, **more),
    ]


def scored(
    left: str,
    right: str,
    weight: float,
    levels: dict[str, int] | None = None,
    bits: dict[str, float] | None = None,
) -> ScoredPair:
    """A scored pair of which only the named features are known."""
    known, added = levels or {}, bits or {}
    return ScoredPair(
        left=min(left, right),
        right=max(left, right),
        weight=weight,
        levels=tuple(known.get(f.name) for f in FEATURES),
        bits=tuple(added.get(f.name, 0.0) for f in FEATURES),
    )


def said(english: str) -> tuple[str, int]:
    """(feature, level) whose explanation says this; "none of them" is len(levels)."""
    for feature in FEATURES:
        words = [*(level.english for level in feature.levels), feature.otherwise_words[1]]
        if english in words:
            return feature.name, words.index(english)
    raise LookupError(english)


def _some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(sorted).map(tuple)


def _maybe(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(values)


MOVES = st.builds(
    Move,
    direction=st.sampled_from(["in", "out"]),
    place=st.sampled_from([HOSPITAL, HOME]),
    day=st.integers(TODAY - 5, TODAY + 5),
    hour=st.just(0) | st.integers(TODAY * 24, TODAY * 24 + 48),
)
STAYS = st.builds(
    Stay,
    place=st.sampled_from([HOSPITAL, HOME]),
    file=st.sampled_from(["f1", "f2", "f3"]),
    start=st.integers(0, 20),
    end=st.integers(0, 20),
)
KEYS = st.builds(
    "{}:{}{}{}".format,
    st.sampled_from(["hospital", "police", "population"]),
    st.text(string.ascii_uppercase, max_size=2),
    st.sampled_from(["", "#1", "#2"]),
    st.sampled_from(["", "~0123456789ab", "~ba9876543210"]),
)
PEOPLE: st.SearchStrategy[PersonRecord] = st.builds(
    PersonRecord,
    record_id=st.text(string.ascii_lowercase, min_size=1, max_size=5),
    key=KEYS,
    source=st.sampled_from(["hospital", "police", "population"]),
    names=_some("nguyễn văn an", "trần thị bình", "hoàng an"),
    provisional=st.booleans(),
    personal_ids=_some("998326000001", "998326000002"),
    active_ids=_some("998326000001", "998326000002"),
    cancelled_ids=_some("998326000001"),
    certificates=_some("00001.GCS.01234.26", "00002.GCS.01234.26"),
    registrations=_some("24/01/2026/00199"),
    minutes=_some(f"12|00199|{TODAY}", "12|00199|2026", f"13|00199|{TODAY}"),
    cards=_some("9900000001", "9900000002"),
    files=_some(f"{HOSPITAL}|1", f"{HOSPITAL}|2", f"{HOME}|1"),
    letters=_some(f"{HOSPITAL}|55"),
    sex=_maybe(["male", "female"]),
    birth_low=_maybe([TODAY - 9, TODAY - 2]),
    birth_high=_maybe([TODAY - 2, TODAY]),
    birth_firm=st.booleans(),
    found_low=_maybe([TODAY - 1, TODAY]),
    found_high=_maybe([TODAY]),
    communes=_some("00199", "00200"),
    place_words=_some("chua", "lang"),
    place_kinds=_some("pagoda", "market"),
    report=_maybe(["police:00199/12/2026", "police:00199/13/2026"]),
    several=st.booleans(),
    grams=_maybe([0, 2900, 3000]),
    grams_day=_maybe([TODAY]),
    mothers=_some("bui thi xuan"),
    mother_ids=_some("999190000001"),
    marks=_some("khan", "xanh"),
    homes=_some(HOME),
    provinces=_some("01", "79"),
    names_of_places=st.just(()) | st.just(((HOSPITAL, "benh vien nhi"),)),
    moves=st.lists(MOVES, max_size=2, unique=True).map(sorted).map(tuple),
    stays=st.lists(STAYS, max_size=2, unique=True).map(sorted).map(tuple),
    foundling=st.booleans(),
)


FAMILIES = ("nguyễn", "trần", "đặng", "giàng a", "i", "h", "tran")
MIDDLES = ("thị", "văn", "bảo", "")
GIVEN = ("an", "ân", "bình", "hoà", "hòa", "tống vy")


def made_people(count: int, seed: int) -> list[PersonRecord]:
    """Records that say much or little, with Vietnamese letters, of which many agree."""
    chance = Random(seed)

    def some(*values: Any) -> tuple[Any, ...]:
        return tuple(sorted(set(chance.choices(values, k=chance.randrange(3)))))

    def maybe(*values: Any) -> Any:
        return chance.choice([None, *values])

    def move() -> Move:
        day = TODAY + chance.randrange(4)
        hour = chance.choice([0, day * 24 + chance.randrange(24)])
        place = chance.choice([HOSPITAL, HOME, "name:benh vien nhi"])
        return Move(direction=chance.choice(["in", "out"]), place=place, day=day, hour=hour)

    made = []
    for number in range(count):
        name = " ".join(part for part in map(chance.choice, (FAMILIES, MIDDLES, GIVEN)) if part)
        low = maybe(TODAY, TODAY - 3, TODAY - 31, TODAY - 400)
        made.append(
            person(
                f"{chance.choice(['hospital', 'facility', 'police', 'casework'])}:{number:04}",
                names=(name,) if chance.random() < 0.7 else (),
                registrations=("met",),
                provisional=chance.random() < 0.3,
                personal_ids=some("998326000001", "998326000010", "999111222333"),
                cancelled_ids=some("999111222333"),
                certificates=some("00001.GCS.01234.26", "00002.GCS.01234.26"),
                minutes=some(f"12|00199|{TODAY}", "12|00199|2026", f"12|?|{TODAY}"),
                files=some(f"{HOSPITAL}|1|a", f"{HOME}|7|a"),
                copied=some("min:12|00199|2026", "file:home:99001|7", "card:9900000001"),
                cards=some("9900000001", "9900000002"),
                registered=maybe(TODAY + 1, TODAY + 20, TODAY + 200),
                due_low=maybe(TODAY - 7),
                due_high=maybe(TODAY, TODAY + 90),
                sex=maybe("male", "female"),
                birth_low=low,
                birth_high=None if low is None else low + chance.choice([0, 0, 5, 90]),
                birth_firm=low is not None and chance.random() < 0.5,
                found_low=maybe(TODAY, TODAY + 3),
                communes=some("00199", "00200"),
                provinces=some("01", "79"),
                grams=maybe(0, 2900, 3000, 3600, 7000),
                grams_day=maybe(TODAY, TODAY + 40),
                mothers=some("bui thi xuan", "tran thi lan"),
                mother_ids=some("999190000001"),
                marks=some("bot", "khan", "xanh"),
                place_words=some("chua", "lang"),
                place_kinds=some("pagoda", "market"),
                moves=tuple(sorted({move() for _ in range(chance.randrange(3))})),
            )
        )
    return made
