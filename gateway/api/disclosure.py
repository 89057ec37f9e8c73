"""The only way out: no byte of an answer goes without a receipt of the access log (promise 7)."""

from collections.abc import Sequence
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import acting
from gateway.api.outcome import AGAIN, ERROR, failure
from gateway.api.safeguards import KEPT_UNDER
from gateway.errors import NotSignedError
from gateway.receipts import Receipt, receiving

EVENT_HEADER = "X-Audit-Event"
"""The event under which a caller's look can be found and proved."""
PUBLIC = frozenset(
    {
        "/livez",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/fhir/R4/metadata",
        "/audit/checkpoint",
        "/fhir/R4/.well-known/smart-configuration",
        "/login",
        "/login/callback",
        "/login/development",
        "/logout",
        "/session",
    }
)
PUBLIC_UNDER = ("/audit/tile/", "/audit/proof/", "/errors/")
"""Paths whose answers hold nothing of a child: states, counts, hashes, what the service can do."""

log = structlog.get_logger()


class Disclosure:
    """ASGI middleware, outside all of ours. Errors pass: they never repeat what was asked or found."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with receiving() as receipts, acting.request() as request:
            request.id = scope.get(KEPT_UNDER, "")
            if _is_public(scope["path"]):
                request.rows = acting.SYSTEM  # Counts and states: no row of a child leaves.
            gate = _Gate(scope, receive, send, receipts)
            await self.app(scope, receive, gate.send)


class _Gate:
    """What has been let through of one answer."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, receipts: Sequence[Receipt]
    ) -> None:
        self.scope, self.receive, self._send = scope, receive, send
        self.receipts = receipts
        self.closed = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif not self.closed:
            await self._send(message)

    async def _begin(self, message: Message) -> None:
        headers = MutableHeaders(raw=message["headers"])
        if self.receipts:
            headers[EVENT_HEADER] = self.receipts[0].event
        is_error = headers.get(ERROR) is not None
        del headers[ERROR]
        if self.receipts or is_error or _is_public(self.scope["path"]):
            await self._send({**message, "headers": headers.raw})
            return
        log.error("an answer without a receipt was held back", path=_route(self.scope))
        self.closed = True
        answer = failure(NotSignedError(), AGAIN)
        del answer.headers[ERROR]
        await answer(self.scope, self.receive, self._send)


def _is_public(path: str) -> bool:
    return path in PUBLIC or path.startswith(PUBLIC_UNDER)


def _route(scope: Scope) -> Any:
    """The route's own text: a path as asked may hold what somebody typed."""
    return getattr(scope.get("route"), "path", None)
