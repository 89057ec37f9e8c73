"""Time and memory of one linking of very many records, beside plain Splink with the same model.

By itself: python -m pytest -m bench --capture=no tests/bench/linkage/test_scale.py
MOTEM_BENCH_RECORDS (default 10000) names the sizes, e.g. 10000,100000,1000000,5000000. Each engine
runs in a process of its own, the records and the model are the same. The database is not in it.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench.measure import PATIENCE, STRICT, report
from tests.machine import slowness

SIZES = tuple(map(int, os.environ.get("MOTEM_BENCH_RECORDS", "10000").split(",")))
AS_SLOW_AS_SPLINK = 1.2
LARGE = 1_000_000
"""From here on the start of the programs does not count."""
BYTES_A_RECORD, BYTES_AT_ALL = 12_000, 1_000_000_000
ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.bench


def run(engine: str, records: int) -> dict[str, Any]:
    """What it says of itself, with processor seconds and the largest memory in bytes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.linkage.scale", engine, str(records)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as told:
        said = told.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    cost = {"cpu": round(used.ru_utime + used.ru_stime, 1), "peak": used.ru_maxrss * 1024}
    return dict(json.loads(said.splitlines()[-1])) | cost


@pytest.mark.parametrize("records", SIZES)
def test_many_records_beside_plain_splink(records: int) -> None:
    slow = slowness()
    motem, splink = run("motem", records), run("splink", records)
    slow = (slow + slowness()) / 2
    ratio = motem["seconds"] / splink["seconds"]
    report(
        f"scale-{records}", slowness=slow, records=records, motem=motem, splink=splink, ratio=ratio
    )
    assert motem["pairs"] == splink["pairs"], "the same pairs reach the least weight"
    assert motem["peak"] < BYTES_AT_ALL + BYTES_A_RECORD * records
    if records >= LARGE and STRICT:
        assert ratio <= AS_SLOW_AS_SPLINK * PATIENCE
