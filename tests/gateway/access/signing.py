"""Makes keys and client assertions, by the arithmetic of `cryptography` alone; right ones and any other."""

import base64
import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

AUDIENCE = "https://motem.example/token"
CLIENT = "hospital-22103"


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def number(value: int, size: int | None = None) -> str:
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


@dataclass(frozen=True, kw_only=True)
class Signer:
    """A private key with its name. `size`: bytes of a coordinate, of a curve."""

    kid: str
    private: Any = field(repr=False)

    @property
    def algorithm(self) -> str:
        return "RS384" if isinstance(self.private, rsa.RSAPrivateKey) else "ES384"

    @property
    def public(self) -> dict[str, Any]:
        """Its JWK."""
        numbers = self.private.public_key().public_numbers()
        if isinstance(self.private, rsa.RSAPrivateKey):
            return {
                "kty": "RSA",
                "kid": self.kid,
                "alg": "RS384",
                "use": "sig",
                "n": number(numbers.n),
                "e": number(numbers.e),
            }
        size = (self.private.key_size + 7) // 8
        name = {256: "P-256", 384: "P-384", 521: "P-521"}[self.private.key_size]
        return {
            "kty": "EC",
            "kid": self.kid,
            "use": "sig",
            "crv": name,
            "x": number(numbers.x, size),
            "y": number(numbers.y, size),
        }

    def sign(self, signed: bytes, digest: hashes.HashAlgorithm | None = None) -> bytes:
        digest = digest or hashes.SHA384()
        if isinstance(self.private, rsa.RSAPrivateKey):
            return bytes(self.private.sign(signed, padding.PKCS1v15(), digest))
        r, s = decode_dss_signature(self.private.sign(signed, ec.ECDSA(digest)))
        size = (self.private.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def token(self, header: Any, claims: Any, digest: hashes.HashAlgorithm | None = None) -> str:
        """Signed, whatever stands in it; what is no text becomes JSON."""
        told = [part if isinstance(part, str) else json.dumps(part) for part in (header, claims)]
        signed = ".".join(b64(part.encode("utf-8", "surrogatepass")) for part in told)
        return f"{signed}.{b64(self.sign(signed.encode(), digest))}"


@cache
def elliptic(kid: str = "ec-1") -> Signer:
    return Signer(kid=kid, private=ec.generate_private_key(ec.SECP384R1()))


@cache
def rsa_signer(kid: str = "rsa-1", bits: int = 3072) -> Signer:
    return Signer(kid=kid, private=rsa.generate_private_key(65537, bits))


def header_of(signer: Signer, **changes: Any) -> dict[str, Any]:
    return _changed({"alg": signer.algorithm, "kid": signer.kid, "typ": "JWT"}, changes)


def claims_at(now: int, **changes: Any) -> dict[str, Any]:
    told = {"iss": CLIENT, "sub": CLIENT, "aud": AUDIENCE, "iat": now, "exp": now + 240}
    return _changed(told | {"jti": f"jti-{now}-0001"}, changes)


def _changed(told: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """With the changes; what is None there is left out."""
    return {name: value for name, value in (told | changes).items() if value is not None}
