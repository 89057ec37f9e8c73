"""The contract with Splink: what it scores is what the model says, computed by hand."""

import math
from collections.abc import Sequence
from dataclasses import fields, replace
from functools import cache
from importlib import metadata
from itertools import combinations
from random import Random
from typing import Any

import duckdb
import pytest

from linkage import matcher, portions
from linkage.blocking import block_keys
from linkage.configuration import CHILDREN
from linkage.features import FEATURES, Feature
from linkage.matcher import ScoredPair, TooManyPairsError, score
from linkage.model import MatchModel, untrained
from linkage.records import Move, PersonRecord
from linkage.scorer import compiled
from tests.linkage.people import HOME, HOSPITAL, TODAY, made_people, person, rich, said

COMMON, RARE = "nguyễn thị bình an", "tống khánh vy"
MODEL = replace(untrained(), frequencies={"name_main": {COMMON: 0.02}}, unseen={"name_main": 1e-9})
EVERYTHING = -1000.0
HALF_A_DIGIT = 1e-5
"""How far rounded bits may be from their rounded sum: half a millionth for each feature."""
NAMES = [feature.name for feature in FEATURES]

BORN = {"birth_low": TODAY, "birth_high": TODAY, "birth_firm": True}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "a common name counts less": (
        {"names": (COMMON,), "sex": "female"},
        {"names": (COMMON,), "sex": "female"},
        ["same full name", "same sex, as the name says already"],
    ),
    "a rare name counts no more than the floor": (
        {"names": (RARE,)},
        {"names": (RARE,), "sex": "female"},
        ["same full name"],
    ),
    "one of the names": (
        {"names": (RARE, COMMON)},
        {"names": (COMMON, "lê thị một hai ba")},
        ["one of the names is the same"],
    ),
    "another order": (
        {"names": ("nguyễn văn an",), "sex": "male"},
        {"names": ("an nguyễn văn",), "sex": "female"},
        ["same name in another order, or typed without marks", "different sex"],
    ),
    "typed without marks": (
        {"names": ("nguyễn thị bảo",)},
        {"names": ("nguyen thi bao",)},
        ["same name in another order, or typed without marks"],
    ),
    "regional surnames": (
        {"names": ("huình thị bảo",)},
        {"names": ("hoàng thị bảo",)},
        ["same name in another order, or typed without marks"],
    ),
    "other marks": (
        {"names": ("nguyễn thị bảo",)},
        {"names": ("nguyễn thị bạo",)},
        ["names that differ only in their marks"],
    ),
    "one of two names was typed without marks": (
        {"names": ("cao thị hoa", "nguyen thi bao")},
        {"names": ("nguyễn thị bạo",)},
        ["same name in another order, or typed without marks"],
    ),
    "only a given name after its marker": (
        {"names": ("i nhi",)},
        {"names": ("i nhi", "nguyễn thị ái")},
        ["same given name, and one side knows no more of the name"],
    ),
    "the same given name in other names": (
        {"names": ("nguyễn văn an",)},
        {"names": ("trần thị hoài an",)},
        ["same given name in another full name"],
    ),
    "a name for the time being": (
        {"names": ("nguyễn văn an",), "provisional": True},
        {"names": ("lê thị hồng nhung",)},
        ["different names, of which one was only for the time being"],
    ),
    "a given name only": (
        {"names": ("gạo",)},
        {"names": ("lê thị hồng nhung",)},
        ["different names, of which one is only a given name"],
    ),
    "other names and the same sex": (
        {"names": ("nguyễn văn an",), "sex": "male"},
        {"names": ("lê minh tuấn",), "sex": "male"},
        ["different names", "same sex"],
    ),
    "other names": (
        {"names": ("nguyễn văn an",)},
        {"names": ("lê thị hồng nhung",)},
        ["different names"],
    ),
    "the same day of birth": (dict(BORN), dict(BORN), ["same day of birth"]),
    "day and month swapped": (
        {**BORN, "birth_low": TODAY, "birth_high": TODAY},
        {**BORN, "birth_low": TODAY + 30, "birth_high": TODAY + 30},
        ["day and month of birth swapped"],
    ),
    "years apart": (
        {**BORN},
        {**BORN, "birth_low": TODAY - 3000, "birth_high": TODAY - 3000},
        ["different birth dates"],
    ),
    "one digit of the personal ID": (
        {"personal_ids": ("998326000001",), "cards": ("9900000001",)},
        {"personal_ids": ("998326000009",), "cards": ("9900000002",)},
        ["personal ID numbers one digit apart", "different health-insurance numbers"],
    ),
    "two digits of the personal ID changed places": (
        {"personal_ids": ("998326000123",)},
        {"personal_ids": ("998326001023",)},
        ["two digits of the personal ID number changed places"],
    ),
    "a personal ID without its zeros": (
        {"personal_ids": (f"{998326999:012}",)},
        {"personal_ids": ("998326999",)},
        ["same personal ID number without its leading zeros"],
    ),
    "a cancelled personal ID": (
        {"personal_ids": ("998326000001",), "cancelled_ids": ("998326000001",)},
        {"personal_ids": ("999111222333",)},
        ["a cancelled personal ID number, which another may have replaced"],
    ),
    "one of two personal IDs was cancelled": (
        {"personal_ids": ("998326000001", "998555666777"), "cancelled_ids": ("998326000001",)},
        {"personal_ids": ("999111222333",)},
        ["different personal ID numbers"],
    ),
    "another personal ID": (
        {"personal_ids": ("998326000001",), "certificates": ("1",)},
        {"personal_ids": ("999111222333",), "certificates": ("1", "2")},
        ["different personal ID numbers", "same birth certificate number"],
    ),
    "minutes of one day": (
        {"minutes": (f"12|00199|{TODAY}",)},
        {"minutes": (f"12|00199|{TODAY}",)},
        ["same minutes: number, commune and day", "same commune"],
    ),
    "minutes of one year": (
        {"minutes": (f"12|00199|{TODAY}",)},
        {"minutes": ("12|00199|2026",)},
        ["same minutes: number, commune and year", "same commune"],
    ),
    "found together": (
        {"found_low": TODAY, "found_high": TODAY, "communes": ("00199", "00200")},
        {"found_low": TODAY + 1, "found_high": TODAY + 1, "communes": ("00200",)},
        ["found in the same commune within a day"],
    ),
    "the same mother": (
        {"mothers": ("bui thi xuan",), "mother_ids": ("999190000001",)},
        {"mothers": ("bui thi xuan",)},
        ["same name of the mother"],
    ),
    "the same home": ({"homes": (HOME,)}, {"homes": (HOME,)}, ["were at the same place"]),
    "alike in weight": (
        {"grams": 2900, "grams_day": TODAY},
        {"grams": 2940, "grams_day": TODAY + 4},
        ["nearly the same weight within days"],
    ),
    "grown within the standards": (
        {"grams": 2900, "grams_day": TODAY, "sex": "male"},
        {"grams": 6400, "grams_day": TODAY + 122},
        ["weight plausible for the time between"],
    ),
    "grown too fast": (
        {"grams": 2900, "grams_day": TODAY},
        {"grams": 4600, "grams_day": TODAY + 10},
        ["weight not plausible"],
    ),
    "not grown in half a year": (
        {"grams": 2900, "grams_day": TODAY},
        {"grams": 3000, "grams_day": TODAY + 183},
        ["weight not plausible"],
    ),
    "a newborn and a child of two years a year later": (
        {"grams": 2900, "grams_day": TODAY},
        {"grams": 17500, "grams_day": TODAY + 365},
        ["weight not plausible"],
    ),
    "the place in the same words": (
        {"place_words": ("chua", "lang"), "place_kinds": ("pagoda",)},
        {"place_words": ("chua", "lang"), "place_kinds": ("market", "pagoda")},
        ["the place found is described alike"],
    ),
    "two pagodas": (
        {"place_words": ("chua", "lang"), "place_kinds": ("pagoda",)},
        {"place_words": ("chua", "ha"), "place_kinds": ("pagoda",)},
        ["found at the same kind of place (pagoda, market, hospital...)"],
    ),
    "a kind of place only": (
        {"place_kinds": ("market",)},
        {"place_words": ("chua", "ha"), "place_kinds": ("pagoda",)},
        ["found at different kinds of places"],
    ),
    "a word of a place": (
        {"place_words": ("lang", "hoa")},
        {"place_words": ("lang", "ha"), "place_kinds": ("market",)},
        ["the descriptions of the place share a word"],
    ),
    "other words of a place": (
        {"place_words": ("lang",)},
        {"place_words": ("ha",)},
        ["the place is described otherwise"],
    ),
    "three words of marks": (
        {"marks": ("bot", "do", "vai")},
        {"marks": ("bot", "do", "khan", "vai")},
        ["marks and belongings alike"],
    ),
    "two words of marks": (
        {"marks": ("moi", "sut")},
        {"marks": ("khan", "moi", "sut")},
        ["marks and belongings share two words"],
    ),
    "one word of marks": (
        {"marks": ("bot", "do")},
        {"marks": ("do", "khan")},
        ["marks and belongings share a word"],
    ),
    "other marks and belongings": (
        {"marks": ("bot",)},
        {"marks": ("khan",)},
        ["marks and belongings differ"],
    ),
    "another home": (
        {"homes": (HOME,)},
        {"homes": ("home:99002",)},
        ["place and time do not fit"],
    ),
}


