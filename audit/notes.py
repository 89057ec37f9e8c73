"""Signed notes (c2sp.org/signed-note): text with lines of signatures, and the keys that check them.

A note is never believed before `verified` or `cosigned` named a key that was expected.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOG, COSIGNER = 0x01, 0x04
"""Types of keys: Ed25519 over the text; over the text with a time (c2sp.org/tlog-cosignature)."""
MAX_NOTE = 64 * 1024
MAX_SIGNATURES = 100
LARGEST = 2**63 - 1
"""A time or a size beyond it is nobody's."""
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]+")
_MARK = "— "


class NoteError(ValueError):
    """A note, a key or a signature is not what it must be; says what, without its content."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifierKey:
    """A public key under a name; `type` is LOG or COSIGNER, `public` 32 bytes."""

    name: str
    type: int
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise NoteError("The name of a key has no spaces and no plus.")
        if self.type not in (LOG, COSIGNER) or len(self.public) != 32:
            raise NoteError("Only Ed25519 keys of a log (1) or of a witness (4) are read.")

    @property
    def id(self) -> bytes:
        """The four bytes that go before each signature by this key."""
        kind = bytes([self.type]) + self.public
        return sha256(self.name.encode() + b"\n" + kind).digest()[:4]

    def __str__(self) -> str:
        """As `name+id+key`, which `parsed` reads."""
        return f"{self.name}+{self.id.hex()}+{base64(bytes([self.type]) + self.public)}"

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Read `name+id+key`; NoteError unless the id is the key's own."""
        name, *rest = text.split("+", 2)
        if len(rest) != 2:
            raise NoteError("A key is written as name+id+base64.")
        material = unbase64(rest[1])
        key = cls(name=name, type=material[0] if material else 0, public=material[1:])
        if key.id.hex() != rest[0]:
            raise NoteError("The id of the key is not that of its name and content.")
        return key

    @classmethod
    def of(cls, name: str, private: Ed25519PrivateKey, kind: int = LOG) -> Self:
        """The public half of `private`."""
        return cls(name=name, type=kind, public=private.public_key().public_bytes_raw())

    def fits(self, message: bytes, signature: bytes) -> bool:
        """Whether this key signed `message`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """One line under a note: who says to have signed, and what follows the key's id."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        return f"{_MARK}{self.name} {base64(self.key_id + self.value)}\n"

    @classmethod
    def parsed(cls, line: str) -> Self:
        """Read a line without its newline."""
        mark, name, value = line.split(" ") if line.count(" ") == 2 else ("", "", "")
        if mark != _MARK.strip() or not _NAME.fullmatch(name):
            raise NoteError("A line of a signature is a dash, a name and base64.")
        raw = unbase64(value)
        if len(raw) < 5:
            raise NoteError("A signature is shorter than the id of its key.")
        return cls(name=name, key_id=raw[:4], value=raw[4:])

    def by(self, key: VerifierKey) -> bool:
        """Whether it says to be by this key."""
        return (self.name, self.key_id) == (key.name, key.id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """Text that ends in a newline, and who signed it; nothing of it is verified yet."""

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(map(str, self.signatures))

    @classmethod
    def parsed(cls, note: str) -> Self:
        """Read a note; NoteError when it is too large or not one."""
        if len(note) > MAX_NOTE or re.search(r"[\x00-\x09\x0b-\x1f]", note):
            raise NoteError("A note is at most 64 KiB of text without control characters.")
        text, blank, lines = note.rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise NoteError("A note is text, an empty line and lines of signatures.")
        found = lines[:-1].split("\n")
        if len(found) > MAX_SIGNATURES:
            raise NoteError("A note has at most 100 signatures.")
        return cls(text=text + "\n", signatures=tuple(map(Signature.parsed, found)))

    def with_signatures(self, added: Iterable[Signature]) -> "Note":
        """The same note with further lines; one that it has is not repeated."""
        return Note(text=self.text, signatures=tuple(dict.fromkeys((*self.signatures, *added))))


@dataclass(frozen=True, kw_only=True, slots=True)
class Cosignature:
    """That a witness saw a checkpoint follow from what it saw before; `time` in POSIX seconds."""

    name: str
    time: int


def sign(text: str, name: str, private: Ed25519PrivateKey) -> Note:
    """A note of `text` (ending in a newline) with the signature of a log's key."""
    key = VerifierKey.of(name, private)
    value = private.sign(text.encode())
    return Note(text=text, signatures=(Signature(name=name, key_id=key.id, value=value),))


def cosign(text: str, name: str, private: Ed25519PrivateKey, time: int) -> Signature:
    """The line by which a witness says to have seen `text` at `time` (POSIX seconds)."""
    key = VerifierKey.of(name, private, COSIGNER)
    value = time.to_bytes(8, "big") + private.sign(_cosigned_message(text, time))
    return Signature(name=name, key_id=key.id, value=value)


def verified(note: Note, keys: Iterable[VerifierKey]) -> VerifierKey:
    """Which of the expected log keys signed; NoteError when none did or one's line is wrong."""
    found = None
    for key in (key for key in keys if key.type == LOG):
        for signature in (one for one in note.signatures if one.by(key)):
            if not key.fits(note.text.encode(), signature.value):
                raise NoteError("A signature by a known key does not fit the note.")
            found = found or key
    if found is None:
        raise NoteError("No known key signed the note.")
    return found


def cosigned(note: Note, keys: Iterable[VerifierKey]) -> list[Cosignature]:
    """What the expected witnesses say; NoteError when a line of one of them is wrong."""
    return [
        _cosignature(note, key, signature)
        for key in keys
        for signature in note.signatures
        if key.type == COSIGNER and signature.by(key)
    ]


def _cosignature(note: Note, key: VerifierKey, signature: Signature) -> Cosignature:
    time = int.from_bytes(signature.value[:8], "big")
    message = _cosigned_message(note.text, time)
    if time > LARGEST or not key.fits(message, signature.value[8:]):
        raise NoteError("A cosignature by a known witness does not fit the note.")
    return Cosignature(name=key.name, time=time)


def _cosigned_message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def base64(data: bytes) -> str:
    """Standard base64 (RFC 4648, section 4)."""
    return b64encode(data).decode()


def unbase64(text: str) -> bytes:
    """The one way to write bytes as base64, read back; NoteError for any other."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        data = b""
    if base64(data) != text:
        raise NoteError("This is not standard base64.")
    return data
