"""Every error has a stable code that leads to its words, and names its request."""

import json
import re
from pathlib import Path

import httpx
import pytest

from gateway.api.errors import catalog
from gateway.errors import GatewayError

CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def test_an_error_names_its_code_its_request_and_where_it_is_explained(
    client: httpx.Client,
) -> None:
    asked = {
        "/fhir/R4/Patient/nobody": "not-found",
        "/fhir/R4/Patient?colour=red": "unknown-parameter",
        "/fhir/R4/Patient/$ihe-pix": "missing-parameter",
        "/messages?_count=x": "wrong-request",
        "/nowhere": "not-found",
    }
    for path, code in asked.items():
        answer = client.get(path)
        (issue,) = answer.json()["issue"]
        assert issue["details"]["coding"] == [{"system": "urn:motem:code:error", "code": code}]
        assert answer.json()["id"] == answer.headers["x-request-id"].lower()
        (link,) = issue["extension"]
        told = client.get(link["valueUri"])
        assert (told.status_code, told.json()["status"]) == (200, answer.status_code), path
        assert told.json()["vietnamese"]
    assert client.get("/errors/nothing").status_code == 404


def test_each_request_has_an_id_of_its_own(client: httpx.Client) -> None:
    ids = {client.get("/livez").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


def test_in_xml_an_error_tells_the_same(client: httpx.Client) -> None:
    told = client.get("/fhir/R4/Patient/nobody?_format=xml").text
    assert '<code value="not-found"/>' in told.replace(" />", "/>")
    assert "/errors/not-found" in told


@pytest.mark.parametrize("code", catalog())
def test_every_code_has_its_words_in_both_languages(code: str) -> None:
    told = catalog()[code]
    assert CODE.fullmatch(code)
    assert told["vietnamese"]
    assert told["english"]
    assert 400 <= told["status"] < 600


def test_a_code_stays_what_it_is() -> None:
    """Programs out there know these; to rename a class must not change its code."""
    known = json.loads((Path(__file__).parent / "error_codes.json").read_text("utf-8"))
    assert set(known) <= catalog().keys()


def test_an_error_may_state_its_code() -> None:
    class RenamedError(GatewayError):
        """It was renamed."""

        problem = "as-before"

    class OtherThingError(GatewayError):
        """Another."""

    assert (RenamedError.problem, OtherThingError.problem) == ("as-before", "other-thing")
