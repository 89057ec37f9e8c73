"""The commands about linkage: what they write, and how they end."""

import csv
import importlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import URL

from gateway.cli import linking
from gateway.database import printable
from linkage.backends import HERE
from linkage.model import load
from tests.commands import Ended, motem
from tests.conftest import fresh_database
from tests.journeys.steps import connected, ingest, minutes, registration

LINKS = ["source", "record", "identity", "decision"]
REVIEWS = [
    *("left_source", "left_record", "right_source", "right_record"),
    *("weight", "probability", "reason"),
]
ALIKE = {"gioiTinh": "NU", "canNangGram": 2900}
Motem = Callable[..., Ended]


@pytest.fixture(scope="module")
def some_template(server_url: URL, template_url: URL) -> Iterator[URL]:
    """Twins of one minutes, a registration that may be either's, and two papers of one child."""
    found = {"thoiGian": "2026-05-04T05:10:00+07:00", "maXa": "00199", "loaiNoi": "CHO"}
    second = {"soBienBan": "13/BB-CAX", "ngayLap": "2026-05-04T08:30:00+07:00", "phatHien": found}
    of_second = {"bbSo": "13/BB-CAX", "bbNgay": "04.05.2026", "nksNgaySinh": "04.05.2026"}
    with fresh_database(server_url, template_url.database) as url:
        with connected(url) as engine:
            ingest(engine, [minutes(ALIKE, ALIKE), registration(24)])
            ingest(engine, [minutes(ALIKE, **second), registration(25, **of_second)])
        yield url


@pytest.fixture
def some_url(server_url: URL, some_template: URL) -> Iterator[URL]:
    """A database with some records."""
    with fresh_database(server_url, some_template.database) as url:
        yield url


@pytest.fixture
def some(some_url: URL, tmp_path: Path) -> Motem:
    """`motem` on that database, in a MOTEM_HOME of its own."""
    return lambda *arguments: motem(some_url, *arguments, MOTEM_HOME=str(tmp_path / "home"))


@pytest.fixture
def none(database_url: URL, tmp_path: Path) -> Motem:
    """`motem` on a database without records."""
    return lambda *arguments: motem(database_url, *arguments, MOTEM_HOME=str(tmp_path / "home"))


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def cell(ended: Ended, words: str) -> str:
    (line,) = [line for line in ended.out.splitlines() if words in line]
    return line.split("│")[2].strip()


def test_link_says_what_it_did(some: Motem) -> None:
    ended = some("link")
    assert ended.status == 0
    assert cell(ended, "Bản ghi · records") == "5"
    assert cell(ended, "identities") == "4"
    assert cell(ended, "moved") == "1"
    assert cell(ended, "model") == load().version


def on_spark(url: URL, master: str) -> subprocess.CompletedProcess[str]:
    """`motem link` in a process of its own, because Java ends with it."""
    pytest.importorskip("pyspark", reason="pip install -r requirements/spark.txt, and Java")
    command = [sys.executable, "-m", "gateway", "link", "--engine", "spark", "--master", master]
    environment = os.environ | {"DATABASE_URL": printable(url), "COLUMNS": "200"}
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True)


def test_an_error_of_the_linking_itself_is_not_told_as_missing_spark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spark = SimpleNamespace(running=lambda master: nullcontext(HERE))
    monkeypatch.setattr(importlib, "import_module", lambda name: spark)
    with (
        pytest.raises(ImportError, match="of the linking"),
        linking._backend(linking.Engine.SPARK, "local[1]"),
    ):
        raise ImportError("of the linking")


@pytest.mark.spark
def test_spark_links_as_duckdb_does(some_url: URL, some: Motem) -> None:
    ended = on_spark(some_url, "local[2]")
    assert ended.returncode == 0
    assert re.search(r"records moved +│ 1 ", ended.stdout)
    assert cell(some("link"), "moved") == "0"


@pytest.mark.spark
def test_a_master_that_spark_cannot_use_is_said_plainly(some_url: URL) -> None:
    ended = on_spark(some_url, "nonsense")
    assert ended.returncode == 1
    assert "Spark cannot be used" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_links_are_each_record_once(some: Motem, tmp_path: Path) -> None:
    some("link")
    ended = some("export", "links", tmp_path / "links.csv")
    assert ended.status == 0
    assert ended.out == ""
    assert "5 rows" in ended.err
    assert (tmp_path / "links.csv").stat().st_mode & 0o077 == 0, "links are child data"
    header, *rows = table(tmp_path / "links.csv")
    assert header == LINKS
    assert [row[:2] for row in rows] == [
        ["civil_status", "00199/01/2026/24"],
        ["civil_status", "00199/01/2026/25"],
        ["police", "00199/12/BB-CAX/2026#1"],
        ["police", "00199/12/BB-CAX/2026#2"],
        ["police", "00199/13/BB-CAX/2026#1"],
    ]
    assert [row[3] for row in rows] == ["single", "auto", "single", "single", "auto"]
    assert rows[1][2] == rows[4][2]


