"""Public keys of clients as JWKs (RFC 7517): which may check a signature, and which is meant."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from gateway.access.strict_json import strict_object

Jwk: TypeAlias = Mapping[str, Any]

ALGORITHMS = ("RS384", "ES384")
"""Those that SMART App Launch 2.2 wants of a server."""
LARGEST_SET = 64 * 1024
MOST_KEYS = 20
SMALLEST_RSA, SMALLEST_NEW_RSA, LARGEST_RSA = 2048, 3072, 8192
COORDINATE = 48
"""Bytes of a coordinate of P-384."""
FORM = re.compile(r"[A-Za-z0-9_-]+")
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class UnusableKeyError(ValueError):
    """The key cannot be used: its sentence says why and holds nothing of it."""


def unpadded(text: object) -> bytes:
    """The bytes of base64url without padding, in its one right spelling. Raises ValueError."""
    if not isinstance(text, str) or not FORM.fullmatch(text):
        raise ValueError("not base64url")
    try:
        found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("not base64url") from None
    if base64.urlsafe_b64encode(found).rstrip(b"=") != text.encode():
        raise ValueError("not base64url in its one spelling")
    return found


def key_set(content: bytes) -> tuple[Jwk, ...]:
    """The public keys of a JWK Set. Raises UnusableKeyError where it is none, or holds a secret."""
    try:
        keys = strict_object(content[: LARGEST_SET + 1], deepest=5).get("keys")
    except ValueError:
        keys = None
    if len(content) > LARGEST_SET or not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        raise UnusableKeyError(f"A JWK Set has `keys`, 1 to {MOST_KEYS}, and 64 KiB at most.")
    if not all(isinstance(key, dict) for key in keys):
        raise UnusableKeyError("Each key of a JWK Set is an object.")
    if any(PRIVATE & key.keys() for key in keys):
        raise UnusableKeyError("There is a private key in it: it is known to others now.")
    return tuple(keys)


def require_new(keys: Sequence[Jwk]) -> None:
    """That keys may be registered: each could check a signature. Raises UnusableKeyError."""
    names = [key.get("kid") for key in keys]
    if len(set(map(str, names))) != len(names):
        raise UnusableKeyError("Two keys have the same kid.")
    for key in keys:
        if not isinstance(key.get("kid"), str) or not key["kid"]:
            raise UnusableKeyError("Each key has a kid.")
        algorithm = "RS384" if key.get("kty") == "RSA" else "ES384"
        usable(key, algorithm, smallest_rsa=SMALLEST_NEW_RSA)


def one_of(keys: Sequence[Jwk], kid: str, algorithm: str = "") -> Jwk:
    """The one key of this kid, and of the algorithm's kind where that is told; never any other. Raises UnusableKeyError.

    Sets that are fetched may have one of each kind under one kid (SMART App Launch 2.2, 5.2).
    """
    kinds = {"ES": ("EC",), "RS": ("RSA",)}.get(algorithm[:2], ("EC", "RSA"))
    found = [key for key in keys if key.get("kid") == kid and key.get("kty") in kinds]
    if len(found) != 1:
        raise UnusableKeyError("No key of this kid, or two.")
    return found[0]


def usable(key: Jwk, algorithm: str, *, smallest_rsa: int = SMALLEST_RSA) -> dict[str, str]:
    """The bare public key, if it is one for this algorithm. Raises UnusableKeyError."""
    if key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
        raise UnusableKeyError("The key is for another use or algorithm.")
    if "verify" not in key.get("key_ops", ["verify"]):
        raise UnusableKeyError("The key is not for checking signatures.")
    try:
        return _rsa(key, smallest_rsa) if algorithm == "RS384" else _p384(key)
    except ValueError:
        raise UnusableKeyError(
            f"RS384 needs an RSA key of {smallest_rsa} to {LARGEST_RSA} bits,"
            " ES384 an EC key on P-384."
        ) from None


def _rsa(key: Jwk, smallest: int) -> dict[str, str]:
    modulus, exponent = (int.from_bytes(unpadded(key.get(name)), "big") for name in ("n", "e"))
    size = modulus.bit_length()
    odd = modulus % 2 and exponent % 2
    if key.get("kty") != "RSA" or not smallest <= size <= LARGEST_RSA or not odd:
        raise ValueError
    if not 65537 <= exponent < 2**64:
        raise ValueError
    return {"kty": "RSA", "n": key["n"], "e": key["e"]}


def _p384(key: Jwk) -> dict[str, str]:
    if (key.get("kty"), key.get("crv")) != ("EC", "P-384"):
        raise ValueError
    if any(len(unpadded(key.get(name))) != COORDINATE for name in ("x", "y")):
        raise ValueError
    return {"kty": "EC", "crv": "P-384", "x": key["x"], "y": key["y"]}
