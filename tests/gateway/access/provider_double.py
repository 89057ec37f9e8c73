"""A small OpenID Connect provider with keys of its own, over HTTP; as hostile as a test wants it."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from tests.gateway.access.signing import Signer, elliptic, header_of
from tests.gateway.api.conftest import served

CLIENT, SECRET = "motem-tests", "a-secret-of-the-tests"
KEY = elliptic("provider-key")
Change = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Double:
    """`subject`: who logs in. `claims` and `token` change what is said; codes are good once."""

    subject: str = "sub-of-an"
    claims: dict[str, Any] = field(default_factory=dict)
    token: Callable[[dict[str, Any]], str] | None = None
    signer: Signer = KEY
    authenticated: int | None = None
    issuer: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def visit(self, url: str) -> dict[str, str]:
        """As a browser that is sent there, and whose person logs in: what it brings back."""
        told = {name: one[0] for name, one in parse_qs(urlsplit(url).query).items()}
        self.asked.append(told)
        code = secrets.token_urlsafe(16)
        self.codes[code] = told
        return {"code": code, "state": told["state"]}

    def id_token(self, told: dict[str, str]) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": self.subject,
            "iat": now,
            "exp": now + 300,
            "nonce": told["nonce"],
            "auth_time": now if self.authenticated is None else self.authenticated,
        } | self.claims
        claims = {name: one for name, one in claims.items() if one is not None}
        return (
            self.token(claims) if self.token else self.signer.token(header_of(self.signer), claims)
        )


def app_of(double: Double) -> FastAPI:
    app = FastAPI()

    @app.get("/realms/te/.well-known/openid-configuration")
    def configuration() -> dict[str, str]:
        end = f"{double.issuer}/logout"
        return {
            "issuer": double.issuer,
            "authorization_endpoint": f"{double.issuer}/auth",
            "token_endpoint": f"{double.issuer}/token",
            "jwks_uri": f"{double.issuer}/keys",
            "end_session_endpoint": end,
        }

    @app.get("/realms/te/keys")
    def keys() -> dict[str, Any]:
        return {"keys": [dict(KEY.public)]}

    @app.post("/realms/te/token")
    async def token(request: Request) -> JSONResponse:
        form = dict(parse_qsl((await request.body()).decode()))
        told = double.codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            told is None
            or request.headers["authorization"] != f"Basic {basic}"
            or challenge != told["code_challenge"]
            or told["code_challenge_method"] != "S256"
            or form["redirect_uri"] != told["redirect_uri"]
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        return JSONResponse(
            {"access_token": "x", "token_type": "Bearer", "id_token": double.id_token(told)}
        )

    return app


@contextmanager
def providing(double: Double) -> Iterator[httpx.Client]:
    with served(app_of(double)) as client:
        double.issuer = f"{str(client.base_url).rstrip('/')}/realms/te"
        yield client


def cookie_of(answer: httpx.Response, name: str) -> str:
    """The value that an answer sets. A client that speaks plain HTTP keeps no Secure cookie."""
    for one in answer.headers.get_list("set-cookie"):
        if one.startswith(f"{name}="):
            return one.partition("=")[2].partition(";")[0]
    return ""


@dataclass(frozen=True)
class Browser:
    """Somebody at a browser, and what it keeps."""

    service: httpx.Client
    double: Double

    def login(self, **query: str) -> httpx.Response:
        """All the way; the answer of the callback."""
        sent = self.service.get("/login", params=query)
        assert sent.status_code == 303, sent.text
        secret = cookie_of(sent, "__Host-motem-login")
        return self.back(self.double.visit(sent.headers["location"]), secret)

    def back(self, brought: dict[str, str], secret: str) -> httpx.Response:
        headers = {"Cookie": f"__Host-motem-login={secret}"}
        return self.service.get("/login/callback", params=brought, headers=headers)

    def session(self, **query: str) -> dict[str, str]:
        """The headers of a person who has logged in."""
        secret = cookie_of(self.login(**query), "__Host-motem")
        assert secret
        return {"Cookie": f"__Host-motem={secret}"}
