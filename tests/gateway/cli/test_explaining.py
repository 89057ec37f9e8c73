"""The commands `why` and `how`: on the screen in two languages, and as JSON."""

import csv
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
TWIN, OTHER_TWIN = "police:00199/12/BB-CAX/2026#1", "police:00199/12/BB-CAX/2026#2"
REGISTERED = "civil_status:00199/01/2026/24"


@pytest.fixture(scope="module")
def known_template(server_url: URL, template_url: URL) -> Iterator[URL]:
    """Twins of one minutes and a registration that may be either's, linked."""
    with fresh_database(server_url, template_url.database) as url:
        with connected(url) as engine:
            ingest(engine, [minutes({"gioiTinh": "NU"}, {"gioiTinh": "NU"}), registration(24)])
            link(engine)
        yield url


@pytest.fixture
def known(server_url: URL, known_template: URL, tmp_path: Path) -> Iterator[Motem]:
    with fresh_database(server_url, known_template.database) as url:
        yield lambda *arguments: motem(url, *arguments, MOTEM_HOME=str(tmp_path / "home"))


def told(ended: Ended) -> dict[str, Any]:
    assert ended.status == 0, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


def test_why_shows_the_bits_with_their_sum_and_what_became_of_it(known: Motem) -> None:
    ended = known("why", TWIN, REGISTERED)
    assert ended.status == 0
    assert "cùng biên bản: số, xã và ngày lập" in ended.out
    assert "same minutes: number, commune and day" in ended.out
    assert "trọng số" in ended.out
    assert "Chưa nối: đang chờ người duyệt trả lời." in ended.out
    assert "Not joined: it waits for a steward's answer." in ended.out
    assert "00199/12" not in ended.out, "a key may hold an ID number"


def test_twins_are_kept_apart_by_a_conflict_that_is_named(known: Motem) -> None:
    ended = known("why", TWIN, OTHER_TWIN)
    assert "hai trẻ của một lần báo · two children of one report" in ended.out
    assert "Apart: a conflict forbids" in ended.out
    assert told(known("why", TWIN, OTHER_TWIN, "--json"))["conflict"] == "reported-together"


def test_the_json_of_why_adds_up_to_the_weight_of_the_exported_question(
    known: Motem, tmp_path: Path
) -> None:
    known("export", "reviews", tmp_path / "reviews.csv")
    with (tmp_path / "reviews.csv").open(encoding="utf-8") as file:
        reviews = list(csv.DictReader(file))
    assert reviews
    for review in reviews:
        names = [
            f"{review[f'{side}_source']}:{review[f'{side}_record']}" for side in ("left", "right")
        ]
        found = told(known("why", *names, "--json"))
        assert (found["fate"], found["question"]) == ("asked", review["reason"])
        deciding = found["weighed"][-1]
        assert deciding["weight"] == float(review["weight"])
        assert sum(line["bits"] for line in deciding["lines"]) == pytest.approx(
            deciding["weight"], abs=1e-5
        )


def test_how_shows_records_and_links(server_url: URL, template_url: URL, tmp_path: Path) -> None:
    with fresh_database(server_url, template_url.database) as url:
        with connected(url) as engine:
            ingest(engine, [minutes({"gioiTinh": "NU"}), registration(24)])
            link(engine)
            (identity,) = set(homes(engine).values())
        shown = motem(url, "how", identity, MOTEM_HOME=str(tmp_path))
        found = told(motem(url, "how", REGISTERED, "--json", MOTEM_HOME=str(tmp_path)))
    assert identity in shown.out
    assert "cầu nối · bridge" in shown.out
    assert "yếu nhất · weakest" in shown.out
    assert "Cầu nối · Bridges: 1" in shown.out
    assert found["identity"] == identity
    assert {record["source"] for record in found["records"]} == {"police", "civil_status"}
    assert found["links"][0]["strongest"][0]["feature"] == "minutes"


def test_a_record_alone_is_said_to_be_alone(known: Motem) -> None:
    ended = known("how", TWIN)
    assert "Chỉ có một bản ghi · One record only" in ended.out


@pytest.mark.parametrize("arguments", [("why", TWIN, "998326000001"), ("how", "998326000001")])
def test_who_is_not_known_is_not_shown_again(known: Motem, arguments: tuple[str, ...]) -> None:
    ended = known(*arguments)
    assert (ended.status, ended.out) == (1, "")
    assert "Không có bản ghi hay định danh này." in ended.err
    assert "There is no such record or identity." in ended.err
    assert "998326000001" not in ended.err