@cache
def cases() -> dict[str, ScoredPair]:
    """All cases scored in one run; each pair meets through a registration of its own."""
    records = []
    for name, (left, right, _) in CASES.items():
        own = {"registrations": (f"case {name}",)}
        records += [person(f"{name}|1", **left, **own), person(f"{name}|2", **right, **own)]
    pairs = {(pair.left, pair.right): pair for pair in score(records, MODEL, EVERYTHING)}
    return {name: pairs[f"{name}|1", f"{name}|2"] for name in CASES}


def levels_of(words: list[str]) -> dict[str, int]:
    return dict(said(text) for text in [*words, "same birth registration number"])


def bits_by_hand(model: MatchModel, feature: str, level: int, names: tuple[str, ...]) -> float:
    """log2(m/u); for an agreeing name, u is how frequent that name is, but at least the floor."""
    m, u = model.weights[feature][level]
    if (feature, level) == said("same full name"):
        known = model.frequencies["name_main"].get(names[0], model.unseen["name_main"])
        u = max(known, CHILDREN.rarest)
    return math.log2(m / u)


def test_the_contract_below_was_checked_with_this_splink() -> None:
    # A new Splink: read its release notes, see that this file is green, then change this line.
    assert metadata.version("splink").split(".")[:2] == ["5", "0"]


