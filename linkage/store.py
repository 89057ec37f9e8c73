"""IdentityStore: the records that are compared, the identities they form, and open reviews."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import any_, bindparam, delete, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from linkage import compared, tables
from linkage.assertions import assertions
from linkage.blocking import block_keys
from linkage.records import Labels, PersonRecord, from_json

IDENTITY_PREFIX = "te-"
BATCH = 1000
REGISTRATION = text(
    "INSERT INTO linkage_record (record_id, key, source, founding_id, identity_id, decision,"
    " content, block_keys, compared, changed, updated_at, custodian, province, sensitivity)"
    " SELECT record_id, key, source, founding_id, identity_id, decision,"
    " content, block_keys, compared, true, now(), custodian, province, sensitivity"
    " FROM json_populate_recordset(NULL::linkage_record, CAST(:rows AS json))"
    " ON CONFLICT (record_id) DO UPDATE SET key = excluded.key, content = excluded.content,"
    " block_keys = excluded.block_keys, compared = excluded.compared,"
    " changed = true, updated_at = now(),"
    " custodian = excluded.custodian, province = excluded.province,"
    " sensitivity = excluded.sensitivity RETURNING record_id, identity_id"
)
"""Many rows as one JSON parameter: half of the time of a parameter for each value."""
INDEX = text(
    "UPDATE linkage_record AS r SET block_keys = n.block_keys, compared = n.compared"
    " FROM json_populate_recordset(NULL::linkage_record, CAST(:rows AS json)) AS n"
    " WHERE r.record_id = n.record_id"
    " AND (r.block_keys <> n.block_keys OR r.compared <> n.compared)"
)
LINKING_LOCK = 0x6D6F74656D
""""motem" as a number: the key of the advisory lock that a linking holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Membership:
    """One record and the identity it belongs to; `founding_id` is the identity it came with."""

    record_id: str
    key: str = field(repr=False)
    founding_id: str
    identity_id: str
    decision: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenReview:
    """A pair that a steward must settle. Keys are sorted; `evidence` is JSON."""

    left_key: str = field(repr=False)
    right_key: str = field(repr=False)
    weight: float
    probability: float
    reason: str
    evidence: str = field(repr=False)


