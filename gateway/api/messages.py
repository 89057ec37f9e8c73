"""Messages for those who run the service: what became of them, why, and reading them again."""

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from audit.event import Caller
from gateway import inbox
from gateway.api import answers
from gateway.api.dependencies import CurrentCaller, CurrentServices, Transaction
from gateway.api.payload import NAME, ULID, Document, Filter, MessageFilter, MessageId, parsed
from gateway.database import retried, transaction
from gateway.errors import ConflictError, NotFoundError
from gateway.inbox import MessageState
from gateway.large import replay_message
from gateway.replay import UNKNOWN_SOURCE, Reason, Replay, refused_messages, withdraw
from gateway.services import Services

router = APIRouter(prefix="/messages")
BYTES = "application/octet-stream"
MOST_AT_ONCE = 1000
"""Messages that one request may have read again."""


class Group(BaseModel):
    """Which messages are read again: those of a source with refusals that stand, of one code.

    `after`: the last message of the answer before, where that said there are more.
    """

    model_config = ConfigDict(extra="forbid")
    source: str = Field(pattern=NAME)
    code: str | None = Field(default=None, pattern=NAME)
    after: str | None = Field(default=None, pattern=ULID)
    dry_run: bool = Field(default=False, alias="dryRun")


class Withdrawal(BaseModel):
    """Why nothing is lost by a refused message."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason


@router.get("")
def list_messages(
    session: Transaction,
    caller: CurrentCaller,
    source: Filter = None,
    state: MessageState | None = None,
    part_of: Annotated[str | None, Query(alias="partOf", pattern=ULID)] = None,
    before: MessageFilter = None,
    count: Annotated[int, Query(alias="_count", ge=1, le=inbox.MOST)] = 50,
) -> Response:
    """The newest first; `next` leads on."""
    found = inbox.listed(
        session, caller, source=source, state=state, part_of=part_of, before=before, most=count
    )
    following = found[-1].id if len(found) == count else None
    return answers.document(answers.messages(found, following))


@router.get("/errors")
def list_errors(session: Transaction, caller: CurrentCaller, source: Filter = None) -> Response:
    """Refusals that nobody has settled, by source, code and position."""
    found = inbox.causes(session, caller, source)
    return answers.document({"errors": [answers.cause(one) for one in found]})


@router.get("/{message_id}")
def read_message(message_id: MessageId, session: Transaction, caller: CurrentCaller) -> Response:
    found = inbox.one(session, message_id, caller)
    if found is None:
        raise NotFoundError
    return answers.document(answers.whole_message(found))


@router.get("/{message_id}/content")
def read_content(
    message_id: MessageId, services: CurrentServices, caller: CurrentCaller
) -> Response:
    """The bytes as they were sent; those of a message in parts as they come from its parts."""
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="{message_id}"',
        "X-Content-Type-Options": "nosniff",
    }
    with transaction(services.engine) as session:
        found = inbox.content(session, message_id, caller)
    if found is not None:
        return Response(found, headers=headers, media_type=BYTES)
    in_parts = inbox.content_in_parts(services.engine, message_id, caller)
    if in_parts is None:
        raise NotFoundError
    size, pieces = in_parts
    return StreamingResponse(
        pieces, headers=headers | {"Content-Length": str(size)}, media_type=BYTES
    )


@router.post("/{message_id}/replay")
def replay_one(
    message_id: MessageId,
    services: CurrentServices,
    caller: CurrentCaller,
    dry_run: Annotated[bool, Query(alias="dryRun")] = False,
) -> Response:
    """Read a refused message again; `dryRun` shows what would come of it."""
    return answers.document(answers.replayed(_replay(services, message_id, caller, dry_run)))


@router.post("/replay")
def replay_group(document: Document, services: CurrentServices, caller: CurrentCaller) -> Response:
    """Read many again, each in a transaction of its own; `next` leads on where there are more."""
    group = parsed(Group, document)
    if group.source not in {*services.adapters, UNKNOWN_SOURCE}:
        raise NotFoundError
    ids = retried(
        services.engine,
        lambda session: refused_messages(
            session, caller, group.source, group.code, MOST_AT_ONCE, group.after or ""
        ),
    )
    done = []
    for message_id in ids:
        # Somebody else may have settled it since the list was made.
        with suppress(ConflictError):
            done.append(answers.replayed(_replay(services, message_id, caller, group.dry_run)))
    following = ids[-1] if len(ids) == MOST_AT_ONCE else None
    return answers.document({"messages": done, "next": following})


def _replay(services: Services, message_id: str, caller: Caller, dry_run: bool) -> Replay:
    return replay_message(
        services.engine, message_id, services.adapters_of, caller, dry_run=dry_run
    )


@router.post("/{message_id}/withdrawal")
def withdraw_one(
    message_id: MessageId, document: Document, session: Transaction, caller: CurrentCaller
) -> Response:
    """Put a refused message aside, with a reason."""
    withdraw(session, message_id, parsed(Withdrawal, document).reason, caller)
    return Response(status_code=204)
