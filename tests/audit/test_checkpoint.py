"""Checkpoints: three lines, written and read in one way only."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint, decimal, opened
from audit.notes import Note, NoteError, VerifierKey, sign

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
ORIGIN = "motem.local/3f9c2a71/1"
KEY = VerifierKey.of(ORIGIN, PRIVATE)
SPEC = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
"""The example of c2sp.org/tlog-checkpoint."""


def test_the_example_of_the_specification_is_read_and_written() -> None:
    read = Checkpoint.parsed(SPEC)
    assert (read.origin, read.size) == ("example.com/behind-the-sofa", 20852163)
    assert read.text == SPEC


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_what_was_signed_is_opened(size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin=ORIGIN, size=size, root=root)
    assert opened(str(checkpoint.signed(PRIVATE)), [KEY]) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        SPEC + "extension\n",
        SPEC[:-1],
        SPEC.replace("2085", "02085"),
        SPEC.replace("20852163", "-1"),
        SPEC.replace("20852163", "１"),
        SPEC.replace("20852163", str(2**63)),
        SPEC.replace("CsUY", "CsU"),
        SPEC.replace("example.com/behind-the-sofa", ""),
        "a\n1\nAAAA\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parsed(text)
    with pytest.raises(NoteError):
        opened(str(sign(text, ORIGIN, PRIVATE)), [KEY])


def test_a_key_speaks_only_for_the_log_of_its_name() -> None:
    other = Checkpoint(origin="motem.local/3f9c2a71/2", size=1, root=bytes(32))
    note = Note.parsed(str(sign(other.text, ORIGIN, PRIVATE)))
    with pytest.raises(NoteError, match="No known key"):
        opened(str(note), [KEY])


@pytest.mark.parametrize("text", ["", "00", "01", "+1", "1_0", " 1", "1\n", "9" * 5000])
def test_a_number_has_one_spelling(text: str) -> None:
    with pytest.raises(NoteError):
        decimal(text)
