"""Reading in several processes gives what reading in one gives, and ends with its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from adapters.catalog import load_adapters
from adapters.contract import SourceAdapter, SourceMessage
from gateway.registry.drafts import drafts

MINUTES = (
    '{"loai": "BIEN_BAN_TRE_BI_BO_ROI", "soBienBan": "%d/BB-CAX",'
    ' "ngayLap": "2026-03-04T08:30:00+07:00",'
    ' "donViLap": {"maXa": "00199", "ten": "Công an phường Thử", "loai": "CONG_AN_XA"},'
    ' "phatHien": {"thoiGian": "2026-03-04T05:10:00+07:00", "maXa": "00199", "loaiNoi": "CHO"},'
    ' "tre": [{"stt": 1, "gioiTinh": "NU"}]}'
)


def messages(count: int) -> list[SourceMessage]:
    texts = [MINUTES % number for number in range(count)]
    contents = [*(text.encode() for text in texts), b"", b"{", b"\0"]
    return [SourceMessage(source="police", content=content) for content in contents]


def test_many_readers_give_what_one_gives_in_the_same_order() -> None:
    adapter = load_adapters()["police"]
    sent: list[tuple[SourceMessage, SourceAdapter | None]] = [
        (message, adapter) for message in messages(100)
    ]
    sent.append((SourceMessage(source="", content=b"?"), None))
    alone, together = list(drafts(sent, 0)), list(drafts(sent, 2))
    for one, other in zip(alone, together, strict=True):
        assert one.message == other.message
        assert one.reading == other.reading
        assert one.prepared == other.prepared
        assert one.refusal == other.refusal


def test_readers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import multiprocessing, sys, time\n"
        "from adapters.contract import SourceMessage\n"
        "from adapters.catalog import load_adapters\n"
        "from gateway.registry.drafts import drafts\n"
        "if __name__ == '__main__':\n"
        "    adapter = load_adapters()['police']\n"
        "    message = SourceMessage(source='police', content=b'{}')\n"
        "    for _ in drafts(((message, adapter) for _ in range(10**9)), 2):\n"
        "        pids = [c.pid for c in multiprocessing.active_children()]\n"
        "        print(*pids, flush=True)\n"
        "        time.sleep(60)\n",
        encoding="utf-8",
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    parent = subprocess.Popen(
        [sys.executable, script], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    readers = [int(pid) for pid in parent.stdout.readline().split()]
    assert readers
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    deadline = time.monotonic() + 10
    while any(map(is_alive, readers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_alive, readers))


def is_alive(pid: int) -> bool:
    """A zombie is dead: who takes in orphans may do so late."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
