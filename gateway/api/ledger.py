"""The signed log for anybody: checkpoints, tiles and proofs hold no personal data (C2SP)."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from gateway import ledger_keeping
from gateway.api.dependencies import CurrentServices

router = APIRouter(prefix="/audit")
TEXT = "text/plain; charset=utf-8"
EVENT = "^[0-9A-HJKMNP-TV-Z]{26}$"
"""The id of an event: a ULID as its specification writes it."""
BYTES = "application/octet-stream"
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
"""A tile never changes."""


@router.get("/checkpoint")
def checkpoint(services: CurrentServices) -> Response:
    """The last signed checkpoint (c2sp.org/tlog-checkpoint)."""
    note = ledger_keeping.last_note(services.engine)
    return Response(note, headers={"Cache-Control": "no-cache"}, media_type=TEXT)


@router.get("/tile/{path:path}")
def tile(path: str, services: CurrentServices) -> Response:
    """A tile of hashes, or `entries/…`, a bundle of entries (c2sp.org/tlog-tiles)."""
    found = ledger_keeping.tile_at(services.engine, f"tile/{path}")
    return Response(found, headers=FOR_EVER, media_type=BYTES)


@router.get("/proof/{event}")
def proof(event: Annotated[str, Path(pattern=EVENT)], services: CurrentServices) -> Response:
    """That an event stands in the log (c2sp.org/tlog-proof); X-Audit-Event names it."""
    found = ledger_keeping.proof_of(services.engine, event)
    return Response(str(found), headers={"Cache-Control": "no-cache"}, media_type=TEXT)
