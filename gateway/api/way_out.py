"""The way out for routes: one platform for the whole service, and never all of its threads."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Annotated, ClassVar

import structlog
from fastapi import Depends, Request
from sqlalchemy import Engine

from audit.event import Caller
from gateway.api.dependencies import CurrentCaller, CurrentServices
from gateway.outbound.failures import NotConfiguredError, OutboundError
from gateway.outbound.platform import Platform, open_platform
from gateway.services import Services

AT_ONCE = 4
"""Requests that may wait for the platform: each holds a thread for up to a minute, and the doors
must not wait for it."""
log = structlog.get_logger()


class BusyError(OutboundError):
    """As many questions and requests as may be are under way. Please come again in a moment."""

    status = 503
    code = "throttled"
    vietnamese: ClassVar[str] = "Đang có quá nhiều tra cứu hoặc đề nghị được gửi. Xin thử lại sau."


class WayOut:
    """The platform of the site's file, or why there is none. Its breakers live as long as it."""

    def __init__(self, found: Platform | NotConfiguredError) -> None:
        self._found = found
        self._free = threading.BoundedSemaphore(AT_ONCE)

    @classmethod
    @contextmanager
    def opened(cls, services: Services) -> Iterator["WayOut"]:
        """Open as long as the block. A service without a platform does all the rest."""
        with ExitStack() as stack:
            found: Platform | NotConfiguredError
            try:
                platform = open_platform(services.site.platform, services.settings)
                found = stack.enter_context(platform)
            except NotConfiguredError as error:
                found = error
                if services.site.platform is not None:
                    log.warning("nothing can be sent", detail=error.detail)
            yield cls(found)

    @contextmanager
    def entered(self) -> Iterator[Platform]:
        """Raises NotConfiguredError, and BusyError instead of waiting."""
        if isinstance(self._found, NotConfiguredError):
            raise NotConfiguredError(self._found.detail)
        if not self._free.acquire(blocking=False):
            raise BusyError
        try:
            yield self._found
        finally:
            self._free.release()


@dataclass(frozen=True, kw_only=True, slots=True)
class Errand:
    """What a route needs that sends something: the database, for whom it is, and the way out."""

    engine: Engine
    caller: Caller
    way_out: WayOut


async def errand_of(request: Request, services: CurrentServices, caller: CurrentCaller) -> Errand:
    return Errand(engine=services.engine, caller=caller, way_out=request.app.state.way_out)


CurrentErrand = Annotated[Errand, Depends(errand_of)]
