"""Ids, codes and names can be typed again from any terminal and any pipe."""

from pathlib import Path

import pytest
from sqlalchemy import URL

from gateway.cli import screen
from tests.commands import motem
from tests.gateway.cli.test_messages import bad, ids, taken


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_no_terminal_is_too_narrow_for_ids_and_codes(
    database_url: URL, tmp_path: Path, columns: str
) -> None:
    taken(database_url, tmp_path, bad())
    (message,) = ids(database_url)
    shown = [
        motem(database_url, "messages", *arguments, COLUMNS=columns).out
        for arguments in (["list"], ["errors"], ["replay", message, "--dry-run"])
    ]
    assert all(message in one for one in shown)
    assert "wrong-date" in shown[1]
    assert "/ngayLap" in shown[1]
    names = motem(database_url, "sources", COLUMNS=columns).out
    assert "civil_status" in names
    assert "…" not in names + "".join(shown)


def test_a_pipe_has_room_for_everything(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    made = screen.table("words", "id", exact=("id",), title="x")
    made.add_row("nhiều chữ " * 30, "i" * 26)
    screen.show(made)
    assert ("nhiều chữ " * 30).strip() in capsys.readouterr().out
