"""Forged assertions: every attack of which python-jose 3.5.0 takes some (trust.md 3.3), and more."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.gateway.access.signing import (
    AUDIENCE,
    CLIENT,
    Signer,
    b64,
    claims_at,
    elliptic,
    header_of,
    rsa_signer,
)

NOW = 1_800_000_000
EC, RSA = elliptic(), rsa_signer()
P256 = Signer(kid="p256", private=ec.generate_private_key(ec.SECP256R1()))
P521 = Signer(kid="p521", private=ec.generate_private_key(ec.SECP521R1()))
SHORT = rsa_signer("short", 1024)
STRANGER = elliptic("stranger")
OTHER_USE = elliptic("encrypts")
OTHER_ALGORITHM = elliptic("other-alg")
NOT_FOR_CHECKING = elliptic("wraps")
TWICE = elliptic("twice")
REGISTERED: tuple[Mapping[str, Any], ...] = (
    EC.public,
    RSA.public,
    P256.public,
    P521.public,
    SHORT.public,
    OTHER_USE.public | {"use": "enc"},
    OTHER_ALGORITHM.public | {"alg": "ES512"},
    NOT_FOR_CHECKING.public | {"key_ops": ["wrapKey"]},
    TWICE.public,
    TWICE.public,
)
"""What stands under the client: good keys, and such as a careless client may have put there."""
GOOD = EC.token(header_of(EC), claims_at(NOW))
HEAD, BODY, SIGNATURE = GOOD.split(".")


def _ec(header: dict[str, Any] | None = None, **claims: Any) -> str:
    return EC.token(header_of(EC, **(header or {})), claims_at(NOW, **claims))


def _mac(secret: bytes, algorithm: str = "HS384", kid: str = "rsa-1") -> str:
    """Signed with a public key as if it were a shared secret."""
    told = ({"alg": algorithm, "kid": kid, "typ": "JWT"}, claims_at(NOW))
    signed = ".".join(b64(json.dumps(part).encode()) for part in told)
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    return f"{signed}.{b64(hmac.new(secret, signed.encode(), digest).digest())}"


def _encoded(signer: Signer, encoding: Encoding, form: PublicFormat) -> bytes:
    return bytes(signer.private.public_key().public_bytes(encoding, form))


def _unsigned(algorithm: str, signature: str = "") -> str:
    head = b64(json.dumps(header_of(EC, alg=algorithm)).encode())
    return f"{head}.{BODY}.{signature}"


SPKI, PEM, DER = PublicFormat.SubjectPublicKeyInfo, Encoding.PEM, Encoding.DER
CONFUSED = {
    "HS256 with PEM": _mac(_encoded(RSA, PEM, SPKI), "HS256"),
    "HS384 with PEM": _mac(_encoded(RSA, PEM, SPKI)),
    "HS384 with DER": _mac(_encoded(RSA, DER, SPKI)),
    "HS512 with DER": _mac(_encoded(RSA, DER, SPKI), "HS512"),
    "HS384 with base64 DER": _mac(b64(_encoded(RSA, DER, SPKI)).encode()),
    "HS384 with PKCS1": _mac(_encoded(RSA, DER, PublicFormat.PKCS1)),
    "HS384 with JWK": _mac(json.dumps(RSA.public).encode()),
    "HS384 with OpenSSH": _mac(_encoded(RSA, Encoding.OpenSSH, PublicFormat.OpenSSH)),
    "HS384 with EC point": _mac(
        _encoded(EC, Encoding.X962, PublicFormat.UncompressedPoint), kid="ec-1"
    ),
    "HS256 with empty secret": _mac(b"", "HS256"),
    "alg none": _unsigned("none"),
    "alg None": _unsigned("None"),
    "alg NONE with a signature": _unsigned("NONE", SIGNATURE),
    "alg none with a signature": _unsigned("none", SIGNATURE),
    "no alg": EC.token(header_of(EC, alg=None), claims_at(NOW)),
    "alg is a list": _ec({"alg": ["ES384"]}),
    "alg RS384 signed by EC": _ec({"alg": "RS384"}),
    "alg ES384 under an RSA key": RSA.token(header_of(RSA, alg="ES384"), claims_at(NOW)),
    "alg es384": _ec({"alg": "es384"}),
    "RS256": RSA.token(header_of(RSA, alg="RS256"), claims_at(NOW), hashes.SHA256()),
    "RS512": RSA.token(header_of(RSA, alg="RS512"), claims_at(NOW), hashes.SHA512()),
    "RS384 told, SHA-256 signed": RSA.token(header_of(RSA), claims_at(NOW), hashes.SHA256()),
    "ES384 told, SHA-256 signed": EC.token(header_of(EC), claims_at(NOW), hashes.SHA256()),
}
KEYS = {
    "ES384 with a key on P-256": P256.token(
        header_of(P256, alg="ES384"), claims_at(NOW), hashes.SHA384()
    ),
    "ES384 with a key on P-521": P521.token(header_of(P521, alg="ES384"), claims_at(NOW)),
    "RSA of 1024 bits": SHORT.token(header_of(SHORT), claims_at(NOW)),
    "a stranger's key under our kid": STRANGER.token(
        header_of(STRANGER, kid="ec-1"), claims_at(NOW)
    ),
    "an unknown kid": _ec({"kid": "ec-2"}),
    "another key's kid": _ec({"kid": "rsa-1"}),
    "no kid": EC.token(header_of(EC, kid=None), claims_at(NOW)),
    "kid is a number": _ec({"kid": 1}),
    "kid is empty": _ec({"kid": ""}),
    "kid is a path": _ec({"kid": "../../dev/null"}),
    "kid with a line end": _ec({"kid": "ec-1\n"}),
    "kid of two keys": TWICE.token(header_of(TWICE), claims_at(NOW)),
    "a key for encrypting": OTHER_USE.token(header_of(OTHER_USE), claims_at(NOW)),
    "a key for another algorithm": OTHER_ALGORITHM.token(
        header_of(OTHER_ALGORITHM), claims_at(NOW)
    ),
    "a key for wrapping": NOT_FOR_CHECKING.token(header_of(NOT_FOR_CHECKING), claims_at(NOW)),
    "its own key inside": STRANGER.token(
        header_of(STRANGER, kid="ec-1", jwk=STRANGER.public), claims_at(NOW)
    ),
    "jwk beside a right signature": _ec({"jwk": EC.public}),
    "x5c": _ec({"x5c": ["MIIB"]}),
    "x5u": _ec({"x5u": "https://evil.example/c"}),
    "crit": _ec({"crit": ["exp"], "exp": 1}),
    "empty crit": _ec({"crit": []}),
    "b64 false": _ec({"b64": False, "crit": ["b64"]}),
    "zip": _ec({"zip": "DEF"}),
    "enc, as JWE": _ec({"enc": "A256GCM"}),
    "cty": _ec({"cty": "JWT"}),
    "typ of an access token": _ec({"typ": "at+jwt"}),
    "jku is a number": _ec({"jku": 7}),
}
CLAIMS = {
    "no iss": _ec(iss=None),
    "no sub": _ec(sub=None),
    "iss is not sub": _ec(sub="somebody"),
    "iss is a list": _ec(iss=[CLIENT], sub=[CLIENT]),
    "iss is a path": _ec(iss="../x", sub="../x"),
    "no aud": _ec(aud=None),
    "aud of another server": _ec(aud="https://other.example/token"),
    "aud with a slash more": _ec(aud=AUDIENCE + "/"),
    "aud in a list": _ec(aud=[AUDIENCE]),
    "aud in other letters": _ec(aud=AUDIENCE.upper()),
    "no exp": _ec(exp=None),
    "exp as text": _ec(exp=str(NOW + 240)),
    "exp with a fraction": _ec(exp=NOW + 240.5),
    "exp is true": _ec(exp=True),
    "exp over": _ec(exp=NOW - 60, iat=NOW - 300),
    "exp in an hour": _ec(exp=NOW + 3600),
    "exp in ten years": _ec(exp=NOW + 315_360_000),
    "exp beyond any number": _ec(exp=10**30),
    "exp negative": _ec(exp=-1),
    "longer than 300 s since iat": _ec(iat=NOW - 120, exp=NOW + 181),
    "exp before iat": _ec(iat=NOW + 30, exp=NOW + 20),
    "iat to come": _ec(iat=NOW + 120, exp=NOW + 240),
    "iat as text": _ec(iat="now"),
    "nbf to come": _ec(nbf=NOW + 120),
    "nbf as text": _ec(nbf="0"),
    "no jti": _ec(jti=None),
    "jti is empty": _ec(jti=""),
    "jti too short": _ec(jti="1234567"),
    "jti of 300 signs": _ec(jti="j" * 300),
    "jti is a number": _ec(jti=123456789),
    "jti with a zero byte": _ec(jti="jti-\0-000001"),
}


def _text(claims: str) -> str:
    return EC.token(header_of(EC), claims)


PLAIN = json.dumps(claims_at(NOW))
FORMS = {
    "nothing": "",
    "one part": HEAD,
    "two parts": f"{HEAD}.{BODY}",
    "four parts": f"{GOOD}.x",
    "five parts, as JWE": f"{GOOD}.x.y",
    "no header": f".{BODY}.{SIGNATURE}",
    "no claims": f"{HEAD}..{SIGNATURE}",
    "no signature": f"{HEAD}.{BODY}.",
    "signature of zeros": f"{HEAD}.{BODY}.{b64(bytes(96))}",
    "signature cut": f"{HEAD}.{BODY}.{SIGNATURE[:-4]}",
    "signature with more": f"{HEAD}.{BODY}.{SIGNATURE}AAAA",
    "signature in DER": f"{HEAD}.{BODY}."
    + b64(EC.private.sign(f"{HEAD}.{BODY}".encode(), ec.ECDSA(hashes.SHA384()))),
    "padding": f"{HEAD}=.{BODY}.{SIGNATURE}",
    "a line end behind": GOOD + "\n",
    "blanks": f" {GOOD}",
    "another spelling of the last letter": GOOD[:-1] + chr(ord(GOOD[-1]) + 1),
    "plain base64": GOOD.replace("-", "+").replace("_", "/") + "+",
    "claims of another token": f"{HEAD}.{_ec(jti='jti-another').split('.')[1]}.{SIGNATURE}",
    "larger than 8 KiB": _ec(pad="x" * 9000),
    "5 MB": _ec(pad="x" * 5_000_000),
    "iss twice": _text(PLAIN[:-1] + ', "iss": "hospital-22103"}'),
    "exp twice": _text(PLAIN[:-1] + f', "exp": {NOW + 100}}}'),
    "kid twice": EC.token('{"alg":"ES384","kid":"x","kid":"ec-1"}', claims_at(NOW)),
    "deep": _text(PLAIN[:-1] + ', "a": ' + "[" * 2500 + "]" * 2500 + "}"),
    "deep header": EC.token('{"alg":' + "[" * 2000 + "]" * 2000 + "}", claims_at(NOW)),
    "five levels": _text(PLAIN[:-1] + ', "a": [[[[1]]]]}'),
    "claims are a list": _text("[1]"),
    "claims are a text": _text('"x"'),
    "claims are null": _text("null"),
    "claims are empty": _text(""),
    "claims are no JSON": _text("{iss: 1}"),
    "header is a list": EC.token("[]", claims_at(NOW)),
    "NaN": _text(PLAIN[:-1] + ', "a": NaN}'),
    "Infinity": _text(PLAIN[:-1] + ', "nbf": Infinity}'),
    "a number of 5000 digits": _text(PLAIN[:-1] + ', "nbf": ' + "9" * 5000 + "}"),
    "half a character": _text(PLAIN[:-1] + ', "a": "\ud800"}'),
    "not UTF-8": ".".join((HEAD, b64(b"\xff\xfe"), SIGNATURE)),
    "other letters": GOOD.replace("e", "е"),
}
FORGED: Mapping[str, str] = {**CONFUSED, **KEYS, **CLAIMS, **FORMS}
