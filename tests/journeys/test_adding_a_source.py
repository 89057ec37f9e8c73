"""The documented example of adding a source works as it stands, in a copy of the tree."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, select

from gateway.database import printable, transaction
from gateway.registry import tables

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/adding_a_source.md"
COPIED = ("adapters", "audit", "docs", "gateway", "linkage", "scripts", "tests")
FILES = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "Makefile",
    "pyproject.toml",
)
FILE = re.compile(r"^`([\w/.]+)`\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FOLDERS = ("adapters/sources/mobile_clinic/", "tests/adapters/sources/mobile_clinic/samples/")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the tree with the documented files in it."""
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    for path, text in FILE.findall(PAGE.read_text("utf-8")):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return tmp_path


def run(tree: Path, line: str, url: URL) -> subprocess.CompletedProcess[str]:
    """A line of the page, as a shell in the copy would run it."""
    variables, words = {"PYTHONPATH": str(tree), "DATABASE_URL": printable(url)}, shlex.split(line)
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    program = {"python": [sys.executable], "motem": [sys.executable, "-m", "gateway"]}
    return subprocess.run(
        [*program[words[0]], *words[1:]],
        cwd=tree,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_files_are_one_folder_and_its_samples() -> None:
    paths = [path for path, _ in FILE.findall(PAGE.read_text("utf-8"))]
    assert len(paths) == 6
    assert [path for path in paths if not path.startswith(FOLDERS)] == []


def test_the_example_is_performed_as_it_is_documented(
    tree: Path, database_url: URL, engine: Engine
) -> None:
    blocks = CONSOLE.findall(PAGE.read_text("utf-8"))
    for line in "".join(blocks).splitlines():
        ended = run(tree, line, database_url)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    page = (tree / "docs/sources/mobile_clinic.md").read_text("utf-8")
    assert "| `hoTen` | `Patient.name` | assumed |" in page
    assert "`visits.json`, as sent:" in page
    with transaction(engine) as session:
        kept = session.execute(select(tables.record.c.source, tables.record.c.key)).all()
        body = tables.resource.c.body
        found = session.scalars(select(body).where(tables.resource.c.type == "Patient")).all()
    assert sorted(kept) == [
        ("mobile_clinic", "mobile_clinic:01999/PK-0001"),
        ("mobile_clinic", "mobile_clinic:01999/PK-0002"),
    ]
    assert len([text for text in found if "Nguyễn Thị Mẫu" in text]) == 2  # Its own and the golden.
