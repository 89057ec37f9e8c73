"""The one place where python-jose is called: is this assertion signed by the client that it names?

By itself python-jose 3.5.0 takes much that must be refused (docs/decisions/0012), so everything but
the arithmetic of the signature is checked here. Never JWE, and never a key out of the token.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jose import jwk, jws

from gateway.access.keys import ALGORITHMS, Jwk, UnusableKeyError, one_of, unpadded, usable
from gateway.access.strict_json import strict_object

LARGEST = 8 * 1024
HEADER = frozenset({"alg", "kid", "typ", "jku"})
"""All that a header may hold: no `crit`, `jwk`, `x5c`, `x5u`, `zip`, `b64`."""
SKEW = 60
"""Seconds by which clocks may differ."""
LONGEST = 300
"""Seconds that an assertion is good for at most (SMART App Launch 2.2)."""
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
JTI = re.compile(r"[\x21-\x7e]{8,255}")
KID = re.compile(r"[\x20-\x7e]{1,255}")
SIGNATURE_OF_P384 = 96
BACKEND = "jose.backends.cryptography_backend"


class RefusedAssertionError(Exception):
    """The assertion is not to be believed. `reason` is a word for the log, never shown outside."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """What an assertion says of itself, read and not yet believed."""

    algorithm: str
    kid: str
    jku: str | None
    client: str
    claims: Mapping[str, Any] = field(repr=False)
    signature: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Assertion:
    """An assertion that was believed. `expires`: seconds since 1970."""

    client: str
    jti: str
    expires: int


def require_backend() -> None:
    """That python-jose counts with `cryptography`. Raises RuntimeError: its other ways are unsafe."""
    if {jwk.ECKey.__module__, jwk.RSAKey.__module__} != {BACKEND}:
        raise RuntimeError("python-jose must be installed as python-jose[cryptography].")


def claimed(token: str) -> Claimed:
    """Who the token says that it is of. Raises RefusedAssertionError, and nothing else."""
    try:
        return _claimed(token)
    except RefusedAssertionError:
        raise
    except Exception:
        raise RefusedAssertionError("malformed") from None


def _claimed(token: str) -> Claimed:
    parts = token.split(".") if len(token) <= LARGEST else []
    if len(parts) != 3:
        raise RefusedAssertionError("malformed")
    header, claims = (strict_object(unpadded(part)) for part in parts[:2])
    _require("header", header.keys() <= HEADER and header.get("typ", "JWT") in ("JWT", "jwt"))
    _require("algorithm", header.get("alg") in ALGORITHMS)
    _require("kid", _is(KID, header.get("kid")))
    _require("jku", isinstance(header.get("jku"), str | None))
    _require("issuer", _is(NAME, claims.get("iss")) and claims["iss"] == claims.get("sub"))
    return Claimed(
        algorithm=header["alg"],
        kid=header["kid"],
        jku=header.get("jku"),
        client=claims["iss"],
        claims=claims,
        signature=unpadded(parts[2]),
    )


def verified(
    token: str,
    said: Claimed,
    keys: Callable[[], Sequence[Jwk]],
    *,
    audience: str,
    now: float,
) -> Assertion:
    """The assertion, if the client's key has signed it and every claim holds.

    `keys`: of the client that it names; they may have to be fetched. Whether its `jti` was used
    before is for the caller. Raises RefusedAssertionError, and nothing else.
    """
    try:
        _require_times(said.claims, now)
        _require("audience", said.claims.get("aud") == audience)
        _require("jti", _is(JTI, said.claims.get("jti")))
        key = _bare_key(said, keys())
        jws.verify(token, key | {"alg": said.algorithm}, algorithms=[said.algorithm])
    except RefusedAssertionError:
        raise
    except Exception:
        raise RefusedAssertionError("signature") from None
    return Assertion(client=said.client, jti=said.claims["jti"], expires=said.claims["exp"])


def _bare_key(said: Claimed, keys: Sequence[Jwk]) -> dict[str, str]:
    try:
        key = usable(one_of(keys, said.kid, said.algorithm), said.algorithm)
    except UnusableKeyError:
        raise RefusedAssertionError("key") from None
    if said.algorithm == "ES384":
        _require("signature", len(said.signature) == SIGNATURE_OF_P384)
    return key


def _require_times(claims: Mapping[str, Any], now: float) -> None:
    """`exp` is needed; `iat` and `nbf` are held to where they are told. All are whole seconds."""
    times = {name: claims[name] for name in ("exp", "iat", "nbf") if name in claims}
    _require("times", "exp" in times and all(type(one) is int for one in times.values()))
    begins = max(times.get("iat", 0), times.get("nbf", 0))
    _require("expired", now < times["exp"] + SKEW)
    _require("early", begins <= now + SKEW)
    _require("lasting", times["exp"] <= now + LONGEST + SKEW)
    _require("lasting", "iat" not in times or 0 < times["exp"] - times["iat"] <= LONGEST)


def _require(reason: str, holds: bool) -> None:
    if not holds:
        raise RefusedAssertionError(reason)


def _is(form: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None
