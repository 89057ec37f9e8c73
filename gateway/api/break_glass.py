"""Emergency access to one child: opened and ended by who needs it, reviewed by somebody else."""

from http import HTTPStatus
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from gateway import break_glass
from gateway.api import answers
from gateway.api.dependencies import CurrentCaller, Transaction
from gateway.api.payload import Document, parsed
from gateway.break_glass import LONGEST, Override, Wish
from gateway.errors import NotFoundError
from gateway.findings import Conclusion

router = APIRouter(prefix="/break-glass")
log = structlog.get_logger()


class Opening(BaseModel):
    """Which child (an id of ours), a kind of reason, the reason in words, for how many minutes."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    child: str = Field(max_length=64)
    code: str = Field(max_length=20)
    reason: str = Field(max_length=500)
    minutes: int = LONGEST


class Reviewing(BaseModel):
    """What came of the review: `confirmed` (abuse), `false-alarm` (there was good reason), `unclear`."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    outcome: Conclusion
    reason: str = Field(min_length=1, max_length=500)


class Ending(BaseModel):
    """An order that needs no words."""

    model_config = ConfigDict(extra="forbid")


async def override_id_of(override_id: str) -> str:
    """The id in the path. Raises NotFoundError for what no emergency access can have."""
    if len(override_id) != 26 or not override_id.isascii() or not override_id.isalnum():
        raise NotFoundError
    return override_id.upper()


OverrideId = Annotated[str, Depends(override_id_of)]


@router.post("")
def open_child(document: Document, session: Transaction, caller: CurrentCaller) -> Response:
    """Open one child for at most an hour; a review by somebody else is owed at once."""
    asked = parsed(Opening, document)
    made = break_glass.open_one(session, Wish(**asked.model_dump()), caller)
    log.warning("an emergency access was opened", override=made.id, who=made.who)
    response = answers.document(_told(made))
    response.status_code = HTTPStatus.CREATED
    response.headers["Location"] = f"/break-glass/{made.id}"
    return response


@router.post("/{override_id}/end")
def end_override(
    override_id: OverrideId, document: Document, session: Transaction, caller: CurrentCaller
) -> Response:
    """End one's own before its time."""
    parsed(Ending, document)
    break_glass.end(session, override_id, caller)
    return answers.document({"id": override_id, "open": False})


@router.get("")
def list_overrides(session: Transaction, caller: CurrentCaller) -> Response:
    """All, the newest first, and whether they were reviewed."""
    found = break_glass.listed(session, caller)
    return answers.document({"overrides": [_told(one) for one in found]})


@router.get("/{override_id}")
def read_override(override_id: OverrideId, session: Transaction, caller: CurrentCaller) -> Response:
    """One, with its reason in words."""
    one = break_glass.shown(session, override_id, caller)
    return answers.document(_told(one) | {"reason": one.reason})


@router.post("/{override_id}/review")
def review_override(
    override_id: OverrideId, document: Document, session: Transaction, caller: CurrentCaller
) -> Response:
    """Close the review that is owed; not one's own."""
    told = parsed(Reviewing, document)
    break_glass.review(session, override_id, told.outcome, told.reason, caller)
    return answers.document({"id": override_id, "reviewed": True})


def _told(one: Override) -> dict[str, Any]:
    return {
        "id": one.id,
        "who": one.who,
        "child": one.child,
        "code": one.code,
        "opened": one.opened,
        "until": one.until,
        "finding": one.finding,
        "reviewed": one.reviewed,
    }
