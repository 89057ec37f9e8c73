"""What the rules of findings ask about actors and children: who works where, whose record is sealed."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, Select, cast, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from adapters.profile import Label
from audit.event import AuditEvent
from audit.noticing import Surroundings, children_in, shows
from gateway.access.tables import client, user
from gateway.errors import WrongRequestError
from gateway.registry.tables import among
from linkage.normalise import folded_name, is_whole
from linkage.tables import record

AT_ONCE = 5_000
"""Children that are looked up at a time."""
COLUMNS = ("account", "family_name", "commune", "province", "purposes")


class WrongStaffError(WrongRequestError):
    """The staff list is CSV in UTF-8 with a line of names: account, family_name, commune, province, purposes."""

    vietnamese = "Danh sách cán bộ là tệp CSV (UTF-8), dòng đầu: account, family_name, commune, province, purposes."


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """An account, as whoever employs it knows it. None: nobody said; `provinces` may be `*`."""

    account: str
    family: str = field(default="", repr=False)
    commune: str = field(default="", repr=False)
    provinces: frozenset[str] | None = None
    purposes: frozenset[str] | None = None


@dataclass(kw_only=True, slots=True)
class _Child:
    provinces: set[str] = field(default_factory=set)
    families: set[str] = field(default_factory=set)
    communes: set[str] = field(default_factory=set)
    sealed: bool = False


def staff_of(lines: Iterable[str]) -> list[Actor]:
    """The accounts of a staff list. It is compared with and not kept. Raises WrongStaffError."""
    reader = csv.DictReader(lines, strict=True)
    try:
        if set(reader.fieldnames or ()) != set(COLUMNS):
            raise WrongStaffError
        return [_actor(row) for row in reader]
    except (csv.Error, UnicodeDecodeError):
        raise WrongStaffError from None


def _actor(row: Mapping[str, str | None]) -> Actor:
    told = {name: (row.get(name) or "").strip() for name in COLUMNS}
    if not told["account"] or None in row:
        raise WrongStaffError
    return Actor(
        account=told["account"],
        family=folded_name(told["family_name"]),
        commune=told["commune"],
        provinces=frozenset(told["province"].split()) or None,
        purposes=frozenset(told["purposes"].split()) or None,
    )


def surroundings(
    session: Session, events: Sequence[AuditEvent], staff: Sequence[Actor] = ()
) -> Surroundings:
    """Look-ups for the rules about these events; the registration of machines and people says where
    they work.

    The transaction must see all rows. Of a child they know what its records say today.
    """
    actors = {one.account: one for one in (*_registered(session), *staff)}
    known = _children(session, {id_ for one in filter(shows, events) for id_ in children_in(one)})
    nobody, unknown = Actor(account=""), _Child()

    def is_kin(who: str, child: str) -> bool:
        actor, its = actors.get(who, nobody), known.get(child, unknown)
        return actor.family in its.families or actor.commune in its.communes

    return Surroundings(
        provinces_of_child=lambda id_: frozenset(known.get(id_, unknown).provinces),
        provinces_of_actor=lambda who: actors.get(who, nobody).provinces,
        purposes_of_actor=lambda who: actors.get(who, nobody).purposes,
        is_kin=is_kin,
        is_sealed=lambda id_: known.get(id_, unknown).sealed,
    )


def _registered(session: Session) -> Iterator[Actor]:
    for table in (client, user):
        c = table.c
        for row in session.execute(select(c.id, c.provinces, c.purposes)):
            yield Actor(
                account=row.id,
                provinces=frozenset(row.provinces) or None,
                purposes=frozenset(row.purposes),
            )


def _children(session: Session, ids: AbstractSet[str]) -> dict[str, _Child]:
    """By every id that an event may name a child with: of a record, of an identity, of one of old."""
    found: defaultdict[str, _Child] = defaultdict(_Child)
    ordered = sorted(ids)
    for start in range(0, len(ordered), AT_ONCE):
        part = ordered[start : start + AT_ONCE]
        for row in session.execute(_rows(part)):
            for id_ in {row.record_id, row.identity_id, row.founding_id} & ids:
                _add(found[id_], row)
    return found


def _add(child: _Child, row: Row[Any]) -> None:
    names = [name for name in row.names or () if is_whole(name)]
    child.provinces |= {row.province} if row.province else set()
    child.families |= {folded_name(name).split()[0] for name in names}
    child.communes |= set(row.communes or ())
    child.sealed = child.sealed or Label.SEALED_ADOPTION in row.sensitivity


def _rows(ids: Sequence[str]) -> Select[Any]:
    c = record.c
    content = cast(c.content, JSONB)
    return select(
        *(c.record_id, c.identity_id, c.founding_id, c.province, c.sensitivity),
        content["names"].label("names"),
        content["communes"].label("communes"),
    ).where(or_(among(c.record_id, ids), among(c.identity_id, ids), among(c.founding_id, ids)))
