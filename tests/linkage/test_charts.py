"""Charts say what the model says, in well-formed SVG that asks nobody for anything."""

import math
import re
from dataclasses import replace

import pytest
from lxml import etree

from linkage.calibration import Calibration
from linkage.charts import Bar, Chart, clues, drawn, histogram, shares, trade_off, weights
from linkage.features import FEATURES
from linkage.model import Thresholds, load, untrained
from linkage.report import page

SCORES = [-3.2, -3.9, 0.0, 5.5, 12.25]
LEVELS = sum(len(feature.levels) + 1 for feature in FEATURES)


def charts() -> list[Chart]:
    model = load()
    return [
        weights(model),
        shares(model),
        histogram(SCORES, model.thresholds),
        trade_off(SCORES, model.calibration),
        clues(model),
    ]


def texts(chart: Chart) -> list[str]:
    root = etree.fromstring(chart.svg.encode())
    return [str(element.text or "") for element in root.iter("{*}text")]


@pytest.mark.parametrize("chart", charts(), ids=lambda chart: chart.name)
def test_a_chart_is_well_formed_has_a_title_and_needs_nothing_from_outside(chart: Chart) -> None:
    root = etree.fromstring(chart.svg.encode())
    (title,) = root.findall("{*}title")
    assert title.text == chart.title
    assert not re.search(r"href|url\(|@import|<script", chart.svg)


def test_every_level_stands_with_its_bits() -> None:
    told = texts(weights(load()))
    assert len(told) == 2 * LEVELS
    m, u = load().weights["sex"][1]
    at = told.index("sex: cùng giới tính")
    assert told[at + 1] == f"{math.log2(m / u):+.1f}"


def test_every_level_stands_with_its_m_and_u() -> None:
    told = texts(shares(load()))
    assert len([text for text in told if text.startswith("m ")]) == LEVELS
    assert len([text for text in told if text.startswith("u ")]) == LEVELS


def test_every_pair_is_counted_once_and_thresholds_are_marked() -> None:
    told = texts(histogram(SCORES, Thresholds()))
    rows = dict(zip(told[::2], told[1::2], strict=True))
    assert sum(map(int, rows.values())) == len(SCORES)
    assert rows["-4 – -3"] == "2"
    assert rows["+5 – +6  ◂ link"] == "1"


def test_what_stays_from_a_threshold_on_is_counted_with_what_is_expected_wrong() -> None:
    told = texts(trade_off(SCORES, Calibration()))
    rows = dict(zip(told[::2], told[1::2], strict=True))
    wrong = sum(1 / (1 + 2**score) for score in SCORES if score >= 0)
    assert rows["từ · from +0 bit"] == f"3, {wrong:.1f} sai · wrong"
    assert rows["từ · from -6 bit"].startswith("5, ")


def test_bars_lie_inside_the_drawing_on_the_side_of_their_sign() -> None:
    svg = drawn("x", [Bar(words="a", value=-9, said="-9"), Bar(words="<b>", value=3, said="3")])
    root = etree.fromstring(svg.encode())
    axis = float(str(root.find("{*}line").get("x1")))  # type: ignore[union-attr]
    left, right = (
        (float(str(one.get("x"))), float(str(one.get("width")))) for one in root.iter("{*}rect")
    )
    assert left[0] + left[1] == pytest.approx(axis, abs=0.2)
    assert right[0] == pytest.approx(axis, abs=0.2)
    assert left[1] == pytest.approx(3 * right[1], abs=0.2)
    assert 0 < left[0] < right[0] + right[1] < float(str(root.get("width")))


def test_the_loudest_clue_comes_first_in_words() -> None:
    model = replace(untrained(), clues={"sex=0": 0.5, "home=0": -4.25})
    told = texts(clues(model))
    assert told[:2] == ["tên cơ sở nuôi dưỡng chung: 0", "-4.2"]
    assert len(told) == 4


def test_nothing_to_show_is_no_error() -> None:
    etree.fromstring(histogram([], Thresholds()).svg.encode())


def test_the_page_holds_all_and_no_name_of_a_child() -> None:
    model = load()
    html = page(model, charts())
    assert all(chart.svg in html for chart in charts())
    assert html.count("<tr>") == LEVELS + 1
    assert not any(name in html for terms in model.frequencies.values() for name in terms)
