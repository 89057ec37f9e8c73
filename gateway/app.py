"""Builds the web service."""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, suppress
from threading import BoundedSemaphore

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError

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
    persons,
    registrations,
    sources,
    stewardship,
    subscriptions,
    tokens,
    users,
    validate,
    writes,
)
from gateway.api import sandbox as practice
from gateway.api.bundles import FHIR_BASE
from gateway.api.disclosure import Disclosure
from gateway.api.forced import Forced
from gateway.api.negotiation import Negotiation
from gateway.api.outcome import handle_errors
from gateway.api.parts import parts
from gateway.api.safeguards import Safeguards
from gateway.api.way_out import WayOut
from gateway.background import repeated
from gateway.configured import telling_how, told_of
from gateway.database import Role
from gateway.delivery import deliver_due
from gateway.errors import GatewayError
from gateway.listing import Lister
from gateway.logins import Logins
from gateway.lookout import looking
from gateway.resetting import Reset
from gateway.services import open_services
from gateway.settings import Settings
from gateway.webhook import sender
from gateway.worker import working

TOLD_EVERY = 0.5
"""Seconds between two looks for receivers of changes that are due."""
TELLERS = 8
"""Receivers that are told at a time, each by one thread, which keeps its order: one that takes 15
seconds for an answer, or never gives one, delays nobody until seven others do the same."""
KEPT_EVERY = 1.0
"""Seconds between two looks for refusals of floods, which are counted in memory."""
LISTED_EVERY = 0.5
"""Seconds between two looks for bulk exports that are to be listed."""
AT_WORK = 2
"""Payloads that are read and stored at a time, one of which may wait for the database: more threads
would only take the interpreter from one another (a third of the time)."""


def create_app(
    settings: Settings,
    *,
    sandbox: bool = False,
    reset: Callable[[Caller], Reset] | None = None,
) -> FastAPI:
    """The service for these settings; starts the embedded database where there is no other.

    `sandbox`: marked numbers force answers, and the key that everybody has is believed; `reset`: by
    what it is put back.
    """
    services = open_services(settings, Role.CALLER)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        caller = Caller(who="worker", system="motem-serve", purpose=settings.purpose)
        reading = working(services.engine, services.adapters_of, caller)
        send = sender(inside=settings.receivers_inside)

        def tell() -> bool:
            return deliver_due(services.engine, caller, send, entrance=app.state.entrance)

        telling = repeated("telling", tell, TOLD_EVERY, times=TELLERS)
        keeping = repeated("keeping", app.state.entrance.keep_unsaid, KEPT_EVERY)
        lister = Lister(services.engine, app.state.entrance)
        listing = repeated("listing", lister.go_on, LISTED_EVERY)
        noticing = looking(services.engine, caller, settings.findings_every)
        told = told_of(settings, app.state.entrance.policy.sha256, sandbox=sandbox)
        configured = telling_how(services.engine, told, caller)
        way_out = WayOut.opened(services)
        beside = (reading, telling, keeping, listing, noticing)
        with configured, way_out as app.state.way_out, ExitStack() as stack:
            for one in beside:
                stack.enter_context(one)
            yield
        with suppress(SQLAlchemyError, GatewayError):  # Only numbers, of the last second.
            app.state.entrance.keep_unsaid()
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
    app.state.reset = reset
    _include(app)
    if sandbox and reset is not None:
        app.include_router(practice.router)
    handle_errors(app)
    if sandbox:
        app.add_middleware(Forced)
    app.add_middleware(Negotiation, base=FHIR_BASE)
    app.add_middleware(Disclosure)
    app.add_middleware(Safeguards)
    return app


def _include(app: FastAPI) -> None:
    """All routes; where several would take a path, the first does."""
    under_base = (
        match.router,  # First, with the words that are asked for most: Patient.
        metadata.router,
        # Names with a $ before what takes any id.
        exports.fhir,
        validate.routes(),
        batch.router,
        cross_reference.router,
        identity_links.router,
        stewardship.router,
        feed.router,
        writes.routes(),
        auditing.fhir,
        subscriptions.router,
        groups.router,
        persons.router,
        # Last: what begins with $ is an operation, not an id.
        fhir.routes(),
    )
    own = (
        health.router,
        metrics.router,
        openapi.router,
        errors.router,
        tokens.router,
        logins.router,
        auditing.router,
        findings.router,
        sources.router,
        messages.router,
        clients.router,
        users.router,
        break_glass.router,
        ledger.router,
        exports.router,
        events.router,
        lookups.router,
        registrations.router,
    )
    for part in parts(under_base, FHIR_BASE):
        app.include_router(part, prefix=FHIR_BASE)
    for part in parts(own):
        app.include_router(part)
