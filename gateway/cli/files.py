"""Finds the payload files that a command is told to take."""

from collections.abc import Iterator, Sequence
from pathlib import Path

NOT_PAYLOADS = frozenset({"truth.csv", "strata.csv", "broken.csv"})
"""Files of `motem sample` that say what is true of a world; no source sends them."""


def payload_files(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, and all in the folders, in the order of their names.

    In folders hidden files and NOT_PAYLOADS are passed over; a file that is named is taken.
    """
    return [file for path in paths for file in _files(path)]


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if file.is_file() and not hidden and file.name not in NOT_PAYLOADS:
            yield file
