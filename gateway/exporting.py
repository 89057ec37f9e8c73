"""Use cases: a client asks for a bulk export, how far it is, for one of its files, and lets go of it."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar, TypeAlias
from urllib.parse import urlencode

from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller, DetailValue, naming
from gateway import acting, showing
from gateway.access.errors import ScopeError
from gateway.access.policy import Asking
from gateway.access.scopes import allows
from gateway.database import seeing_everything
from gateway.errors import GatewayError, NotFoundError
from gateway.fhir.bulk import NO_CHILD, Bulk, bulk_of, elements_of, steps_of
from gateway.fhir.parameters import TYPES
from gateway.fhir.parts import in_part
from gateway.fhir.veil import Veil
from gateway.registry import exports, groups, resources, search
from gateway.registry.exports import Export, File, Owner, State, Step
from gateway.registry.groups import Group
from gateway.sight import seen_in

__all__ = ["Export", "File", "State"]

Pairs: TypeAlias = Sequence[tuple[str, str]]
LASTS = timedelta(hours=24)
"""For which an export can be fetched after it was asked for."""
MOST_AT_ONCE = 3
"""Exports of one client that are being listed."""
GROUP = "Group"
OFTEN = timedelta(milliseconds=500)
"""Whoever asks again sooner how far an export is, is asked to wait."""


class TooOftenError(GatewayError):
    """You asked a moment ago. Please wait as long as Retry-After says."""

    status: ClassVar[int] = 429
    code: ClassVar[str] = "throttled"
    vietnamese: ClassVar[str] = "Vừa hỏi xong. Xin đợi theo Retry-After."


class TooManyError(TooOftenError):
    """Several exports of this client are under way. Please wait for them, or let go of them."""

    vietnamese = "Nhiều lần xuất dữ liệu của hệ thống này đang chạy. Xin đợi hoặc hủy bớt."


class EndedError(GatewayError):
    """The export could not be carried out. Please ask for less, or again later."""

    status = 409
    code = "incomplete"
    vietnamese = "Không thực hiện được việc xuất dữ liệu. Hãy thu hẹp yêu cầu hoặc thử lại sau."


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One file as this caller may see it now: NDJSON. May leave once the transaction has ended."""

    kind: str
    content: bytes = field(repr=False)


