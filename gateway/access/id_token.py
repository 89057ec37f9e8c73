"""Is this id_token from the provider, for us, for this login, and of now? (OpenID Connect Core 3.1.3.7)

The arithmetic of the signature is joserfc's, which Authlib brings; all else is checked here, as it is
for the assertions of machines (`assertion.py`).
"""

import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jwk, jwt

from gateway.access.keys import Jwk, one_of, unpadded
from gateway.access.strict_json import strict_object

ALGORITHMS = ("RS256", "ES256", "PS256", "RS384", "ES384")
"""Never `none`, and none with a secret that both sides know."""
KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC"}
CURVES = {"ES256": "P-256", "ES384": "P-384"}
HEADER = frozenset({"alg", "kid", "typ"})
LARGEST = 16 * 1024
SKEW = 60
"""Seconds by which clocks may differ."""
LONGEST = 3600 * 24
SMALLEST_RSA = 2048
SUBJECT = re.compile(r"[\x21-\x7e]{1,200}")
KID = re.compile(r"[\x20-\x7e]{1,255}")


class RefusedLoginError(Exception):
    """The login is not to be believed. `reason` is a word for the log, never shown outside."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What the token of this login must say. `since`: the password was asked for after this (seconds
    since 1970); `acr`: how strongly that must have been to count as proof."""

    issuer: str
    client: str
    nonce: str
    since: float | None = None
    acr: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Proved:
    """Who logged in. `authenticated`: when it gave its password, as strongly as is wanted (seconds
    since 1970); 0 where the provider does not say: it may have known the browser from before."""

    subject: str
    authenticated: int


def proved(
    token: object, expected: Expected, keys: Callable[[str], Sequence[Jwk]], now: float
) -> Proved:
    """`keys`: of the provider, with this kid among them if it has it. Raises RefusedLoginError, and
    nothing else."""
    try:
        return _proved(token, expected, keys, now)
    except RefusedLoginError:
        raise
    except Exception:
        raise RefusedLoginError("malformed") from None


def _proved(
    token: object, expected: Expected, keys: Callable[[str], Sequence[Jwk]], now: float
) -> Proved:
    _require("malformed", isinstance(token, str) and len(token) <= LARGEST)
    parts = str(token).split(".")
    _require("malformed", len(parts) == 3)
    header = strict_object(unpadded(parts[0]))
    _require("header", header.keys() <= HEADER and header.get("typ", "JWT") in ("JWT", "jwt"))
    _require("algorithm", header.get("alg") in ALGORITHMS)
    _require("kid", isinstance(header.get("kid"), str) and bool(KID.fullmatch(header["kid"])))
    claims = strict_object(unpadded(parts[1]), deepest=8)
    _require_signature(str(token), header, keys(header["kid"]))
    _require_claims(claims, expected, now)
    strong = expected.acr is None or claims.get("acr") == expected.acr
    return Proved(subject=claims["sub"], authenticated=claims.get("auth_time", 0) if strong else 0)


def _require_signature(token: str, header: Mapping[str, Any], keys: Sequence[Jwk]) -> None:
    try:
        key, algorithm = one_of(keys, header["kid"]), header["alg"]
        _require("key", key.get("kty") == KINDS[algorithm[:2]])
        _require("key", key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm)
        _require("key", key.get("crv") == CURVES.get(algorithm))
        _require("key", key["kty"] != "RSA" or _bits(key["n"]) >= SMALLEST_RSA)
        names = ("kty", "n", "e") if key["kty"] == "RSA" else ("kty", "crv", "x", "y")
        bare = jwk.import_key({name: key[name] for name in names})
        jwt.decode(token, bare, algorithms=[algorithm])
    except RefusedLoginError:
        raise
    except Exception:
        raise RefusedLoginError("signature") from None


def _bits(number: object) -> int:
    return int.from_bytes(unpadded(number), "big").bit_length()


def _require_claims(claims: Mapping[str, Any], expected: Expected, now: float) -> None:
    _require("issuer", claims.get("iss") == expected.issuer)
    audience = claims.get("aud")
    several = audience if isinstance(audience, list) else [audience]
    _require("audience", expected.client in several)
    _require("audience", claims.get("azp", expected.client) == expected.client)
    _require("audience", len(several) == 1 or "azp" in claims)
    nonce = claims.get("nonce")
    _require(
        "nonce",
        isinstance(nonce, str) and hmac.compare_digest(nonce.encode(), expected.nonce.encode()),
    )
    _require(
        "subject", isinstance(claims.get("sub"), str) and bool(SUBJECT.fullmatch(claims["sub"]))
    )
    times = {n: claims[n] for n in ("exp", "iat", "nbf", "auth_time") if n in claims}
    _require("times", {"exp", "iat"} <= times.keys())
    _require("times", all(type(one) is int for one in times.values()))
    _require("expired", now < times["exp"] + SKEW and times["exp"] <= now + LONGEST)
    _require("early", max(times["iat"], times.get("nbf", 0)) <= now + SKEW)
    _require("old", times["iat"] >= now - 600 - SKEW)
    if expected.since is not None:
        _require("not-fresh", expected.since - SKEW <= times.get("auth_time", 0) <= now + SKEW)
        _require("acr", expected.acr is None or claims.get("acr") == expected.acr)


def _require(reason: str, holds: bool) -> None:
    if not holds:
        raise RefusedLoginError(reason)
