"""The engine is configured for other attributes than the children's (OpenHIE CRF-1, CRF-6)."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from splink import comparison_level_library as cll

from linkage.clustering import partition
from linkage.configuration import CHILDREN, Configuration
from linkage.explanation import explain
from linkage.features import FEATURES, Column, ColumnKind, Feature, Level
from linkage.matcher import ScoredPair, score
from linkage.model import MatchModel, Thresholds, load, settings, untrained
from linkage.training import train

EVERYTHING = -1000.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Boat:
    """Nothing that a child has."""

    key: str
    name: str | None
    length: int | None
    report: str | None = None

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def keys(boat: Boat) -> Iterator[str]:
    if boat.name:
        yield f"n:{boat.name[:3]}"
    if boat.length:
        yield f"l:{boat.length}"


BOATS = Configuration(
    name="boats",
    features=(
        Feature(
            name="name",
            columns={"name": Column(kind=ColumnKind.TEXT, of=lambda boat: boat.name)},
            missing="name",
            levels=(
                Level(
                    condition=lambda: cll.ExactMatchLevel("name"),
                    m=0.7,
                    u=0.02,
                    vietnamese="cùng tên",
                    english="same name",
                    term_frequency="name",
                ),
                Level(
                    condition=lambda: cll.LevenshteinLevel("name", 2),
                    m=0.2,
                    u=0.01,
                    vietnamese="tên gần giống",
                    english="name nearly the same",
                ),
            ),
        ),
        Feature(
            name="length",
            columns={"length": Column(kind=ColumnKind.NUMBER, of=lambda boat: boat.length)},
            missing="length",
            levels=(
                Level(
                    condition=lambda: cll.ExactMatchLevel("length"),
                    m=0.9,
                    u=0.1,
                    vietnamese="cùng chiều dài",
                    english="same length",
                ),
            ),
        ),
    ),
    block_keys=keys,
    em_rules=(("name",), ("length",)),
    prior=0.01,
)


def boats(count: int = 300) -> list[Boat]:
    """Two records of each boat; of some a letter of the name or the length is lost."""
    random = Random(11)
    found = []
    for number in range(count // 2):
        name = "".join(random.choices("abdeghiklmnoprst", k=9))
        length = random.randrange(4, 40)
        spelt = random.choice([name, name, name[:-1], None])
        found.append(Boat(key=f"{number}a", name=name, length=length))
        found.append(Boat(key=f"{number}b", name=spelt, length=random.choice([length, None])))
    return found


@pytest.fixture(scope="module")
def model() -> MatchModel:
    return train(boats(), configuration=BOATS, name="boats")


@pytest.fixture(scope="module")
def pairs(model: MatchModel) -> list[ScoredPair]:
    return list(score(boats(), model, EVERYTHING, BOATS))


def test_every_pair_that_shares_one_of_its_keys_is_scored(pairs: list[ScoredPair]) -> None:
    shared = {
        tuple(sorted((one.key, other.key)))
        for one, other in combinations(boats(), 2)
        if set(keys(one)) & set(keys(other))
    }
    assert {(pair.left, pair.right) for pair in pairs} == shared


def test_training_moves_every_weight_all_the_way(model: MatchModel) -> None:
    assert {name: len(levels) for name, levels in model.weights.items()} == {"name": 3, "length": 2}
    assert model.weights["name"][0] != untrained(BOATS).weights["name"][0]
    assert model.weights["name"][0][1] < 0.02 / 2
    assert set(model.frequencies) == {"name"}
    assert model.prior == BOATS.prior


def test_another_configuration_links(model: MatchModel, pairs: list[ScoredPair]) -> None:
    done = partition([b.key for b in boats()], pairs, lambda one, other: False, Thresholds(link=3))
    right = {(f"{number}a", f"{number}b") for number in range(150)}
    joined = {group for group in done.groups if len(group) > 1}
    assert joined <= right
    assert len(joined) > len(right) / 2


def test_another_configuration_explains_in_its_own_words_and_adds_up(
    model: MatchModel, pairs: list[ScoredPair]
) -> None:
    for pair in pairs[:500]:
        lines = explain(pair, model, BOATS)
        assert [line.feature for line in lines] == ["prior", "name", "length"]
        assert sum(line.bits for line in lines) == pytest.approx(pair.weight, abs=1e-5)
    told = {line.english for pair in pairs for line in explain(pair, model, BOATS)}
    assert told >= {"same name", "name nearly the same", "same length", "missing on one side"}


def test_a_model_of_one_configuration_is_none_of_another(model: MatchModel, tmp_path: Path) -> None:
    path = tmp_path / "boats.json"
    path.write_text(model.as_json(), encoding="utf-8")
    assert load(path, BOATS) == model
    with pytest.raises(ValueError, match="other features"):
        load(path)


def test_a_rare_term_counts_no_more_than_the_rarest(model: MatchModel) -> None:
    made = settings(model, BOATS).create_settings_dict("duckdb")
    name = next(c for c in made["comparisons"] if c["output_column_name"] == "name")
    assert name["comparison_levels"][1]["tf_minimum_u_value"] == BOATS.rarest


def test_the_children_are_one_configuration() -> None:
    assert CHILDREN.features is FEATURES
    assert CHILDREN.term_columns == ("name_main",)
    assert untrained() == untrained(CHILDREN)
    for name in (name for rule in CHILDREN.em_rules for name in rule):
        assert CHILDREN.columns[name].kind is ColumnKind.TEXT
