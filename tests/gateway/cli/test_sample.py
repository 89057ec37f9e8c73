"""Tests of gateway.cli.sample."""

from pathlib import Path

import typer
from typer.testing import CliRunner

from gateway.cli import sample


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
    assert {path.name for path in (tmp_path / "w").iterdir() if path.is_dir()} == {
        "civil_status",
        "facility",
        "hospital",
        "police",
    }


def test_it_leaves_a_folder_alone_that_holds_anything(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    status, _ = run(str(tmp_path), "--children", "5")
    assert status == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
