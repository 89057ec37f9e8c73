"""Features plus trained weights = a versioned match model: load, save, and Splink's settings."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from splink import SettingsCreator
from splink import blocking_rule_library as brl
from splink import comparison_level_library as cll
from splink import comparison_library as cl
from splink.internals.comparison_level_creator import ComparisonLevelCreator

from linkage import calibration, forest
from linkage.calibration import Calibration
from linkage.configuration import CHILDREN, Configuration
from linkage.features import Feature
from linkage.forest import Forest

SHARED_KEY = "l.block_keys = r.block_keys and coalesce(l.crowd <> r.crowd, true)"
"""Children of one crowd, a report of very many, are never one child: conflict reported-together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """Match weights in bits: from `link` the engine joins, from `review` it asks a steward.

    `margin`: a rival within so many bits makes a link ambiguous. From `alone` on the engine joins
    two groups that fit nobody else, or worse by `choice` bits: what is missing in evidence is made
    up by the lack of choice.
    Only what fits with `crowd` bits or more is counted as a rival or another choice.
    Below `certain` a link is made only between two groups compared as a whole. Below `least` a pair
    is not looked at.

    The others are log odds of the second look (`second_look.py`): from `sure` on it joins, from
    `sure_of_several` on where a twin or sibling may be meant, from `sure_of_confusable` on where
    nothing tells from a twin either, from `sure_of_doubtful` on where the evidence is doubtful in
    kind, from `ask` on a steward is asked.
    """

    certain: float = 14.0
    link: float = 5.0
    alone: float = 0.0
    review: float = -4.5
    crowd: float = -1.75
    margin: float = 6.0
    choice: float = 3.0
    least: float = -9.0
    sure: float = 5.5
    sure_of_several: float = 8.0
    sure_of_confusable: float = 10.0
    sure_of_doubtful: float = 7.0
    ask: float = -2.25

    def __str__(self) -> str:
        return ", ".join(f"{name} {bits:g}" for name, bits in asdict(self).items())


@dataclass(frozen=True, kw_only=True)
class MatchModel:
    """Everything that decides a score, frozen. `weights`: feature → [(m, u) per level, else]."""

    name: str
    prior: float
    weights: Mapping[str, tuple[tuple[float, float], ...]]
    thresholds: Thresholds = field(default_factory=Thresholds)
    frequencies: Mapping[str, Mapping[str, float]] = field(default_factory=dict, repr=False)
    unseen: Mapping[str, float] = field(default_factory=dict)
    calibration: Calibration = field(default_factory=Calibration)
    """From a match weight to a probability."""
    clues: Mapping[str, float] = field(default_factory=dict, repr=False)
    """What each clue of the second look adds to the log odds, in bits; empty: there is none."""
    beside: Mapping[str, float] = field(default_factory=dict, repr=False)
    """The same once the odds of all pairs are known (`beside.py`); empty: they stay as they are."""
    forest: Forest = field(default_factory=Forest)
    """What clues say together, on top of that."""
    habits: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """Names and birthdays that a house or a source writes of everybody (`habits.py`)."""
    trained_on: Mapping[str, Any] = field(default_factory=dict)
    split: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """Blocks that are split by further evidence (`splitting.Split`), in whatever size they are."""

    @property
    def second(self) -> Mapping[str, float]:
        """What each clue adds to the log odds that count in the end."""
        return self.beside or self.clues

    @cached_property
    def version(self) -> str:
        """The name and the first 12 hex of the SHA-256 of all that decides a score."""
        return f"{self.name}-{hashlib.sha256(self.as_json().encode()).hexdigest()[:12]}"

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def untrained(configuration: Configuration = CHILDREN) -> MatchModel:
    """The features table's own priors."""
    weights = {
        feature.name: (*((level.m, level.u) for level in feature.levels), feature.otherwise)
        for feature in configuration.features
    }
    return MatchModel(name="prior", prior=configuration.prior, weights=weights)


def load(path: Path | None = None, configuration: Configuration = CHILDREN) -> MatchModel:
    """Read a model file; without a path the one that ships with Motem.

    Raises ValueError where the file does not fit the features of this version.
    """
    text = (
        path.read_text(encoding="utf-8")
        if path
        else resources.files("linkage").joinpath("models/default.json").read_text("utf-8")
    )
    return read(text, configuration)


def read(text: str, configuration: Configuration = CHILDREN) -> MatchModel:
    """The model that `as_json` wrote. Raises ValueError where it does not fit this version."""
    try:
        model = _parsed(text)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(UNFIT) from error
    expected = {feature.name: len(feature.levels) + 1 for feature in configuration.features}
    if not model.split.keys() <= configuration.finer.keys():
        raise ValueError("the model splits blocks that this version cannot split")
    if {name: len(levels) for name, levels in model.weights.items()} != expected:
        raise ValueError("the model was trained for other features than this version compares")
    return model