class IdentityStore:
    """Questions and changes of identities inside the caller's transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock(self) -> None:
        """One linking at a time; registering new records goes on beside it."""
        self._session.execute(select(func.pg_advisory_xact_lock(LINKING_LOCK)))

    def register(
        self, records: Sequence[PersonRecord], labels: Mapping[str, Labels]
    ) -> dict[str, str]:
        """Take new and changed records; give each record id its identity.

        A new record is an identity of its own (`te-` and the record's ULID), decision `pending`. A
        changed one stays where it is until the next linking.
        """
        if not records:
            return {}
        ordered = sorted(records, key=lambda record: record.record_id)
        rows = [_row(record, labels[record.record_id]) for record in ordered]
        returned = self._session.execute(REGISTRATION, {"rows": orjson.dumps(rows).decode()})
        return {row.record_id: row.identity_id for row in returned}

    def identities_of(self, record_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
        """Record id → (identity id, decision), for the records that are known."""
        c = tables.record.c
        query = select(c.record_id, c.identity_id, c.decision)
        found = self._session.execute(query.where(c.record_id == any_(literal(list(record_ids)))))
        return {row.record_id: (row.identity_id, row.decision) for row in found}

    def members(self, identity_id: str) -> list[Membership]:
        """The records of one identity, in the order of their ids; empty where it is retired."""
        return list(self._memberships(tables.record.c.identity_id == identity_id))

    def successor(self, identity_id: str) -> str | None:
        """The identity that a given one leads to (itself while it stands), None if never made."""
        c = tables.record.c
        return self._session.scalar(select(c.identity_id).where(c.founding_id == identity_id))

    def has_more_than(self, records: int) -> bool:
        """Whether there are more records than so many; they are not all counted."""
        some = select(tables.record.c.record_id).limit(records + 1).subquery()
        return (self._session.scalar(select(func.count()).select_from(some)) or 0) > records

    def memberships(self) -> Iterator[Membership]:
        """Every record with its identity, in the order of source and key."""
        yield from self._memberships(None)

    def records(self) -> Iterator[PersonRecord]:
        """Every record in the form that is compared."""
        statement = select(tables.record.c.content).order_by(tables.record.c.key)
        for (content,) in self._session.execute(statement, execution_options={"yield_per": BATCH}):
            yield from_json(content)

    def index_anew(self, records: Sequence[PersonRecord]) -> None:
        """By what this version finds and compares records online; an earlier one had other keys."""
        for first in range(0, len(records), BATCH):
            rows = [
                {"record_id": record.record_id, **_indexed(record)}
                for record in records[first : first + BATCH]
            ]
            self._session.execute(INDEX, {"rows": orjson.dumps(rows).decode()})

    def records_of(self, record_ids: Iterable[str]) -> list[PersonRecord]:
        """Those of the ids that are known, in the form that is compared."""
        c = tables.record.c
        found = select(c.content).where(c.record_id == any_(literal(list(record_ids))))
        return [from_json(content) for content in self._session.scalars(found.order_by(c.key))]

    def assign(self, assignments: Mapping[str, tuple[str, str]]) -> None:
        """Record id → (identity id, decision): the outcome of a linking; nothing is left changed."""
        c = tables.record.c
        self._hold(assignments)
        rows = [
            {"of": record_id, "identity_id": identity, "decision": decision}
            for record_id, (identity, decision) in assignments.items()
        ]
        if rows:
            self._session.connection().execute(
                update(tables.record).where(c.record_id == bindparam("of")), rows
            )
        self._session.execute(update(tables.record).where(c.changed).values(changed=False))

    def _hold(self, record_ids: Iterable[str]) -> None:
        """Lock all rows that are written next in one order, as payloads do: neither waits for ever."""
        c = tables.record.c
        mine = c.changed | (c.record_id == any_(literal(list(record_ids))))
        query = select(c.record_id).where(mine).order_by(c.record_id)
        self._session.execute(query.with_for_update(key_share=True)).all()

    def standing(self) -> list[tuple[str, str, str]]:
        """(left key, right key, verdict) of every decision that nobody withdrew."""
        return sorted(
            (said.left_key, said.right_key, said.said.verdict)
            for said in assertions(self._session)
            if said.stands
        )

    def review_of(self, keys: Collection[str]) -> tuple[OpenReview, str] | None:
        """The open review of two records, and the model that it was scored with."""
        c = tables.review.c
        left, right = sorted(keys)
        row = self._session.execute(
            select(tables.review).where(c.left_key == left, c.right_key == right)
        ).first()
        return (_open_review(row), row.model) if row else None

    def replace_reviews(
        self, reviews: Sequence[OpenReview], labels: Mapping[str, Labels], model: str
    ) -> None:
        """Put the reviews of this linking in the place of those of the last."""
        self._session.execute(delete(tables.review))
        rows = [
            {
                "left_key": review.left_key,
                "right_key": review.right_key,
                "weight": review.weight,
                "probability": review.probability,
                "reason": review.reason,
                "evidence": review.evidence,
                "model": model,
                **_label_values(labels[review.left_key]),
            }
            for review in reviews
        ]
        if rows:
            self._session.execute(insert(tables.review), rows)

    def reviews(self) -> list[OpenReview]:
        """Open reviews, the most probable first."""
        c = tables.review.c
        found = self._session.execute(
            select(tables.review).order_by(
                c.probability.desc(), c.weight.desc(), c.left_key, c.right_key
            )
        )
        return [_open_review(row) for row in found]

    def labels(self) -> dict[str, Labels]:
        """Record id → its labels."""
        c = tables.record.c
        found = self._session.execute(select(c.record_id, c.custodian, c.province, c.sensitivity))
        return {
            row.record_id: Labels(
                custodian=row.custodian,
                province=row.province,
                sensitivity=tuple(row.sensitivity),
            )
            for row in found
        }

    def _memberships(self, condition: object) -> Iterator[Membership]:
        c = tables.record.c
        statement = select(c.record_id, c.key, c.founding_id, c.identity_id, c.decision).order_by(
            c.key
        )
        if condition is not None:
            statement = statement.where(condition)  # type: ignore[arg-type]
        for row in self._session.execute(statement, execution_options={"yield_per": BATCH}):
            yield Membership(**row._mapping)


def founding_identity(record_id: str) -> str:
    """The identity that comes into being with a record."""
    return f"{IDENTITY_PREFIX}{record_id}"


def _row(record: PersonRecord, labels: Labels) -> dict[str, object]:
    identity = founding_identity(record.record_id)
    return {
        "record_id": record.record_id,
        "key": record.key,
        "source": record.source,
        "founding_id": identity,
        "identity_id": identity,
        "decision": "pending",
        "content": record.as_json(),
        **_indexed(record),
        **_label_values(labels),
    }


def _indexed(record: PersonRecord) -> dict[str, object]:
    return {
        "block_keys": sorted(set(block_keys(record))),
        "compared": compared.as_text(record),
    }


def _open_review(row: Any) -> OpenReview:
    return OpenReview(
        left_key=row.left_key,
        right_key=row.right_key,
        weight=row.weight,
        probability=row.probability,
        reason=row.reason,
        evidence=row.evidence,
    )


def _label_values(labels: Labels) -> dict[str, object]:
    return {
        "custodian": labels.custodian,
        "province": labels.province,
        "sensitivity": list(labels.sensitivity),
    }
