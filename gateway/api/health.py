"""Probes: does the process live, can it work."""

from fastapi import APIRouter

from gateway.api.dependencies import CurrentServices
from gateway.database import settle
from gateway.migrate import require_newest

router = APIRouter()


@router.get("/livez")
def live() -> dict[str, str]:
    """The process answers; nothing else is asked."""
    return {"status": "ok"}


@router.get("/readyz")
def ready(services: CurrentServices) -> dict[str, str]:
    """The database answers, has the newest tables, and the access log gets signed.

    Otherwise 503 with an OperationOutcome.
    """
    require_newest(services.engine)
    settle(services.engine)
    return {"status": "ok"}
