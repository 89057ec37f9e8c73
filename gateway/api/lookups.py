"""Look-ups in the population database: who is next, and a question about one child."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.api import answers
from gateway.api.dependencies import CurrentCaller, Transaction
from gateway.api.outcome import operation_outcome
from gateway.api.payload import Document, parsed
from gateway.api.way_out import CurrentErrand
from gateway.outbound.lookup import Looked, candidates_for_lookup, look_up

router = APIRouter(prefix="/lookups")
MOST = 500


class Asking(BaseModel):
    """About whom: the id of a record or of a child. `again`: also where it was answered before."""

    model_config = ConfigDict(extra="forbid")
    about: str = Field(max_length=64)
    again: bool = False


@router.get("/candidates")
def list_candidates(
    session: Transaction,
    caller: CurrentCaller,
    count: Annotated[int, Query(alias="_count", ge=1, le=MOST)] = 50,
) -> Response:
    """Children with a number whom nobody has asked about, the oldest first."""
    return answers.document({"children": candidates_for_lookup(session, caller, count)})


@router.post("")
def post_lookup(document: Document, errand: CurrentErrand) -> Response:
    """Whether the population database confirms number, name and birth date: a disclosure."""
    asked = parsed(Asking, document)
    with errand.way_out.entered() as platform:
        found = look_up(errand.engine, platform, asked.about, errand.caller, again=asked.again)
    return answers.document(_told(found))


def _told(found: Looked) -> dict[str, Any]:
    """`why`: an OperationOutcome where the database was not reachable."""
    return {
        "about": found.subject,
        "result": found.result,
        "at": found.at,
        "transaction": found.transaction_id,
        "asked": found.asked,
        "why": operation_outcome(found.failure) if found.failure else None,
    }