def test_before_any_linking_each_record_is_single(some: Motem, tmp_path: Path) -> None:
    some("export", "links", tmp_path / "links.csv")
    _, *rows = table(tmp_path / "links.csv")
    assert {row[3] for row in rows} == {"single"}
    assert len({row[2] for row in rows}) == 5


def test_reviews_are_the_most_probable_first(some: Motem, tmp_path: Path) -> None:
    some("link")
    assert some("export", "reviews", tmp_path / "reviews.csv").status == 0
    header, *rows = table(tmp_path / "reviews.csv")
    assert header == REVIEWS
    assert rows
    likely = [float(row[5]) for row in rows]
    assert likely == sorted(likely, reverse=True)
    assert all(0 < share < 1 for share in likely)
    for row in rows:
        assert row[:2] == ["civil_status", "00199/01/2026/24"]
        assert row[2] == "police"
        assert row[3].startswith("00199/12/BB-CAX/2026#")
        assert row[6]


RUNS = ("first", "second", "third")


def test_the_same_records_give_the_same_files(some: Motem, tmp_path: Path) -> None:
    for run, how in (("first", ["--engine", "duckdb"]), ("second", []), ("third", ["--full"])):
        assert some("link", *how).status == 0
        some("export", "links", tmp_path / run / "links.csv")
        some("export", "reviews", tmp_path / run / "reviews.csv")
    for name in ("links.csv", "reviews.csv"):
        first, *others = ((tmp_path / run / name).read_bytes() for run in RUNS)
        assert others == [first, first]


def test_an_empty_database_is_linked_and_exported(none: Motem, tmp_path: Path) -> None:
    assert none("link").status == 0
    assert none("export", "links", tmp_path / "links.csv").status == 0
    assert none("export", "reviews", tmp_path / "reviews.csv").status == 0
    assert table(tmp_path / "links.csv") == [LINKS]
    assert table(tmp_path / "reviews.csv") == [REVIEWS]


def test_evaluate_compares_with_the_truth(some: Motem, tmp_path: Path) -> None:
    truth = tmp_path / "truth.csv"
    truth.write_text(
        "source,record,child\n"
        "police,00199/12/BB-CAX/2026#1,A\n"
        "police,00199/12/BB-CAX/2026#2,B\n"
        "police,00199/13/BB-CAX/2026#1,C\n"
        "civil_status,00199/01/2026/25,C\n"
        "civil_status,00199/01/2026/99,C\n",
        encoding="utf-8",
    )
    some("link")
    ended = some("evaluate", truth)
    assert ended.status == 0
    assert cell(ended, "pairwise precision") == "1.0000"
    assert cell(ended, "pairwise recall") == "1.0000"
    assert cell(ended, "records missing") == "1"
    assert cell(ended, "merged") == "0 / 1"


def test_evaluate_works_on_an_empty_database(none: Motem, tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text("source,record,child\na,b,c\n", encoding="utf-8")
    assert none("evaluate", tmp_path / "truth.csv").status == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"source,record\n", b"\xff\xfe", b"source,record,child\npolice,x\n", None],
    ids=["empty", "no-column", "no-text", "short-row", "no-file"],
)
def test_a_wrong_truth_file_is_one_sentence(
    none: Motem, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "truth.csv").write_bytes(content)
    ended = none("evaluate", tmp_path / "truth.csv")
    assert ended.status == 1
    assert "source, record and child" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b'{"name": "x"}', b"\xff", None],
    ids=["empty", "cut", "list", "no-fields", "one-field", "no-text", "no-file"],
)
def test_a_wrong_model_file_is_one_sentence(
    none: Motem, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "model.json").write_bytes(content)
    ended = none("link", "--model", tmp_path / "model.json")
    assert ended.status == 1
    assert ended.err.startswith("motem: The model file cannot be read")
    assert ended.err.count("\n") == 1


def test_the_model_of_other_features_is_refused(none: Motem, tmp_path: Path) -> None:
    values = json.loads(load().as_json())
    del values["weights"]["sex"]
    (tmp_path / "model.json").write_text(json.dumps(values), encoding="utf-8")
    assert none("link", "--model", tmp_path / "model.json").status == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["link", "--engine", "abacus"],
        ["train", "--name", "a b"],
        ["train", "--name", "x" * 41],
        ["export"],
        ["export", "links"],
        ["evaluate"],
    ],
)
def test_wrong_use_is_status_2(none: Motem, arguments: list[str]) -> None:
    assert none(*arguments).status == 2


@pytest.mark.parametrize("kind", ["links", "reviews"])
def test_a_file_that_cannot_be_written_is_one_sentence(
    none: Motem, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "file").touch()
    ended = none("export", kind, tmp_path / "file" / "x.csv")
    assert ended.status == 1
    assert ended.err.startswith("motem: The file cannot be written")


@pytest.mark.parametrize("command", [["link"], ["train"], ["export", "links", "x.csv"]])
def test_a_database_without_tables_is_one_sentence(
    template_url: URL, empty_database_url: URL, command: list[str]
) -> None:
    """`template_url` is asked for because with it the roles exist, which another check finds."""
    ended = motem(empty_database_url, *command)
    assert ended.status == 1
    assert ended.err.endswith("Run: motem migrate\n")
    assert "Traceback" not in ended.err
