"""A match model: written and read without loss, refused where it does not fit, versioned."""

import json
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest

from linkage.features import FEATURES
from linkage.model import MatchModel, Thresholds, load, settings, untrained

FREQUENT = replace(
    untrained(),
    frequencies={"name_main": {"nguyễn văn an": 0.01}},
    unseen={"name_main": 0.0001},
    trained_on={"records": 7},
)


def save(model: MatchModel, folder: Path, **changes: Any) -> Path:
    path = folder / "model.json"
    path.write_text(json.dumps(json.loads(model.as_json()) | changes), encoding="utf-8")
    return path


def test_a_model_survives_being_written_and_read(tmp_path: Path) -> None:
    read = load(save(FREQUENT, tmp_path))
    assert read == FREQUENT
    assert read.as_json() == FREQUENT.as_json()
    assert read.version == FREQUENT.version


def test_the_model_that_ships_fits_this_version() -> None:
    model = load()
    assert set(model.weights) == {feature.name for feature in FEATURES}
    assert 0 < model.prior < 0.5
    assert all(0 < share <= 1 for levels in model.weights.values() for p in levels for share in p)


@pytest.mark.parametrize("model", [load, untrained])
def test_thresholds_leave_room_for_stewards(model: Any) -> None:
    thresholds = model().thresholds
    assert thresholds.review < thresholds.link
    assert thresholds.margin > 0


def test_a_model_of_other_features_is_refused(tmp_path: Path) -> None:
    foreign = dict(FREQUENT.weights) | {"shoe_size": ((0.9, 0.1), (0.1, 0.9))}
    fewer = {name: levels for name, levels in FREQUENT.weights.items() if name != "sex"}
    for weights in (foreign, fewer, {}):
        with pytest.raises(ValueError, match="other features"):
            load(save(FREQUENT, tmp_path, weights=weights))


@pytest.mark.parametrize("feature", [feature.name for feature in FEATURES])
def test_a_model_of_other_levels_is_refused(tmp_path: Path, feature: str) -> None:
    weights = dict(FREQUENT.weights) | {feature: FREQUENT.weights[feature][1:]}
    with pytest.raises(ValueError, match="other features"):
        load(save(FREQUENT, tmp_path, weights=weights))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"weights": {}}', "nonsense"])
def test_what_is_no_model_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "model.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError):  # noqa: PT011 - json's own words or ours
        load(path)


# A model that splits no block has none to name, see below.
@pytest.mark.parametrize("part", sorted({f.name for f in fields(MatchModel)} - {"split"}))
def test_a_part_left_out_is_refused(tmp_path: Path, part: str) -> None:
    path = save(FREQUENT, tmp_path)
    left = {k: v for k, v in json.loads(path.read_text("utf-8")).items() if k != part}
    path.write_text(json.dumps(left), encoding="utf-8")
    with pytest.raises(ValueError, match="no match model"):
        load(path)


@pytest.mark.parametrize("threshold", [field.name for field in fields(Thresholds)])
def test_thresholds_are_all_there_and_numbers(tmp_path: Path, threshold: str) -> None:
    """A threshold that is left out would silently be another one."""
    whole = asdict(FREQUENT.thresholds)
    left = {name: bits for name, bits in whole.items() if name != threshold}
    wrong = ("5", None, True, float("nan"), float("inf"), float("-inf"), 10**400)
    for thresholds in (left, *(whole | {threshold: bits} for bits in wrong)):
        with pytest.raises(ValueError, match="no match model"):
            load(save(FREQUENT, tmp_path, thresholds=thresholds))


