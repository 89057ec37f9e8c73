"""The sandbox's service, which can be put back to its first state while it runs.

Each state is a database and an access log of its own, with keys of its own: a log is only ever added
to, so what was sent is not taken out of it, but the whole of it ends and another one begins. The next
state is made ready in the background, so that to put it back takes no longer than to change over.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import structlog
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.types import Receive, Scope, Send

from audit.event import Caller
from gateway import acting
from gateway.app import create_app
from gateway.errors import ConflictError, DatabaseUnavailableError
from gateway.resetting import Reset, begin, carry, counted, finish
from gateway.settings import Settings

READY_WITHIN = 60.0
"""Seconds that somebody waits who puts it back while the next state is still being made."""
DRAINED_WITHIN = 60.0
"""Seconds that requests to the state before may still take."""
log = structlog.get_logger()


class States(Protocol):
    """Where the states of a sandbox are. Each method blocks."""

    def standing(self) -> int:
        """The number of the one that stands."""

    def made(self, number: int) -> Settings:
        """Make it and fill it, where that is not done yet."""

    def let_stand(self, number: int) -> None:
        """From now on, also after a new start."""

    def put_away(self, number: int, engine: Engine) -> None:
        """Keep its log as a file, and remove the rest. The engine serves nobody any more."""


class BeingResetError(ConflictError):
    """The sandbox is being put back at this moment. Please wait for it."""

    vietnamese: ClassVar[str] = "Hộp cát đang được đặt lại. Xin đợi."


class NotReadyError(DatabaseUnavailableError):
    """The next state of the sandbox is not ready yet. Please ask again."""

    vietnamese: ClassVar[str] = "Trạng thái mới của hộp cát chưa sẵn sàng. Xin gửi lại sau."


@dataclass(kw_only=True, slots=True)
class _Served:
    """A state that is served. `busy`: requests under way, counted in the event loop."""

    number: int
    app: FastAPI
    life: Any = None
    busy: int = 0

    @property
    def engine(self) -> Engine:
        engine: Engine = self.app.state.services.engine
        return engine


class Renewed:
    """ASGI: passes everything to the service of the state that stands."""

    def __init__(self, states: States) -> None:
        self._states = states
        self._one_at_a_time = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._next: Future[Settings] | None = None
        number = states.standing()
        self._standing = self._served(number, states.made(number))

    @property
    def app(self) -> FastAPI:
        """The service that stands."""
        return self._standing.app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        served = self._standing
        served.busy += 1
        try:
            await served.app(scope, receive, send)
        finally:
            served.busy -= 1

    def reset(self, caller: Caller) -> Reset:
        """For a request in its thread. Raises BeingResetError, NotReadyError."""
        if not self._one_at_a_time.acquire(blocking=False):
            raise BeingResetError
        try:
            return self._changed_over(caller)
        finally:
            self._one_at_a_time.release()

    def _changed_over(self, caller: Caller) -> Reset:
        before, number = self._standing, self._standing.number + 1
        with acting.as_system():
            made = self._served(number, self._ready())
            removed = counted(before.engine)
            ended = finish(before.engine, caller, number)
            begin(made.engine, caller, number, ended)
            clients = carry(before.engine, made.engine, caller)
            standing = counted(made.engine)
        self._states.let_stand(number)
        self._begin(self._take_over(made)).result(READY_WITHIN)
        self._begin(self._retire(before))
        self._make_next()
        return Reset(
            number=number, removed=removed, standing=standing, clients=clients, ended=ended
        )

    def _served(self, number: int, settings: Settings) -> _Served:
        return _Served(number=number, app=create_app(settings, sandbox=True, reset=self.reset))

    def _ready(self) -> Settings:
        """What is made in the background; begun anew where that failed."""
        assert self._next is not None, "it is begun with the one before"
        try:
            return self._next.result(READY_WITHIN)
        except Exception as error:
            if self._next.done():
                self._make_next()
            raise NotReadyError from error

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._loop = asyncio.get_running_loop()
        self._standing.life = await _begun(self._standing.app)
        await send({"type": "lifespan.startup.complete"})
        self._make_next()
        await receive()
        await _ended(self._standing.life)
        await send({"type": "lifespan.shutdown.complete"})

    async def _take_over(self, made: _Served) -> None:
        made.life = await _begun(made.app)
        self._standing = made

    async def _retire(self, before: _Served) -> None:
        """Once nothing is under way there any more."""
        for _ in range(int(DRAINED_WITHIN / 0.05)):
            if not before.busy:
                break
            await asyncio.sleep(0.05)
        try:
            await _ended(before.life)
            await asyncio.to_thread(self._put_away, before)
        except Exception as error:
            log.warning("waits", what="the sandbox before", error=type(error).__name__)

    def _put_away(self, before: _Served) -> None:
        with acting.as_system():
            self._states.put_away(before.number, before.engine)

    def _make_next(self) -> None:
        """In a thread that a process which ends does not wait for."""
        made: Future[Settings] = Future()
        number = self._standing.number + 1

        def make() -> None:
            try:
                with acting.as_system():
                    made.set_result(self._states.made(number))
            except Exception as error:
                log.warning("waits", what="the next sandbox", error=type(error).__name__)
                made.set_exception(error)

        self._next = made
        threading.Thread(target=make, name="next sandbox", daemon=True).start()

    def _begin(self, work: Coroutine[Any, Any, None]) -> "Future[None]":
        assert self._loop is not None, "it is served"
        return asyncio.run_coroutine_threadsafe(work, self._loop)


async def _begun(app: FastAPI) -> Any:
    life = app.router.lifespan_context(app)
    await life.__aenter__()
    return life


async def _ended(life: Any) -> None:
    """In a thread: what still waits for somebody's answer there must not hold up the others."""
    await asyncio.to_thread(lambda: asyncio.run(life.__aexit__(None, None, None)))
