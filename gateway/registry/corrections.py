"""Corrections: messages that take the place of refused ones, and when nothing is open any more."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, and_, distinct, exists, func, or_, select, update
from sqlalchemy.orm import Session

from gateway.errors import CorrectsOtherError, NotFoundError, OtherSourceError
from gateway.registry.messages import TAKEN, UNKNOWN_SOURCE, Settlement, settle
from gateway.registry.tables import among, message, record, rejection, statement

_c = message.c
_s = statement.c
_r = rejection.c


def correct(session: Session, message_id: str, by: str, source: str) -> None:
    """Write down that message `by`, of a source, takes the place of another message.

    Raises NotFoundError; OtherSourceError where the other is of another source that is known;
    CorrectsOtherError where `by` is the same message, or replaces a third one already.
    """
    other = session.scalar(select(_c.source).where(_c.id == message_id))
    if other is None:
        raise NotFoundError
    if other not in (source, UNKNOWN_SOURCE):
        raise OtherSourceError
    free = or_(_c.corrects.is_(None), _c.corrects == message_id)
    change = update(message).where(_c.id == by, _c.id != message_id, free)
    changed = session.execute(change.values(corrects=message_id).returning(_c.id)).one_or_none()
    if changed is None:
        raise CorrectsOtherError


def settle_corrected(session: Session, by: str, now: datetime) -> None:
    """Settle the message that `by`, which was taken, replaces; as a whole, or not at all.

    For each refusal that stands in it, its corrections together must have brought one statement
    that nobody had made before: which of its children one is about, nobody can know, so that fewer
    settle none (promise 10: no child missed). Where one of the two is in parts, that holds for all
    of its parts, and not before all parts were taken.
    """
    whole = select(func.coalesce(_c.part_of, _c.id)).where(_c.id == by).scalar_subquery()
    # Two last parts that are taken at the same time wait for each other here.
    query = select(_c.id, _c.corrects).where(_c.id == whole, _c.corrects.is_not(None))
    found = session.execute(query.with_for_update(key_share=True)).one_or_none()
    if found is None or _is_open(session, found.id):
        return
    # And two corrections of one message here: each must count what the other brought.
    session.execute(select(_c.id).where(_c.id == found.corrects).with_for_update(key_share=True))
    corrected = _with_parts(session, [found.corrects])
    brought = _brought(session, found.corrects, corrected)
    if brought and brought >= _standing(session, corrected):
        settle(session, corrected, Settlement.CORRECTED, now)


def still_refused(session: Session, by: str) -> int:
    """How many refusals stand in the message that `by` replaces."""
    corrected = session.scalar(select(_c.corrects).where(_c.id == by))
    return _standing(session, _with_parts(session, [corrected])) if corrected else 0


def _is_open(session: Session, correction: str) -> bool:
    """Whether something in a correction is refused, or not all of it was read."""
    open_part = exists().where(_c.part_of == correction, _c.state.not_in(TAKEN))
    unfinished = exists().where(_c.id == correction, _c.size.is_not(None), _c.parts.is_(None))
    return bool(session.scalar(select(or_(open_part, unfinished))))


def _with_parts(session: Session, ids: Collection[str]) -> list[str]:
    same = or_(among(_c.id, ids), among(_c.part_of, ids))
    return list(session.scalars(select(_c.id).where(same)))


def _standing(session: Session, ids: Collection[str]) -> int:
    stands = (among(_r.message_id, ids), _r.settled.is_(None))
    return session.scalar(select(func.count()).select_from(rejection).where(*stands)) or 0


def _brought(session: Session, corrected: str, with_parts: Collection[str]) -> int:
    """New statements of all corrections of a message, since it came and was last read again.

    A replay that takes a record itself leaves fewer refusals, and what had come in that record's
    place must not be counted for another.
    """
    corrections = list(session.scalars(select(_c.id).where(_c.corrects == corrected)))
    ids = _with_parts(session, corrections)
    came = select(_c.received).where(_c.id == corrected).scalar_subquery()
    read_again = (among(_r.message_id, with_parts), _r.settlement == Settlement.REPLAYED)
    last = select(func.max(_r.settled)).where(*read_again).scalar_subquery()
    since = session.scalar(select(func.greatest(came, last)))  # Of what is known, in PostgreSQL.
    waits = and_(among(_s.message_id, ids), _s.base_key.is_(None))
    return sum(
        session.scalar(query.where(_s.received > since)) or 0
        for query in (_placed(ids), select(func.count()).select_from(statement).where(waits))
    )


def _placed(ids: Collection[str]) -> Select[int]:
    """How many statements messages brought that have their record; found by way of the records."""
    answered = select(func.jsonb_object_keys(_c.answer)).where(among(_c.id, ids))
    under = and_(record.c.source == _s.source, record.c.base_key == _s.base_key)
    counted = select(func.count(distinct(_s.id))).select_from(statement.join(record, under))
    return counted.where(record.c.id.in_(answered), among(_s.message_id, ids))