@pytest.mark.parametrize(
    "changes",
    [
        {"thresholds": asdict(Thresholds()) | {"magic": 1.0}},
        {"thresholds": None},
        {"thresholds": [1.0, 2.0]},
        {"weights": None},
        {"weights": {"sex": 7}},
        {"weights": {"sex": [0.5, 0.5]}},
        {"weights": {"sex": [[0.5]]}},
        {"frequencies": {"name_main": ["an"]}},
        {"frequencies": {"name_main": {"an": "often"}}},
        {"frequencies": None},
        {"unseen": {"name_main": None}},
        {"unseen": []},
        {"habits": None},
        {"habits": {"home:HN01": "an binh"}},
        {"habits": {"home:HN01": [1]}},
        {"prior": 0.0},
        {"prior": "small"},
        {"prior": float("nan")},
        {"prior": 1},
        {"thresholds": asdict(Thresholds()) | {"margin": -0.1}},
        {"thresholds": asdict(Thresholds()) | {"choice": -0.1}},
        {"thresholds": asdict(Thresholds()) | {"sure_of_several": 4.0}},
        {"thresholds": asdict(Thresholds()) | {"sure_of_confusable": 4.0}},
        {"thresholds": asdict(Thresholds()) | {"sure_of_doubtful": 4.0}},
        {"trained_on": ["records"]},
        {"name": ""},
        {"name": None},
        {"name": "x" * 41},
        {"name": "a code b"},
        {"name": "nul \0"},
    ],
    ids=str,
)
def test_a_part_of_another_form_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="model"):
        load(save(FREQUENT, tmp_path, **changes))


@pytest.mark.parametrize("share", [0.0, -0.1, 1.1, float("nan"), "0.5", None])
@pytest.mark.parametrize("side", [0, 1], ids=["m", "u"])
def test_a_weight_that_is_no_share_is_refused(tmp_path: Path, share: Any, side: int) -> None:
    levels: list[list[Any]] = [list(pair) for pair in FREQUENT.weights["sex"]]
    levels[0][side] = share
    with pytest.raises(ValueError, match="no match model"):
        load(save(FREQUENT, tmp_path, weights=dict(FREQUENT.weights) | {"sex": levels}))


def test_an_unknown_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="model"):
        load(save(FREQUENT, tmp_path, magic=1))


@pytest.mark.parametrize("feature", [feature.name for feature in FEATURES])
@pytest.mark.parametrize("side", [0, 1], ids=["m", "u"])
def test_the_version_changes_with_every_weight(feature: str, side: int) -> None:
    levels = [list(pair) for pair in FREQUENT.weights[feature]]
    levels[-1][side] *= 0.999
    changed = dict(FREQUENT.weights) | {feature: tuple((m, u) for m, u in levels)}
    assert replace(FREQUENT, weights=changed).version != FREQUENT.version


@pytest.mark.parametrize(
    "changes",
    [
        {"prior": 2e-4},
        {"thresholds": Thresholds(link=99.0)},
        {"frequencies": {"name_main": {"nguyễn văn an": 0.02}}},
        {"unseen": {"name_main": 0.0002}},
        {"name": "other"},
    ],
    ids=lambda changes: str(next(iter(changes))),
)
def test_the_version_changes_with_everything_that_decides(changes: dict[str, Any]) -> None:
    assert replace(FREQUENT, **changes).version != FREQUENT.version


def test_equal_models_have_one_version_whatever_the_order_of_their_parts() -> None:
    weights = dict(sorted(FREQUENT.weights.items(), reverse=True))
    reordered = replace(FREQUENT, weights=weights)
    assert list(weights) != list(FREQUENT.weights)
    assert reordered.version == FREQUENT.version
    assert FREQUENT.version.startswith("prior-")


def test_terms_do_not_show_in_the_representation() -> None:
    assert "nguyễn" not in repr(FREQUENT)


def test_the_engines_settings_are_the_models_weights() -> None:
    made = settings(FREQUENT).create_settings_dict("duckdb")
    assert made["probability_two_random_records_match"] == FREQUENT.prior
    for comparison in made["comparisons"]:
        missing, *levels = comparison["comparison_levels"]
        assert missing["is_null_level"]
        given = [(level["m_probability"], level["u_probability"]) for level in levels]
        assert given == list(FREQUENT.weights[comparison["output_column_name"]])


def test_a_model_that_splits_blocks_is_another_one_and_survives(tmp_path: Path) -> None:
    split = replace(FREQUENT, split={"n": ("0123456789abcdef",), "b": ("*",)})
    assert load(save(split, tmp_path)) == split
    assert split.version != FREQUENT.version


@pytest.mark.parametrize("split", [[], {"n": "*"}, {"n": 1}, {"id": ["*"]}])
def test_blocks_that_this_version_cannot_split_are_refused(tmp_path: Path, split: Any) -> None:
    with pytest.raises(ValueError, match=r"split|no match model"):
        load(save(FREQUENT, tmp_path, split=split))
