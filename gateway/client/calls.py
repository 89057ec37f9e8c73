"""One call of a service: its token, its answer or error, and again where that is harmless."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from gateway.client.credentials import Credentials
from gateway.client.errors import (
    NotReachedError,
    NotUnderstoodError,
    TokenError,
    error_of,
)

FHIR = "/fhir/R4"
FHIR_JSON = "application/fhir+json"
PASSING = (429, 503)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EARLY = 15.0
"""Seconds before its end at which a token is not used any more."""
LARGEST_ERROR = 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How often and how long to come again after 429 or 503; only where to repeat is harmless."""

    attempts: int = 4
    longest: float = 60.0
    """Seconds to wait before one attempt at most: a service that asks for more gets none."""
    usual: float = 1.0
    """Seconds where Retry-After is not told; doubled each time."""
    sleep: Callable[[float], None] = time.sleep


class Calls:
    """A connection to one service; one thread at a time."""

    def __init__(
        self,
        http: httpx.Client,
        address: str,
        credentials: Credentials | None,
        patience: Patience,
        headers: Mapping[str, str],
    ) -> None:
        self._http, self.address, self._credentials = http, address.rstrip("/"), credentials
        self._patience, self._headers = patience, dict(headers)
        self._token, self._until, self._endpoint = "", 0.0, ""

    def __call__(
        self,
        method: str,
        path: str,
        *,
        again: bool = False,
        headers: Mapping[str, str] | None = None,
        **body: Any,
    ) -> httpx.Response:
        """A successful answer. `again`: the request may be repeated without harm.

        Raises MotemError.
        """
        url = self._url(path)
        renewed = False
        for attempt in range(1, self._patience.attempts + 1):
            answer = self._once(method, url, headers or {}, body)
            if answer.status_code == 401 and self._credentials and not renewed:
                # It may have been withdrawn early; nothing was done with it.
                self._token, renewed = "", True
                answer = self._once(method, url, headers or {}, body)
            wait = self._wait(answer, attempt) if again else None
            if wait is None:
                break
            self._patience.sleep(wait)
        if not answer.is_success:
            raise error_of(
                answer.status_code,
                _json_or_none(answer),
                event=answer.headers.get("x-audit-event", ""),
                after=_retry_after(answer),
            )
        return answer

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: Mapping[str, Any]
    ) -> httpx.Response:
        own = {"Accept": FHIR_JSON, **self._headers, **headers}
        if self._credentials:
            own["Authorization"] = f"Bearer {self.token()}"
        if not url.startswith(f"{self.address}{FHIR}"):
            own["Accept"] = "application/json"
        return self._reach(method, url, headers=own, **body)

    def _reach(self, method: str, url: str, **given: Any) -> httpx.Response:
        try:
            return self._http.request(method, url, follow_redirects=False, **given)
        except httpx.HTTPError as error:
            # Not chained: the request in it holds what was sent.
            raise NotReachedError(type(error).__name__) from None

    def _url(self, path: str) -> str:
        """Raises NotUnderstoodError for an address elsewhere: the token is for this service only."""
        url = path if "://" in path else f"{self.address}{path}"
        if urlsplit(url)[:2] != urlsplit(self.address)[:2]:
            raise NotUnderstoodError("a link leads to another service")
        return url

    def _wait(self, answer: httpx.Response, attempt: int) -> float | None:
        """Seconds until the next attempt; None where there is none."""
        if answer.status_code not in PASSING or attempt == self._patience.attempts:
            return None
        told = _retry_after(answer)
        wait = self._patience.usual * 2 ** (attempt - 1) if told is None else told
        return wait if wait <= self._patience.longest else None

    def token(self) -> str:
        """The token that is held, or a new one. Raises TokenError."""
        if self._credentials is None:
            raise TokenError("no credentials")
        if not self._token or time.monotonic() >= self._until:
            self._ask_token(self._credentials)
        return self._token

    def _ask_token(self, credentials: Credentials) -> None:
        endpoint = self._token_endpoint()
        asked_at = time.monotonic()
        form = {
            "grant_type": "client_credentials",
            "scope": " ".join(credentials.scopes),
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": credentials.assertion(endpoint),
        }
        answer = self._reach("POST", endpoint, data=form)
        told = _json_or_none(answer)
        told = told if isinstance(told, dict) else {}
        if not answer.is_success or not isinstance(told.get("access_token"), str):
            code = told.get("error")
            raise TokenError(code if code in TOKEN_ERRORS else f"status {answer.status_code}")
        self._token = told["access_token"]
        self._until = asked_at + max(0.0, float(told.get("expires_in", 300)) - EARLY)

    def _token_endpoint(self) -> str:
        """As the service tells it; on the service's own host only."""
        if not self._endpoint:
            answer = self._reach("GET", f"{self.address}{FHIR}/.well-known/smart-configuration")
            told = _json_or_none(answer)
            endpoint = told.get("token_endpoint") if isinstance(told, dict) else None
            if not answer.is_success or not isinstance(endpoint, str):
                raise NotUnderstoodError("no token endpoint is told")
            self._endpoint = self._url(urljoin(f"{self.address}/", endpoint))
        return self._endpoint


TOKEN_ERRORS = (
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
)
"""Of RFC 6749 5.2."""


def json_in(answer: httpx.Response) -> dict[str, Any]:
    """Raises NotUnderstoodError where an answer is no JSON object."""
    found = _json_or_none(answer)
    if not isinstance(found, dict):
        raise NotUnderstoodError("no JSON object")
    return found


def _json_or_none(answer: httpx.Response) -> Any:
    try:
        return json.loads(answer.content)
    except ValueError:
        return None


def _retry_after(answer: httpx.Response) -> float | None:
    """Seconds or a date (RFC 9110 10.2.3); None where it is not told, or not so."""
    told = answer.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
