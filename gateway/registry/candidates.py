"""Which children are next: with a number that nobody asked about, or found and without a number."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, cast, exists, not_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from adapters.profile import SYSTEMS, IdentifierKind
from gateway.registry.outbound_tables import lookup, registration
from gateway.registry.tables import resource

_c = resource.c
_GOLDEN = (_c.type == "Patient", _c.is_current, _c.record_id.is_(None))
AT_ONCE = 200


def to_look_up(session: Session) -> Iterator[str]:
    """Identities with a personal ID that was never asked about, the oldest first."""
    asked = exists().where(lookup.c.subject == _c.id)
    yield from _ids(session, _has(IdentifierKind.PERSONAL_ID), not_(asked))


def to_register(session: Session) -> Iterator[str]:
    """Identities with minutes, without number and birth registration, for whom nobody asked yet."""
    drafted = exists().where(registration.c.identity_id == _c.id)
    kinds = (IdentifierKind.PERSONAL_ID, IdentifierKind.CIVIL_REGISTRATION)
    yield from _ids(
        session, _has(IdentifierKind.MINUTES), not_(drafted), *(not_(_has(kind)) for kind in kinds)
    )


def _ids(session: Session, *conditions: ColumnElement[bool]) -> Iterator[str]:
    """Page by page: what is asked for in between may be committed in other transactions."""
    after = ""
    query = select(_c.id).where(*_GOLDEN, *conditions).order_by(_c.id).limit(AT_ONCE)
    while ids := session.scalars(query.where(_c.id > after)).all():
        yield from ids
        after = ids[-1]


def _has(kind: IdentifierKind) -> ColumnElement[bool]:
    return cast(_c.body, JSONB).contains({"identifier": [{"system": SYSTEMS[kind]}]})
