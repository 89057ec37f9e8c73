"""Without atheris: what once broke a reader breaks it no more, nor do spoilt samples."""

from collections.abc import Callable
from random import Random

import pytest

from adapters.catalog import load_adapters
from tests.fuzz.harness import CORPUS, one_input, seeds

SPOILT = 60
"""Inputs for each source."""
DIGITS = b"0123456789"
SIGNS = b"\x00\x0b\x1c\r\n\"'<>&;,|^~\\{}[]:\xff\xc3"
Change = Callable[[bytearray, int, Random], None]


def cut(content: bytearray, at: int, chance: Random) -> None:
    del content[at : at + chance.randint(1, 40)]


def doubled(content: bytearray, at: int, chance: Random) -> None:
    content[at:at] = content[at : at + chance.randint(1, 200)]


def another(content: bytearray, at: int, chance: Random) -> None:
    content[at] = chance.choice(SIGNS)


def digits(content: bytearray, at: int, chance: Random) -> None:
    content[at : at + 1] = bytes(chance.choice(DIGITS) for _ in range(chance.randint(1, 30)))


CHANGES: tuple[Change, ...] = (cut, doubled, another, digits)


def spoilt(content: bytes, chance: Random) -> bytes:
    """A few changes at random places."""
    made = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        if made:
            chance.choice(CHANGES)(made, chance.randrange(len(made)), chance)
    return bytes(made)


def test_what_once_broke_a_reader_does_not_again() -> None:
    for path in CORPUS.glob("*/*"):
        one_input(path.parent.name, path.read_bytes())


@pytest.mark.parametrize("source", load_adapters())
def test_spoilt_samples_break_no_reader(source: str) -> None:
    chance = Random(f"20261122/{source}")
    samples = [path.read_bytes() for path in seeds(source)]
    assert samples
    for _ in range(SPOILT):
        one_input(source, spoilt(chance.choice(samples), chance))
