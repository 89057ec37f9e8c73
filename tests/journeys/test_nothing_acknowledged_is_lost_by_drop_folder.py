"""Promise 6 by the door a drop folder: kill -9 loses nothing that was answered and doubles nothing."""

from pathlib import Path

from sqlalchemy import URL

from tests.journeys.kills.door import kill_and_look
from tests.journeys.kills.files import DropFolder

ROUNDS = 4


def test_kill_9_at_any_point_loses_nothing_and_doubles_nothing(
    database_url: URL, tmp_path: Path
) -> None:
    assert kill_and_look(database_url, DropFolder(tmp_path), ROUNDS) >= ROUNDS // 2
