"""`motem messages`: the same use cases as over HTTP."""

from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from audit.event import Caller
from gateway.ingest import deliver
from tests.commands import Ended, motem
from tests.fake_source import fake_message
from tests.journeys.steps import minutes

NAME = "Nguyễn Thị Bí Mật"


def taken(url: URL, folder: Path, content: bytes, name: str = "a.json") -> Ended:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    return motem(url, "ingest", folder / name)


def good(number: int = 1) -> bytes:
    return minutes({"hoTen": NAME, "gioiTinh": "NU"}, soBienBan=f"{number}/BB-CAX")


def bad(number: int = 1) -> bytes:
    undated = {"ngayLap": "hôm qua", "phatHien": None}
    return minutes({"hoTen": NAME}, soBienBan=f"{number}/BB-CAX", **undated)


def ids(url: URL, *arguments: str) -> list[str]:
    shown = motem(url, "messages", "list", *arguments)
    assert shown.status == 0
    cells = [line.split("│")[1].strip() for line in shown.out.splitlines() if "│" in line]
    return [cell for cell in cells if len(cell) == 26]


def test_the_list_can_be_narrowed_and_shows_no_child(database_url: URL, tmp_path: Path) -> None:
    taken(database_url, tmp_path, good())
    taken(database_url, tmp_path, bad())
    assert len(ids(database_url)) == 2
    assert len(ids(database_url, "--state", "rejected")) == 1
    assert len(ids(database_url, "--source", "police", "--count", "1")) == 1
    assert ids(database_url, "--source", "hospital") == []
    assert "Bí Mật" not in motem(database_url, "messages", "list").written


def test_one_message_shows_why_it_was_refused_in_both_languages(
    database_url: URL, tmp_path: Path
) -> None:
    taken(database_url, tmp_path, bad())
    shown = motem(database_url, "messages", "show", ids(database_url)[0])
    assert shown.status == 0
    for words in ("state: rejected", "wrong-date", "/ngayLap", "Ngày giờ không hợp lệ"):
        assert words in shown.out
    assert "hôm qua" not in shown.written


def test_errors_are_shown_together(database_url: URL, tmp_path: Path) -> None:
    for number in range(3):
        taken(database_url, tmp_path, bad(number))
    shown = motem(database_url, "messages", "errors", "--source", "police")
    (row,) = [line for line in shown.out.splitlines() if "wrong-date" in line]
    assert [cell.strip() for cell in row.split("│")][5:7] == ["3", "3"]


def test_what_is_still_refused_after_a_replay_is_status_3(
    database_url: URL, tmp_path: Path
) -> None:
    taken(database_url, tmp_path, bad())
    (message,) = ids(database_url)
    for arguments in (
        [message, "--dry-run"],
        [message],
        ["--source", "police", "--code", "wrong-date"],
    ):
        done = motem(database_url, "messages", "replay", *arguments)
        assert done.status == 3
        assert message in done.out
    none = motem(database_url, "messages", "replay", "--source", "police", "--code", "wrong-code")
    assert none.status == 0


def test_what_nobody_knew_is_taken_when_its_source_is_known(
    database_url: URL, engine: Engine, caller: Caller
) -> None:
    message = fake_message({"id": "k"})
    unread = type(message)(source="", content=good())
    result = deliver(engine, unread, None, caller)
    done = motem(database_url, "messages", "replay", "--source", "unknown")
    assert done.status == 0
    assert "replayed" in done.out
    assert "record: " in motem(database_url, "messages", "show", result.message).out


def test_a_message_is_withdrawn_once_with_a_reason(database_url: URL, tmp_path: Path) -> None:
    taken(database_url, tmp_path, bad())
    (message,) = ids(database_url)
    assert motem(database_url, "messages", "withdraw", message).status == 2
    done = motem(database_url, "messages", "withdraw", message, "--reason", "sent-by-mistake")
    assert done.status == 0
    assert ids(database_url, "--state", "withdrawn") == [message]
    again = motem(database_url, "messages", "withdraw", message, "--reason", "test")
    assert (again.status, again.err.count("\n")) == (1, 1)


@pytest.mark.parametrize("command", ["show", "replay"])
@pytest.mark.parametrize("message", ["0" * 26, "x", "đ", "' OR 1=1"])
def test_what_does_not_exist_is_said_in_one_sentence(
    database_url: URL, command: str, message: str
) -> None:
    ended = motem(database_url, "messages", command, message)
    assert (ended.status, ended.err) == (1, "motem: There is nothing here.\n")


@pytest.mark.parametrize("arguments", [[], ["x", "--source", "police"], ["--code", "wrong-date"]])
def test_a_replay_names_messages_or_a_source(database_url: URL, arguments: list[str]) -> None:
    assert motem(database_url, "messages", "replay", *arguments).status == 2
