"""Several requests in one Bundle: a batch, each answered as if it had come by itself, or a transaction."""

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import Message, Scope

from adapters.contract import Resource
from gateway.api.bundles import FHIR_BASE, NO_STORE
from gateway.api.dependencies import (
    CurrentCaller,
    CurrentEntrance,
    CurrentSaid,
    CurrentServices,
    Turns,
)
from gateway.api.disclosure import EVENT_HEADER
from gateway.api.fhir_parameters import body_of
from gateway.api.outcome import ERROR, FHIR_JSON, FhirResponse
from gateway.api.payload import FHIR_TYPES, read_required
from gateway.api.safeguards import KEPT_UNDER, REQUEST_ID
from gateway.api.transaction import Asked, Sender, transacted
from gateway.api.written_types import JSON_PATCH
from gateway.errors import WrongRequestError
from gateway.fhir.bundle import Entry, bundle
from gateway.receipts import issue

KINDS = ("batch", "transaction")
MOST = 500
"""Entries."""
LARGEST = 5 * 1024 * 1024
"""Bytes."""
ORDER = ("DELETE", "POST", "PUT", "PATCH", "GET", "HEAD")
"""In which they are carried out (R4, http.html#trules)."""
CONDITIONS: Mapping[str, str] = {
    "ifMatch": "if-match",
    "ifNoneMatch": "if-none-match",
    "ifNoneExist": "if-none-exist",
}
"""Of an entry's request → the header that says the same."""
FORWARDED = frozenset(
    {
        *(b"authorization", b"cookie", b"x-csrf-token"),
        *(b"x-motem-system", b"x-purpose-of-use", b"prefer"),
    }
)
"""Each entry comes from whoever sent the batch, for the same purpose, and under the same rights."""
LEADING = ("%", "\\", ":", "//", "..")
"""In no path of ours."""
AS_TOLD = "%=&+$,|:!*()'/@;?"
"""What a query may hold as it is; other letters may come as they are spoken."""
CARRIED = ("type", "asgi", "http_version", "scheme", "client", "server", "root_path", "state")
"""Of the connection."""

router = APIRouter()


class NoBatchError(WrongRequestError):
    """The body must be a Bundle of type batch or transaction, of at most 500 entries with a request
    each."""

    vietnamese = "Nội dung phải là Bundle loại batch hoặc transaction, không quá 500 mục, mỗi mục có request."
    expression = "Bundle"


async def content_of(request: Request, _caller: CurrentCaller) -> bytes:
    """The Bundle as sent; larger than one resource may be."""
    return await read_required(request, FHIR_TYPES, LARGEST)


@router.post("")
@router.post("/", include_in_schema=False)
async def batch(
    request: Request,
    content: Annotated[bytes, Depends(content_of)],
    services: CurrentServices,
    entrance: CurrentEntrance,
    said: CurrentSaid,
    turns: Turns,
) -> Response:
    """Several requests at once, each under its own right: a batch, what becomes of one being nothing to
    the others, or a transaction, all or nothing."""
    resource = body_of(content)
    asked = asked_in(resource)
    if resource["type"] == "transaction":
        sender = Sender(request=request, services=services, entrance=entrance, said=said)
        return await run_in_threadpool(transacted, sender, asked, content, turns)
    answers: dict[int, _Answer] = {}
    for number in sorted(range(len(asked)), key=lambda at: ORDER.index(asked[at].method)):
        answers[number] = await _answered(request, asked[number])
    events = [
        event for _, one in sorted(answers.items()) if (event := one.headers.get(EVENT_HEADER))
    ]
    for event in events:
        issue(event)
    entries = [_entry(answers[number]) for number in range(len(asked))]
    # Where no entry was let through with an event, all of them are errors of ours.
    marked = {} if events else {ERROR: "1"}
    return FhirResponse(bundle("batch-response", (), entries, None), headers=NO_STORE | marked)


def asked_in(resource: Resource) -> Sequence[Asked]:
    """The requests of a Bundle. Raises NoBatchError."""
    if resource.get("resourceType") != "Bundle":
        raise NoBatchError
    entries = resource.get("entry", [])
    if resource.get("type") not in KINDS or not isinstance(entries, list) or len(entries) > MOST:
        raise NoBatchError
    return [_asked(entry) for entry in entries]


def _asked(entry: Any) -> Asked:
    told = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(told, dict):
        raise NoBatchError
    method, url = told.get("method"), told.get("url")
    body = entry.get("resource")
    if method not in ORDER or not isinstance(url, str) or not isinstance(body, dict | None):
        raise NoBatchError
    conditions = {header: told[name] for name, header in CONDITIONS.items() if name in told}
    if not all(isinstance(one, str) and _is_plain(one) for one in conditions.values()):
        raise NoBatchError
    return Asked(
        method=method,
        url=_own(url),
        headers=conditions,
        resource=body,
        full_url=entry["fullUrl"] if isinstance(entry.get("fullUrl"), str) else "",
    )


def _own(url: str) -> str:
    """Under our base, the path in plain letters: nothing that leads elsewhere, or to a batch again."""
    path, mark, query = url.partition("?")
    path = path.strip("/")
    if not path or not _is_plain(path) or any(sign in path for sign in LEADING):
        raise NoBatchError
    return f"{path}{mark}{quote(query, safe=AS_TOLD)}"


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


class _Answer:
    """What one request is answered, gathered as a server would send it."""

    def __init__(self) -> None:
        self.status = HTTPStatus.INTERNAL_SERVER_ERROR.value
        self.headers = Headers()
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], Headers(raw=message["headers"])
        else:
            self.body += message.get("body", b"")


async def _answered(request: Request, asked: Asked) -> _Answer:
    """Through the whole service, with its admission, log and receipts: a batch leads around nothing."""
    answer, sent = _Answer(), iter((asked.body,))

    async def receive() -> Message:
        for body in sent:
            return {"type": "http.request", "body": body, "more_body": False}
        await asyncio.Event().wait()  # Nobody hangs up.
        raise AssertionError("unreachable")

    await request.app(_scope(request, asked), receive, answer.send)
    return answer


def _scope(request: Request, asked: Asked) -> Scope:
    path, _, query = asked.url.partition("?")
    told = {"accept": FHIR_JSON, "content-length": str(len(asked.body)), **asked.headers}
    told[REQUEST_ID.lower()] = request.scope[KEPT_UNDER]
    kind = JSON_PATCH if asked.method == "PATCH" else FHIR_JSON
    told |= {"content-type": kind} if asked.body else {}
    given = [(name, value) for name, value in request.scope["headers"] if name in FORWARDED]
    own = [(name.encode(), value.encode("latin-1")) for name, value in told.items()]
    carried = {name: request.scope[name] for name in CARRIED if name in request.scope}
    return carried | {
        "method": asked.method,
        "path": f"{FHIR_BASE}/{path}",
        "raw_path": f"{FHIR_BASE}/{path}".encode(),
        "query_string": query.encode(),
        "headers": given + own,
    }


def _entry(answer: _Answer) -> Entry:
    told: dict[str, Any] = {"status": f"{answer.status} {HTTPStatus(answer.status).phrase}"}
    told |= {name: answer.headers[name] for name in ("location", "etag") if name in answer.headers}
    is_fhir = bool(answer.body) and answer.headers.get("content-type", "").startswith(FHIR_JSON)
    if is_fhir and answer.status >= HTTPStatus.BAD_REQUEST:
        told["outcome"] = orjson.loads(answer.body)
        is_fhir = False
    return Entry(url=None, body=answer.body.decode() if is_fhir else None, rest={"response": told})
