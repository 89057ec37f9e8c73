"""What a program does with Motem: read, search, match, send, write, follow."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import httpx

from gateway.client.answers import (
    Changes,
    CrossReference,
    Matches,
    Resource,
    Sent,
    Written,
    changes_in,
    cross_reference_in,
    following,
    matches_in,
    resources_in,
    sent_in,
)
from gateway.client.calls import FHIR, FHIR_JSON, Calls, Patience, json_in
from gateway.client.credentials import Credentials
from gateway.client.errors import NotUnderstoodError

Answer = TypeVar("Answer")
Number = tuple[str, str]
"""System and value of an identifier."""
TIMEOUT = 60.0
"""Seconds."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Client:
    """One service. For one thread at a time; close it, or use it in a `with`.

    Every method raises MotemError. What is asked about a child goes in bodies, never in URLs, but
    for the number of a conditional update, which FHIR has there.
    """

    def __init__(
        self,
        address: str,
        credentials: Credentials | None = None,
        *,
        purpose: str = "",
        patience: Patience | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        """`address` without a path. `purpose`: of use, for clients that name it per request.

        `http`: a connection of your own (proxies, certificates); redirects are never followed.
        """
        self._http = http or httpx.Client(timeout=TIMEOUT)
        headers = {"X-Purpose-Of-Use": purpose} if purpose else {}
        self._call = Calls(self._http, address, credentials, patience or Patience(), headers)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def token(self) -> str:
        """The access token in use, for programs that speak HTTP themselves."""
        return self._call.token()

    def read(self, kind: str, id_: str, *, version: str | None = None) -> Resource:
        """One resource, or one version of it."""
        path = f"{FHIR}/{quote(kind)}/{quote(id_)}" + (f"/_history/{version}" if version else "")
        return Resource.of(json_in(self._call("GET", path, again=True)))

    def search(self, kind: str, query: Mapping[str, str | Sequence[str]]) -> Iterator[Resource]:
        """All that fit, page after page; parameters of docs/fhir.md."""
        form = urlencode(query, doseq=True).encode()
        path = f"{FHIR}/{quote(kind)}/_search"
        page = json_in(self._call("POST", path, again=True, headers=FORM, content=form))
        while True:
            yield from resources_in(page)
            link = following(page)
            if link is None:
                return
            page = json_in(self._call("GET", link, again=True))

    def match(
        self, patient: Mapping[str, Any], *, count: int = 10, only_certain: bool = False
    ) -> Matches:
        """Which children this one may be; nothing of the question is kept."""
        asked: list[dict[str, Any]] = [
            {"name": "resource", "resource": dict(patient)},
            {"name": "count", "valueInteger": count},
            {"name": "onlyCertainMatches", "valueBoolean": only_certain},
        ]
        return _understood(matches_in, self._ask("Patient/$match", asked))

    def cross_reference(self, number: Number, *, systems: Sequence[str] = ()) -> CrossReference:
        """The other numbers of the child who bears this one (IHE ITI-83)."""
        asked: list[dict[str, Any]] = [
            {"name": "sourceIdentifier", "valueIdentifier": _identifier(number)},
            *({"name": "targetSystem", "valueUri": one} for one in systems),
        ]
        return _understood(cross_reference_in, self._ask("Patient/$ihe-pix", asked))

    def send(
        self,
        source: str,
        content: bytes,
        *,
        media_type: str = "application/json",
        key: str | None = None,
        later: bool = False,
    ) -> Sent:
        """A payload in a source's own format. `key`: the same one each time that it is sent again.

        Refused records are told in `rejections`; WrongRequestError where all of them were.
        """
        headers = {"Content-Type": media_type, "Idempotency-Key": key or str(uuid.uuid4())}
        if later:
            headers["Prefer"] = "respond-async"
        answer = self._call(
            "POST", f"/sources/{source}/messages", again=True, headers=headers, content=content
        )
        return _understood(sent_in, json_in(answer))

    def create(self, patient: Mapping[str, Any], *, unless: Number | None = None) -> Written:
        """A new Patient; with `unless`, only where nobody bears that number."""
        headers = {"If-None-Exist": urlencode({"identifier": _token(unless)})} if unless else {}
        return self._write("POST", {}, patient, headers, again=unless is not None)

    def update(
        self, patient: Mapping[str, Any], number: Number, *, version: str | None = None
    ) -> Written:
        """The Patient of this number, new or known. Raises VersionError where another stands."""
        headers = {"If-Match": f'W/"{version}"'} if version else {}
        return self._write(
            "PUT", {"identifier": _token(number)}, patient, headers, again=version is None
        )

    def changes(self, since: str | None = None, *, count: int = 100) -> Changes:
        """One page of what changed after a place or a moment; from the beginning without one."""
        params = {"_count": str(count)} | ({"since": since} if since else {})
        return _understood(
            changes_in, json_in(self._call("GET", "/events", again=True, params=params))
        )

    def follow(self, since: str | None = None) -> Iterator[Changes]:
        """Page by page until nothing is left for now. Keep each `place` once its page is done."""
        while True:
            page = self.changes(since)
            yield page
            if not page.more:
                return
            since = page.place

    def _ask(self, operation: str, asked: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        body = {"resourceType": "Parameters", "parameter": list(asked)}
        answer = self._call("POST", f"{FHIR}/{operation}", again=True, **_fhir(body))
        return json_in(answer)

    def _write(
        self,
        method: str,
        params: Mapping[str, str],
        patient: Mapping[str, Any],
        headers: Mapping[str, str],
        *,
        again: bool,
    ) -> Written:
        sent = _fhir(patient)
        sent["headers"] |= {"Prefer": "return=minimal"} | dict(headers)
        answer = self._call(
            method, f"{FHIR}/Patient", again=again, params=dict(params) or None, **sent
        )
        told = answer.headers
        parts = told.get("location", "").rpartition("/_history/")
        return Written(
            reference="/".join(parts[0].rsplit("/", 2)[-2:]),
            version=parts[2],
            identity=told.get("x-motem-identity", ""),
            decision=told.get("x-motem-link", ""),
            is_new=answer.status_code == 201,
            message=told.get("x-motem-message", ""),
        )


def _fhir(body: Mapping[str, Any]) -> dict[str, Any]:
    content = json.dumps(body, ensure_ascii=False).encode()
    return {"content": content, "headers": {"Content-Type": FHIR_JSON}}


def _identifier(number: Number) -> dict[str, str]:
    system, value = number
    return {"system": system, "value": value}


def _token(number: Number) -> str:
    return "|".join(number)


def _understood(read: Callable[[Mapping[str, Any]], Answer], body: Mapping[str, Any]) -> Answer:
    """What a reader makes of an answer. Raises NotUnderstoodError, which quotes nothing."""
    try:
        return read(body)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise NotUnderstoodError("an answer lacks what it must have") from None
