"""Promise 6 by the door MLLP: kill -9 loses nothing that was answered and doubles nothing."""

from sqlalchemy import URL

from tests.journeys.kills.door import kill_and_look
from tests.journeys.kills.services import over_mllp

ROUNDS = 4


def test_kill_9_at_any_point_loses_nothing_and_doubles_nothing(database_url: URL) -> None:
    assert kill_and_look(database_url, over_mllp(), ROUNDS) >= ROUNDS // 2
