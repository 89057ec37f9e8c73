"""Tests of gateway.cli.sample."""

from pathlib import Path

import typer
from typer.testing import CliRunner

from gateway.cli import sample

FIRST = {"civil_status", "facility", "hospital", "police"}


def folders_of(world: Path) -> set[str]:
    return {path.name for path in world.iterdir() if path.is_dir()}


def contents_of(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.callback()(lambda: None)
    sample.register(app)
    result = CliRunner().invoke(app, ["sample", *arguments])
    return result.exit_code, result.output


def test_it_writes_payloads_and_truth(tmp_path: Path) -> None:
    status, output = run(str(tmp_path / "w"), "--children", "20", "--seed", "3")
    assert status == 0
    assert "20 trẻ" in output
    assert (tmp_path / "w" / "truth.csv").read_text().startswith("source,record,child\n")
    assert folders_of(tmp_path / "w") == FIRST


def test_it_writes_all_sources_when_told(tmp_path: Path) -> None:
    few, all_ = tmp_path / "few", tmp_path / "all"
    assert run(str(few), "--children", "60", "--seed", "3")[0] == 0
    assert run(str(all_), "--children", "60", "--seed", "3", "--all-sources")[0] == 0
    assert folders_of(all_) > FIRST
    for source in FIRST:
        assert contents_of(few / source) == contents_of(all_ / source)


def test_it_leaves_a_folder_alone_that_holds_anything(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    status, _ = run(str(tmp_path), "--children", "5")
    assert status == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