@pytest.mark.parametrize("case", CASES)
def test_weights_are_the_models_computed_by_hand(case: str) -> None:
    left, _, words = CASES[case]
    pair, levels = cases()[case], levels_of(words)
    assert dict(zip(NAMES, pair.levels, strict=True)) == {name: levels.get(name) for name in NAMES}
    expected = {
        name: bits_by_hand(MODEL, name, level, left.get("names", ()))
        for name, level in levels.items()
    }
    for name, bits in zip(NAMES, pair.bits, strict=True):
        assert bits == pytest.approx(expected.get(name, 0), abs=1e-6)
    prior = math.log2(MODEL.prior / (1 - MODEL.prior))
    assert pair.weight == pytest.approx(prior + sum(expected.values()), abs=1e-6)


def test_every_feature_can_agree_at_its_first_level() -> None:
    (pair,) = score([rich("hospital:1"), rich("facility:2")], MODEL, EVERYTHING)
    assert pair.levels == (0,) * len(FEATURES)
    by_hand = [bits_by_hand(MODEL, name, 0, (COMMON,)) for name in NAMES]
    assert pair.bits == pytest.approx(by_hand, abs=1e-6)


def test_a_name_that_a_house_gives_to_everybody_is_no_evidence_in_any_engine() -> None:
    told: dict[str, Any] = {"registrations": ("1",), "files": (f"{HOME}|1|a",), "names": (RARE,)}
    left = person("facility:1", **told)
    right = person("police:2", names=(RARE,), registrations=("1",))
    model = replace(MODEL, habits={HOME: ("name:khanh tong vi",)})
    (known,), (pair,) = (list(score([left, right], one, EVERYTHING)) for one in (MODEL, model))
    name = NAMES.index("name")
    assert (known.levels[name], pair.levels[name], pair.bits[name]) == (0, None, 0.0)
    assert compiled(model).pair(left, right) == pair


