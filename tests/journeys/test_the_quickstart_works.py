"""The commands of the quick start work as they stand in the document, and print what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import URL

from gateway.database import printable
from tests.free_port import free_port

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/quickstart.md").read_text("utf-8")
STEP = re.compile(r"^```sh\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?", re.DOTALL | re.MULTILINE)
STEPS = [(found[1], found[2]) for found in STEP.finditer(PAGE)]
MARK = "=-=-= step"


def shims(folder: Path) -> Path:
    """`motem` and `python` as after the installation."""
    folder.mkdir()
    for name, words in (("motem", "-m gateway"), ("python", "")):
        file = folder / name
        file.write_text(f'#!/bin/sh\nexec {sys.executable} {words} "$@"\n')
        file.chmod(0o755)
    return folder


@pytest.fixture
def printed(database_url: URL, tmp_path: Path) -> list[str]:
    """What each step prints, in one shell, in an empty folder."""
    text = f"\necho '{MARK}'\n".join(commands for commands, _ in STEPS)
    home = tmp_path / "hello"
    home.mkdir()
    environment = {
        **os.environ,
        "PATH": f"{shims(tmp_path / 'bin')}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        # A migrated database at hand, instead of one that is made in half a minute.
        "DATABASE_URL": printable(database_url),
        "MOTEM_PORT": (port := str(free_port())),
        "no_proxy": "*",
    }
    # Whatever fails, the service ends with the shell.
    script = f"set -e\ntrap 'kill $SERVICE 2>/dev/null || true' EXIT\n{text.replace('8000', port)}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=home,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout.split(f"{MARK}\n")


def fits(line: str, stated: str) -> bool:
    """`…` stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, stated.split("…"))), line) is not None


def test_each_command_prints_what_the_page_says(printed: list[str]) -> None:
    assert len(printed) == len(STEPS) >= 9
    for shown, (commands, stated) in zip(printed, STEPS, strict=True):
        lines = [line for line in shown.splitlines() if line]
        for line in (stated or "").splitlines():
            assert any(fits(one, line) for one in lines), (commands, line, shown)


def test_a_page_that_says_something_else_would_be_noticed() -> None:
    assert fits('{"id":"te-01"}', '{"id":"te-…"}')
    assert not fits('{"id":"te-01"}', '{"name":"te-…"}')
