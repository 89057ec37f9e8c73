"""Each marked child of the sandbox brings about what the page says; the key opens nothing else."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, Engine

from gateway.access import clients
from gateway.access.published import KEY_ID, private_key, public_jwk
from gateway.app import create_app
from gateway.client import (
    AnswerError,
    Client,
    Credentials,
    Patience,
    TokenError,
    UnavailableError,
    VersionError,
)
from gateway.database import printable, transaction
from gateway.practice import CLIENTS, fill, is_filled
from gateway.sample.world import World
from gateway.sandbox.children import CLINIC, NATIONAL, PATIENTS, STATION
from gateway.settings import Settings
from tests.commands import motem
from tests.conftest import TESTER, fresh_database
from tests.gateway.access.machines import client_of, registered
from tests.gateway.api.conftest import served
from tests.journeys.steps import connected, minutes

PAGE = Path(__file__).parents[3] / "docs/sandbox.md"
ROW = re.compile(r"^\| `([a-z-]+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)
SCOPES = {one.id.removeprefix("sandbox-"): one.scopes for one in CLIENTS}


def who(name: str) -> Credentials:
    return Credentials(
        client=f"sandbox-{name}", key_id=KEY_ID, scopes=SCOPES[name], key=private_key()
    )


@pytest.fixture(scope="module")
def url(server_url: URL, template_url: URL) -> Iterator[URL]:
    with fresh_database(server_url, template_url.database) as url:
        with connected(url) as engine:
            fill(engine, TESTER, World(children=4, seed=5))
            assert is_filled(engine)
        yield url


@pytest.fixture(scope="module")
def service(url: URL) -> Iterator[httpx.Client]:
    told = {"DATABASE_URL": printable(url), "MOTEM_ACCESS": "required"}
    with served(create_app(Settings.model_validate(told), sandbox=True)) as client:
        yield client


class Asker:
    """Clients of the sandbox, by their roles."""

    def __init__(self, service: httpx.Client) -> None:
        self.service = service
        self.address = str(service.base_url).rstrip("/")
        self.one = self.client("child-protection")

    def client(self, name: str, patience: Patience | None = None) -> Client:
        http = httpx.Client(trust_env=False, timeout=60)
        return Client(self.address, who(name), patience=patience or Patience(attempts=1), http=http)

    def raw(self, name: str, method: str, path: str, **given: Any) -> httpx.Response:
        with self.client(name) as one:
            headers = {"Authorization": f"Bearer {one.token()}"} | given.pop("headers", {})
        return self.service.request(method, path, headers=headers, **given)

    def grades(self, **patient: Any) -> list[str]:
        found = self.one.match({"resourceType": "Patient", **patient})
        return [one.grade for one in found.candidates]


@pytest.fixture(scope="module")
def ask(service: httpx.Client) -> Iterator[Asker]:
    made = Asker(service)
    yield made
    made.one.close()


def named(name: str, sex: str | None = None, born: str | None = None) -> dict[str, Any]:
    told = {"gender": sex, "birthDate": born}
    return {"name": [{"text": name}]} | {key: value for key, value in told.items() if value}


def number(value: str) -> list[dict[str, str]]:
    return [{"system": NATIONAL, "value": value}]


def problem(ask: Asker, system: str, value: str) -> tuple[int, str]:
    with pytest.raises(AnswerError) as caught:
        ask.one.cross_reference((system, value))
    return caught.value.status, caught.value.issues[0].code


def certain(ask: Asker) -> None:
    told = named("Trần Thị Chắc Chắn", "female", "2026-01-15")
    assert ask.grades(**told, identifier=number("999000000101")) == ["certain"]


def probable(ask: Asker) -> None:
    assert ask.grades(**named("Lê Văn Phân Vân", "male", "2026-02-03")) == ["probable"]


def possible(ask: Asker) -> None:
    assert ask.grades(**named("Lê Văn Phân Vân")) == ["possible"]


def several(ask: Asker) -> None:
    grades = ask.grades(gender="male", identifier=number("999000000105"))
    assert len(grades) == 2
    assert "certain" not in grades


def nobody(ask: Asker) -> None:
    asked = {"resourceType": "Patient", **named("Không Ai Cả", "male", "2019-01-01")}
    found = ask.one.match(asked)
    assert (found.total, [one.code for one in found.remarks]) == (0, ["not-found"])


def record_of(ask: Asker, system: str, value: str) -> str:
    """The id of the record of this number: the Patient that a search for records finds."""
    query = {"identifier": f"{system}|{value}", "_tag:not": "golden"}
    found = [one.id for one in ask.one.search("Patient", query)]
    (record,) = [one for one in found if not one.startswith("te-")]
    return record


def review(ask: Asker) -> None:
    path = "/fhir/R4/$mdm-query-links?matchResult=POSSIBLE_MATCH&_count=500"
    told = ask.raw("steward", "GET", path).text
    ids = [record_of(ask, CLINIC, "PK.000105"), record_of(ask, STATION, "TYT.105")]
    assert all(one in told for one in ids)


def numbers(ask: Asker) -> None:
    found = ask.one.cross_reference((NATIONAL, "999000000101"))
    assert {(CLINIC, "PK.000101"), (STATION, "TYT.101")} < set(found.identifiers)
    assert len(found.patients) == 3


def bearers(ask: Asker) -> None:
    assert problem(ask, NATIONAL, "999000000105") == (409, "multiple-matches")


def unknown_number(ask: Asker) -> None:
    assert problem(ask, NATIONAL, "999000000199") == (404, "not-found")


def unknown_system(ask: Asker) -> None:
    assert problem(ask, "urn:nobody", "1") == (400, "code-invalid")


def retired(ask: Asker) -> None:
    ids = [record_of(ask, *one) for one in ((CLINIC, "PK.000101"), (STATION, "TYT.101"))]
    found = ask.one.read("Patient", f"te-{ids[1]}").body
    assert (found["active"], found["link"][0]["type"]) == (False, "replaced-by")
    assert found["link"][0]["other"]["reference"] == f"Patient/te-{ids[0]}"


def version(ask: Asker) -> None:
    with pytest.raises(VersionError):
        ask.one.update(PATIENTS[0], (CLINIC, "PK.000101"), version="99")


def sent(ask: Asker, content: bytes, key: str) -> httpx.Response:
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    path = "/sources/police/messages"
    return ask.raw("child-protection", "POST", path, content=content, headers=headers)


def refused(ask: Asker) -> None:
    answer = sent(ask, minutes({"gioiTinh": "NU"}, ngayLap="hôm qua", phatHien=None), "refused")
    assert answer.status_code == 422
    assert "wrong-date" in json.dumps(answer.json()["rejections"])


def key_reused(ask: Asker) -> None:
    sent(ask, minutes({"gioiTinh": "NU"}), "again")
    answer = sent(ask, minutes({"gioiTinh": "NAM"}), "again")
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (422, "business-rule")


def forbidden(ask: Asker) -> None:
    answer = ask.raw("school", "GET", "/fhir/R4/Patient")
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (403, "forbidden")


def forced(ask: Asker, value: str, status: int) -> None:
    with pytest.raises(UnavailableError) as caught:
        ask.one.cross_reference((NATIONAL, value))
    assert caught.value.status == status
    assert caught.value.after


def too_often(ask: Asker) -> None:
    forced(ask, "999000000429", 429)
    query = {"identifier": f"{NATIONAL}|999000000429"}
    assert ask.raw("child-protection", "GET", "/fhir/R4/Patient", params=query).status_code == 429


def away(ask: Asker) -> None:
    forced(ask, "999000000503", 503)


def hasty(ask: Asker) -> None:
    slept: list[float] = []
    with ask.client("child-protection", Patience(sleep=slept.append)) as one:
        assert one.match({"resourceType": "Patient", "identifier": number("999000000430")})
    assert slept == [1]


OUTCOMES: dict[str, Callable[[Asker], None]] = {
    one.__name__.replace("_", "-"): one
    for one in (
        *(certain, probable, possible, several, nobody, review, numbers, bearers),
        *(unknown_number, unknown_system, retired, version, refused, key_reused, forbidden),
        *(too_often, hasty, away),
    )
}


def test_the_page_lists_these_outcomes_and_these_clients() -> None:
    rows = ROW.findall(PAGE.read_text("utf-8"))
    listed = [name for name, _, _ in rows]
    assert [name for name in listed if not name.startswith("sandbox-")] == list(OUTCOMES)
    told = {name: scopes.replace("`", "").split() for name, _, scopes in rows}
    assert {one.id: list(one.scopes) for one in CLIENTS} == {
        name: told[name] for name in listed if name.startswith("sandbox-")
    }


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_marked_child_brings_about_what_the_page_says(ask: Asker, outcome: str) -> None:
    OUTCOMES[outcome](ask)


def test_the_key_that_everybody_has_opens_the_sandbox_only(
    engine: Engine, database_url: URL
) -> None:
    keys = clients.as_set(json.dumps(public_jwk()).encode())
    told = {"scopes": SCOPES["child-protection"], "keys": keys, "sources": ("fhir",)}
    registered(
        engine, client_of("sandbox-child-protection", "child-protection", "CHILDPROT", **told)
    )
    settings = {"DATABASE_URL": printable(database_url), "MOTEM_ACCESS": "required"}
    with served(create_app(Settings.model_validate(settings))) as real:
        asker = Asker(real)
        with asker.one, pytest.raises(TokenError, match="invalid_client"):
            asker.one.token()
        # Nor does a marked number force anything there.
        with transaction(engine):
            forced_there = real.get("/fhir/R4/Patient?identifier=x|999000000429")
        assert forced_there.status_code == 401


@pytest.mark.parametrize("command", [("serve", "--sandbox"), ("sandbox", "reset")])
def test_the_sandbox_leaves_a_real_database_alone(
    empty_database_url: URL, command: tuple[str, ...]
) -> None:
    ended = motem(empty_database_url, *command)
    assert ended.status == 1
    assert "DATABASE_URL" in ended.err
