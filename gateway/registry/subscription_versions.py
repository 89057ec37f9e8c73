"""Keeps what a subscription was in each of its versions, without its secret and its headers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import insert, select, tuple_
from sqlalchemy.orm import Session

from gateway.registry.change_tables import receiver
from gateway.registry.change_tables import receiver_version as table
from gateway.registry.receivers import Receiver, State, Terms
from gateway.registry.versions import SHARED_BY_ALL, label_values


class Method(StrEnum):
    """By what a version was made."""

    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """`is_on`: whether it was to be told; how it fared is in no version."""

    id: str
    number: int
    changed: datetime
    method: Method
    is_on: bool
    url: str = field(repr=False)
    terms: Terms


def keep(session: Session, one: Receiver, method: Method) -> None:
    """The version that stands."""
    assert one.terms is not None, "a subscription has terms"
    row = {
        "receiver_id": one.id,
        "version": one.version,
        "changed": one.changed,
        "method": method,
        "is_on": one.state is State.ACTIVE,
        "url": one.url,
        "terms": asdict(one.terms) | {"headers": []},
    }
    session.execute(insert(table).values(row | label_values(SHARED_BY_ALL)))


def version(session: Session, id_: str, number: int) -> Version | None:
    """One."""
    query = select(table).where(table.c.receiver_id == id_, table.c.version == number)
    row = session.execute(query).one_or_none()
    return _version(row) if row else None


def versions(
    session: Session, id_: str, *, since: datetime | None, before: int | None, most: int
) -> Sequence[Version]:
    """The newest first; those from a moment on, before a number."""
    c = table.c
    query = select(table).where(c.receiver_id == id_).order_by(c.version.desc()).limit(most)
    if since is not None:
        query = query.where(c.changed >= since)
    if before is not None:
        query = query.where(c.version < before)
    return [_version(row) for row in session.execute(query)]


def versions_of_client(
    session: Session,
    client: str | None,
    *,
    since: datetime | None,
    after: tuple[datetime, str, int] | None,
    most: int,
) -> Sequence[Version]:
    """Of all subscriptions of a client, also of those that it took back, the newest first."""
    c = table.c
    place = tuple_(c.changed, c.receiver_id, c.version)
    query = (
        select(table)
        .join(receiver, receiver.c.id == c.receiver_id)
        .where(receiver.c.client.is_not_distinct_from(client))
        .order_by(c.changed.desc(), c.receiver_id.desc(), c.version.desc())
    )
    if since is not None:
        query = query.where(c.changed >= since)
    if after is not None:
        query = query.where(place < tuple_(*after))
    return [_version(row) for row in session.execute(query.limit(most))]


def _version(row: Any) -> Version:
    return Version(
        id=row.receiver_id,
        number=row.version,
        changed=row.changed,
        method=Method(row.method),
        is_on=row.is_on,
        url=row.url,
        terms=Terms(**{**row.terms, "headers": ()}),
    )