# Missing is no evidence -------------------------------------------------------------------------


TOLD = [f.name for f in fields(PersonRecord) if f.name not in ("record_id", "key", "source")]


def fields_of(feature: Feature) -> list[str]:
    """What a record says that the feature's columns are made from."""
    whole, empty = rich("hospital:1"), person("hospital:1")
    return [
        name
        for name in TOLD
        if any(
            column.of(replace(whole, **{name: getattr(empty, name)})) != column.of(whole)
            or column.of(replace(empty, **{name: getattr(whole, name)})) != column.of(empty)
            for column in feature.columns.values()
        )
    ]


@cache
def blanked() -> dict[tuple[str, str], ScoredPair]:
    """(feature, blanked side) → the pair in which that side says nothing of the feature."""
    records = []
    for feature in FEATURES:
        nothing = {name: getattr(person("x"), name) for name in fields_of(feature)}
        for side in ("left", "right"):
            records += [
                rich(f"{feature.name}|{side}|1", **nothing if side == "left" else {}),
                rich(f"{feature.name}|{side}|2", **nothing if side == "right" else {}),
            ]
    found = {}
    for pair in score(records, MODEL, EVERYTHING):
        name, side, _ = pair.left.split("|")
        if pair.right == f"{name}|{side}|2":
            found[name, side] = pair
    return found


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_what_is_missing_on_one_side_is_no_evidence(feature: Feature, side: str) -> None:
    told = set(fields_of(feature))
    assert told
    pair = blanked()[feature.name, side]
    for other, level, bits in zip(FEATURES, pair.levels, pair.bits, strict=True):
        if other is feature:
            assert (level, bits) == (None, 0.0)
        elif (feature.name, other.name) == ("name", "sex"):
            assert level == said("same sex")[1]
        elif not told & set(fields_of(other)):
            assert level == 0


def test_records_that_say_nothing_in_common_have_the_weight_of_the_prior() -> None:
    shared = {"registrations": ("1",)}
    left = person("hospital:1", names=(RARE,), **shared)
    right = person("facility:2", sex="male", **shared)
    (pair,) = score([left, right], MODEL, EVERYTHING)
    prior = math.log2(MODEL.prior / (1 - MODEL.prior))
    known = bits_by_hand(MODEL, "registration", 0, ())
    assert pair.weight == pytest.approx(prior + known, abs=1e-6)


HOME_FILE, MINUTES = "file:home:99001|7", "min:12|00199|2026"


