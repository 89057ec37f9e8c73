"""`motem lookup`, `registration` and `sandbox` as a shell sees them."""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL, Engine

from gateway.sandbox.population import site
from tests.commands import motem
from tests.gateway.outbound.conftest import NAME, NUMBER, child_with_number, found_child
from tests.journeys.steps import ingest, minutes
from tests.shell import Shell, shell_at

REQUEST = re.compile(r"(?<!te-)\b01[0-9a-z]{24}\b")


@pytest.fixture
def shell(database_url: URL, tmp_path: Path) -> Iterator[Shell]:
    with shell_at(database_url, tmp_path) as shell:
        yield shell


def only_request(text: str) -> str:
    (found,) = set(REQUEST.findall(text))
    return str(found)


def test_a_child_is_looked_up_and_the_second_time_nothing_is_asked(
    shell: Shell, engine: Engine
) -> None:
    record = child_with_number(engine)
    first = shell("lookup", record)
    assert (first.status, " confirmed " in first.out) == (0, True)
    assert "before" in shell("lookup", record).out
    assert "before" not in shell("lookup", record, "--again").out


def test_those_whom_nobody_asked_about_are_next(shell: Shell, engine: Engine) -> None:
    for number in range(3):
        child_with_number(engine, f"k{number}", f"99932600020{number}")
    assert shell("lookup", "--next", 2).out.count("te-") == 2
    assert shell("lookup", "--next", 2).out.count("te-") == 1


def test_what_cannot_be_asked_is_said_in_two_languages_with_status_1(
    shell: Shell, engine: Engine
) -> None:
    ended = shell("lookup", child_with_number(engine, numbers=[]), NUMBER)
    assert ended.status == 1
    assert NUMBER not in ended.written
    for words in ("Tra cứu cần", "A question needs", "Không tìm thấy", "nothing here"):
        assert words in ended.out.replace("\n", " ")


def test_a_platform_that_is_away_is_said_with_status_1(shell: Shell, engine: Engine) -> None:
    shell.behaviour.fail = 10
    ended = shell("lookup", child_with_number(engine), COLUMNS="300")
    assert ended.status == 1
    assert "not-reachable" in ended.out
    assert "không trả lời" in ended.out


def test_a_request_goes_from_draft_to_number(shell: Shell, engine: Engine) -> None:
    request = only_request(shell("registration", "draft", found_child(engine)).out)
    assert "acknowledged" in shell("registration", "send").out
    assert "answered" in shell("registration", "refresh", request).out
    assert "answered" in shell("registration", "list", "--state", "answered").out
    assert request not in shell("registration", "list", "--state", "drafted").out
    history = shell("registration", "show", request).out
    states = ("drafted", "drafted (đang gửi · leaving)", "sent", "acknowledged", "answered")
    assert re.findall(r"│ ([a-z]+(?: \(.*?\))?) +│ 2", history) == list(states)
    assert NAME in history


def test_next_are_drafted_and_sent_and_what_lacks_is_counted(shell: Shell, engine: Engine) -> None:
    for number in range(1, 4):
        found_child(engine, number)
    found_child(engine, 4, ngayLap=None)
    ended = shell("registration", "draft", "--next", 9, "--send")
    assert (ended.status, ended.out.count("acknowledged")) == (0, 3)
    assert shell("registration", "draft", "--next", 9, "--send").out.count("acknowledged") == 0


def test_a_second_draft_for_a_child_is_refused_with_status_1(shell: Shell, engine: Engine) -> None:
    child = found_child(engine)
    assert shell("registration", "draft", child).status == 0
    again = shell("registration", "draft", child)
    assert again.status == 1
    assert "Đã có một đề nghị" in again.out
    assert shell("registration", "draft", child, "--renew", "--office", "00004").status == 0


def test_a_name_is_proposed_on_standard_input(
    shell: Shell, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    (result,) = ingest(engine, [minutes({"gioiTinh": "NU"})])
    child = result.records[0].identity
    assert shell("registration", "draft", child).status == 1
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{NAME}\n"))
    ended = shell("registration", "draft", child, "--name")
    assert ended.status == 0
    assert NAME not in ended.written
    assert NAME in shell("registration", "show", only_request(ended.out)).out
    assert shell("registration", "draft", "--next", 2, "--name").status == 2


def test_a_draft_is_withdrawn_as_long_as_it_has_not_left(shell: Shell, engine: Engine) -> None:
    for number, fails in ((12, 0), (13, 3)):
        shell.behaviour.fail = fails
        request = only_request(shell("registration", "draft", found_child(engine, number)).out)
        if fails:
            shell("registration", "send")
        ended = shell("registration", "withdraw", request, "--reason", "wrong-data", COLUMNS="300")
        assert ended.status == bool(fails)
        assert ("withdrawn" in ended.out, "liên hệ" in ended.out) == (not fails, bool(fails))
    assert shell("registration", "withdraw", NUMBER, "--reason", "test").status == 1
    assert shell("registration", "withdraw", request).status == 2


def test_requests_that_fail_do_not_keep_the_others(shell: Shell, engine: Engine) -> None:
    for number in (12, 13):
        shell("registration", "draft", found_child(engine, number))
    shell.behaviour.fail = 3
    ended = shell("registration", "send")
    assert ended.status == 1
    assert ended.out.count("acknowledged") == 1
    assert "leaving" in shell("registration", "list").out
    assert shell("registration", "send").status == 0


def test_without_a_platform_nothing_goes_out(
    database_url: URL, engine: Engine, shell: Shell
) -> None:
    child = child_with_number(engine)
    ended = motem(database_url, "lookup", child)
    assert (ended.status, ended.out) == (1, "")
    assert "docs/outbound.md" in ended.err
    assert shell("lookup", child, MOTEM_PLATFORM_SECRET="").status == 1


@pytest.mark.parametrize("command", [("lookup",), ("registration", "draft")])
def test_ids_or_next_and_not_both(shell: Shell, command: tuple[str, ...]) -> None:
    assert shell(*command).status == 2
    assert shell(*command, "te-x", "--next", 1).status == 2


def test_the_sandbox_starts_says_where_it_is_and_stops(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "sandbox", "population", "--port", "0", "--site", file],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found
        assert file.read_text("utf-8") == site(found[0])
        assert httpx.get(f"{found[0]}/population/037?wsdl", trust_env=False).status_code == 200
    finally:
        process.terminate()
        _, err = process.communicate(timeout=60)
    assert (process.returncode, "Stopped" in err) == (0, True)
