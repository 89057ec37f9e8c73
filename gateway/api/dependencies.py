"""What routes ask for: a transaction, the caller, the services.

What waits for nothing is async: otherwise it would cost a turn in the pool of threads each time.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import BoundedSemaphore
from typing import Annotated, TypeAlias

from fastapi import Depends, Header, Request
from sqlalchemy.orm import Session

from audit.event import Caller
from audit.purposes import PURPOSES
from gateway import acting
from gateway.admission import Entrance, Said
from gateway.api.bundles import FHIR_BASE
from gateway.api.rights import need_of
from gateway.database import reading, transaction
from gateway.errors import WrongPurposeError, WrongSystemError
from gateway.services import Services
from gateway.site import SYSTEM_NAME

SYSTEM = re.compile(SYSTEM_NAME)
UNNAMED_SYSTEM = "unnamed"
SESSION = "__Host-motem"
"""Name of the cookie of a person's session."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods by which nothing is changed (RFC 9110 9.2.1)."""


async def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def turns_of(request: Request) -> BoundedSemaphore:
    turns: BoundedSemaphore = request.app.state.turns
    return turns


def open_transaction(services: Annotated[Services, Depends(services_of)]) -> Iterator[Session]:
    with transaction(services.engine) as session:
        yield session


def open_reading(services: Annotated[Services, Depends(services_of)]) -> Iterator[Session]:
    with reading(services.engine) as session:
        yield session


async def entrance_of(request: Request) -> Entrance:
    entrance: Entrance = request.app.state.entrance
    return entrance


def host_of(request: Request) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client else "unknown"


CurrentServices = Annotated[Services, Depends(services_of)]
CurrentEntrance = Annotated[Entrance, Depends(entrance_of)]


async def said_of(
    request: Request,
    authorization: Annotated[str, Header()] = "",
    x_motem_system: Annotated[str, Header()] = "",
    x_purpose_of_use: Annotated[str, Header()] = "",
    x_csrf_token: Annotated[str, Header()] = "",
) -> Said:
    """What a request says of its caller. Raises WrongSystemError and WrongPurposeError for a header
    of another form: a mistyped name must not pass for no name."""
    if x_motem_system and not SYSTEM.fullmatch(x_motem_system):
        raise WrongSystemError
    if x_purpose_of_use and x_purpose_of_use not in PURPOSES:
        raise WrongPurposeError
    kind, _, token = authorization.partition(" ")
    return Said(
        host=host_of(request),
        token=token.strip() if kind.lower() == "bearer" else "",
        system=x_motem_system,
        purpose=x_purpose_of_use,
        source=_source_of(request),
        session=request.cookies.get(SESSION, ""),
        csrf=x_csrf_token,
        changes=request.method not in SAFE,
    )


CurrentSaid = Annotated[Said, Depends(said_of)]


def caller_of(
    request: Request, services: CurrentServices, entrance: CurrentEntrance, said: CurrentSaid
) -> Caller:
    """The client of the bearer token, allowed to do what the route needs.

    Over the embedded database nobody is asked (development): then it is the address, the system it
    says it is, and its purpose of use or else that of the settings, with every right. Raises
    NotAllowedHereError for whoever may not.
    """
    return admitted(services, entrance, said, request.method, _path(request))


def admitted(services: Services, entrance: Entrance, said: Said, method: str, path: str) -> Caller:
    """The same for what stands inside a request. Raises NotAllowedHereError, OverBudgetError."""
    if said.token or said.session or not entrance.is_open:
        return entrance.admit(said, need_of(method, path))
    return _anybody(said, services.settings.purpose)


Look: TypeAlias = AbstractContextManager[Session]
"""A transaction that only reads, for whoever was admitted before, as with what has a body: begun in
the thread that works."""
Turn: TypeAlias = AbstractContextManager[tuple[Session, Caller]]
"""A transaction that only reads and who it is for; asked for, admitted, worked and signed in one thread, because to
go from thread to thread takes longer than to read a row."""


async def look_of(services: CurrentServices) -> Look:
    """As `open_reading` has it, but not begun yet."""
    return reading(services.engine)


async def turn_of(
    request: Request, services: CurrentServices, entrance: CurrentEntrance, said: CurrentSaid
) -> Turn:
    """As `caller_of` and `open_transaction` have it, but not begun yet."""
    return _turn(request, services, entrance, said)


@contextmanager
def _turn(
    request: Request, services: Services, entrance: Entrance, said: Said
) -> Iterator[tuple[Session, Caller]]:
    if said.token or said.session or not entrance.is_open:
        with entrance.admitting(said, need_of(request.method, _path(request))) as begun:
            yield begun
        return
    caller = _anybody(said, services.settings.purpose)
    with reading(services.engine) as session:
        yield session, caller


def _path(request: Request) -> str:
    """By which the route was found. `request.url` is put together with what the header Host says."""
    path: str = request.scope["path"]
    return path


def _source_of(request: Request) -> str | None:
    """In which source a request writes; FHIR resources are a partner's."""
    if _path(request).startswith(FHIR_BASE):
        return "fhir"
    source: str | None = request.path_params.get("source")
    return source


def _anybody(said: Said, purpose: str) -> Caller:
    request = acting.current()
    if request is not None:
        request.rows = acting.SYSTEM
    return Caller(
        who=f"unauthenticated:{said.host}",
        system=said.system or UNNAMED_SYSTEM,
        purpose=said.purpose or purpose,
        request=(request.id or None) if request else None,
    )


# With the default scope a failing commit would come after the answer, which would then be 200.
Transaction = Annotated[Session, Depends(open_transaction, scope="function")]
Reading = Annotated[Session, Depends(open_reading, scope="function")]
CurrentCaller = Annotated[Caller, Depends(caller_of)]
CurrentTurn = Annotated[Turn, Depends(turn_of)]
CurrentLook = Annotated[Look, Depends(look_of)]
Turns = Annotated[BoundedSemaphore, Depends(turns_of)]
