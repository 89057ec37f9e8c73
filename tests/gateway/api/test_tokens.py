"""The token endpoint over HTTP: SMART Backend Services, RFC 6749, RFC 7523; and what a token opens."""

import json
import re
import shlex
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import URL, Engine, text

import audit
from audit.event import Action, AuditEvent
from gateway.access import clients, refusals
from gateway.access.fetching import KeySets
from gateway.app import create_app
from gateway.database import printable, transaction
from gateway.outside import is_outside
from gateway.settings import Settings
from tests.commands import motem
from tests.conftest import TESTER, fresh_database
from tests.gateway.access.forgeries import FORGED
from tests.gateway.access.machines import (
    KEY,
    bearing,
    client_of,
    form_for,
    guarded,
    registered,
    token_of,
)
from tests.gateway.access.signing import elliptic
from tests.gateway.api.conftest import served
from tests.journeys.steps import connected

PATIENT = "/fhir/R4/Patient/01m82pkf1pq2gyy0q6jsr5wq5h"
CHILD_PROTECTION = {"provinces": ("01",), "scopes": ("system/*.read", "system/Patient.rs")}


@pytest.fixture(scope="module")
def own_url(server_url: URL, template_url: URL) -> Iterator[URL]:
    with fresh_database(server_url, template_url.database) as url:
        yield url


@pytest.fixture(scope="module")
def own_engine(own_url: URL) -> Iterator[Engine]:
    with connected(own_url) as engine:
        registered(
            engine,
            client_of("so-01", "child-protection", "CHILDPROT", **CHILD_PROTECTION),
            client_of("so-22", "child-protection", "CHILDPROT", "PUBHLTH", **CHILD_PROTECTION),
            client_of("so-79", "child-protection", "CHILDPROT", per_request=True),
            client_of("sends", "sender", "HOPERAT", scopes=("motem/send",), sources=("police",)),
            client_of("off", "child-protection", "CHILDPROT"),
        )
        yield engine


@pytest.fixture(scope="module")
def service(own_url: URL, own_engine: Engine) -> Iterator[httpx.Client]:
    with guarded(own_url) as client:
        yield client


def test_a_machine_gets_a_token_and_reads_with_it(service: httpx.Client) -> None:
    answer = service.post("/token", data=form_for(service, "so-01", "system/Patient.rs"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("bearer", 300)
    assert told["scope"].split() == ["system/Patient.rs", "purpose/CHILDPROT"]
    seen = service.get(PATIENT, headers=bearing(told["access_token"]))
    assert seen.status_code == 404  # There is none; but it was allowed to ask.


@pytest.mark.parametrize("scope", ["system/Patient.read", "system/Patient.r", "system/*.read"])
def test_both_spellings_of_scopes_are_known(service: httpx.Client, scope: str) -> None:
    token = token_of(service, "so-01", scope)
    assert service.get(PATIENT, headers=bearing(token)).status_code == 404


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}]
)
def test_without_a_token_nothing_is_answered(
    service: httpx.Client, headers: dict[str, str]
) -> None:
    answer = service.get(PATIENT, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    "path",
    ["/messages", "/sources", "/registrations", "/lookups/candidates", "/fhir/R4/AuditEvent"],
)
def test_a_scope_that_does_not_cover_it_opens_nothing(service: httpx.Client, path: str) -> None:
    token = token_of(service, "so-01")
    answer = service.get(path, headers=bearing(token))
    assert answer.status_code == 403
    assert answer.headers["www-authenticate"].endswith('error="insufficient_scope"')


def test_a_token_is_told_what_was_granted_of_what_was_asked(service: httpx.Client) -> None:
    asked = "system/Patient.rs system/Patient.c purpose/CHILDPROT"
    told = service.post("/token", data=form_for(service, "so-01", asked)).json()
    assert told["scope"].split() == ["system/Patient.rs", "purpose/CHILDPROT"]


WRONG: dict[str, tuple[dict[str, str], str, int]] = {
    "another grant": ({"grant_type": "password"}, "unsupported_grant_type", 400),
    "no grant": ({"grant_type": ""}, "invalid_request", 400),
    "no assertion": ({"client_assertion": ""}, "invalid_request", 400),
    "another type": ({"client_assertion_type": "saml"}, "invalid_request", 400),
    "no JWT": ({"client_assertion": "x.y.z"}, "invalid_client", 401),
    "scopes of others": ({"scope": "system/Observation.cruds"}, "invalid_scope", 400),
    "no scope": ({"scope": ""}, "invalid_scope", 400),
    "purpose of others": ({"scope": "system/Patient.rs purpose/TREAT"}, "invalid_scope", 400),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors_are_those_of_rfc_6749(service: httpx.Client, name: str) -> None:
    changes, error, status = WRONG[name]
    form = form_for(
        service, "so-01" if name != "scopes of others" else "so-79", "system/Patient.rs"
    )
    answer = service.post("/token", data=form | changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.headers["cache-control"] == "no-store"


def test_what_is_no_form_or_tells_twice_is_refused(service: httpx.Client) -> None:
    form = form_for(service, "so-01", "system/Patient.rs")
    twice = "&".join([*(f"{k}={v}" for k, v in form.items()), "scope=system/*.read"])
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for answer in (
        service.post("/token", json=form),
        service.post("/token", content=twice, headers=kind),
    ):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_an_assertion_is_good_once_however_many_processes_are_asked(
    service: httpx.Client, own_url: URL
) -> None:
    with guarded(own_url) as other:
        aud = f"{service.base_url}".rstrip("/") + "/token"
        settings = {"MOTEM_URL": aud.removesuffix("/token")}
        with guarded(own_url, **settings) as third:
            form = form_for(service, "so-01", "system/Patient.rs")
            asked = [service, third] * 8
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda one: one.post("/token", data=form), asked))
        assert sorted(one.status_code for one in answers) == [200] + [401] * 15
        # Signed for another address.
        assert other.post("/token", data=form_for(service, "so-01", "x")).status_code == 401


