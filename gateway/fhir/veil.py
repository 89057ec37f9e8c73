"""What stands in a link in the place of a value that must not be read there, and comes back from it."""

import base64
import binascii
import hmac
import os
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = "~"
"""How a veiled text begins; no value of ours does."""
NONCE = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Veil:
    """AES-256-GCM under a key that every process of one database has."""

    key: bytes = field(repr=False)

    def over(self, text: str, purpose: str) -> str:
        """A text that fits a URL and says nothing; it can be used for that purpose only."""
        nonce = os.urandom(NONCE)
        sealed = AESGCM(self.key).encrypt(nonce, text.encode(), purpose.encode())
        return MARK + base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")

    def under(self, veiled: str, purpose: str) -> str:
        """The text again. Raises ValueError where it is none of ours, or for another purpose."""
        told = veiled.removeprefix(MARK)
        try:
            whole = base64.urlsafe_b64decode(told + "=" * (-len(told) % 4))
            opened = AESGCM(self.key).decrypt(whole[:NONCE], whole[NONCE:], purpose.encode())
        except (binascii.Error, InvalidTag, ValueError) as error:
            raise ValueError("no veil of ours") from error
        return opened.decode()

    def digest(self, text: str) -> str:
        """The same for the same text, and nobody without the key can try out what it may be."""
        return hmac.new(self.key, text.encode(), sha256).hexdigest()