def begin(
    session: Session,
    caller: Caller,
    asked: Pairs,
    *,
    address: str,
    only_children: bool,
    group: str | None = None,
    is_lenient: bool = False,
) -> str:
    """The id of an export that is listed from now on. `only_children`: without bodies and places,
    where no types are named. `group`: the id of one, of whose children only. `address`: which was
    asked, without its query.

    Raises WrongParameterError, ScopeError, TooManyError; NotFoundError for a group in which the
    caller sees nobody.
    """
    veil = search.veil_of(session)
    of_whom = _group(session, group, veil) if group else None
    bulk = bulk_of(asked, veil, is_lenient=is_lenient)
    kinds = _kinds(bulk, only_children=only_children)
    event = AuditEvent(
        action=Action.EXPORT_BEGIN,
        caller=caller,
        detail={
            "types": " ".join(kinds),
            "parameters": " ".join(name for name, _ in bulk.applied),
            "digest": veil.digest(repr(asked)),
            **({"group": group} if group else {}),
        },
    )
    owner = Owner(
        client=asking_client(),
        who=caller.who,
        system=caller.system,
        purpose=caller.purpose,
        policy=caller.policy,
    )
    with seeing_everything(session):
        exports.lock(session, owner.client)
        if exports.running(session, owner.client) >= MOST_AT_ONCE:
            raise TooManyError
        id_ = exports.add(
            session,
            owner,
            request=_url(address, bulk.applied),
            steps=[
                Step(kind=one.kind, criteria=one.criteria, group=of_whom)
                for one in steps_of(bulk, kinds)
            ],
            elements=bulk.elements,
            since=bulk.since,
            # A whole millisecond that is not after its event, as FHIR's instants are often kept.
            begun=event.occurred.replace(microsecond=event.occurred.microsecond // 1000 * 1000),
            expires=event.occurred + LASTS,
        )
    audit.append(session, event)
    return id_


def _group(session: Session, id_: str, veil: Veil) -> Group:
    with seeing_everything(session):
        found = groups.find(session, veil, id_)
    if found is None or not showing.may_see(GROUP) or not groups.size(session, found):
        raise NotFoundError
    return found


def _url(address: str, applied: Pairs) -> str:
    return f"{address}?{urlencode(applied)}" if applied else address


def _kinds(bulk: Bulk, *, only_children: bool) -> list[str]:
    """The types to be listed. Raises ScopeError for a named one that the token does not cover."""
    usual = [kind for kind in TYPES if not (only_children and kind in NO_CHILD)]
    kinds = [kind for kind in bulk.kinds or usual if may_take(kind)]
    if not kinds or (bulk.kinds and len(kinds) < len(bulk.kinds)):
        raise ScopeError
    return kinds


def may_take(kind: str) -> bool:
    """Whether the token of this request covers a type."""
    told = acting.current()
    return told is None or told.scopes is None or allows(told.scopes, kind, "r")


def asking_client() -> str | None:
    """Who asks; None where nobody has to say it."""
    told = acting.current()
    asking = told.subject if told else None
    return asking.subject.client if isinstance(asking, Asking) else None


def _own(session: Session, caller: Caller, id_: str) -> Export:
    """Raises NotFoundError, also for the export of another, or for another purpose: what was listed
    for one is shown for no other."""
    found = exports.find(session, id_)
    if found is None or found.expires <= datetime.now(UTC):
        raise NotFoundError
    if (found.owner.client, found.owner.purpose) != (asking_client(), caller.purpose):
        raise NotFoundError
    return found


def how_far(session: Session, caller: Caller, id_: str) -> tuple[Export, Sequence[File]]:
    """An export, and its files once all of them are known.

    Raises NotFoundError, TooOftenError, EndedError.
    """
    now = datetime.now(UTC)
    with seeing_everything(session):
        found = _own(session, caller, id_)
        if found.state is State.FAILED:
            raise EndedError
        is_running = found.state is State.RUNNING
        if is_running and found.polled is not None and now - found.polled < OFTEN:
            raise TooOftenError
        exports.put(session, id_, polled=now)
        known = [] if is_running else exports.files_of(session, id_)
    audit.append(session, _event(Action.EXPORT_ASK, caller, id_))
    return found, [one for one in known if may_take(one.kind)]


def end(session: Session, caller: Caller, id_: str) -> None:
    """The export and its files are gone. Raises NotFoundError."""
    with seeing_everything(session):
        _own(session, caller, id_)
        exports.remove(session, id_)
    audit.append(session, _event(Action.EXPORT_END, caller, id_))


def _event(action: Action, caller: Caller, id_: str) -> AuditEvent:
    return AuditEvent(action=action, caller=caller, detail={"export": id_})


def page(session: Session, caller: Caller, id_: str, kind: str, number: int) -> Page:
    """A file as it is now: made of what stands, by what the caller may see at this moment.

    Every child in it is named in the log with the hash of all that leaves. Raises NotFoundError.
    """
    with seeing_everything(session):
        found = _own(session, caller, id_)
        file = exports.file_of(session, id_, number) if found.state is State.DONE else None
    if file is None or file.kind != kind:
        raise NotFoundError
    found_now = resources.read_many(session, [(kind, one) for one in file.ids])
    kept = [found_now[kind, one] for one in file.ids if (kind, one) in found_now]
    views = zip(kept, showing.shown(session, caller, kept), strict=True)
    shown = [(one, view) for one, view in views if view.text is not None]
    wanted = elements_of(found.elements, kind)
    lines = [in_part(view.text or "", kind, wanted, "false") for _, view in shown]
    content = "".join(f"{line}\n" for line in lines).encode()
    detail: dict[str, DetailValue] = {
        "export": id_,
        "file": number,
        "type": kind,
        "count": len(lines),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    tell(session, caller, detail, shown)
    return Page(kind=kind, content=content)


def tell(
    session: Session,
    caller: Caller,
    detail: dict[str, DetailValue],
    shown: Collection[tuple[resources.KeptResource, showing.Shown]],
) -> None:
    """Name every child that is about to leave, and what was left out of it."""
    withheld = tuple(sorted({name for _, view in shown for name in view.withheld}))
    seen = seen_in(one for one, _ in shown)
    told = naming(Action.EXPORT_READ, caller, seen, detail)
    audit.append_many(session, (replace(one, withheld=withheld) for one in told))