def test_no_forged_assertion_gets_a_token_and_none_breaks_the_service(
    service: httpx.Client,
) -> None:
    for name, token in FORGED.items():
        form = form_for(service, "so-01", "system/Patient.rs") | {"client_assertion": token}
        answer = service.post("/token", data=form)
        assert answer.status_code in (400, 401, 413), name


def test_the_purpose_is_told_or_bound_and_never_guessed(service: httpx.Client) -> None:
    several = service.post("/token", data=form_for(service, "so-22", "system/Patient.rs"))
    assert several.json()["error"] == "invalid_scope"
    bound = token_of(service, "so-22", "system/Patient.rs purpose/CHILDPROT")
    other = {"X-Purpose-Of-Use": "PUBHLTH"}
    assert service.get(PATIENT, headers=bearing(bound)).status_code == 404
    assert service.get(PATIENT, headers=bearing(bound, **other)).status_code == 403
    each = token_of(service, "so-79")
    assert service.get(PATIENT, headers=bearing(each)).status_code == 403
    assert service.get(PATIENT, headers=bearing(each, **other)).status_code == 403
    own = {"X-Purpose-Of-Use": "CHILDPROT"}
    assert service.get(PATIENT, headers=bearing(each, **own)).status_code == 404


def test_a_sender_writes_in_its_own_source_under_its_own_name(service: httpx.Client) -> None:
    token = token_of(service, "sends", "motem/send")
    kind = {"Content-Type": "application/json"}
    for path, headers, status in (
        ("/sources/police/messages", {}, 422),
        ("/sources/hospital/messages", {}, 403),
        ("/sources/police/messages", {"X-Motem-System": "somebody"}, 403),
    ):
        answer = service.post(path, content=b"{}", headers=bearing(token, **kind, **headers))
        assert answer.status_code == status, path


def test_a_client_that_is_switched_off_is_out_at_once(
    service: httpx.Client, own_engine: Engine
) -> None:
    token = token_of(service, "off")
    assert service.get(PATIENT, headers=bearing(token)).status_code == 404
    with transaction(own_engine) as session:
        clients.switch(session, "off", TESTER, enabled=False)
    assert service.get(PATIENT, headers=bearing(token)).status_code == 401
    form = form_for(service, "off", "system/Patient.rs")
    assert service.post("/token", data=form).json()["error"] == "invalid_client"


def test_other_keys_end_the_old_ones_and_their_tokens(
    service: httpx.Client, own_engine: Engine
) -> None:
    registered(own_engine, client_of("rolls", "child-protection", "CHILDPROT"))
    token, fresh = token_of(service, "rolls"), elliptic("fresh")
    with transaction(own_engine) as session:
        keys = clients.as_set(json.dumps(fresh.public).encode())
        clients.set_keys(session, "rolls", TESTER, keys=keys, keys_url=None)
    assert service.get(PATIENT, headers=bearing(token)).status_code == 401
    old, new = (form_for(service, "rolls", "system/Patient.rs", key) for key in (KEY, fresh))
    assert service.post("/token", data=old).status_code == 401
    assert service.post("/token", data=new).status_code == 200


def test_tokens_are_kept_nowhere_and_their_end_is_kept(
    service: httpx.Client, own_engine: Engine
) -> None:
    token = token_of(service, "so-01")
    with own_engine.connect() as connection:
        rows = connection.execute(text("SELECT access_token::text FROM access_token")).scalars()
        assert not any(token in row for row in rows)
    with own_engine.begin() as connection:
        connection.execute(
            text("SELECT set_config('motem.event', id, true) FROM audit_event LIMIT 1")
        )
        connection.execute(text("UPDATE access_token SET expires = now() - interval '1 second'"))
    assert service.get(PATIENT, headers=bearing(token)).status_code == 401


