"""One call: when it is repeated, what an error tells, where a token goes, against made-up services."""

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.client import (
    AnswerError,
    Client,
    Credentials,
    ForbiddenError,
    MotemError,
    NotReachedError,
    NotUnderstoodError,
    Patience,
    TokenError,
    UnavailableError,
    WrongRequestError,
)
from gateway.client.__main__ import main
from gateway.client.errors import KINDS, error_of

SECRET = "Nguyễn Thị Bí Mật"
ADDRESS = "https://motem.example"
KEY = ec.generate_private_key(ec.SECP384R1())
WHO = Credentials(client="so-01", key_id="k", scopes=("system/Patient.rs",), key=KEY)
PATIENT = {"resourceType": "Patient", "id": "te-1", "meta": {"versionId": "3"}, "name": SECRET}
EMPTY = {"resourceType": "Bundle", "type": "searchset"}
NUMBER = ("urn:x", "999326000101")


class Service:
    """Answers as it is told; the last answer again and again."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers, self.asked, self.slept = list(answers), list[httpx.Request](), list[float]()
        self.tokens = 0
        self.configuration: dict[str, Any] = {"token_endpoint": f"{ADDRESS}/token"}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("smart-configuration"):
            return httpx.Response(200, json=self.configuration)
        if request.url.path == "/token":
            self.tokens += 1
            return httpx.Response(
                200, json={"access_token": f"t{self.tokens}", "expires_in": self.lasts}
            )
        self.asked.append(request)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return found

    lasts = 300

    def client(self, who: Credentials | None = None, **patience: Any) -> Client:
        http = httpx.Client(transport=httpx.MockTransport(self))
        told = Patience(sleep=self.slept.append, **patience)
        return Client(ADDRESS, who, patience=told, http=http)


def busy(status: int = 503, after: str | None = None) -> httpx.Response:
    return httpx.Response(status, headers={"Retry-After": after} if after else {})


REPEATED: dict[str, Callable[[Client], Any]] = {
    "read": lambda one: one.read("Patient", "te-1"),
    "search": lambda one: list(one.search("Patient", {"family": "x"})),
    "match": lambda one: one.match(PATIENT),
    "cross-reference": lambda one: one.cross_reference(NUMBER),
    "send": lambda one: one.send("police", b"{}"),
    "create unless": lambda one: one.create(PATIENT, unless=NUMBER),
    "update": lambda one: one.update(PATIENT, NUMBER),
    "changes": lambda one: one.changes(),
}
ONCE: dict[str, Callable[[Client], Any]] = {
    "create": lambda one: one.create(PATIENT),
    "update of a version": lambda one: one.update(PATIENT, NUMBER, version="1"),
}


@pytest.mark.parametrize("name", REPEATED)
@pytest.mark.parametrize("status", [429, 503])
def test_what_may_be_repeated_comes_again_as_it_is_told(name: str, status: int) -> None:
    service = Service(busy(status, "7"))
    with service.client() as one, pytest.raises(UnavailableError) as caught:
        REPEATED[name](one)
    assert (len(service.asked), service.slept, caught.value.after) == (4, [7, 7, 7], 7)
    bodies = {(one.content, one.headers.get("idempotency-key")) for one in service.asked}
    assert len(bodies) == 1  # The same request, under the same key.


@pytest.mark.parametrize("name", ONCE)
def test_what_may_not_be_repeated_is_sent_once(name: str) -> None:
    service = Service(busy(503, "1"))
    with service.client() as one, pytest.raises(UnavailableError):
        ONCE[name](one)
    assert len(service.asked) == 1


def test_without_retry_after_the_pauses_grow_and_too_long_a_one_is_not_waited_for() -> None:
    service = Service(busy(), busy(), httpx.Response(200, json=PATIENT))
    with service.client() as one:
        assert one.read("Patient", "te-1").version == "3"
    assert service.slept == [1, 2]
    for told in ("3600", "Fri, 31 Dec 2100 23:59:59 GMT"):
        service = Service(busy(503, told))
        with service.client() as one, pytest.raises(UnavailableError):
            one.read("Patient", "te-1")
        assert service.slept == []


@pytest.mark.parametrize("status", sorted([*KINDS, 400, 422, 500, 507]))
def test_an_error_tells_codes_and_nothing_of_a_child(status: int) -> None:
    details = {"text": SECRET, "coding": [{"code": "wrong-date"}]}
    issue = {"severity": "error", "code": "invalid", "details": details, "diagnostics": SECRET}
    bodies = [
        {"resourceType": "OperationOutcome", "issue": [issue | {"expression": [SECRET]}]},
        {"resourceType": "OperationOutcome", "issue": [{"severity": SECRET, "code": SECRET}]},
        {"issue": SECRET},
        SECRET,
        None,
    ]
    for body in bodies:
        error = error_of(status, body)
        assert SECRET not in f"{error} {error!r} {error.issues!r}"
        assert str(error).startswith(str(status))
    assert error_of(status, bodies[0]).issues[0].vietnamese == SECRET
    assert str(error_of(status, bodies[0])) == f"{status} wrong-date"


def test_no_repr_and_no_failed_connection_tells_of_a_child() -> None:
    service = Service(httpx.ConnectError(SECRET))
    with service.client() as one, pytest.raises(NotReachedError) as caught:
        one.update(PATIENT, (SECRET, SECRET))
    assert SECRET not in f"{caught.value!r}"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    service = Service(httpx.Response(200, json=PATIENT))
    with service.client() as one:
        found = one.read("Patient", "te-1")
    assert SECRET not in repr(found)
    assert SECRET in str(found.body)
    with pytest.raises(FrozenInstanceError):
        found.id = "other"  # type: ignore[misc]
    assert "EllipticCurve" not in repr(WHO)


def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    service = Service(httpx.Response(200, json=PATIENT))
    with service.client(WHO) as one:
        for _ in range(3):
            one.read("Patient", "te-1")
        assert service.tokens == 1
    assert {one.headers["authorization"] for one in service.asked} == {"Bearer t1"}
    service.lasts = 10
    with service.client(WHO) as one:
        one.read("Patient", "te-1")
        one.read("Patient", "te-1")
    assert service.tokens == 3


def test_a_token_that_was_withdrawn_is_replaced_once() -> None:
    service = Service(httpx.Response(401), httpx.Response(200, json=PATIENT))
    with service.client(WHO) as one:
        one.read("Patient", "te-1")
    service = Service(httpx.Response(401))
    with service.client(WHO) as one, pytest.raises(ForbiddenError):
        one.create(PATIENT)
    assert (len(service.asked), service.tokens) == (2, 2)


def test_no_token_goes_to_another_service() -> None:
    link = {"relation": "next", "url": "https://elsewhere.example/fhir/R4/Patient?_page=2"}
    service = Service(httpx.Response(200, json=EMPTY | {"link": [link]}))
    with service.client(WHO) as one, pytest.raises(NotUnderstoodError):
        list(one.search("Patient", {}))
    assert {asked.url.host for asked in service.asked} == {"motem.example"}
    service.configuration = {"token_endpoint": "https://elsewhere.example/token"}
    with service.client(WHO) as one, pytest.raises(NotUnderstoodError):
        one.read("Patient", "te-1")
    service.configuration = {}
    with service.client(WHO) as one, pytest.raises(NotUnderstoodError):
        one.token()


def test_a_search_turns_pages_and_leaves_out_what_only_comes_along() -> None:
    def entry(id_: str, mode: str) -> dict[str, Any]:
        return {"resource": PATIENT | {"id": id_}, "search": {"mode": mode}}

    link = [{"relation": "next", "url": f"{ADDRESS}/fhir/R4/Patient?_cursor=a"}]
    first = EMPTY | {"entry": [entry("a", "match"), entry("b", "include")], "link": link}
    second = EMPTY | {"entry": [entry("c", "match"), entry("d", "outcome")]}
    service = Service(httpx.Response(200, json=first), httpx.Response(200, json=second))
    with service.client() as one:
        found = [one.id for one in one.search("Patient", {"identifier": "urn:x|999326000101"})]
    assert found == ["a", "c"]
    assert [asked.method for asked in service.asked] == ["POST", "GET"]
    assert "999326000101" not in "".join(str(asked.url) for asked in service.asked)


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"resourceType": 3}', b'{"x": 1}'])
def test_what_is_no_answer_of_ours_is_told_as_such(body: bytes) -> None:
    for name in ("read", "send", "changes"):
        service = Service(httpx.Response(200, content=body))
        with service.client() as one, pytest.raises(NotUnderstoodError):
            REPEATED[name](one)


@pytest.mark.parametrize("kind", ["ES384", "RS384"])
def test_assertions_are_what_another_library_believes(kind: str) -> None:
    key = KEY if kind == "ES384" else rsa.generate_private_key(65537, 2048)
    who = Credentials(client="so-01", key_id="k", scopes=(), key=key)
    token = who.assertion(f"{ADDRESS}/token")
    public = jwt.PyJWK(who.public_key | {"alg": kind}).key
    claims = jwt.decode(token, public, [kind], audience=f"{ADDRESS}/token")
    assert (claims["iss"], claims["exp"] - claims["iat"]) == ("so-01", 240)
    assert jwt.get_unverified_header(token) == {"alg": kind, "typ": "JWT", "kid": "k"}
    other = jwt.decode(who.assertion(""), public, [kind], options={"verify_aud": False})
    assert other["jti"] != claims["jti"]


def test_a_key_is_made_once_and_readable_by_its_owner_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "machine.pem"
    assert main(["key", str(file), "key-1"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["kid"], made["crv"], "d" in made) == ("key-1", "P-384", False)
    assert file.stat().st_mode & 0o777 == 0o600
    assert main(["key", str(file), "key-2"]) == 1
    small = ec.generate_private_key(ec.SECP256R1())
    file.write_bytes(small.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ValueError, match="P-384"):
        Credentials.from_file(file, client="c", key_id="k", scopes=())


def test_why_no_token_was_given_is_a_known_code_or_a_status() -> None:
    for body, text in (({"error": "invalid_client"}, "invalid_client"), ({"error": SECRET}, "401")):
        told = httpx.Response(401, json=body)
        http = httpx.Client(transport=httpx.MockTransport(lambda r, told=told: answer_of(r, told)))
        with Client(ADDRESS, WHO, http=http) as one, pytest.raises(TokenError, match=text) as found:
            one.read("Patient", "te-1")
        assert SECRET not in repr(found.value)


def answer_of(request: httpx.Request, told: httpx.Response) -> httpx.Response:
    if request.method == "GET":
        return httpx.Response(200, json={"token_endpoint": f"{ADDRESS}/token"})
    return told


def test_every_error_is_one_of_ours() -> None:
    assert all(issubclass(one, AnswerError) for one in KINDS.values())
    assert issubclass(AnswerError, MotemError)
    assert isinstance(error_of(418, None), WrongRequestError)