@pytest.mark.parametrize(
    ("copied", "words"),
    [
        (("min:12|00199|2026", HOME_FILE), "the report names two numbers of the child"),
        ((HOME_FILE,), "the report names one number of the child"),
        ((MINUTES,), "the report names a number that twins may share"),
        (
            ("file:home:99001|8", MINUTES),
            "the report names a number that twins may share, and another number of its own",
        ),
        (("file:home:99001|8",), "the report names another number in the same book"),
        (("file:home:99002|7",), "the report names none of these numbers"),
    ],
)
def test_the_numbers_of_a_report_are_compared_book_by_book(
    copied: tuple[str, ...], words: str
) -> None:
    shared: dict[str, Any] = {"birth_low": TODAY, "birth_high": TODAY, "birth_firm": True}
    report = person("casework:1", copied=copied, **shared)
    home = person("facility:2", files=("home:99001|7|a",), minutes=(f"12|00199|{TODAY}",), **shared)
    (pair,) = score([report, home], MODEL, EVERYTHING)
    assert pair.levels[NAMES.index("copied")] == said(words)[1]


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"found_low": TODAY}, "the step was done when it is due after the finding"),
        ({"found_low": TODAY + 20}, "the step does not fit the day of finding"),
        (
            {"moves": (Move(direction="in", place=HOME, day=TODAY + 20),)},
            "the step does not fit the first arrival",
        ),
    ],
)
def test_a_step_is_held_against_the_finding_and_less_so_against_an_arrival(
    known: dict[str, Any], words: str
) -> None:
    report = person("casework:1", copied=(MINUTES,), due_low=TODAY - 7, due_high=TODAY)
    other = person("facility:2", minutes=(f"12|00199|{TODAY}",), **known)
    (pair,) = score([report, other], MODEL, EVERYTHING)
    assert pair.levels[NAMES.index("due")] == said(words)[1]


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (-400, "registered before the notice had ended"),
        (6, "registered before the notice had ended"),
        (7, "registered when it was due after the finding"),
        (120, "registered when it was due after the finding"),
        (121, "registered late after the finding"),
    ],
)
def test_a_registration_is_held_against_the_day_of_finding(after: int, words: str) -> None:
    entry = person("civil_status:1", registered=TODAY + after, minutes=("12|00199|2026",))
    found = person("police:2", found_low=TODAY, minutes=(f"12|00199|{TODAY}",))
    (pair,) = score([entry, found], MODEL, EVERYTHING)
    assert pair.levels[NAMES.index("registered")] == said(words)[1]


def test_a_registration_says_nothing_where_the_day_of_finding_is_not_known() -> None:
    entry = person("civil_status:1", registered=TODAY, minutes=("12|00199|2026",))
    moved = (Move(direction="in", place=HOSPITAL, day=TODAY + 90),)
    stay = person("hospital:2", minutes=(f"12|00199|{TODAY}",), moves=moved)
    (pair,) = score([entry, stay], MODEL, EVERYTHING)
    assert pair.levels[NAMES.index("registered")] is None


# Which pairs, and in what order -----------------------------------------------------------------


@cache
def crowd() -> tuple[PersonRecord, ...]:
    """Forty records that partly agree, the same ones in every run."""
    random = Random(20260304)
    records = []
    for number in range(40):
        whole = rich(
            f"{random.choice(['hospital', 'facility'])}:{number:02}",
            sex=random.choice(["male", "female"]),
            personal_ids=(f"99832600000{random.randrange(9)}",),
            certificates=(str(random.randrange(9)),),
            names=(random.choice([COMMON, RARE, "trần văn tám"]),),
            moves=(Move(direction="in", place=HOSPITAL, day=TODAY + random.randrange(9)),),
            grams=random.randrange(2000, 4000),
        )
        nothing = person(whole.key)
        hidden = random.sample(TOLD, 22)
        records.append(replace(whole, **{name: getattr(nothing, name) for name in hidden}))
    return tuple(records)


@cache
def every() -> tuple[ScoredPair, ...]:
    """All scored pairs of the crowd."""
    return tuple(score(crowd(), MODEL, EVERYTHING))


def test_exactly_the_pairs_that_share_a_key_are_scored_once_and_sorted() -> None:
    pairs = [(pair.left, pair.right) for pair in every()]
    keys = {record.key: set(block_keys(record)) for record in crowd()}
    worth = [(a, b) for a, b in combinations(sorted(keys), 2) if keys[a] & keys[b]]
    assert sorted(pairs) == worth
    assert 50 < len(pairs) < 780


def test_the_order_of_records_makes_no_difference() -> None:
    shuffled = list(crowd())
    Random(7).shuffle(shuffled)
    one = sorted(every(), key=lambda pair: (pair.left, pair.right))
    other = sorted(score(shuffled, MODEL, EVERYTHING), key=lambda pair: (pair.left, pair.right))
    assert one == other


def test_a_pair_scores_alike_whoever_else_is_there() -> None:
    whole = {(pair.left, pair.right): pair for pair in every()}
    few = list(score(crowd()[::3], MODEL, EVERYTHING))
    assert few
    assert all(whole[pair.left, pair.right] == pair for pair in few)


