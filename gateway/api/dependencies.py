"""What routes ask for: a transaction, the caller, the services.

What waits for nothing is async: otherwise it would cost a turn in the pool of threads each time.
"""

import re
from collections.abc import Iterator
from threading import BoundedSemaphore
from typing import Annotated

from fastapi import Depends, Header, Request
from sqlalchemy.orm import Session

from audit.event import Caller
from audit.purposes import PURPOSES
from gateway import acting
from gateway.admission import Entrance, Said
from gateway.api.bundles import FHIR_BASE
from gateway.api.rights import need_of
from gateway.database import transaction
from gateway.errors import WrongPurposeError, WrongSystemError
from gateway.services import Services
from gateway.site import SYSTEM_NAME

SYSTEM = re.compile(SYSTEM_NAME)
UNNAMED_SYSTEM = "unnamed"


async def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def turns_of(request: Request) -> BoundedSemaphore:
    turns: BoundedSemaphore = request.app.state.turns
    return turns


def open_transaction(services: Annotated[Services, Depends(services_of)]) -> Iterator[Session]:
    with transaction(services.engine) as session:
        yield session


async def entrance_of(request: Request) -> Entrance:
    entrance: Entrance = request.app.state.entrance
    return entrance


def host_of(request: Request) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client else "unknown"


CurrentServices = Annotated[Services, Depends(services_of)]
CurrentEntrance = Annotated[Entrance, Depends(entrance_of)]


def caller_of(
    request: Request,
    services: CurrentServices,
    entrance: CurrentEntrance,
    authorization: Annotated[str, Header()] = "",
    x_motem_system: Annotated[str, Header()] = "",
    x_purpose_of_use: Annotated[str, Header()] = "",
) -> Caller:
    """The client of the bearer token, allowed to do what the route needs.

    Over the embedded database nobody is asked (development): then it is the address, the system it
    says it is, and its purpose of use or else that of the settings, with every right. Raises
    WrongSystemError and WrongPurposeError for a header of another form (a mistyped name must not
    pass for no name), NotAllowedHereError for whoever may not.
    """
    if x_motem_system and not SYSTEM.fullmatch(x_motem_system):
        raise WrongSystemError
    if x_purpose_of_use and x_purpose_of_use not in PURPOSES:
        raise WrongPurposeError
    kind, _, token = authorization.partition(" ")
    said = Said(
        host=host_of(request),
        token=token.strip() if kind.lower() == "bearer" else "",
        system=x_motem_system,
        purpose=x_purpose_of_use,
        source=_source_of(request),
    )
    if said.token or not entrance.is_open:
        return entrance.admit(said, need_of(request.method, request.url.path))
    return _anybody(said, services.settings.purpose)


def _source_of(request: Request) -> str | None:
    """In which source a request writes; FHIR resources are a partner's."""
    if request.url.path.startswith(FHIR_BASE):
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
    )


# With the default scope a failing commit would come after the answer, which would then be 200.
Transaction = Annotated[Session, Depends(open_transaction, scope="function")]
CurrentCaller = Annotated[Caller, Depends(caller_of)]
Turns = Annotated[BoundedSemaphore, Depends(turns_of)]
