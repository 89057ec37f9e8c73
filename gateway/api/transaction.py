"""A transaction of FHIR R4: several writes and looks in one Bundle, all of them or none."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import orjson
from fastapi import Request, Response
from sqlalchemy.orm import Session

from adapters.contract import Resource
from adapters.fhir_body import as_content
from audit.event import Caller
from gateway import acting
from gateway.admission import Entrance, Said
from gateway.api.answers_to_writes import location, told_of
from gateway.api.bundles import FHIR_BASE, NO_STORE
from gateway.api.dependencies import admitted
from gateway.api.feed import VERSION, WrongVersionError, feed_of, number_of
from gateway.api.fhir_parameters import base_of
from gateway.api.json_patch import in_binary, patch_of
from gateway.api.outcome import ERROR, FhirResponse
from gateway.api.written_types import WRITTEN_TYPES
from gateway.database import narrow
from gateway.errors import GatewayError, NotAllowedError, NotFoundError, WrongRequestError
from gateway.fed import Fed
from gateway.fhir.bundle import Entry as Answered
from gateway.fhir.bundle import bundle
from gateway.fhir.errors import WithdrawnError
from gateway.fhir.parameters import TYPES
from gateway.lookup import Absent, read
from gateway.searching import find
from gateway.services import Services
from gateway.write_entries import Entry
from gateway.writing import Read, write

Result = TypeVar("Result")
READS = ("GET", "HEAD")
ADDRESS = re.compile(r"([A-Z][A-Za-z]+)(?:/([A-Za-z0-9\-.]{1,64}))?")


class NoEntryError(WrongRequestError):
    """In a transaction each entry writes Type or Type/id, or reads Type/id or Type?parameters."""

    code = "not-supported"
    vietnamese = (
        "Trong transaction, mỗi mục ghi Type hoặc Type/id, hoặc đọc Type/id hoặc Type?tham-số."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One entry's request."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    resource: Resource | None = field(repr=False)
    full_url: str = field(default="", repr=False)

    @property
    def body(self) -> bytes:
        if self.resource is None:
            return b""
        patch = in_binary(self.resource) if self.method == "PATCH" else None
        return as_content(self.resource) if patch is None else patch

    @property
    def address(self) -> tuple[str, str | None]:
        """Type and id. Raises NoEntryError."""
        told = ADDRESS.fullmatch(self.url.partition("?")[0])
        if told is None:
            raise NoEntryError
        return told[1], told[2]

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.url.partition("?")[2], keep_blank_values=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """Who sends a transaction, and to what service."""

    request: Request
    services: Services
    entrance: Entrance
    said: Said


@dataclass(frozen=True, kw_only=True, slots=True)
class _Admitted:
    """As whom one entry is carried out."""

    caller: Caller
    rows: acting.Rows | acting.Everything
    subject: object | None
    scopes: Any


def transacted(
    sender: Sender, asked: Sequence[Asked], content: bytes, turns: BoundedSemaphore
) -> Response:
    """Each entry under its own right, and its answer in the place of the request.

    They are carried out in FHIR's order: what is taken back, then what is written, then what is read.
    """
    callers = [_named(place, _admitted, sender, one) for place, one in enumerate(asked)]
    writing = [place for place, one in enumerate(asked) if one.method not in READS]
    reading = [place for place, one in enumerate(asked) if one.method in READS]
    entries = [_named(place, _entry, asked[place], place) for place in writing]
    reads = [_named(place, _read_of, asked[place], callers[place], place) for place in reading]
    if not asked:
        return FhirResponse(_bundle([]), headers=NO_STORE | {ERROR: "1"})
    caller = callers[writing[-1]] if writing else callers[reading[-1]]
    _become(caller)
    feed = feed_of(sender.services, caller.caller)
    base = base_of(sender.request)
    with turns:
        written, found = write(feed, entries, base=base, content=content, reads=reads)
    answers: dict[int, Answered] = dict(zip(reading, found, strict=True))
    answers |= {at: _told(base, one) for at, one in zip(writing, written, strict=True)}
    return FhirResponse(_bundle([answers[at] for at in range(len(asked))]), headers=NO_STORE)


def _bundle(answers: Sequence[Answered]) -> str:
    return bundle("transaction-response", (), answers, None)


def _place(place: int) -> str:
    return f"Bundle.entry[{place}]"


def _named(place: int, work: Callable[..., Result], *told: Any) -> Result:
    """What is wrong with an entry names it."""
    try:
        return work(*told)
    except GatewayError as error:
        error.expression = _place(place)
        raise


def _admitted(sender: Sender, asked: Asked) -> _Admitted:
    path = f"{FHIR_BASE}/{asked.url.partition('?')[0]}"
    caller = admitted(sender.services, sender.entrance, sender.said, asked.method, path)
    now = acting.current()
    assert now is not None, "a request is under way"
    return _Admitted(caller=caller, rows=now.rows, subject=now.subject, scopes=now.scopes)


def _become(who: _Admitted) -> None:
    now = acting.current()
    assert now is not None, "a request is under way"
    now.rows, now.subject, now.scopes = who.rows, who.subject, who.scopes


def _entry(asked: Asked, place: int) -> Entry:
    """Raises NoEntryError, NotAllowedError, ConditionError, WrongVersionError."""
    kind, id_ = asked.address
    if kind not in WRITTEN_TYPES:
        raise NotAllowedError
    match = asked.headers.get("if-match", "")
    version = VERSION.fullmatch(match.strip())
    if match and version is None:
        raise WrongVersionError
    told = asked.headers.get("if-none-exist", "") if asked.method == "POST" else ""
    query = parse_qsl(told.partition("?")[2] or told) if told else asked.query
    number = number_of(query) if query else None
    is_new = asked.method == "POST"
    has_body = asked.resource is not None
    if is_new == (id_ is not None) and (is_new or number is None):
        raise NoEntryError
    if (asked.method == "DELETE") == has_body or (id_ is not None and number is not None):
        raise NoEntryError
    change = patch_of(asked.body) if asked.method == "PATCH" else None
    told_kind = (asked.resource or {}).get("resourceType", kind)
    if change is None and told_kind != kind:
        raise NoEntryError
    return Entry(
        method=asked.method,
        kind=kind,
        place=_place(place),
        id=id_,
        number=number,
        version=int(version[1]) if version else None,
        url=asked.full_url,
        resource=None if change else asked.resource,
        change=change,
    )


def _read_of(asked: Asked, who: _Admitted, place: int) -> Read:
    kind, id_ = asked.address
    if kind not in TYPES or (id_ is not None and asked.query):
        raise NoEntryError

    def work(session: Session) -> Answered:
        with _seeing(session, who):
            if id_ is not None:
                return _named(place, _one, session, kind, id_, who)
            return _named(place, _some, session, kind, asked.query, who)

    return work


def _one(session: Session, kind: str, id_: str, who: _Admitted) -> Answered:
    found = read(session, kind, id_, who.caller)
    if isinstance(found, Absent):
        raise WithdrawnError if found is Absent.WITHDRAWN else NotFoundError
    told = {"status": "200 OK", "etag": f'W/"{found.version_id}"'}
    return Answered(url=None, body=found.body, rest={"response": told})


def _some(
    session: Session, kind: str, asked: Sequence[tuple[str, str]], who: _Admitted
) -> Answered:
    """The first page; those that follow are asked for by a search."""
    found = find(session, kind, asked, who.caller)
    entries = [
        Answered(url=None, body=one.body, rest={"search": {"mode": mode}})
        for mode, some in (("match", found.matches), ("include", found.included))
        for one in some
    ]
    text = bundle("searchset", (), entries, found.total)
    return Answered(url=None, body=text, rest={"response": {"status": "200 OK"}})


@contextmanager
def _seeing(session: Session, who: _Admitted) -> Iterator[None]:
    """In the same transaction, but no more than who asks may see."""
    now = acting.current()
    assert now is not None, "a request is under way"
    before = _Admitted(caller=who.caller, rows=now.rows, subject=now.subject, scopes=now.scopes)
    session.flush()
    _become(who)
    narrow(session)
    try:
        yield
    finally:
        _become(before)
    narrow(session)


def _told(base: str, one: Fed) -> Answered:
    status = HTTPStatus.CREATED if one.is_new else HTTPStatus.OK
    told: dict[str, Any] = {
        "status": f"{status.value} {status.phrase}",
        "location": location(base, one),
        "etag": f'W/"{one.version}"',
    }
    if one.updated is not None:
        told["lastModified"] = one.updated.isoformat(timespec="milliseconds")
    told["outcome"] = orjson.loads(orjson.dumps(told_of(one)))
    return Answered(url=None, body=one.body, rest={"response": told})
