"""What every answer bears, errors too: headers that keep browsers out, its id, what budget is left."""

import re
from collections.abc import Mapping
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from ulid import ULID

from gateway.access.budgets import spending

REQUEST_ID = "X-Request-Id"
"""What to name when asking about an answer: an OperationOutcome has it as its id, the access log and
the lines of the service have it as `request`."""
SOUND_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What may stand in a log line and a header; any other id is replaced by one of ours."""
NUMBER = re.compile(r"(?<![A-Za-z0-9])\d{9,}(?![A-Za-z0-9])")
"""May be a child's or a telephone's, and would stand in the log for ever."""
GIVEN = re.compile(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A UUID: digits in it are chance."""
ALWAYS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
UNLESS_TOLD: Mapping[str, str] = {"Cache-Control": "no-store"}
"""A route may say that its answer may be kept; what says nothing may not."""
KEPT_UNDER = "motem.request-id"


class Safeguards:
    """ASGI middleware, the outermost."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope[KEPT_UNDER] = request_id(Headers(scope=scope).get(REQUEST_ID, ""))
        with spending() as spent:

            async def guarded(message: Message) -> None:
                if message["type"] == "http.response.start":
                    headers = MutableHeaders(raw=list(message["headers"]))
                    guard(headers, scope)
                    if spent:
                        headers.update(spent[-1].headers)
                    if spent and message["status"] == HTTPStatus.TOO_MANY_REQUESTS:
                        headers["Retry-After"] = str(spent[-1].again)
                    message = {**message, "headers": headers.raw}
                await send(message)

            await self.app(scope, receive, guarded)


def guard(headers: MutableHeaders, scope: Scope) -> None:
    """Put on what every answer bears."""
    headers.update(ALWAYS)
    for name, value in UNLESS_TOLD.items():
        headers.setdefault(name, value)
    headers[REQUEST_ID] = scope.get(KEPT_UNDER) or request_id("")


def request_id(told: str) -> str:
    """The caller's own, if it is sound; else a new one."""
    is_sound = SOUND_ID.fullmatch(told) and (GIVEN.fullmatch(told) or not NUMBER.search(told))
    return told if is_sound else str(ULID()).lower()
