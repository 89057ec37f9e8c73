"""The OpenID Connect provider of the people: where it sends them, and what it says of who came back."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.oauth2.client import OAuth2Client

from gateway.access.errors import ProviderAwayError
from gateway.access.id_token import Expected, Proved, RefusedLoginError, proved
from gateway.access.keys import LARGEST_SET, Jwk, key_set
from gateway.access.sessions import Begun
from gateway.access.strict_json import strict_object

FRESH, PAUSE, SLOWEST = 300.0, 15.0, 5.0
"""Seconds: how long its document and keys hold, before an unknown key makes us ask again, to wait."""
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What the provider says of itself, and when it was asked."""

    at: float
    told: dict[str, Any] = field(repr=False)
    keys: tuple[Jwk, ...] = field(repr=False)


class Provider:
    """One provider, by its issuer. Its addresses are those that it says itself, by https."""

    def __init__(self, *, issuer: str, client: str, secret: str, acr: str | None) -> None:
        self.issuer, self.client, self._secret, self._acr = issuer, client, secret, acr
        self._known: Known | None = None
        self._lock = threading.Lock()

    def way(self, begun: Begun, back: str, *, fresh: bool) -> str:
        """Where a browser is sent: code flow with PKCE. Raises ProviderAwayError."""
        further: dict[str, Any] = {"prompt": "login", "max_age": 0} if fresh else {}
        if fresh and self._acr:
            further["acr_values"] = self._acr
        url, _ = self._oauth(back, None).create_authorization_url(
            self._now().told["authorization_endpoint"],
            state=begun.state,
            code_verifier=begun.verifier,
            nonce=begun.nonce,
            **further,
        )
        return str(url)

    def who(self, begun: Begun, code: str, back: str, since: float | None) -> Proved:
        """Who came back with a code. Raises RefusedLoginError, ProviderAwayError."""
        with _client() as http:
            try:
                told = self._oauth(back, http).fetch_token(
                    self._now().told["token_endpoint"],
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=begun.verifier,
                    auth=httpx.BasicAuth(self.client, self._secret),
                )
                token = told.get("id_token")
            except ProviderAwayError:
                raise
            except httpx.HTTPError:
                raise ProviderAwayError from None
            except Exception:  # Whatever it says: the code was none of its, or was used before.
                raise RefusedLoginError("code") from None
        expected = Expected(
            issuer=self.issuer,
            client=self.client,
            nonce=begun.nonce,
            since=since,
            acr=self._acr,
        )
        return proved(token, expected, self._keys, time.time())

    def way_out(self, back: str) -> str | None:
        """Where a browser ends its session at the provider too, where that can be."""
        try:
            url = self._now().told.get("end_session_endpoint")
        except ProviderAwayError:
            return None
        query = httpx.QueryParams(client_id=self.client, post_logout_redirect_uri=back)
        return f"{url}?{query}" if isinstance(url, str) and is_safe(url) else None

    def _oauth(self, back: str, http: httpx.Client | None) -> OAuth2Client:
        return OAuth2Client(
            http,
            client_id=self.client,
            client_secret=self._secret,
            scope="openid",
            redirect_uri=back,
            code_challenge_method="S256",
        )

    def _keys(self, kid: str) -> Sequence[Jwk]:
        known = self._now()
        if any(key.get("kid") == kid for key in known.keys):
            return known.keys
        return self._now(PAUSE).keys

    def _now(self, oldest: float = FRESH) -> Known:
        with self._lock:
            if self._known is None or time.monotonic() - self._known.at >= oldest:
                self._known = self._asked()
            return self._known

    def _asked(self) -> Known:
        try:
            told = strict_object(
                _content(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"), deepest=8
            )
            if told.get("issuer") != self.issuer:
                raise ValueError("another issuer")
            if not all(isinstance(told.get(n), str) and is_safe(told[n]) for n in ENDPOINTS):
                raise ValueError("an endpoint is missing, or not https")
            return Known(at=time.monotonic(), told=told, keys=key_set(_content(told["jwks_uri"])))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):  # UnusableKeyError is one.
            raise ProviderAwayError from None


def is_safe(url: str) -> bool:
    """By https; plainly only on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)


def _client() -> httpx.Client:
    return httpx.Client(timeout=SLOWEST, trust_env=False, follow_redirects=False)


def _content(url: str) -> bytes:
    with _client() as http, http.stream("GET", url) as answer:
        if answer.status_code != 200:
            raise ValueError("nothing there")
        content = bytearray()
        for piece in answer.iter_bytes():
            content += piece
            if len(content) > LARGEST_SET:
                raise ValueError("too large")
    return bytes(content)
