"""The key that everybody has: of the clients of the sandbox, and refused everywhere else."""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.access.keys import COORDINATE, Jwk, unpadded

KEY_ID = "sandbox"
TEXT = b"Motem sandbox: everybody has this key. For made-up children only."


def private_key() -> ec.EllipticCurvePrivateKey:
    """Made of a text in the source, so that nobody takes it for a secret."""
    number = int.from_bytes(hashlib.sha256(TEXT).digest(), "big")
    return ec.derive_private_key(number, ec.SECP384R1())


def private_pem() -> bytes:
    return private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_jwk() -> dict[str, str]:
    """Its public half, to be registered."""
    point = private_key().public_key().public_numbers()
    x, y = (
        base64.urlsafe_b64encode(number.to_bytes(COORDINATE, "big")).rstrip(b"=").decode()
        for number in (point.x, point.y)
    )
    return {"kty": "EC", "crv": "P-384", "use": "sig", "kid": KEY_ID, "x": x, "y": y}


def is_published(key: Jwk) -> bool:
    """Whether a public key is that of the sandbox, under whatever id."""
    x = private_key().public_key().public_numbers().x
    try:
        return int.from_bytes(unpadded(key.get("x")), "big") == x
    except ValueError:
        return False
