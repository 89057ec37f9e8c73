"""Changes by polling: what happened to records and identities since a place."""

import re
from datetime import datetime
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Query, Response

from gateway.api import answers
from gateway.api.dependencies import CurrentCaller, Reading
from gateway.changes import Changes, Place, as_told, read_changes
from gateway.errors import WrongRequestError

router = APIRouter()
MOST = 500
PLACE = re.compile(r"(-1|\d{1,15})\.(\d{1,15})")
START = "-1.0"


class WrongPlaceError(WrongRequestError):
    """`since` is a place that an answer gave, or a moment with its zone (2026-03-04T05:00:00Z)."""

    vietnamese: ClassVar[str] = (
        "`since` phải là vị trí do hệ thống trả về hoặc một thời điểm có múi giờ."
    )


@router.get("/events")
def get_events(
    session: Reading,
    caller: CurrentCaller,
    since: Annotated[str, Query(max_length=40)] = START,
    count: Annotated[int, Query(alias="_count", ge=1, le=MOST)] = 100,
) -> Response:
    """What changed after `since`: opaque ids and what happened; the same as webhooks bring."""
    return answers.document(_told(read_changes(session, caller, _since(since), count)))


def _since(text: str) -> Place | datetime:
    found = PLACE.fullmatch(text)
    if found:
        return Place(leaf=int(found[1]), number=int(found[2]))
    try:
        # A plus in a query is a blank to whoever decodes it.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise WrongPlaceError from error
    if moment.tzinfo is None:
        raise WrongPlaceError
    return moment


def _told(found: Changes) -> dict[str, Any]:
    return {
        "events": [as_told(one) for one in found.entries],
        "next": f"/events?since={found.following}",
        "more": found.more,
    }
