"""What a sender's request holds: the body within its cap, its kind, the key under which it comes.

The caller is asked for first: no byte is taken from whoever may not send.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Container, Mapping
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from gateway.access.strict_json import strict_object
from gateway.api.dependencies import CurrentCaller, services_of
from gateway.errors import (
    NotFoundError,
    TooLargeError,
    TooSlowError,
    UnsupportedTypeError,
    WrongRequestError,
)
from gateway.spool import CHUNK, LARGE, Spool, Spooled

KINDS: Mapping[str, str] = {
    "application/json": "json",
    "application/fhir+json": "json",
    "application/x-ndjson": "json",
    "application/xml": "xml",
    "application/fhir+xml": "xml",
    "text/xml": "xml",
    "text/csv": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/hl7-v2": "hl7",
    "x-application/hl7-v2+er7": "hl7",
    "text/plain": "text",
    "application/octet-stream": "any",
}
"""Content types that are taken; what a payload is, its own bytes say."""
EVERYWHERE = frozenset({"any"})
IN_LINES = frozenset({"csv", "hl7"})
"""Formats that also come as plain text."""
CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]*)")
UTF_8 = ("utf-8", "utf8", "us-ascii")
LONGEST_KEY = 255
SLOWEST = 300.0
"""Seconds for a whole body: a sender that trickles must not hold its part of it for ever."""
LARGEST_FORM = 64 * 1024
LARGEST_DOCUMENT = 64 * 1024
DEEPEST_DOCUMENT = 8
LARGEST_RESOURCE = 1024 * 1024
"""Bytes of one resource with what it contains: one child, not a roster."""
FHIR_TYPES = frozenset(
    {
        "application/fhir+json",
        "application/json",
        "application/fhir+xml",
        "application/xml",
        "text/xml",
    }
)
Model = TypeVar("Model", bound=BaseModel)


async def body_of(request: Request, _caller: CurrentCaller) -> AsyncIterator[Spooled]:
    """The whole payload. Raises UnsupportedTypeError, and TooLargeError before more is read."""
    kind = request.headers.get("content-type", "application/octet-stream")
    services = await services_of(request)
    vocabulary = services.vocabularies.get(request.path_params["source"])
    _require(request, kind, _types(vocabulary.formats if vocabulary else frozenset()))
    settings = services.settings
    spool = Spool(settings.spool)
    try:
        async for piece in _pieces(request, settings.max_body):
            if spool.size + len(piece) <= LARGE:
                spool.write(piece)
            else:  # The disk may let us wait, and others must not wait with us.
                await run_in_threadpool(spool.write, piece)
        yield spool.ended()
    finally:
        spool.close()


def _types(formats: frozenset[str]) -> frozenset[str]:
    """Content types of what a source sends; of no format in particular: all."""
    text = frozenset({"text"}) if formats & IN_LINES else frozenset[str]()
    taken = formats | text | EVERYWHERE if formats else frozenset(KINDS.values())
    return frozenset(name for name, kind in KINDS.items() if kind in taken)


async def document_of(request: Request, _caller: CurrentCaller) -> bytes:
    """A small JSON document of our own. Only as application/json, which no web form can send."""
    return await read_required(request, {"application/json"}, LARGEST_DOCUMENT)


async def form_of(request: Request, _caller: CurrentCaller) -> bytes:
    """A form, still encoded: what FHIR sends to _search."""
    return await read_required(request, {"application/x-www-form-urlencoded"}, LARGEST_FORM)


async def resource_of(request: Request, _caller: CurrentCaller) -> bytes:
    """A FHIR resource as sent, JSON or XML; empty where a request has no body."""
    if request.method == "GET":
        return b""
    return await read_required(request, FHIR_TYPES, LARGEST_RESOURCE)


def _require(request: Request, kind: str, kinds: Container[str]) -> None:
    encoded = request.headers.get("content-encoding", "identity").strip().lower() != "identity"
    name, _, parameters = kind.lower().partition(";")
    # JSON is UTF-8 (RFC 8259); XML and tables say themselves what they are written in.
    charset = CHARSET.search(parameters) if KINDS.get(name.strip()) == "json" else None
    foreign = charset is not None and charset[1] not in UTF_8
    if encoded or foreign or name.strip() not in kinds:
        raise UnsupportedTypeError


async def read_required(request: Request, kinds: Container[str], most: int) -> bytes:
    """The whole body of one of these types. Raises UnsupportedTypeError, TooLargeError."""
    _require(request, request.headers.get("content-type", ""), kinds)
    return await read_body(request, most)


async def read_body(request: Request, most: int) -> bytes:
    """The whole body. Raises TooLargeError."""
    return b"".join([piece async for piece in _pieces(request, most)])


async def _pieces(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body in pieces of about CHUNK. Raises TooLargeError before more is read."""
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told[:20]) > most:
        raise TooLargeError
    held, size = bytearray(), 0
    stream, clock = aiter(request.stream()), asyncio.get_running_loop()
    ends = clock.time() + SLOWEST
    while (chunk := await _next(stream, ends)) is not None:
        held += chunk
        size += len(chunk)
        if size > most:
            raise TooLargeError
        if len(held) >= CHUNK:
            yield bytes(held)
            held.clear()
            ends = clock.time() + SLOWEST
    yield bytes(held)


async def _next(stream: AsyncIterator[bytes], ends: float) -> bytes | None:
    """None at the end. Raises TooSlowError where nothing comes until then."""
    try:
        async with asyncio.timeout_at(ends):
            return await anext(stream, None)
    except TimeoutError:
        raise TooSlowError from None


def parsed(model: type[Model], document: bytes) -> Model:
    """Raises WrongRequestError, which does not quote what was sent."""
    try:
        strict_object(document, DEEPEST_DOCUMENT)
        return model.model_validate_json(document)
    except ValueError:
        raise WrongRequestError from None


def wants(prefer: str, preference: str) -> bool:
    """Whether a header Prefer names a preference (RFC 7240)."""
    return preference in (one.partition(";")[0].strip().lower() for one in prefer.split(","))


async def key_of(idempotency_key: Annotated[str, Header()] = "") -> str:
    """The Idempotency-Key, empty where there is none. Raises WrongRequestError."""
    if len(idempotency_key) > LONGEST_KEY or not idempotency_key.isprintable():
        raise WrongRequestError
    return idempotency_key


def digest(*parts: str) -> str:
    """SHA-256 (hex) of all that was asked; parts are told apart by their length."""
    found = hashlib.sha256()
    for part in map(str.encode, parts):
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


ULID = r"^[0-9a-hjkmnp-tv-z]{26}$"
NAME = r"^[a-z0-9_-]{1,64}$"
"""Sources, codes, states: nothing else can be asked for."""


async def message_id_of(message_id: str) -> str:
    """The id in the path. Raises NotFoundError for what no message can have."""
    return _ulid(message_id)


async def request_id_of(request_id: str) -> str:
    """As of a message, of a request for a birth registration."""
    return _ulid(request_id)


def _ulid(id_: str) -> str:
    if not re.fullmatch(ULID, id_):
        raise NotFoundError
    return id_


Body = Annotated[Spooled, Depends(body_of)]
Document = Annotated[bytes, Depends(document_of)]
SentResource = Annotated[bytes, Depends(resource_of)]
MessageId = Annotated[str, Depends(message_id_of)]
RequestId = Annotated[str, Depends(request_id_of)]
MessageFilter = Annotated[str | None, Query(pattern=ULID)]
Filter = Annotated[str | None, Query(pattern=NAME)]
Key = Annotated[str, Depends(key_of)]
