"""In the sandbox only: puts it back to its first state, at the word of any of its clients."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from audit.event import Caller
from gateway.api import answers
from gateway.api.dependencies import CurrentEntrance, CurrentSaid
from gateway.api.payload import LARGEST_DOCUMENT, parsed, read_required
from gateway.api.registrations import Nothing
from gateway.resetting import Reset

router = APIRouter(prefix="/sandbox")


def asking(entrance: CurrentEntrance, said: CurrentSaid) -> Caller:
    """Whoever has a token of this sandbox, whatever it is for. Raises NoTokenError."""
    return entrance.known(said)


Asking = Annotated[Caller, Depends(asking)]


async def order_of(request: Request, _caller: Asking) -> bytes:
    """Read once it is known who sends it."""
    return await read_required(request, {"application/json"}, LARGEST_DOCUMENT)


@router.post("/reset")
def reset(
    request: Request, content: Annotated[bytes, Depends(order_of)], caller: Asking
) -> Response:
    """Put the sandbox back: all that was sent to it is gone, clients and tokens stay."""
    parsed(Nothing, content)
    put_back: Callable[[Caller], Reset] = request.app.state.reset
    done = put_back(caller)
    told: dict[str, Any] = {
        "state": done.number,
        "removed": dict(done.removed),
        "standing": dict(done.standing),
        "clients": done.clients,
        "logOfBefore": done.ended,
    }
    return answers.document(told)
