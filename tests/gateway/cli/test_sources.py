"""The commands that take payloads in and say what became of them."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import URL, Engine
from typer.testing import CliRunner, Result

from gateway.admission import Entrance
from gateway.cli import build
from gateway.cli.sources import _warn_if_open
from gateway.database import printable
from gateway.logins import Logins
from gateway.settings import Settings

MINUTES = {
    "loai": "BIEN_BAN_TRE_BI_BO_ROI",
    "soBienBan": "1/BB-CAX",
    "ngayLap": "2026-03-04T08:30:00+07:00",
    "donViLap": {"maXa": "00199", "ten": "Công an phường Thử", "loai": "CONG_AN_XA"},
    "phatHien": {"thoiGian": "2026-03-04T05:10:00+07:00", "maXa": "00199", "loaiNoi": "CHO"},
    "tre": [{"stt": 1, "hoTen": "Nguyễn Thị Bí Mật", "gioiTinh": "NU"}],
}
UNDATED: dict[str, object] = {"ngayLap": "hôm qua", "phatHien": None}


@pytest.fixture
def motem(database_url: URL, monkeypatch: pytest.MonkeyPatch) -> "Motem":
    monkeypatch.setenv("DATABASE_URL", printable(database_url))
    return Motem()


class Motem:
    def __call__(self, *arguments: object) -> Result:
        return CliRunner(env={"COLUMNS": "200"}).invoke(build(), [str(a) for a in arguments])


def payload(folder: Path, name: str = "minutes.json", content: object = MINUTES) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return file


def test_ingest_finds_the_source_and_ends_with_a_table(motem: Motem, tmp_path: Path) -> None:
    result = motem("ingest", payload(tmp_path))
    assert result.exit_code == 0
    (row,) = [line for line in result.stdout.splitlines() if "police" in line]
    assert [cell.strip() for cell in row.split("│")[1:-1]] == [
        *("police", "1", "0", "1", "0", "0", "0", "0", "0"),
    ]


def test_ingest_again_takes_nothing_new(motem: Motem, tmp_path: Path) -> None:
    file = payload(tmp_path)
    motem("ingest", file)
    result = motem("ingest", file)
    assert result.exit_code == 0
    (row,) = [line for line in result.stdout.splitlines() if "police" in line]
    assert [cell.strip() for cell in row.split("│")[1:4]] == ["police", "1", "1"]


def test_what_is_refused_is_said_with_code_place_and_both_languages(
    motem: Motem, tmp_path: Path
) -> None:
    payload(tmp_path, "good.json")
    payload(tmp_path, "bad.json", MINUTES | UNDATED)
    result = motem("ingest", tmp_path)
    assert result.exit_code == 3
    assert "wrong-date" in result.stdout
    assert "bad.json: " in result.stdout
    assert "Ngày giờ không hợp lệ" in result.stdout
    assert "not valid" in result.stdout
    assert "hôm qua" not in result.output
    assert "Bí Mật" not in result.output


def test_a_file_that_no_source_sends_is_kept_and_refused(motem: Motem, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_bytes(b"hello")
    result = motem("ingest", file)
    assert result.exit_code == 3
    assert "unknown-structure" in result.stdout


def test_the_truth_of_a_sample_world_is_not_taken_for_a_payload(
    motem: Motem, tmp_path: Path
) -> None:
    payload(tmp_path)
    (tmp_path / "truth.csv").write_text("source,record,child\n", encoding="utf-8")
    assert motem("ingest", tmp_path).exit_code == 0
    assert motem("ingest", tmp_path / "truth.csv").exit_code == 3


@pytest.mark.parametrize("arguments", [["--source", "nobody"], ["/does/not/exist"], []])
def test_wrong_use_is_status_2(motem: Motem, tmp_path: Path, arguments: list[str]) -> None:
    paths = [str(payload(tmp_path))] if "--source" in arguments else []
    assert motem("ingest", *arguments, *paths).exit_code == 2


def test_sources_lists_each_adapter(motem: Motem) -> None:
    result = motem("sources")
    assert result.exit_code == 0
    for source in ("civil_status", "facility", "hospital", "police"):
        assert source in result.stdout


def test_report_counts_messages_refusals_and_children(motem: Motem, tmp_path: Path) -> None:
    payload(tmp_path, "good.json")
    payload(tmp_path, "bad.json", MINUTES | UNDATED)
    motem("ingest", tmp_path)
    result = motem("report")
    assert result.exit_code == 0
    for text in ("children (identities)", "accepted", "rejected", "wrong-date", "pending"):
        assert text in result.stdout
    assert "Bí Mật" not in result.output


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "example.org", "::"])
def test_serve_refuses_to_listen_for_other_machines(motem: Motem, host: str) -> None:
    result = motem("serve", "--host", host)
    assert result.exit_code == 2
    assert "loopback" in result.output


@pytest.mark.parametrize("required", [False, True])
def test_who_serves_without_tokens_is_told_so_loudly(
    engine: Engine, capsys: pytest.CaptureFixture[str], required: bool
) -> None:
    told = {"MOTEM_ACCESS": "required"} if required else {}
    settings = Settings.model_validate(told)
    entrance = Entrance(settings, engine)
    logins = Logins(
        settings.model_copy(update={"database_url": SecretStr("set")}), engine, entrance
    )
    _warn_if_open(entrance, logins)
    shown = capsys.readouterr().err
    assert ("DEVELOPMENT" in shown) is ("CHẾ ĐỘ PHÁT TRIỂN" in shown) is not required
    assert "/login" not in shown, "with a database of its own nobody is anybody"
    _warn_if_open(entrance, Logins(settings, engine, entrance))
    assert "anybody may log in as anybody" in capsys.readouterr().err
