"""In the sandbox only: numbers that force an answer which cannot be had by asking for it."""

from collections.abc import Mapping
from typing import ClassVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.outcome import AGAIN, failure
from gateway.errors import DatabaseUnavailableError, GatewayError
from gateway.sandbox.children import AWAY, HASTY, SLOW_DOWN

LARGEST = 64 * 1024
"""Bytes of a body in which a marked number is looked for."""


class TooOftenError(GatewayError):
    """Too many requests. Please wait."""

    status: ClassVar[int] = 429
    code: ClassVar[str] = "throttled"
    vietnamese: ClassVar[str] = "Quá nhiều yêu cầu. Xin đợi."


FORCED: Mapping[str, type[GatewayError]] = {
    SLOW_DOWN: TooOftenError,
    AWAY: DatabaseUnavailableError,
    HASTY: TooOftenError,
}
SOON = {"Retry-After": "1"}


class Forced:
    """ASGI middleware: a request that holds a marked number is answered with its error."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._hasty = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        held = await _beginning(receive)
        told = scope["query_string"] + b"".join(one.get("body", b"") for one in held)
        for number, error in FORCED.items():
            if number.encode() in told and not self._is_done_with(number):
                again = AGAIN if error is DatabaseUnavailableError else SOON
                await failure(error(), again)(scope, receive, send)
                return
        await self.app(scope, _again(held, receive), send)

    def _is_done_with(self, number: str) -> bool:
        """The hasty one is refused each other time."""
        if number != HASTY:
            return False
        self._hasty += 1
        return self._hasty % 2 == 0


async def _beginning(receive: Receive) -> list[Message]:
    held, size = [await receive()], 0
    while held[-1].get("more_body") and size < LARGEST:
        held.append(await receive())
        size += len(held[-1].get("body", b""))
    return held


def _again(held: list[Message], receive: Receive) -> Receive:
    waiting = list(held)

    async def given() -> Message:
        return waiting.pop(0) if waiting else await receive()

    return given
