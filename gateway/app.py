"""Builds the web service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import BoundedSemaphore

from fastapi import FastAPI

from audit.event import Caller
from gateway.admission import Entrance
from gateway.api import (
    auditing,
    batch,
    break_glass,
    clients,
    cross_reference,
    errors,
    events,
    exports,
    feed,
    fhir,
    findings,
    groups,
    health,
    identity_links,
    ledger,
    logins,
    lookups,
    match,
    messages,
    metadata,
    metrics,
    openapi,
    registrations,
    sources,
    stewardship,
    subscriptions,
    tokens,
    validate,
    writes,
)
from gateway.api.bundles import FHIR_BASE
from gateway.api.disclosure import Disclosure
from gateway.api.forced import Forced
from gateway.api.negotiation import Negotiation
from gateway.api.outcome import handle_errors
from gateway.api.safeguards import Safeguards
from gateway.api.way_out import WayOut
from gateway.background import repeated
from gateway.database import Role
from gateway.delivery import deliver_due
from gateway.listing import Lister
from gateway.logins import Logins
from gateway.services import open_services
from gateway.settings import Settings
from gateway.webhook import sender
from gateway.worker import working

TOLD_EVERY = 0.5
"""Seconds between two looks for receivers of changes that are due."""
LISTED_EVERY = 0.5
"""Seconds between two looks for bulk exports that are to be listed."""
AT_WORK = 2
"""Payloads that are read and stored at a time, one of which may wait for the database: more threads
would only take the interpreter from one another (a third of the time)."""


def create_app(settings: Settings, *, sandbox: bool = False) -> FastAPI:
    """The service for these settings; starts the embedded database where there is no other.

    `sandbox`: marked numbers force answers, and the key that everybody has is believed.
    """
    services = open_services(settings, Role.CALLER)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        caller = Caller(who="worker", system="motem-serve", purpose=settings.purpose)
        reading = working(services.engine, services.adapters_of, caller)
        send = sender(inside=settings.receivers_inside)
        telling = repeated(
            "telling",
            lambda: deliver_due(services.engine, caller, send, entrance=app.state.entrance),
            TOLD_EVERY,
        )
        lister = Lister(services.engine, app.state.entrance)
        listing = repeated("listing", lister.go_on, LISTED_EVERY)
        with WayOut.opened(services) as app.state.way_out, reading, telling, listing:
            yield
        services.engine.dispose()

    app = FastAPI(
        title="Motem",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.services = services
    app.state.entrance = Entrance(settings, services.engine, sandbox=sandbox)
    app.state.logins = Logins(settings, services.engine, app.state.entrance)
    app.state.turns = BoundedSemaphore(AT_WORK)
    _include(app)
    handle_errors(app)
    if sandbox:
        app.add_middleware(Forced)
    app.add_middleware(Negotiation, base=FHIR_BASE)
    app.add_middleware(Disclosure)
    app.add_middleware(Safeguards)
    return app


def _include(app: FastAPI) -> None:
    """All routes; where several would take a path, the first does."""
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(openapi.router)
    app.include_router(metadata.router, prefix=FHIR_BASE)
    app.include_router(errors.router)
    app.include_router(tokens.router)
    app.include_router(logins.router)
    # Names with a $ before what takes any id.
    app.include_router(exports.fhir, prefix=FHIR_BASE)
    app.include_router(validate.routes(), prefix=FHIR_BASE)
    app.include_router(batch.router, prefix=FHIR_BASE)
    app.include_router(match.router, prefix=FHIR_BASE)
    app.include_router(cross_reference.router, prefix=FHIR_BASE)
    app.include_router(identity_links.router, prefix=FHIR_BASE)
    app.include_router(stewardship.router, prefix=FHIR_BASE)
    app.include_router(feed.router, prefix=FHIR_BASE)
    app.include_router(writes.routes(), prefix=FHIR_BASE)
    app.include_router(auditing.fhir, prefix=FHIR_BASE)
    app.include_router(subscriptions.router, prefix=FHIR_BASE)
    app.include_router(groups.router, prefix=FHIR_BASE)
    app.include_router(auditing.router)
    app.include_router(findings.router)
    app.include_router(sources.router)
    app.include_router(messages.router)
    app.include_router(clients.router)
    app.include_router(break_glass.router)
    app.include_router(ledger.router)
    app.include_router(exports.router)
    app.include_router(events.router)
    app.include_router(lookups.router)
    app.include_router(registrations.router)
    # Last: what begins with $ is an operation, not an id.
    app.include_router(fhir.routes(), prefix=FHIR_BASE)
