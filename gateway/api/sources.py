"""The door for senders: a payload in the source's own format, and what it would become."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Header, Response
from sqlalchemy.orm import Session

from adapters.contract import SourceAdapter, SourceMessage
from audit.event import Caller
from gateway.agreements import UnagreedAdapter
from gateway.api import answers
from gateway.api.dependencies import CurrentCaller, CurrentServices, Transaction, Turns
from gateway.api.payload import Body, Key, MessageFilter, digest, wants
from gateway.database import retried, transaction
from gateway.errors import NotAgreedError, NotFoundError, NotKeptError
from gateway.idempotency import Answer, once
from gateway.ingest import draft, keep, receive, take
from gateway.large import Large, beginning, opened, receive_large
from gateway.mistakes import is_mistake
from gateway.preview import preview
from gateway.register import register
from gateway.services import Services

router = APIRouter(prefix="/sources")
Prefer = Annotated[str, Header()]
LATER = "respond-async"
Work: TypeAlias = Callable[[Session], Answer]


@router.get("")
def list_sources(
    session: Transaction, services: CurrentServices, caller: CurrentCaller
) -> Response:
    """The register: each source system with its agreement, and what came from it."""
    found = register(session, services.adapters, services.site, caller)
    return answers.document({"sources": [answers.source(one) for one in found]})


@router.post("/{source}/messages")
def post_message(
    source: str,
    caller: CurrentCaller,
    body: Body,
    key: Key,
    services: CurrentServices,
    turns: Turns,
    prefer: Prefer = "",
    corrects: MessageFilter = None,
) -> Response:
    """Take a payload. 201 with what became of each record; 202 with `Prefer: respond-async`, and
    always where it is kept in parts."""
    adapter = adapter_of(services, source, caller)
    found = opened(body, source, {source: adapter})
    later = wants(prefer, LATER)

    def instead(session: Session, error: Exception) -> Answer:
        if isinstance(found, Large):
            raise error
        return answers.taken(keep(session, found, caller, error, corrects=corrects))

    asked = (source, str(later), corrects or "", body.sha256)
    # Cutting a large body takes minutes, and keeping one that is read later takes no time.
    with nullcontext() if later or isinstance(found, Large) else turns:
        work = _work(found, None if later else adapter, caller, corrects)
        response = answers.response(_answer(services, _under(key, caller, asked), work, instead))
    if later:
        response.headers["Preference-Applied"] = LATER
    return response


def _work(
    found: SourceMessage | Large,
    adapter: SourceAdapter | None,
    caller: Caller,
    corrects: str | None,
) -> Work:
    """What is done in the transaction. Reading takes longest, and needs none; without an adapter it
    is for the worker."""
    if isinstance(found, Large):
        return lambda session: answers.received(
            *receive_large(session, found, caller, corrects=corrects)
        )
    if adapter is None:
        return lambda session: answers.received(*receive(session, found, caller, corrects=corrects))
    read = draft(found, adapter)
    return lambda session: answers.taken(take(session, read, caller, corrects=corrects))


def _under(key: str, caller: Caller, asked: tuple[str, ...]) -> Callable[[Session, Work], Answer]:
    """Does work once under an Idempotency-Key; without a key each time."""
    if not key:
        return lambda session, work: work(session)
    found = digest(*asked)
    return lambda session, work: once(session, caller, key, found, lambda: work(session))


def _answer(
    services: Services,
    once: Callable[[Session, Work], Answer],
    work: Work,
    instead: Callable[[Session, Exception], Answer],
) -> Answer:
    """What the work answers, committed; where a mistake of ours prevents it, what `instead` does.

    Raises NotKeptError where that fails too.
    """
    try:
        return retried(services.engine, lambda session: once(session, work))
    except Exception as error:
        if not is_mistake(error):
            raise
        wrong = error
    try:
        return retried(services.engine, lambda session: once(session, lambda s: instead(s, wrong)))
    except Exception as error:
        if not is_mistake(error):
            raise
        raise NotKeptError from error


@router.post("/{source}/preview")
def post_preview(
    source: str, caller: CurrentCaller, body: Body, services: CurrentServices
) -> Response:
    """What a payload would become and what is wrong with it; nothing is stored.

    Of one that would be kept in parts, the first part.
    """
    adapter = adapter_of(services, source, caller)
    found = opened(body, source, {source: adapter})
    if isinstance(found, Large):
        read, told = beginning(found)
    else:
        read, told = draft(found, adapter), body.size
    with transaction(services.engine) as session:
        shown = preview(session, read, caller)
    return answers.response(answers.previewed(shown, told, body.size))


def adapter_of(services: Services, source: str, caller: Caller) -> SourceAdapter:
    """As the caller's system spells and was agreed. Raises NotFoundError, NotAgreedError."""
    adapters = services.adapters_of(caller.system)
    if source not in adapters:
        raise NotFoundError
    if isinstance(adapters[source], UnagreedAdapter):
        raise NotAgreedError
    return adapters[source]
