"""Builds the web service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import BoundedSemaphore

from fastapi import FastAPI

from audit.event import Caller
from gateway.api import (
    health,
    lookups,
    messages,
    metadata,
    metrics,
    patient,
    registrations,
    sources,
)
from gateway.api.outcome import handle_errors
from gateway.api.way_out import WayOut
from gateway.services import open_services
from gateway.settings import Settings
from gateway.worker import working

FHIR_BASE = "/fhir/R4"
AT_WORK = 2
"""Payloads that are read and stored at a time, one of which may wait for the database: more threads
would only take the interpreter from one another (a third of the time)."""


def create_app(settings: Settings) -> FastAPI:
    """The service for these settings; starts the embedded database where there is no other."""
    services = open_services(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        caller = Caller(who="worker", system="motem-serve", purpose=settings.purpose)
        reading = working(services.engine, services.adapters_of, caller)
        with WayOut.opened(services) as app.state.way_out, reading:
            yield
        services.engine.dispose()

    app = FastAPI(title="Motem", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    app.state.turns = BoundedSemaphore(AT_WORK)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(metadata.router, prefix=FHIR_BASE)
    app.include_router(patient.router, prefix=FHIR_BASE)
    app.include_router(sources.router)
    app.include_router(messages.router)
    app.include_router(lookups.router)
    app.include_router(registrations.router)
    handle_errors(app)
    return app