UNFIT = "the file is no match model of this version"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
"""A version is the name and twelve digits, and is part of lines that programs read."""
MOST_BITS = 1000.0
"""No pair weighs so much."""


@lru_cache(maxsize=4)
def _parsed(text: str) -> MatchModel:
    """Requests ask for the model in use, which is long: each text is read once."""
    return _read(json.loads(text))


def _read(values: dict[str, Any]) -> MatchModel:
    """What `as_json` wrote, whole: a part left out would silently be another model."""
    thresholds = values["thresholds"]
    if (
        values.keys() != MatchModel.__dataclass_fields__.keys()
        or thresholds.keys() != Thresholds.__dataclass_fields__.keys()
        or not NAME.fullmatch(values["name"])
        or not _are_bits(thresholds)
        or not all(map(_is_bits, values["clues"].values()))
        or not all(map(_is_bits, values["beside"].values()))
        or not all(type(prints) is list for prints in values["split"].values())
        or type(values["trained_on"]) is not dict
        or not values["prior"] < 1
        or not all(0 < share <= 1 for share in _shares(values))
        or not all(map(_are_texts, values["habits"].values()))
    ):
        raise ValueError(UNFIT)
    weights = {k: tuple((m, u) for m, u in v) for k, v in values["weights"].items()}
    made = {
        "thresholds": Thresholds(**thresholds),
        "weights": weights,
        "habits": {house: tuple(told) for house, told in values["habits"].items()},
        "split": {kind: tuple(map(str, prints)) for kind, prints in values["split"].items()},
        "calibration": calibration.read(values["calibration"]),
        "forest": forest.read(values["forest"]),
    }
    return MatchModel(**values | made)


def _are_texts(told: Any) -> bool:
    return type(told) is list and all(type(text) is str for text in told)


MORE_THAN_SURE = ("sure_of_several", "sure_of_confusable", "sure_of_doubtful")


def _are_bits(thresholds: dict[str, Any]) -> bool:
    """NaN is neither below nor above any weight, so the engine would join whatever there is.

    A margin below nothing would leave no rival, and twins never want less than others (promise 2).
    """
    return (
        all(map(_is_bits, thresholds.values()))
        and all(thresholds[name] >= 0 for name in ("margin", "choice"))
        and all(thresholds[name] >= thresholds["sure"] for name in MORE_THAN_SURE)
    )


def _is_bits(value: object) -> bool:
    return type(value) in (int, float) and -MOST_BITS <= value <= MOST_BITS  # type: ignore[operator]


def _shares(values: dict[str, Any]) -> Iterator[float]:
    """Every probability and frequency of a model file."""
    yield values["prior"]
    yield from (share for levels in values["weights"].values() for p in levels for share in p)
    yield from (share for terms in values["frequencies"].values() for share in terms.values())
    yield from values["unseen"].values()


def settings(
    model: MatchModel,
    configuration: Configuration = CHILDREN,
    *,
    probability: float | None = None,
    dialect: str = "duckdb",
) -> SettingsCreator:
    """The model as Splink settings: one blocking rule, over the records' own block keys.

    `dialect`: the backend's name in Splink.
    """
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="unique_id",
        probability_two_random_records_match=probability or model.prior,
        blocking_rules_to_generate_predictions=[
            brl.CustomRule(SHARED_KEY, sql_dialect=dialect, arrays_to_explode=["block_keys"])
        ],
        comparisons=[
            _comparison(feature, model.weights[feature.name], configuration.rarest)
            for feature in configuration.features
        ],
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=True,
        max_iterations=30,
    )


def _unsaid(feature: Feature) -> ComparisonLevelCreator:
    """The level of no evidence."""
    if feature.unsaid is None:
        return cll.NullLevel(feature.missing)
    return cll.CustomLevel(feature.unsaid).configure(is_null_level=True)


def _comparison(
    feature: Feature, weights: tuple[tuple[float, float], ...], rarest: float
) -> cl.CustomComparison:
    levels: list[ComparisonLevelCreator | dict[str, Any]] = [_unsaid(feature)]
    for level, (m, u) in zip(feature.levels, weights, strict=False):
        creator = level.condition()
        creator.configure(
            m_probability=m,
            u_probability=u,
            fix_m_probability=not (feature.trained and level.trained),
            fix_u_probability=not (feature.trained and level.trained),
            label_for_charts=level.english,
        )
        if level.term_frequency:
            creator.configure(
                tf_adjustment_column=level.term_frequency,
                tf_adjustment_weight=1.0,
                tf_minimum_u_value=rarest,
            )
        levels.append(creator)
    m, u = weights[-1]
    levels.append(
        cll.ElseLevel().configure(
            m_probability=m,
            u_probability=u,
            fix_m_probability=not feature.trained,
            fix_u_probability=not feature.trained,
            label_for_charts=feature.otherwise_words[1],
        )
    )
    return cl.CustomComparison(output_column_name=feature.name, comparison_levels=levels)
