"""Seals a body: a salt, a commitment that gives nothing away, a signature by the writer's key."""

from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes

from audit.keys import Key

PREFIX = b"motem-audit-event-v1\n"
"""A signature of an event can be taken for nothing else."""
ID = 4
"""Bytes before a signature that say by which key it is, as in C2SP signed notes."""
SALT = 32
"""Bytes of a salt: with fewer, a short body could be guessed from its commitment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sealed:
    """A body as it is kept. The commitment alone says nothing of the body once the salt is gone."""

    body: str = field(repr=False)
    salt: bytes = field(repr=False)
    commitment: bytes
    signature: bytes


def seal(body: str, key: Key) -> Sealed:
    salt = token_bytes(SALT)
    commitment = commitment_of(body, salt)
    return Sealed(
        body=body,
        salt=salt,
        commitment=commitment,
        signature=key.public.id + key.sign(PREFIX + commitment),
    )


def commitment_of(body: str, salt: bytes) -> bytes:
    """SHA-256 of salt and body: what the tree holds of an event."""
    return sha256(salt + body.encode()).digest()


def is_signed_by(key: Key, commitment: bytes, signature: bytes) -> bool:
    """Whether the key's owner wrote what is committed to; the body may be gone."""
    return signature[:ID] == key.public.id and key.public.fits(PREFIX + commitment, signature[ID:])


def entry_of(commitment: bytes, signature: bytes) -> bytes:
    """What the tree holds of an event (100 bytes): nobody can exchange either afterwards."""
    return commitment + signature
