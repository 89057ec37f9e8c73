"""Who a client is: its key, and the assertion that it signs with it (SMART Backend Services)."""

import base64
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

COORDINATE = 48
"""Bytes of a number of P-384."""
LASTS = 240
"""Seconds an assertion holds; services take 300 at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """A registered client: its id, the id of its key, and the private key, which leaves nowhere."""

    client: str
    key_id: str
    scopes: tuple[str, ...]
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(repr=False)

    @classmethod
    def from_file(
        cls, path: str | Path, *, client: str, key_id: str, scopes: tuple[str, ...]
    ) -> "Credentials":
        """A key on P-384, or an RSA key, as PEM without a password. Raises ValueError, OSError."""
        key = load_pem_private_key(Path(path).read_bytes(), None)
        is_p384 = isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp384r1"
        if not is_p384 and not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("a private key on P-384, or an RSA key, is needed")
        assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
        return cls(client=client, key_id=key_id, scopes=tuple(scopes), key=key)

    @property
    def public_key(self) -> dict[str, str]:
        """The public half as JWK, to be registered with the service."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            told = self.key.public_key().public_numbers()
            kind = {"kty": "RSA", "n": _number(told.n), "e": _number(told.e)}
        else:
            point = self.key.public_key().public_numbers()
            x, y = (_plain(number.to_bytes(COORDINATE, "big")) for number in (point.x, point.y))
            kind = {"kty": "EC", "crv": "P-384", "x": x, "y": y}
        return kind | {"use": "sig", "kid": self.key_id}

    def assertion(self, audience: str) -> str:
        """Good once, for the token endpoint at this address."""
        now = int(time.time())
        algorithm = "ES384" if isinstance(self.key, ec.EllipticCurvePrivateKey) else "RS384"
        head = {"alg": algorithm, "typ": "JWT", "kid": self.key_id}
        claims = {
            "iss": self.client,
            "sub": self.client,
            "aud": audience,
            "iat": now,
            "exp": now + LASTS,
            "jti": str(uuid.uuid4()),
        }
        signed = f"{_encoded(head)}.{_encoded(claims)}"
        return f"{signed}.{_plain(self._signature(signed.encode()))}"

    def _signature(self, content: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(content, padding.PKCS1v15(), hashes.SHA384())
        r, s = decode_dss_signature(self.key.sign(content, ec.ECDSA(hashes.SHA384())))
        return b"".join(number.to_bytes(COORDINATE, "big") for number in (r, s))


def _encoded(part: Mapping[str, Any]) -> str:
    return _plain(json.dumps(part, separators=(",", ":")).encode())


def _plain(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _number(number: int) -> str:
    return _plain(number.to_bytes((number.bit_length() + 7) // 8, "big"))
