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
from gateway.database import transaction
from gateway.errors import WrongPurposeError, WrongSystemError
from gateway.services import Services
from gateway.site import SYSTEM_NAME

SYSTEM = re.compile(SYSTEM_NAME)
PURPOSE = re.compile(r"[A-Z]{2,32}")
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


async def caller_of(
    request: Request,
    services: Annotated[Services, Depends(services_of)],
    x_motem_system: Annotated[str, Header()] = "",
    x_purpose_of_use: Annotated[str, Header()] = "",
) -> Caller:
    """Until logins exist: the address, the system it says it is, and its purpose of use.

    Without purpose that of the settings is written. Raises WrongSystemError and WrongPurposeError
    for a header of another form: a mistyped name must not pass for no name.
    """
    if x_motem_system and not SYSTEM.fullmatch(x_motem_system):
        raise WrongSystemError
    if x_purpose_of_use and not PURPOSE.fullmatch(x_purpose_of_use):
        raise WrongPurposeError
    host = request.client.host if request.client else "unknown"
    return Caller(
        who=f"unauthenticated:{host}",
        system=x_motem_system or UNNAMED_SYSTEM,
        purpose=x_purpose_of_use or services.settings.purpose,
    )


# With the default scope a failing commit would come after the answer, which would then be 200.
Transaction = Annotated[Session, Depends(open_transaction, scope="function")]
CurrentCaller = Annotated[Caller, Depends(caller_of)]
CurrentServices = Annotated[Services, Depends(services_of)]
Turns = Annotated[BoundedSemaphore, Depends(turns_of)]