def test_only_pairs_of_the_least_weight_are_given() -> None:
    weights = sorted(pair.weight for pair in every())
    least = weights[len(weights) // 2]
    enough = sorted(pair.weight for pair in score(crowd(), MODEL, least))
    assert enough == [weight for weight in weights if weight >= least]
    assert 0 < len(enough) < len(weights)


@pytest.mark.parametrize("records", [(), (rich("hospital:1"),)], ids=["none", "one"])
def test_too_few_records_make_no_pair(records: tuple[PersonRecord, ...]) -> None:
    assert list(score(records, MODEL, EVERYTHING)) == []


def test_records_that_share_no_key_make_no_pair() -> None:
    strangers = [person("hospital:1", names=("an",)), person("facility:2", names=("bình",))]
    assert list(score(strangers, MODEL, EVERYTHING)) == []


def test_weights_and_bits_are_finite_and_add_up() -> None:
    prior = math.log2(MODEL.prior / (1 - MODEL.prior))
    for pair in every():
        assert math.isfinite(pair.weight)
        assert prior + sum(pair.bits) == pytest.approx(pair.weight, abs=HALF_A_DIGIT)


def test_keys_do_not_show_in_the_representation() -> None:
    assert "hospital" not in repr(every()[0])


CROWD = "police:00199/12/2026"


def large_report(size: int) -> list[PersonRecord]:
    """Children of one report, and one of a hospital who shares their minutes."""
    shared = {"minutes": (f"12|00199|{TODAY}",), "several": True}
    found = [person(f"{CROWD}#{n}", report=CROWD, **shared) for n in range(size)]
    return [*found, person("hospital:01234/BN1", **shared)]


def test_children_of_one_large_report_are_compared_with_others_only() -> None:
    pairs = list(score(large_report(400), MODEL, EVERYTHING))
    assert len(pairs) == 400
    assert all("hospital:01234/BN1" in (pair.left, pair.right) for pair in pairs)


def test_twins_of_one_report_are_compared() -> None:
    assert len(list(score(large_report(2), MODEL, EVERYTHING))) == 3


def test_portions_score_the_same_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [rich(f"hospital:01234/BN{n}") for n in range(12)]
    whole = sorted(score(records, MODEL, EVERYTHING), key=lambda p: (p.left, p.right))
    monkeypatch.setattr(portions, "PAIRS_AT_ONCE", 900)
    parts = sorted(score(records, MODEL, EVERYTHING), key=lambda p: (p.left, p.right))
    assert len(whole) == 66
    assert parts == whole


@pytest.mark.parametrize("threads", [1, 4])
def test_how_many_threads_score_makes_no_difference(
    threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise 3: whatever parallelism, to the last digit."""
    connect, records = duckdb.connect, made_people(60, 3)

    def with_threads(database: str = ":memory:", **options: Any) -> duckdb.DuckDBPyConnection:
        config = options.get("config", {}) | {"threads": str(threads)}
        return connect(database, config=config)

    whole = scored_in_order(records)
    monkeypatch.setattr(duckdb, "connect", with_threads)
    shuffled = Random(threads).sample(records, len(records))
    assert scored_in_order(shuffled) == whole
    assert len(whole) > 1_000


def scored_in_order(records: Sequence[PersonRecord]) -> list[ScoredPair]:
    return sorted(score(records, MODEL, EVERYTHING), key=lambda pair: (pair.left, pair.right))


def test_more_pairs_than_may_be_kept_end_with_an_error_of_our_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(matcher, "MOST_SCORED", 65)
    with pytest.raises(TooManyPairsError):
        list(score([rich(f"hospital:01234/BN{n}") for n in range(12)], MODEL, EVERYTHING))


def test_where_the_engine_runs_out_of_memory_that_is_what_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect = duckdb.connect

    def small(database: str = ":memory:", **options: Any) -> duckdb.DuckDBPyConnection:
        limits = {"memory_limit": "12MB", "threads": "1"}
        return connect(database, config=options.get("config", {}) | limits)

    monkeypatch.setattr(duckdb, "connect", small)
    with pytest.raises(TooManyPairsError) as told:
        list(score([rich(f"hospital:01234/BN{n}") for n in range(200)], MODEL, EVERYTHING))
    assert told.value.__cause__ is None
