"""60 MB of records of five kilobytes each pass in a few times the size of a part."""

import tracemalloc
from typing import BinaryIO, cast

import pytest

from adapters.formats.parts import SIZE, parts
from tests.adapters.formats.parts.cutting import COLUMNS, Endless

TOTAL = 60_000_000
TEXT = "Bé gái ở cổng chùa, " * 180
MINUTES = f'{{"soBienBan":"12/BB-CAX","tre":[{{"stt":1,"dacDiem":"{TEXT}"}}]}}'
BEFORE = "<GIAMDINHHS><THONGTINDONVI><MACSKCB>01999</MACSKCB></THONGTINDONVI><DANHSACHHOSO>"


@pytest.mark.parametrize(
    ("beginning", "again", "end"),
    [
        pytest.param("[0", f",{MINUTES}", "]", id="a JSON array"),
        pytest.param("", f"{MINUTES}\n", "", id="JSON lines"),
        pytest.param("Mã cơ sở,Số hồ sơ,Họ và tên\n", f'HN01,1,"{TEXT}"\n', "", id="CSV"),
        pytest.param(BEFORE, f"<HOSO>{TEXT}</HOSO>", "</DANHSACHHOSO></GIAMDINHHS>", id="XML"),
        pytest.param("", f"MSH|^~\\&|HIS\rPID|1\rNTE|{TEXT}\r", "", id="HL7"),
    ],
)
def test_60_megabytes_pass_in_bounded_memory(beginning: str, again: str, end: str) -> None:
    stream = Endless(beginning.encode(), again.encode(), TOTAL, end.encode())
    count = total = 0
    tracemalloc.start()
    for part in parts(cast(BinaryIO, stream), columns=COLUMNS["facility"]):
        assert len(part.content) <= SIZE
        count += 1
        total += len(part.content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > TOTAL - 2 * len(again.encode())
    assert count < TOTAL / SIZE * 1.1
    assert peak < 40_000_000
