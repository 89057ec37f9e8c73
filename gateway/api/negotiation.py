"""FHIR in JSON or XML, as the caller asks by `_format` or Accept (R4, http.html#mime-type)."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.outcome import FHIR_JSON, failure
from gateway.fhir.errors import NotAcceptableError
from gateway.fhir.xml import xml_of

FHIR_XML = "application/fhir+xml"
FORMATS: Mapping[str, str] = {
    **dict.fromkeys(("json", FHIR_JSON, "application/json", "text/json"), FHIR_JSON),
    **dict.fromkeys(("xml", FHIR_XML, "application/xml", "text/xml"), FHIR_XML),
    **dict.fromkeys(("*/*", "application/*"), FHIR_JSON),
}
"""What may be asked for → what is answered."""
VERSIONS = ("4.0", "4.0.1")
"""Values of the parameter fhirVersion that mean what is spoken here."""


class Negotiation:
    """ASGI middleware: routes answer in JSON, and what is asked for as XML leaves as XML."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        self.app, self.base = app, f"{base}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(self.base):
            await self.app(scope, receive, send)
            return
        wanted = format_of(scope["query_string"].decode("latin-1"), Headers(scope=scope))
        if wanted is None:
            await failure(NotAcceptableError())(scope, receive, send)
        elif wanted == FHIR_JSON:
            await self.app(scope, receive, send)
        else:
            await self.app(scope, receive, _ToXml(send).send)


class _ToXml:
    """Holds an answer back until it is whole, and sends it as XML if it is FHIR."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = Headers(raw=message["headers"]).get("content-type", "")
            if kind.startswith(FHIR_JSON):
                self._start = message
                return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._convert(self._start)

    async def _convert(self, start: Message) -> None:
        body = await run_in_threadpool(xml_of, self._body.decode()) if self._body else b""
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["content-type"] = f"{FHIR_XML}; charset=utf-8"
        headers["content-length"] = str(len(body))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def format_of(query: str, headers: Headers) -> str | None:
    """The format of the answer: `_format` before Accept; None where it is neither JSON nor XML."""
    told = dict(parse_qsl(query)).get("_format")
    if told is not None:
        # A plus that nobody escaped has become a space.
        return _known(told.replace(" ", "+"))
    accepted = headers.get("accept", "*/*")
    best, found = 0.0, None
    for one in accepted.split(","):
        quality, kind = _quality(one), _known(one)
        if kind is not None and quality > best:
            best, found = quality, kind
    return found


def _known(told: str) -> str | None:
    name, *parameters = (part.strip().lower() for part in told.split(";"))
    stated = dict(part.partition("=")[::2] for part in parameters)
    if stated.get("fhirversion", VERSIONS[0]) not in VERSIONS:
        return None
    return FORMATS.get(name)


def _quality(told: str) -> float:
    for part in told.split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
