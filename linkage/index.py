"""The index of the records that are held: found by name, by identity, or by what else tells of them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import orjson
from sqlalchemy import ARRAY, ColumnElement, Text, any_, cast, literal, or_, select
from sqlalchemy.orm import Session

from linkage import directory, given_ids, tables
from linkage.records import PersonRecord, from_json
from linkage.store import IDENTITY_PREFIX, OpenReview

Keys = tuple[str, str]
_c = tables.record.c


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A record as linkage holds it, with the identity it belongs to."""

    record_id: str
    founding_id: str
    identity_id: str
    decision: str
    record: PersonRecord = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What the second look found for two groups, which are the ids of their records.

    `bits`: the log odds; what each clue adds adds up to them.
    """

    joined: bool
    bits: float
    clues: tuple[tuple[str, float], ...] = field(repr=False)
    left: tuple[str, ...]
    right: tuple[str, ...]


def by_name(session: Session, name: str) -> Held | None:
    """The record with this id, or with this key (`source:record`)."""
    found = _held(session, or_(_c.record_id == name, _c.key == name))
    return found[0] if found else None


def by_identity(session: Session, identity_id: str) -> list[Held]:
    """The records of an identity, in the order of their keys; none where it is retired."""
    return _held(session, _c.identity_id == identity_id)


def by_identities(session: Session, identity_ids: Collection[str]) -> list[Held]:
    """The records of several identities, in the order of their keys."""
    return _held(session, _c.identity_id == any_(_texts(sorted(identity_ids))))


def by_records(session: Session, record_ids: Collection[str]) -> list[Held]:
    """The records with these ids, in the order of their keys."""
    return _held(session, _c.record_id == any_(_texts(sorted(record_ids))))


def founder(session: Session, identity_id: str) -> Held | None:
    """The record that an identity came into being with, wherever that record is now."""
    found = _held(session, _c.founding_id == identity_id)
    return found[0] if found else None


def question(session: Session, pairs: Collection[Keys]) -> tuple[OpenReview, str] | None:
    """The strongest open question about one of these pairs of keys, and the model that asked it."""
    r = tables.review.c
    keys = _texts(sorted({key for pair in pairs for key in pair}))
    found = session.execute(
        select(tables.review)
        .where(r.left_key == any_(keys), r.right_key == any_(keys))
        .order_by(r.weight.desc(), r.left_key, r.right_key)
    )
    for row in found:
        if (row.left_key, row.right_key) in pairs:
            values = {name: row._mapping[name] for name in OpenReview.__dataclass_fields__}
            return OpenReview(**values), row.model
    return None


def judged(session: Session, left: Collection[str], right: Collection[str]) -> list[Found]:
    """What the second look found between groups with a record of each side, by ids, likeliest first."""
    j = tables.judged.c
    one, other = _texts(sorted(left)), _texts(sorted(right))
    rows = session.execute(
        select(j.joined, j.bits, j.clues, j.left_records, j.right_records)
        .where(
            or_(
                j.left_records.overlap(one) & j.right_records.overlap(other),
                j.left_records.overlap(other) & j.right_records.overlap(one),
            )
        )
        .order_by(j.bits.desc(), j.left_id, j.right_id)
    )
    return [
        Found(
            joined=row.joined,
            bits=row.bits,
            clues=tuple((clue, bits) for clue, bits in orjson.loads(row.clues)),
            left=tuple(row.left_records),
            right=tuple(row.right_records),
        )
        for row in rows
    ]


def resolved(session: Session, records: Sequence[PersonRecord]) -> list[PersonRecord]:
    """The records with what only others tell, as a linking of all would have it.

    Codes of hospitals that are only named, and the ids of identities that others name. Whether a
    child was not alone is not looked up: it changes no weight.
    """
    taught = directory.resolve(records, directory.learn(_teaching(session, records)))
    return given_ids.resolve([*taught, *_naming(session, records)])[: len(taught)]


def _teaching(session: Session, records: Iterable[PersonRecord]) -> list[PersonRecord]:
    """All that name one of the hospitals which these records only name."""
    places = {move.place for record in records for move in record.moves}
    # Folded names are letters, digits and spaces; in JSON they stand between quotation marks.
    wanted = sorted(
        f'%"{place.removeprefix(directory.NAMED)}"%'
        for place in places
        if place.startswith(directory.NAMED)
    )
    return _records(session, _c.content.like(any_(_texts(wanted)))) if wanted else []


def _naming(session: Session, records: Iterable[PersonRecord]) -> list[PersonRecord]:
    """All that name the identity which one of these records founded."""
    keys = [f"motem:{IDENTITY_PREFIX}{record.record_id}" for record in records]
    return _records(session, _c.block_keys.overlap(_texts(keys))) if keys else []


def _texts(values: Sequence[str]) -> ColumnElement[Sequence[str]]:
    return cast(literal(list(values), ARRAY(Text)), ARRAY(Text))


def _held(session: Session, condition: ColumnElement[bool]) -> list[Held]:
    columns = (_c.record_id, _c.founding_id, _c.identity_id, _c.decision, _c.content)
    found = session.execute(select(*columns).where(condition).order_by(_c.key))
    return [
        Held(
            record_id=row.record_id,
            founding_id=row.founding_id,
            identity_id=row.identity_id,
            decision=row.decision,
            record=from_json(row.content),
        )
        for row in found
    ]


def _records(session: Session, condition: ColumnElement[bool]) -> list[PersonRecord]:
    found = session.scalars(select(_c.content).where(condition).order_by(_c.key))
    return [from_json(content) for content in found]
