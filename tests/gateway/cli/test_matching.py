"""The command `match`: a FHIR Patient, or a source's own payload."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from tests.commands import Ended, motem
from tests.conftest import fresh_database
from tests.journeys.steps import connected, homes, ingest, link, minutes, registration

Motem = Callable[..., Ended]
REGISTERED = "civil_status:00199/01/2026/24"
PATIENT = {
    "resourceType": "Patient",
    "name": [{"text": "Nguyễn Bảo An"}],
    "gender": "female",
    "birthDate": "2026-03-04",
}


@pytest.fixture(scope="module")
def known_url(server_url: URL, template_url: URL) -> Iterator[URL]:
    """A foundling's minutes and registration, linked; a question changes nothing of it."""
    with fresh_database(server_url, template_url.database) as url:
        with connected(url) as engine:
            ingest(engine, [minutes({"gioiTinh": "NU"}), registration(24)])
            link(engine)
        yield url


@pytest.fixture
def known(known_url: URL, tmp_path: Path) -> Motem:
    return lambda *arguments: motem(known_url, *arguments, MOTEM_HOME=str(tmp_path / "home"))


def asked(folder: Path, content: bytes | dict[str, Any]) -> Path:
    path = folder / "question.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def test_a_patient_is_matched_with_the_child_and_what_speaks_for_it(
    known: Motem, known_url: URL, tmp_path: Path
) -> None:
    ended = known("match", asked(tmp_path, PATIENT))
    with connected(known_url) as engine:
        (identity,) = set(homes(engine).values())
    assert ended.status == 0, ended.err
    assert identity in ended.out
    assert "họ tên giống hệt · same full name" in ended.out
    assert "Đã so sánh · Compared: " in ended.out
    assert "Nguyễn" not in ended.out


def test_a_sources_payload_is_read_as_that_source_sends_it(known: Motem, tmp_path: Path) -> None:
    again = asked(tmp_path, registration(25))
    ended = known("match", again, "--source", "civil_status", "--json", "--count", "1")
    assert ended.status == 0, ended.err
    answer = json.loads(ended.out)
    (one,) = answer["matches"]
    assert sum(line["bits"] for line in one["lines"]) == pytest.approx(one["weight"], abs=1e-5)
    assert {"minutes", "birth", "name"} <= {
        line["feature"] for line in one["lines"] if line["bits"] > 0
    }
    assert answer["wide"] == []


def test_a_question_is_not_kept(known: Motem, known_url: URL, tmp_path: Path) -> None:
    with connected(known_url) as engine:
        before = homes(engine)
        known("match", asked(tmp_path, registration(25)))
        assert homes(engine) == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{}", "Dữ liệu"),
        (minutes({"gioiTinh": "NU"}, {"gioiTinh": "NAM"}), "one at a time"),
        (b'{"resourceType": "Patient", "name"', "("),
    ],
    ids=["nothing", "twins", "broken"],
)
def test_what_cannot_be_asked_is_refused_in_two_languages(
    known: Motem, tmp_path: Path, content: bytes, words: str
) -> None:
    ended = known("match", asked(tmp_path, content))
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("motem: Dữ liệu")
    assert words in ended.err


@pytest.mark.parametrize("name", ["missing.json", "folder"])
def test_a_file_that_cannot_be_read_is_said_to_be_that(
    known: Motem, tmp_path: Path, name: str
) -> None:
    (tmp_path / "folder").mkdir()
    ended = known("match", tmp_path / name)
    assert (ended.status, ended.out) == (1, "")
    assert "The file cannot be read" in ended.err


def test_there_is_no_source_of_another_name(known: Motem, tmp_path: Path) -> None:
    ended = known("match", asked(tmp_path, PATIENT), "--source", "nobody")
    assert ended.status == 2
