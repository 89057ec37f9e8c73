"""Use cases: a payload of any size, kept in parts that are each committed and point to the whole."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TypeAlias

from sqlalchemy import Engine
from sqlalchemy.orm import Session

import audit
from adapters.catalog import recognise
from adapters.contract import SourceAdapter, SourceMessage
from adapters.errors import PayloadError, Problem, Rejection
from adapters.formats.parts import Part, Place, columns_of, parts
from audit.event import Action, AuditEvent, Caller, DetailValue
from gateway.database import retried, transaction
from gateway.errors import ConflictError, NotFoundError, TooLargeError
from gateway.ingest import Draft, IngestResult, MessageState, draft
from gateway.registry import corrections, inbox, messages, wholes
from gateway.registry.messages import TAKEN
from gateway.registry.pieces import Piece
from gateway.replay import AdaptersOf, Replay, replay
from gateway.spool import Spooled

SIZE = 4 * 1024 * 1024
RECORDS = 160
"""In a part: two parts share a transaction, and dozens of them are in memory at the same time."""
LEAST = 24
"""Bytes of a record on an average of a part: what is shorter is none, and millions of refusals help
nobody. Not of a table, where empty rows are short and are refused by nobody."""
IN_A_TABLE = "1!"
"""How positions in a table begin (`Place`)."""
REST = 1024 * 1024
"""Bytes of a part that nobody can read."""
BEGINNING = 1024 * 1024
"""Bytes by which a source is recognised, up to the end of their last line."""
Delivery: TypeAlias = tuple[SourceMessage, SourceAdapter | None]


class CannotCutError(TooLargeError):
    """Larger than 64 MiB, and of a kind that cannot be cut into parts: split it."""

    vietnamese = "Lớn hơn 64 MiB và thuộc loại không thể cắt thành phần: hãy chia nhỏ."


@dataclass(frozen=True, kw_only=True, slots=True)
class Large:
    """A payload that can be cut, and the source that it is read for."""

    payload: Spooled
    source: str
    adapter: SourceAdapter | None

    def first(self) -> Part | None:
        """None where the way to the first record is lost. Raises CannotCutError."""
        try:
            return next(self._parts())
        except PayloadError as error:
            if error.rejection.position == "/":
                raise CannotCutError from None
            return None

    def pieces(self, whole: str) -> Iterator[Piece]:
        """All parts in their order, as messages.

        What stands behind the last record that can be found is cut anywhere, and nobody reads it.
        """
        number, ends = 0, 0
        try:
            for number, part in enumerate(self._parts(), 1):
                ends = part.ends
                yield self._piece(whole, number, part)
        except PayloadError as error:
            lost = error.rejection
            for following, part in enumerate(self._rest(ends, lost.position), number + 1):
                yield replace(self._piece(whole, following, part), unreadable=lost.problem)

    def _parts(self) -> Iterator[Part]:
        columns = columns_of(self.adapter)
        for part in parts(self.payload.rewound(), size=SIZE, records=RECORDS, columns=columns):
            is_tiny = len(part.own) < part.records * LEAST
            if is_tiny and not part.position.startswith(IN_A_TABLE):
                raise PayloadError(Problem.TOO_LARGE, part.position)
            yield part

    def _rest(self, begins: int, position: str) -> Iterator[Part]:
        self.payload.stream.seek(begins)
        while content := self.payload.stream.read(REST):
            yield Part(content=content, begins=begins, position=position)
            begins += len(content)

    def _piece(self, whole: str, number: int, part: Part) -> Piece:
        place = Place(**{one.name: getattr(part, one.name) for one in fields(Place)})
        return Piece(
            source=self.source,
            content=part.content,
            name=self.payload.name,
            whole=whole,
            number=number,
            place=place,
        )


def opened(
    payload: Spooled, source: str | None, adapters: Mapping[str, SourceAdapter]
) -> SourceMessage | Large:
    """A message of the source told, if any; or a payload that is kept in parts, of the one found.

    Raises CannotCutError.
    """
    if not payload.is_large:
        return _message(payload, payload.content(), source)
    found = source or _recognised(payload, adapters) or ""
    large = Large(payload=payload, source=found, adapter=adapters.get(found))
    first = large.first()
    if first is not None and first.ends == payload.size:
        return _message(payload, first.content, found)
    return large if large.adapter else replace(large, source=messages.UNKNOWN_SOURCE)


def _message(payload: Spooled, content: bytes, source: str | None) -> SourceMessage:
    return SourceMessage(source=source or "", content=content, name=payload.name)


def _recognised(payload: Spooled, adapters: Mapping[str, SourceAdapter]) -> str | None:
    """By its first lines, which are a table of their own; else by its first part."""
    content, _, _ = payload.rewound().read(BEGINNING).rpartition(b"\n")
    message = SourceMessage(source="", content=content, name=payload.name)
    found = recognise(message, adapters)
    if found is None:
        with suppress(PayloadError):
            first = next(parts(payload.rewound(), size=SIZE, records=RECORDS))
            found = recognise(replace(message, content=first.content), adapters)
    return found


def beginning(large: Large) -> tuple[Draft, int]:
    """What is read in the first part, and how many bytes that are; of a preview."""
    piece = next(large.pieces(""))
    return draft(piece, large.adapter), piece.ends


def begin(engine: Engine, large: Large, caller: Caller) -> str:
    """The id of the message that the parts will point to; the same where these bytes came before."""
    return retried(engine, lambda session: _whole(session, large, caller).id)


def _whole(session: Session, large: Large, caller: Caller) -> wholes.Whole:
    payload, sender = large.payload, (caller.who, caller.system)
    now = datetime.now(UTC)
    whole = wholes.keep(session, large.source, payload.sha256, payload.size, sender, now)
    detail: dict[str, DetailValue] = {"source": large.source, "new": whole.is_new}
    event = AuditEvent(
        action=Action.MESSAGE_RECEIVE, caller=caller, message=whole.id, detail=detail
    )
    audit.append(session, event)
    return whole


def deliveries(engine: Engine, large: Large, whole: str) -> Iterator[Delivery]:
    """The parts that are not kept yet, for `deliver_many`."""
    with transaction(engine) as session:
        known = None if wholes.is_complete(session, whole) else wholes.known_parts(session, whole)
    if known is None:
        return
    number = 0
    for piece in large.pieces(whole):
        number = piece.number
        if (number, _digest(piece)) not in known:
            yield piece, large.adapter
    with transaction(engine) as session:
        wholes.finish(session, whole, number)


def _digest(piece: Piece) -> str:
    return hashlib.sha256(piece.content).hexdigest()


def receive_large(
    session: Session, large: Large, caller: Caller, *, corrects: str | None = None
) -> tuple[str, MessageState]:
    """Keep all parts for the worker to read, or none; the id and state of the whole.

    `corrects` as for one message: what is refused in that is settled when every part was taken.
    """
    whole = _whole(session, large, caller)
    if not wholes.is_complete(session, whole.id):
        _keep_parts(session, large, whole.id, caller)
    state = _entry(session, whole.id).state
    if corrects is not None:
        corrections.correct(session, corrects, whole.id, large.source)
        if state in TAKEN:
            corrections.settle_corrected(session, whole.id, datetime.now(UTC))
    return whole.id, state


def _keep_parts(session: Session, large: Large, whole: str, caller: Caller) -> None:
    known, now, number = wholes.known_parts(session, whole), datetime.now(UTC), 0
    for piece in large.pieces(whole):
        number = piece.number
        if (number, _digest(piece)) not in known:
            messages.keep(session, [piece], caller.who, caller.system, now)
    wholes.finish(session, whole, number)


def _entry(session: Session, message_id: str) -> inbox.Entry:
    found = inbox.entry(session, message_id)
    if found is None:
        raise NotFoundError
    return found


def outcome(engine: Engine, message_id: str, *, repeated: bool = False) -> IngestResult:
    """What became of a payload in parts: counts of all, the first refusals, no single records."""
    with transaction(engine) as session:
        found = _entry(session, message_id)
    return IngestResult(
        message=found.id,
        source=found.source,
        state=found.state,
        counts=found.counts,
        rejections=tuple(
            Rejection(problem=Problem(one.code), position=one.position, element=one.element)
            for one in found.refusals
            if one.settled is None
        ),
        unknown_fields=found.unknown_fields,
        repeated=repeated,
    )


def replay_message(
    engine: Engine, message_id: str, adapters_of: AdaptersOf, caller: Caller, *, dry_run: bool
) -> Replay:
    """Read a refused message again, or every refused part of it, each in its own transaction.

    Raises as `replay` does.
    """

    def again(one: str) -> Replay:
        return retried(engine, lambda s: replay(s, one, adapters_of, caller, dry_run=dry_run))

    with transaction(engine) as session:
        refused = wholes.refused_parts(session, message_id)
        before = _entry(session, message_id)
    if before.progress is None:
        return again(message_id)
    done = []
    for one in refused:
        # Somebody else may have settled it since the list was made.
        with suppress(ConflictError):
            done.append(again(one))
    if not done:
        raise ConflictError
    return _together(before, done)


def _together(before: inbox.Entry, done: list[Replay]) -> Replay:
    counts: Counter[str] = Counter()
    for one in done:
        counts.update(one.counts)
    rejections = [refused for one in done for refused in one.rejections]
    nothing = before.state is MessageState.REJECTED and all(
        one.after is MessageState.REJECTED for one in done
    )
    still = MessageState.REJECTED if nothing else MessageState.PARTLY_ACCEPTED
    return Replay(
        message=before.id,
        source=before.source,
        before=before.state,
        after=still if rejections else MessageState.REPLAYED,
        counts=counts,
        rejections=rejections,
    )
