"""Emergency accesses as the entrance asks for them: which one child somebody has opened, if any."""

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from adapters.profile import Label
from gateway.access import tables
from linkage.tables import record


def child_of(session: Session, id_: str, labels: Collection[str]) -> str | None:
    """The identity of today behind an id: its own, one that led to it, or that of a record.

    None where there is none, and where a record of it is of a sealed adoption, unless `labels`, of
    the rule, open those too: the two look alike, so that nobody learns of an adoption.
    """
    c = record.c
    query = select(c.identity_id).where(or_(c.founding_id == id_, c.record_id == id_))
    child = session.scalar(query)
    if child is None:
        return None
    told = session.scalars(select(c.sensitivity).where(c.identity_id == child)).all()
    sealed = any(Label.SEALED_ADOPTION in one for one in told)
    may_be = Label.SEALED_ADOPTION in labels or "*" in labels
    return child if may_be or not sealed else None


def open_child(session: Session, who: str, labels: Collection[str]) -> str | None:
    """The child whom somebody has open at this moment, followed through merges; None: nobody."""
    c = tables.override.c
    query = select(c.child).where(c.who == who, c.until > datetime.now(UTC))
    opened = session.scalar(query.order_by(c.opened.desc()).limit(1))
    return child_of(session, opened, labels) if opened else None
