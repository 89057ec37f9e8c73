"""The keys of the log and where they stand: outside the database, readable by their owner only."""

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from secrets import token_hex

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from audit.errors import WrongKeyError
from audit.notes import VerifierKey

EVENT = "event"
LOG = "log"
NAME = "motem.local"
"""First part of the name of a log that was given none; a random part follows."""
PRIVATE = 0o077
"""Rights that nobody but the owner may have."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """An Ed25519 key (RFC 8032) with the name that its signatures carry."""

    name: str
    private: Ed25519PrivateKey = field(repr=False)
    former: tuple[VerifierKey, ...] = ()
    """Those that signed before this one, under the names that they had."""

    @cached_property
    def public(self) -> VerifierKey:
        """The half that others check signatures with."""
        return VerifierKey.of(self.name, self.private)

    def named(self, epoch: int) -> "Key":
        """The same key under the name that its log has in an epoch, from 1 on."""
        return replace(self, name=f"{self.name}/{epoch}")

    def epochs(self, note: str) -> list[VerifierKey]:
        """The key that must have signed a note of this log, in whatever epoch that was made."""
        name = note.partition("\n")[0]
        base, _, epoch = name.rpartition("/")
        is_ours = base == self.name and epoch.isascii() and epoch.isdigit()
        if is_ours:
            return [VerifierKey.of(name, self.private)]
        return [key for key in self.former if key.name == name]

    def sign(self, message: bytes) -> bytes:
        return self.private.sign(message)


def epoch_of(origin: str) -> int:
    """The epoch in the name of a log, from 1 on."""
    return int(origin.rpartition("/")[2])


def key_in(folder: Path, kind: str) -> Key:
    """The key of a kind in a folder; made where there is none yet. Raises WrongKeyError."""
    path = folder / f"{kind}.key"
    if not path.exists():
        _make(folder, path)
    try:
        text = path.read_text("ascii")
        if path.stat().st_mode & PRIVATE:
            raise WrongKeyError(f"{path} may be read by others than its owner: chmod 600 {path}")
        name, _, pem = text.partition("\n")
        private = load_pem_private_key(pem.encode(), None)
    except (OSError, ValueError) as error:
        raise WrongKeyError(f"{path} cannot be read as a key ({type(error).__name__}).") from None
    if not isinstance(private, Ed25519PrivateKey) or not name:
        raise WrongKeyError(f"{path} holds no Ed25519 key with a name in its first line.")
    return Key(name=name, private=private, former=_former(folder, kind))


def rotate(folder: Path, kind: str, last: VerifierKey) -> Key:
    """Put a new key in the place of one that signed as `last`; the old private half is destroyed.

    The public half is kept: what it signed can be checked for ever.
    """
    with _former_path(folder, kind).open("a", encoding="ascii") as file:
        file.write(f"{last}\n")
        file.flush()
        os.fsync(file.fileno())
    (folder / f"{kind}.key").unlink()
    return key_in(folder, kind)


def _former_path(folder: Path, kind: str) -> Path:
    return folder / f"{kind}.former"


def _former(folder: Path, kind: str) -> tuple[VerifierKey, ...]:
    try:
        lines = _former_path(folder, kind).read_text("ascii").splitlines()
        return tuple(map(VerifierKey.parsed, lines))
    except FileNotFoundError:
        return ()
    except ValueError:
        raise WrongKeyError(f"{_former_path(folder, kind)} does not hold public keys.") from None


def _make(folder: Path, path: Path) -> None:
    """Two processes may do it at once: the first one's key stays."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    own = folder / f".{path.name}.{token_hex(8)}"
    with open(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(f"{NAME}/{token_hex(4)}\n".encode() + pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(own)
    except FileExistsError:
        pass
    finally:
        own.unlink()
