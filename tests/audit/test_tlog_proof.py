"""Proof files: written, read and convincing; anything changed does not convince."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint
from audit.notes import COSIGNER, NoteError, VerifierKey, cosign
from audit.proofs import inclusion_proof
from audit.tlog_proof import Proof, verify_proof
from tests.audit.trees import plain_nodes, plain_root

LOG = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
WITNESS = Ed25519PrivateKey.from_private_bytes(b"2" * 32)
ORIGIN = "motem.local/3f9c2a71/1"
KEYS = [VerifierKey.of(ORIGIN, LOG), VerifierKey.of("witness.test/w1", WITNESS, COSIGNER)]
ENTRIES = [bytes([n]) * 32 for n in range(11)]
CHECKPOINT = Checkpoint(origin=ORIGIN, size=11, root=plain_root(ENTRIES))
NOTE = CHECKPOINT.signed(LOG).with_signatures(
    [cosign(CHECKPOINT.text, "witness.test/w1", WITNESS, 1_800_000_000)]
)


def proof(index: int, extra: bytes | None = None) -> Proof:
    path = tuple(inclusion_proof(index, 11, plain_nodes(ENTRIES)))
    return Proof(index=index, path=path, note=str(NOTE), extra=extra)


@pytest.mark.parametrize("index", range(11))
@pytest.mark.parametrize("extra", [None, b"", b"for the reader"])
def test_a_file_is_read_back_and_convinces(index: int, extra: bytes | None) -> None:
    read = Proof.parsed(str(proof(index, extra)))
    assert read == proof(index, extra)
    checkpoint, witnesses = verify_proof(read, ENTRIES[index], KEYS)
    assert checkpoint == CHECKPOINT
    assert [(one.name, one.time) for one in witnesses] == [("witness.test/w1", 1_800_000_000)]


def test_a_file_is_written_as_the_specification_has_it() -> None:
    lines = str(proof(10, b"x")).split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra eA==", "index 10"]
    assert lines[5:8] == ["", ORIGIN, "11"]


@given(st.integers(0, len(str(proof(7))) - 1), st.characters(exclude_categories=["Cs"]))
def test_a_file_with_any_one_letter_changed_convinces_of_less(place: int, letter: str) -> None:
    text = str(proof(7))
    if text[place] == letter:
        return
    try:
        changed = Proof.parsed(text[:place] + letter + text[place + 1 :])
        _, witnesses = verify_proof(changed, ENTRIES[7], KEYS)
    except NoteError:
        return
    # A witness whose name or id was changed is nobody's that is known; the rest still holds.
    assert (witnesses, place > text.index("— witness")) == ([], True)


def test_another_entry_or_another_key_does_not_convince() -> None:
    with pytest.raises(NoteError, match="does not lead"):
        verify_proof(proof(7), ENTRIES[8], KEYS)
    with pytest.raises(NoteError, match="No known key"):
        verify_proof(proof(7), ENTRIES[7], KEYS[1:])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v1\nextra eA==\n\n" + str(NOTE),
        "c2sp.org/tlog-proof@v1\n\n" + str(NOTE),
        "c2sp.org/tlog-proof@v1\nindex 01\n\n" + str(NOTE),
        "c2sp.org/tlog-proof@v1\nindex 1\nAAAA\n\n" + str(NOTE),
        "c2sp.org/tlog-proof@v1\nindex 1\n" + f"{'A' * 43}=\n" * 64 + "\n" + str(NOTE),
        "c2sp.org/tlog-proof@v2\nindex 1\n\n" + str(NOTE),
        "c2sp.org/tlog-proof@v1\nindex 1\n\nno note",
    ],
)
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Proof.parsed(text)
