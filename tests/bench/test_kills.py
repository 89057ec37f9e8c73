"""Two hundred kills, fifty of each door; more with MOTEM_BENCH_ROUNDS (of each door).

By itself: python -m pytest -m bench --capture=no tests/bench/test_kills.py
"""

import os
from pathlib import Path

import pytest
from sqlalchemy import URL

from tests.bench.measure import report
from tests.journeys.kills.door import Door, kill_and_look
from tests.journeys.kills.files import DropFolder, Folder
from tests.journeys.kills.services import over_http, over_mllp

ROUNDS = int(os.environ.get("MOTEM_BENCH_ROUNDS", "50"))
DOORS = ("files", "drop folder", "http", "mllp")

pytestmark = pytest.mark.bench


def door_named(name: str, folder: Path) -> Door:
    match name:
        case "files":
            return Folder(folder)
        case "drop folder":
            return DropFolder(folder)
        case "http":
            return over_http()
        case _:
            return over_mllp()


@pytest.mark.parametrize("name", DOORS)
def test_kills(name: str, database_url: URL, tmp_path: Path) -> None:
    door = door_named(name, tmp_path)
    amid = kill_and_look(database_url, door, ROUNDS)
    report(
        f"kills-{name.replace(' ', '-')}", rounds=ROUNDS, amid=amid, children=len(door.told.given)
    )
    assert amid >= ROUNDS // 2