def test_a_flood_of_refusals_is_told_with_its_number(
    service: httpx.Client, own_engine: Engine
) -> None:
    token = token_of(service, "so-01")

    def told() -> list[AuditEvent]:
        with transaction(own_engine) as session:
            return [
                one
                for one in audit.events(session, action=Action.ACCESS_REFUSE)
                if one.caller.who == "so-01"
            ]

    def number() -> int:
        return sum(int(one.detail["count"]) for one in told())

    time.sleep(1.1)
    with transaction(own_engine) as session:
        refusals.tell(session)
    before, events = number(), len(told())
    for _ in range(30):
        assert service.get("/messages", headers=bearing(token)).status_code == 403
    time.sleep(1.1)
    with transaction(own_engine) as session:
        refusals.tell(session)
    assert number() - before == 30
    assert len(told()) - events < 10
    assert told()[-1].detail["reason"] == "scope"


def test_the_discovery_document_lists_what_works(service: httpx.Client) -> None:
    told = service.get("/fhir/R4/.well-known/smart-configuration").json()
    assert told["token_endpoint"].endswith("/token")
    assert told["token_endpoint_auth_signing_alg_values_supported"] == ["RS384", "ES384"]
    assert "authorization_endpoint" not in told


class Keys(BaseHTTPRequestHandler):
    """Answers with the key set; `/away` leads elsewhere."""

    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(302 if self.path == "/away" else 200)
        self.send_header("Location", "/keys")
        self.end_headers()
        self.wfile.write(json.dumps({"keys": [KEY.public]}).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def keys_at() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Keys)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_keys_are_fetched_and_held_but_never_from_inside_nor_elsewhere(keys_at: str) -> None:
    times = iter([0.0, 0.0, 10.0, 20.0, 20.0, 400.0, 400.0, *([1000.0] * 20)])
    inside = KeySets(inside=True, clock=lambda: next(times))
    Keys.asked = 0
    assert inside.of(f"{keys_at}/keys", KEY.kid)[0]["kid"] == KEY.kid
    assert inside.of(f"{keys_at}/keys", KEY.kid)
    assert Keys.asked == 1
    for sets, path in ((inside, "/away"), (KeySets(), "/keys")):
        with pytest.raises(Exception, match="keys"):
            sets.of(f"{keys_at}{path}", KEY.kid)


def test_a_client_whose_keys_are_fetched_gets_a_token(
    own_url: URL, own_engine: Engine, keys_at: str
) -> None:
    url = f"{keys_at}/keys"
    registered(own_engine, client_of("fetched", "child-protection", "CHILDPROT", keys_url=url))
    with guarded(own_url, MOTEM_KEYS_INSIDE="true") as inside, guarded(own_url) as outside:
        assert token_of(inside, "fetched")
        form = form_for(outside, "fetched", "system/Patient.rs")
        assert outside.post("/token", data=form).status_code == 401


SNIPPET = re.compile(r"^ *```python\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)


def test_the_steps_of_the_page_work_as_they_stand_there(
    service: httpx.Client, own_url: URL, tmp_path: Path
) -> None:
    page = (Path(__file__).parents[3] / "docs/access.md").read_text("utf-8")
    programs = [textwrap.dedent(one) for one in SNIPPET.findall(page)]
    for one in programs:
        name = re.match(r"# (\w+\.py): ", one)
        assert name
        (tmp_path / name[1]).write_text(one, encoding="utf-8")
    making = re.search(r"^ *openssl (.+)$", page, re.MULTILINE)
    adding = re.search(r"^ *motem (client add .+)$", page, re.MULTILINE)
    assert making
    assert adding
    pem, key = tmp_path / "machine.pem", tmp_path / "machine.jwk"
    curve = ec.generate_private_key(ec.SECP384R1())  # As openssl makes it.
    assert "secp384r1" in making[1]
    form = (Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    pem.write_bytes(curve.private_bytes(*form))
    key.write_text(said(tmp_path / "public_key.py", pem, "key-1"))
    words = shlex.split(adding[1].replace("so-01", "so-page").replace("machine.jwk", str(key)))
    assert motem(own_url, *words).status == 0
    url = f"{service.base_url}".rstrip("/") + "/token"
    token = said(tmp_path / "ask_token.py", pem, "key-1", "so-page", url, "system/Patient.rs")
    assert service.get(PATIENT, headers=bearing(token)).status_code == 404


def said(program: Path, *words: object) -> str:
    """What a program prints when it is called with these words."""
    called = [sys.executable, str(program), *map(str, words)]
    ended = subprocess.run(called, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"],
)
def test_no_address_of_an_inner_network_is_asked(address: str) -> None:
    assert not is_outside(address)


def test_with_any_other_server_tokens_are_asked_for_and_nothing_opens_it(
    own_url: URL, own_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever starts the server names it, and no session can."""
    monkeypatch.setattr("gateway.admission.EMBEDDED", "what only another server is called")
    url = own_url.update_query_dict({"options": "-c motem.embedded=on"})
    with served(create_app(Settings.model_validate({"DATABASE_URL": printable(url)}))) as client:
        assert client.get(PATIENT).status_code == 401
        assert client.get("/readyz").status_code == 200
