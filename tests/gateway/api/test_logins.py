"""People log in by OpenID Connect: nothing but a true id_token of this login lets anybody in."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import jwt
import pytest
from pydantic import SecretStr
from sqlalchemy import URL, Engine, text

import audit
from audit.event import Action
from gateway.access import users
from gateway.access.sessions import csrf_of
from gateway.access.users import User
from gateway.admission import Entrance
from gateway.database import transaction
from gateway.errors import NotFoundError
from gateway.ingest import deliver
from gateway.logins import Logins
from gateway.settings import Settings, WrongSettingError
from tests.conftest import TESTER, fresh_database
from tests.fake_source import ADAPTER, fake_message
from tests.free_port import free_port
from tests.gateway.access.machines import guarded
from tests.gateway.access.provider_double import (
    CLIENT,
    KEY,
    SECRET,
    Browser,
    Double,
    cookie_of,
    providing,
)
from tests.gateway.access.signing import Signer, elliptic, header_of, rsa_signer
from tests.journeys.steps import connected


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    double = Double()
    with providing(double):
        yield double


@pytest.fixture(scope="module")
def engine(server_url: URL, template_url: URL, double: Double) -> Iterator[Engine]:
    with fresh_database(server_url, template_url.database) as url, connected(url) as engine:
        for name, role, purposes in (
            ("an", "child-protection", ("CHILDPROT", "BTG")),
            ("binh", "auditor", ("HOPERAT",)),
            ("chi", "administrator", ("HOPERAT",)),
        ):
            made = User(
                id=name,
                name=f"Trần Văn {name.title()}",
                role=role,
                provinces=("*", "unknown"),
                purposes=purposes,
                issuer=double.issuer,
                subject=f"sub-of-{name}",
            )
            with transaction(engine) as session:
                users.add(session, made, TESTER)
        yield engine


@pytest.fixture(scope="module")
def service(engine: Engine, double: Double) -> Iterator[httpx.Client]:
    told = {
        "MOTEM_OIDC_ISSUER": double.issuer,
        "MOTEM_OIDC_CLIENT": CLIENT,
        "MOTEM_OIDC_SECRET": SECRET,
    }
    with guarded(engine.url, **told) as client:
        yield client


@pytest.fixture
def browser(service: httpx.Client, double: Double) -> Iterator[Browser]:
    before = dict(vars(double))
    yield Browser(service, double)
    vars(double).update(before)


@pytest.fixture(scope="module")
def child(engine: Engine) -> str:
    told = {"id": "k1", "name": "Nguyễn Thị Thử", "sex": "female"}
    return deliver(engine, fake_message(told), ADAPTER, TESTER).records[0].record


def refusals(engine: Engine) -> list[str]:
    """Reasons of refused logins: those that are told, and those that wait for it."""
    with transaction(engine) as session:
        told = [
            str(one.detail["reason"]) for one in audit.events(session, action=Action.SESSION_REFUSE)
        ]
        waiting = session.scalars(
            text(
                "SELECT reason FROM access_refusal WHERE action = 'session:refuse' ORDER BY second"
            )
        )
        return [*told, *waiting]


def test_a_person_logs_in_reads_as_the_policy_says_and_logs_out(
    browser: Browser, engine: Engine, child: str
) -> None:
    service = browser.service
    answer = browser.login()
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"{service.base_url}/session".replace("//session", "/session"),
    )
    (cookie,) = [c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-motem=")]
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {
        *("path=/", "secure", "httponly", "samesite=lax"),
    }
    (asked,) = browser.double.asked[-1:]
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    secret = cookie_of(answer, "__Host-motem")
    person = {"Cookie": f"__Host-motem={secret}"}
    told = service.get("/session", headers=person).json()
    assert (told["user"], told["role"]) == ("an", "child-protection")

    path = f"/fhir/R4/Patient/{child}"
    read = person | {"X-Purpose-Of-Use": "CHILDPROT"}
    assert service.get(path, headers=read).status_code == 200
    assert service.get(path, headers=person).status_code == 403, "the purpose is never guessed"
    assert service.get(path, headers=person | {"X-Purpose-Of-Use": "TREAT"}).status_code == 403
    assert service.get("/clients", headers=read).status_code == 403
    with transaction(engine) as session:
        last = [*audit.events(session, action=Action.PATIENT_READ)][-1]
    assert (last.caller.who, last.caller.purpose) == ("user:an", "CHILDPROT")
    with engine.connect() as connection:
        kept = str(
            connection.execute(text("SELECT access_session::text FROM access_session")).all()
        )
    assert secret not in kept

    out = service.post("/logout", headers=person, data={"csrf": told["csrf"]})
    assert out.status_code == 303
    assert out.headers["location"].startswith(f"{browser.double.issuer}/logout?client_id=")
    assert service.get(path, headers=read).status_code == 401
    assert service.get("/session", headers=person).status_code == 401
    with transaction(engine) as session:
        for action in (Action.SESSION_OPEN, Action.SESSION_CLOSE):
            assert "user:an" in {one.caller.who for one in audit.events(session, action=action)}


def unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", algorithm="none", headers={"kid": KEY.kid})


def with_public_key(claims: dict[str, Any]) -> str:
    told = jwt.encode(claims, KEY.public["x"] * 2, algorithm="HS256", headers={"kid": KEY.kid})
    return told


def by(signer: Signer, **header: Any) -> Callable[[dict[str, Any]], str]:
    return lambda claims: signer.token(header_of(signer, **header), claims)


NOW = int(time.time())
STRANGER = Signer(kid=KEY.kid, private=elliptic("somebody-else").private)
HOSTILE: Mapping[str, tuple[str, dict[str, Any]]] = {
    "no signature": ("algorithm", {"token": unsigned}),
    "a secret that all know": ("algorithm", {"token": with_public_key}),
    "another key": ("signature", {"token": by(STRANGER)}),
    "a key nobody knows": ("signature", {"signer": elliptic("unknown")}),
    "another kind of key": ("key", {"token": by(KEY, alg="RS256")}),
    "a key out of the token": ("header", {"token": by(KEY, jwk=dict(KEY.public))}),
    "crit": ("header", {"token": by(KEY, crit=["exp"])}),
    "another issuer": ("issuer", {"claims": {"iss": "https://other.example"}}),
    "no issuer": ("issuer", {"claims": {"iss": None}}),
    "another audience": ("audience", {"claims": {"aud": "another"}}),
    "several audiences": ("audience", {"claims": {"aud": [CLIENT, "another"]}}),
    "another party": ("audience", {"claims": {"azp": "another"}}),
    "another nonce": ("nonce", {"claims": {"nonce": "another"}}),
    "no nonce": ("nonce", {"claims": {"nonce": None}}),
    "expired": ("expired", {"claims": {"iat": NOW - 400, "exp": NOW - 100}}),
    "for ever": ("expired", {"claims": {"exp": NOW + 10**9}}),
    "no end": ("times", {"claims": {"exp": None}}),
    "an end in words": ("times", {"claims": {"exp": "9999999999"}}),
    "of tomorrow": ("early", {"claims": {"iat": NOW + 86_400, "exp": NOW + 86_400}}),
    "of yesterday": ("old", {"claims": {"iat": NOW - 86_400}}),
    "nobody": ("subject", {"claims": {"sub": None}}),
    "who has no row here": ("unknown-user", {"subject": "sub-of-nobody"}),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_false_id_token_lets_nobody_in(browser: Browser, engine: Engine, kind: str) -> None:
    reason, changes = HOSTILE[kind]
    vars(browser.double).update(changes)
    answer = browser.login()
    assert answer.status_code == 403, answer.text
    assert not cookie_of(answer, "__Host-motem")
    assert reason in refusals(engine)


def test_rsa_is_taken_as_keycloak_signs(browser: Browser) -> None:
    """By the checks alone: the provider of the tests has one key."""
    from gateway.access.id_token import Expected, RefusedLoginError, proved

    signer = rsa_signer("rs", 2048)
    now = int(time.time())
    claims = {"iss": "i", "aud": "c", "sub": "s", "iat": now, "exp": now + 60, "nonce": "n"}
    private = signer.private
    for algorithm in ("RS256", "PS256", "RS384"):
        token = jwt.encode(claims, private, algorithm=algorithm, headers={"kid": "rs"})
        key = {name: one for name, one in signer.public.items() if name != "alg"}
        expected = Expected(issuer="i", client="c", nonce="n")
        assert proved(token, expected, lambda _: [key], now).subject == "s"  # noqa: B023
        assert proved(token, expected, lambda _: [key], now).authenticated == 0  # noqa: B023
        with pytest.raises(RefusedLoginError):
            proved(token[:-8] + "AAAAAAAA", expected, lambda _: [key], now)  # noqa: B023


def test_a_login_is_good_once_and_for_its_own_browser(browser: Browser, engine: Engine) -> None:
    service, double = browser.service, browser.double
    sent = service.get("/login")
    secret, brought = cookie_of(sent, "__Host-motem-login"), double.visit(sent.headers["location"])
    assert browser.back(brought, "").status_code == 403, "the code of another's browser"
    other = cookie_of(service.get("/login"), "__Host-motem-login")
    assert browser.back(brought, other).status_code == 403, "state of another login"
    assert browser.back(brought, secret).status_code == 303
    assert browser.back(brought, secret).status_code == 403, "again"
    sent = service.get("/login")
    secret = cookie_of(sent, "__Host-motem-login")
    double.visit(sent.headers["location"])
    wrong = {"code": "made-up", "state": parse_state(sent)}
    assert browser.back(wrong, secret).status_code == 403
    assert {"login", "state", "code"} <= set(refusals(engine))


def parse_state(sent: httpx.Response) -> str:
    return str(httpx.URL(sent.headers["location"]).params["state"])


def test_a_session_ends_without_use_in_any_case_and_with_its_person(
    browser: Browser, engine: Engine
) -> None:
    service = browser.service
    for change in (
        "UPDATE access_session SET seen = now() - interval '901 seconds'",
        "UPDATE access_session SET until = now() - interval '1 second'",
    ):
        person = browser.session()
        assert service.get("/session", headers=person).status_code == 200
        with engine.begin() as connection:
            connection.execute(text(change))
        assert service.get("/session", headers=person).status_code == 401
    person = browser.session()
    with transaction(engine) as session:
        users.switch(session, "an", TESTER, enabled=False)
    assert service.get("/session", headers=person).status_code == 401
    assert browser.login().status_code == 403
    with transaction(engine) as session:
        users.switch(session, "an", TESTER, enabled=True)
    assert service.get("/session", headers=person).status_code == 401
    assert browser.login().status_code == 303


def test_a_request_that_changes_something_comes_from_a_page_of_ours(
    browser: Browser,
) -> None:
    service = browser.service
    person = browser.session() | {"X-Purpose-Of-Use": "CHILDPROT"}

    def search(**headers: str) -> int:
        told = person | {"Content-Type": "application/x-www-form-urlencoded"} | headers
        path = "/fhir/R4/Patient/_search"
        return service.post(path, content="gender=female", headers=told).status_code

    own = service.get("/session", headers=person).json()["csrf"]
    assert search() == 403
    assert search(**{"X-CSRF-Token": csrf_of("another")}) == 403
    assert search(**{"X-CSRF-Token": own}) == 200
    assert service.post("/logout", headers=person).status_code == 403
    assert service.get("/session", headers=person).status_code == 200


def test_what_is_dangerous_needs_the_password_again(browser: Browser, child: str) -> None:
    service, double = browser.service, browser.double
    asked = {
        "child": child,
        "code": "danger",
        "reason": "Trẻ đang gặp nguy hiểm, cần tìm người thân",
    }

    def open_child(person: dict[str, str]) -> httpx.Response:
        csrf = service.get("/session", headers=person).json()["csrf"]
        headers = person | {"X-Purpose-Of-Use": "BTG", "X-CSRF-Token": csrf}
        return service.post("/break-glass", json=asked, headers=headers)

    for told in ({"auth_time": NOW - 3600}, {"auth_time": None}):
        double.claims = told  # An old login at the provider, or none that it tells of.
        assert open_child(browser.session()).status_code == 401
        assert browser.login(fresh="true").status_code == 403, "it did not ask again"
    double.claims = {}
    person = browser.session(fresh="true")
    assert (double.asked[-1]["prompt"], double.asked[-1]["max_age"]) == ("login", "0")
    opened = open_child(person)
    assert opened.status_code == 201
    emergency = person | {"X-Purpose-Of-Use": "BTG"}
    assert service.get(f"/fhir/R4/Patient/{child}", headers=emergency).status_code == 200
    assert opened.json()["who"] == "user:an"


def test_a_machine_has_no_cookie_and_a_token_goes_first(
    browser: Browser, engine: Engine, child: str
) -> None:
    headers = browser.session() | {
        "X-Purpose-Of-Use": "CHILDPROT",
        "Authorization": "Bearer nobody",
    }
    assert browser.service.get(f"/fhir/R4/Patient/{child}", headers=headers).status_code == 401


def test_the_page_is_vietnamese_and_needs_no_script(browser: Browser) -> None:
    person = browser.session() | {"Accept": "text/html"}
    for headers, word in ((person, "Trần Văn An"), ({"Accept": "text/html"}, "Chưa đăng nhập")):
        answer = browser.service.get("/session", headers=headers)
        assert answer.headers["content-type"].startswith("text/html")
        assert '<html lang="vi">' in answer.text
        assert word in answer.text
        assert "<script" not in answer.text
        assert "PHÁT TRIỂN" not in answer.text
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_nobody_is_anybody_beside_a_provider_or_with_a_database_of_its_own(
    browser: Browser, engine: Engine
) -> None:
    told = {"user": "an"}
    assert browser.service.post("/login/development", data=told).status_code == 404
    with guarded(engine.url) as other:
        assert other.post("/login/development", data=told).status_code == 404
        assert other.get("/login").status_code == 404


def test_for_development_anybody_is_anybody_over_the_embedded_database_alone(
    engine: Engine,
) -> None:
    settings = Settings()
    logins = Logins(settings, engine, Entrance(settings, engine))
    assert logins.is_development
    assert "an" in {one.id for one in logins.developers()}
    found = logins.opened(logins.develop("an"))
    assert found is not None
    assert found.user.id == "an"
    with pytest.raises(NotFoundError):
        logins.develop("nobody")
    own = settings.model_copy(update={"database_url": SecretStr("set")})
    told = {"oidc_issuer": "https://keycloak.example/realms/te", "oidc_secret": SecretStr("s")}
    for other in (own, settings.model_copy(update=told)):
        closed = Logins(other, engine, Entrance(other, engine))
        assert not closed.is_development
        with pytest.raises(NotFoundError):
            closed.develop("an")


@pytest.mark.parametrize(
    "told",
    [
        {"MOTEM_OIDC_ISSUER": "https://keycloak.example/realms/te"},
        {"MOTEM_OIDC_ISSUER": "http://keycloak.example/realms/te", "MOTEM_OIDC_SECRET": "s3"},
    ],
    ids=["no secret", "no https"],
)
def test_half_a_provider_is_none(engine: Engine, told: dict[str, str]) -> None:
    settings = Settings.model_validate(told)
    with pytest.raises(WrongSettingError, match="MOTEM_OIDC"):
        Logins(settings, engine, Entrance(settings, engine))


def test_a_provider_that_is_away_is_told_as_such(engine: Engine) -> None:
    told = {
        "MOTEM_OIDC_ISSUER": f"http://127.0.0.1:{free_port()}/realms/te",
        "MOTEM_OIDC_SECRET": SECRET,
    }
    with guarded(engine.url, **told) as other:
        assert other.get("/login").status_code == 503
