"""The commands about models: what they say, and how they end."""

import csv
import json
from pathlib import Path

import pytest
from sqlalchemy import URL

from linkage.model import load
from tests.commands import Ended, motem
from tests.journeys.steps import connected, ingest, minutes, registration

ALIKE = {"gioiTinh": "NU", "canNangGram": 2900}


@pytest.fixture
def url(database_url: URL) -> URL:
    """A database with minutes and the registration that rests on them."""
    with connected(database_url) as engine:
        ingest(engine, [minutes(ALIKE), registration(24)])
    return database_url


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A model file that joins nothing by itself."""
    values = json.loads(load().as_json()) | {"name": "ours", "clues": {}}
    values["thresholds"] |= {"alone": 99, "link": 99, "certain": 99}
    file = tmp_path / "ours.json"
    file.write_text(json.dumps(values), encoding="utf-8")
    return file


def version_of(ended: Ended) -> str:
    assert ended.status == 0
    return ended.out.strip()


def test_a_model_is_added_compared_and_put_into_use(url: URL, ours: Path, tmp_path: Path) -> None:
    assert f"* {load().version}" in motem(url, "model", "list").out
    version = version_of(motem(url, "model", "add", ours))
    compared = motem(url, "model", "diff", "shipped", version, "--output", tmp_path / "diff.csv")
    assert compared.status == 0
    assert version in compared.out
    with (tmp_path / "diff.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header[-1] == "change"
    assert [row[-1] for row in rows] == ["parted"]
    assert {rows[0][0], rows[0][2]} == {"civil_status", "police"}
    assert load().version in motem(url, "link").out
    assert version_of(motem(url, "model", "activate", version, "--reason", "thử")) == version
    listed = motem(url, "model", "list").out
    assert f"* {version}" in listed
    assert "thử" in listed
    assert version in motem(url, "link").out


def test_what_a_model_weighs_is_shown_in_both_languages(url: URL) -> None:
    shown = motem(url, "model", "show", "shipped")
    assert shown.status == 0
    assert "cùng giới tính · same sex" in shown.out
    assert "prior" in shown.out
    assert "probability: -8 bits" in shown.out
    assert "+19.8" in shown.out


def test_what_each_kind_of_key_costs_is_shown(url: URL) -> None:
    shown = motem(url, "model", "blocking")
    assert shown.status == 0
    assert "min" in shown.out
    assert "oversized" in shown.out
    assert "split by the model" in shown.out


def test_the_report_and_its_charts_are_written_for_their_owner_only(
    url: URL, tmp_path: Path
) -> None:
    ended = motem(url, "model", "report", "shipped", tmp_path / "report")
    assert ended.status == 0
    written = {file.name: file for file in (tmp_path / "report").iterdir()}
    assert written.keys() == {
        "report.html",
        *("weights.svg", "shares.svg", "histogram.svg", "trade-off.svg", "clues.svg"),
    }
    assert load().version in written["report.html"].read_text(encoding="utf-8")
    assert all(file.stat().st_mode & 0o077 == 0 for file in written.values())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "none-000000000000"], "Không có mô hình"),
        (["diff", "shipped", "none-000000000000"], "Không có mô hình"),
        (["activate", "none-000000000000", "--reason", "x"], "Không có mô hình"),
        (["activate", "shipped", "--reason", " "], "Phải có lý do"),
    ],
)
def test_what_is_refused_is_said_in_both_languages(
    url: URL, arguments: list[str], words: str
) -> None:
    ended = motem(url, "model", *arguments)
    assert ended.status == 1
    assert words in ended.err
    assert "Traceback" not in ended.err


def test_a_file_that_is_no_model_is_one_sentence(url: URL, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{", encoding="utf-8")
    ended = motem(url, "model", "add", tmp_path / "x.json")
    assert ended.status == 1
    assert "The model file cannot be read" in ended.err


def test_train_with_too_few_records_says_how_many_it_needs(url: URL) -> None:
    ended = motem(url, "train")
    assert ended.status == 1
    assert "At least 200 records are needed" in ended.err
