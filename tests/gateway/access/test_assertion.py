"""Promise: no forged assertion is believed, and nothing but our own refusal comes out."""

import ast
import json
from functools import partial
from pathlib import Path

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.assertion import (
    Assertion,
    RefusedAssertionError,
    claimed,
    require_backend,
    verified,
)
from gateway.access.keys import UnusableKeyError, key_set, require_new
from tests.gateway.access.forgeries import FORGED, GOOD, NOW, REGISTERED, SHORT
from tests.gateway.access.signing import (
    AUDIENCE,
    CLIENT,
    claims_at,
    elliptic,
    header_of,
    rsa_signer,
)

ROOT = Path(__file__).parents[3]


def believed(token: str, now: float = NOW) -> Assertion:
    return verified(token, claimed(token), lambda: REGISTERED, audience=AUDIENCE, now=now)


@pytest.mark.parametrize("signer", [elliptic(), rsa_signer()], ids=["ES384", "RS384"])
def test_a_right_assertion_is_believed(signer: object) -> None:
    assert isinstance(signer, type(elliptic()))
    token = signer.token(header_of(signer), claims_at(NOW))
    found = believed(token)
    assert (found.client, found.jti) == (CLIENT, f"jti-{NOW}-0001")
    assert found.expires == NOW + 240
    assert oracle(token)


def test_the_corpus_is_as_large_as_was_asked_for() -> None:
    assert len(set(FORGED.values())) >= 60


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_assertion_is_refused(name: str) -> None:
    with pytest.raises(RefusedAssertionError):
        believed(FORGED[name])


def test_times_are_held_to_the_second() -> None:
    believed(GOOD, now=NOW - 60)
    believed(GOOD, now=NOW + 299)
    for wrong in (NOW - 61, NOW + 300):
        with pytest.raises(RefusedAssertionError):
            believed(GOOD, now=wrong)


def oracle(token: str) -> bool:
    """Whether PyJWT believes it, told to want all that it can."""
    try:
        head = jwt.get_unverified_header(token)
        keys = [key for key in REGISTERED if key["kid"] == head["kid"]]
        algorithm = {"EC": "ES384", "RSA": "RS384"}[keys[0]["kty"]]
        key = jwt.PyJWK.from_json(json.dumps(dict(keys[0])), algorithm)
        jwt.decode(
            token,
            key,
            algorithms=["ES384", "RS384"],
            audience=AUDIENCE,
            issuer=CLIENT,
            leeway=60,
            options={
                "require": ["exp", "iss", "sub", "aud", "jti"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except Exception:
        return False
    return True


@given(
    st.integers(min_value=0, max_value=len(GOOD) - 1), st.characters(max_codepoint=0x17F), st.data()
)
def test_whatever_is_believed_after_a_change_pyjwt_believes_too(
    place: int, sign: str, data: st.DataObject
) -> None:
    kept = data.draw(st.sampled_from([GOOD, *FORGED.values()]))[: len(GOOD) * 3]
    changed = kept[:place] + sign + kept[place + 1 :]
    try:
        believed(changed)
    except RefusedAssertionError:
        return
    assert oracle(changed)


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda b: b.decode("latin-1")))
def test_no_text_brings_anything_but_a_refusal(text: str) -> None:
    with pytest.raises(RefusedAssertionError):
        believed(text)


def test_a_key_that_others_know_is_not_registered() -> None:
    secret = {"keys": [elliptic().public | {"d": "AAAA"}]}
    with pytest.raises(UnusableKeyError):
        key_set(json.dumps(secret).encode())


@pytest.mark.parametrize(
    "keys",
    [
        [SHORT.public],
        [rsa_signer("middling", 2048).public],
        [elliptic().public, elliptic().public],
        [elliptic().public | {"kid": ""}],
        [{"kty": "oct", "kid": "a"}],
    ],
    ids=["1024 bits", "2048 bits", "twice", "nameless", "a secret"],
)
def test_a_key_that_could_check_nothing_is_not_registered(keys: list[dict[str, str]]) -> None:
    with pytest.raises(UnusableKeyError):
        require_new(keys)


def test_an_older_key_of_2048_bits_still_checks() -> None:
    signer = rsa_signer("middling", 2048)
    token = signer.token(header_of(signer), claims_at(NOW))
    keys = lambda: (signer.public,)  # noqa: E731
    assert verified(token, claimed(token), keys, audience=AUDIENCE, now=NOW).client == CLIENT


def test_python_jose_counts_with_cryptography() -> None:
    require_backend()


def test_nothing_else_calls_python_jose() -> None:
    """The import contract says so too; this also sees what is imported inside a function."""
    allowed = ROOT / "gateway/access/assertion.py"
    for package in ("adapters", "audit", "gateway", "linkage"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
                assert path == allowed or not any(n.split(".")[0] == "jose" for n in names), path


def test_one_key_counts_of_a_kid_and_a_kind() -> None:
    """A set that is fetched may have an RSA and an EC key of one name; two alike are none."""
    elliptic_key, rsa = elliptic("shared"), rsa_signer("shared", 3072)
    both = (elliptic_key.public, rsa.public)
    for signer in (elliptic_key, rsa):
        token = signer.token(header_of(signer), claims_at(NOW))
        said = claimed(token)
        assert verified(token, said, lambda: both, audience=AUDIENCE, now=NOW).client == CLIENT
        for wrong in ((*both, *both), tuple(k for k in both if k != signer.public)):
            with pytest.raises(RefusedAssertionError):
                verified(token, said, partial(tuple, wrong), audience=AUDIENCE, now=NOW)
