"""`motem decide`, `undecide` and `export decisions` as a shell sees them."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from tests.commands import Ended, motem
from tests.conftest import fresh_database
from tests.journeys.steps import connected, homes, ingest, minutes, registration

Motem = Callable[..., Ended]
CHILD, OTHER = "police:00199/12/BB-CAX/2026#1", "civil_status:00199/01/2026/25"
HEADER = [
    *("decision", "left_source", "left_record", "right_source", "right_record"),
    *("verdict", "stands", "withdraws", "author", "made_at", "weight", "model", "reason"),
]


@pytest.fixture(scope="module")
def two_template(server_url: URL, template_url: URL) -> Iterator[URL]:
    with fresh_database(server_url, template_url.database) as url:
        with connected(url) as engine:
            ingest(engine, [minutes({"gioiTinh": 1}), registration(25, bbSo=None, bbNgay=None)])
        yield url


@pytest.fixture
def two(server_url: URL, two_template: URL) -> Iterator[URL]:
    with fresh_database(server_url, two_template.database) as url:
        yield url


@pytest.fixture
def shell(two: URL, tmp_path: Path) -> Motem:
    return lambda *arguments: motem(two, *arguments, MOTEM_HOME=str(tmp_path / "home"))


@pytest.fixture
def engine(two: URL) -> Iterator[Engine]:
    with connected(two) as engine:
        yield engine


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        assert reader.fieldnames == HEADER
        return list(reader)


def test_a_decision_and_its_withdrawal(shell: Motem, engine: Engine, tmp_path: Path) -> None:
    before = homes(engine)
    made = shell("decide", CHILD, OTHER, "--same", "--reason", "giấy tờ gốc")
    assert made.status == 0
    assert "2 records linked anew" in made.err
    decision = made.out.strip()
    assert len(set(homes(engine).values())) == 1
    again = shell("decide", OTHER, CHILD, "--same", "--reason", "một lần nữa")
    assert (again.status, again.out, "stood before" in again.err) == (0, made.out, True)
    ended = shell("undecide", decision, "--reason", "nhầm")
    assert ended.status == 0
    assert homes(engine) == before
    assert "withdrawn before" in shell("undecide", decision, "--reason", "nhầm").err
    assert shell("export", "decisions", tmp_path / "d.csv").status == 0
    first, second = rows(tmp_path / "d.csv")
    assert (first["decision"], first["verdict"], first["stands"]) == (decision, "same", "no")
    assert (first["left_source"], first["left_record"]) == ("civil_status", "00199/01/2026/25")
    assert (second["verdict"], second["withdraws"]) == ("withdrawn", decision)
    assert (first["reason"], second["reason"]) == ("giấy tờ gốc", "nhầm")
    assert (tmp_path / "d.csv").stat().st_mode & 0o077 == 0, "decisions are child data"


def test_what_is_refused_is_said_in_two_languages_with_status_1(shell: Motem) -> None:
    decision = shell("decide", CHILD, OTHER, "--not-same", "--reason", "hai trẻ").out.strip()
    ended = shell("decide", CHILD, OTHER, "--same", "--reason", "một trẻ")
    assert (ended.status, ended.out) == (1, "")
    for words in ("Đang có quyết định ngược lại", "The opposite stands", "≠", decision):
        assert words in ended.err
    assert "00199" not in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["decide", CHILD, "police:998326000009", "--same"], "No such record"),
        (["decide", CHILD, CHILD, "--not-same"], "one record"),
        (["undecide", "998326000009"], "no decision with this id"),
    ],
)
def test_what_is_not_known_is_not_shown_again(
    shell: Motem, arguments: list[str], words: str
) -> None:
    ended = shell(*arguments, "--reason", "thử")
    assert ended.status == 1
    assert words in ended.err
    assert "998326000009" not in ended.written


@pytest.mark.parametrize(
    "arguments",
    [
        ["decide", CHILD, OTHER, "--reason", "không nói gì"],
        ["decide", CHILD, OTHER, "--same"],
        ["decide", CHILD, "--same", "--reason", "một bản ghi"],
        ["undecide", "--reason", "không nêu mã"],
    ],
)
def test_wrong_use_is_status_2(shell: Motem, arguments: list[str]) -> None:
    assert shell(*arguments).status == 2
