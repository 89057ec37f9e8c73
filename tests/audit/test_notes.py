"""Signed notes: published examples are read, ours are read back, anything changed is refused."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit.notes import (
    COSIGNER,
    LOG,
    Cosignature,
    Note,
    NoteError,
    Signature,
    VerifierKey,
    base64,
    cosign,
    cosigned,
    sign,
    unbase64,
    verified,
)

GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The example in the documentation of Go's package golang.org/x/mod/sumdb/note."""
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
WITNESS = Ed25519PrivateKey.from_private_bytes(b"2" * 32)
TEXT = "motem.test/log/1\n3\nabc\n"
KEY = VerifierKey.of("motem.test/log/1", PRIVATE)
WITNESS_KEY = VerifierKey.of("witness.test/w1", WITNESS, COSIGNER)
NOTE = sign(TEXT, KEY.name, PRIVATE)


def test_a_note_of_the_go_package_is_read_with_its_key() -> None:
    key = VerifierKey.parsed(GO_KEY)
    note = Note.parsed(GO_NOTE)
    assert (key.name, key.type, str(key)) == ("PeterNeumann", LOG, GO_KEY)
    assert verified(note, [key]) == key
    assert str(note) == GO_NOTE


def test_what_we_sign_is_read_back_and_verified() -> None:
    assert Note.parsed(str(NOTE)) == NOTE
    assert verified(NOTE, [WITNESS_KEY, KEY]) == KEY


@pytest.mark.parametrize("key", [KEY, WITNESS_KEY])
def test_a_key_is_read_back(key: VerifierKey) -> None:
    assert VerifierKey.parsed(str(key)) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        GO_KEY + "\n",
    ],
)
def test_a_key_that_is_not_itself_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parsed(text)


@given(st.integers(0, len(str(NOTE)) - 1), st.characters(exclude_categories=["Cs"]))
def test_a_note_with_any_one_letter_changed_is_refused(place: int, letter: str) -> None:
    note = str(NOTE)
    if note[place] != letter:
        with pytest.raises(NoteError):
            verified(Note.parsed(note[:place] + letter + note[place + 1 :]), [KEY])


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        note = Note.parsed(text)
    except NoteError:
        return
    assert str(note) == text


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        "text\n",
        "text\n\n",
        "text\n\n— name AAAAAAA=",
        "text\n\n- name AAAAAAA=\n",
        "text\n\n— na+me AAAAAAA=\n",
        "text\n\n—  AAAAAAA=\n",
        "text\n\n— name AAAAAA==\n",
        "text\n\n— name AAAAAAB=\n",
        "te\rxt\n\n— name AAAAAAA=\n",
        "text\n\n" + "— name AAAAAAA=\n" * 101,
        "x" * 65536 + "\n\n— name AAAAAAA=\n",
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        Note.parsed(note)


def test_signatures_of_others_are_left_aside() -> None:
    other = Signature(name=KEY.name, key_id=b"\x00\x01\x02\x03", value=b"anything")
    note = NOTE.with_signatures([other])
    assert verified(note, [KEY]) == KEY
    with pytest.raises(NoteError, match="No known key"):
        verified(Note(text=TEXT, signatures=(other,)), [KEY])


def test_a_wrong_line_by_a_known_key_spoils_the_note() -> None:
    wrong = Signature(name=KEY.name, key_id=KEY.id, value=b"x" * 64)
    with pytest.raises(NoteError, match="does not fit"):
        verified(NOTE.with_signatures([wrong]), [KEY])


def test_a_witness_says_when_it_saw_the_checkpoint() -> None:
    line = cosign(TEXT, WITNESS_KEY.name, WITNESS, 1679315147)
    note = Note.parsed(str(NOTE.with_signatures([line])))
    assert verified(note, [KEY]) == KEY
    assert cosigned(note, [KEY, WITNESS_KEY]) == [
        Cosignature(name="witness.test/w1", time=1679315147)
    ]
    WITNESS.public_key().verify(
        line.value[8:], b"cosignature/v1\ntime 1679315147\n" + TEXT.encode()
    )


def test_a_cosignature_holds_for_its_own_text_and_time_only() -> None:
    line = cosign(TEXT, WITNESS_KEY.name, WITNESS, 5)
    later = Signature(name=line.name, key_id=line.key_id, value=b"\x01" + line.value[1:])
    for note in (
        Note(text="other\n", signatures=(line,)),
        Note(text=TEXT, signatures=(later,)),
        Note(text=TEXT, signatures=(Signature(name=line.name, key_id=line.key_id, value=b"x"),)),
    ):
        with pytest.raises(NoteError, match="does not fit"):
            cosigned(note, [WITNESS_KEY])


def test_a_line_is_not_added_twice() -> None:
    assert NOTE.with_signatures(NOTE.signatures) == NOTE


@given(st.binary(max_size=80))
def test_base64_has_one_spelling(data: bytes) -> None:
    text = base64(data)
    assert unbase64(text) == data
    for wrong in (text + "\n", text + "=", text.rstrip("=") if text.endswith("=") else "A" + text):
        with pytest.raises(NoteError):
            unbase64(wrong)
