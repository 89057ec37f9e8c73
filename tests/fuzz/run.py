"""Fuzzes the readers with atheris, which follows the code: `make fuzz`, or for one source

python -m tests.fuzz.run police var/fuzz/police -max_total_time=600
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["adapters"]):
    from adapters.catalog import load_adapters
    from tests.fuzz.harness import CORPUS, one_input, seeds

FOLDER = Path("var/fuzz")
SECONDS = os.environ.get("FUZZ_SECONDS", "60")
"""For each source."""


def fuzz_every_source() -> int:
    """One process for each source; 1 where any has found something."""
    statuses = []
    for source in load_adapters():
        folder = FOLDER / source
        folder.mkdir(parents=True, exist_ok=True)
        for seed in seeds(source):
            shutil.copy(seed, folder)
        (CORPUS / source).mkdir(parents=True, exist_ok=True)
        found = f"-artifact_prefix={CORPUS / source}/"
        command = [sys.executable, "-m", "tests.fuzz.run", source, str(folder), found]
        limits = [f"-max_total_time={SECONDS}", "-timeout=10", "-rss_limit_mb=2048"]
        statuses.append(subprocess.run([*command, *limits], check=False).returncode)
    return int(any(statuses))


def fuzz(source: str, arguments: list[str]) -> None:
    """Never returns; what breaks the reader is written to the artifact folder."""
    atheris.Setup([sys.argv[0], *arguments], lambda data: one_input(source, data))
    atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit(fuzz_every_source())
    fuzz(sys.argv[1], sys.argv[2:])
