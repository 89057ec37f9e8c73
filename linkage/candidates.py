"""Which records that are held may be the child of a question: those that share a block key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, Text, TextClause, bindparam, text
from sqlalchemy.orm import Session

from linkage import compared, given_ids
from linkage.blocking import looked_into
from linkage.records import PersonRecord, from_json

GIVEN = "motem:"
"""Begins the block key of an identity that Motem gave out."""
MOST = 2_000
"""Records that are scored for one question: some twenty milliseconds; twice that at worst."""


class Candidate(NamedTuple):
    """A held record: its ids, and the values of its columns in the order of `features.COLUMNS`.

    A tuple, because a dataclass takes as long to make as a third of the score.
    """

    record_id: str
    identity_id: str
    key: str
    values: Sequence[Any]

    def __repr__(self) -> str:
        return f"Candidate({self.record_id!r})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wide:
    """A block too wide to score: the kind of its key, and how many records share it at least.

    Of such blocks only records were scored that share another key of the question too, and not all
    of these where two wide blocks share too many.
    """

    kind: str
    at_least: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """The candidates in the order of their ids, and what was left out."""

    candidates: tuple[Candidate, ...] = field(repr=False)
    wide: tuple[Wide, ...]


COLUMNS = """
    SELECT record_id, identity_id, key,
        CASE WHEN starts_with(compared, :beginning) THEN compared ELSE 'null' END AS compared,
        CASE WHEN starts_with(compared, :beginning) THEN NULL ELSE content END AS content
    FROM linkage_record
"""
TOGETHER = """
    SELECT array_agg(record_id), array_agg(identity_id), array_agg(key),
        '[' || string_agg(compared, ',') || ']', array_agg(content)
    FROM (SELECT * FROM found LIMIT :most) AS first_ones
"""
"""All rows as one: to make an object of each takes longer than to read them."""


def _statement(sql: str, *lists: str) -> TextClause:
    return text(sql).bindparams(*(bindparam(name, type_=ARRAY(Text)) for name in lists))


def _found(condition: str) -> TextClause:
    """Materialized, because a limit would tempt the planner to read the whole table."""
    return _statement(
        f"WITH found AS MATERIALIZED ({COLUMNS} WHERE {condition}) {TOGETHER}", "keys"
    )


def _sizes(condition: str) -> TextClause:
    return _statement(
        "SELECT one, (SELECT count(*) FROM (SELECT FROM linkage_record"
        f" WHERE {condition} LIMIT :most) AS found) AS size FROM unnest(:keys) AS one",
        "keys",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ways:
    """How records are found by their block keys: by any, by all, and how many share each."""

    sharing: TextClause
    sharing_both: TextClause
    sizes: TextClause


OPEN = _Ways(
    sharing=_found("block_keys && :keys"),
    sharing_both=_found("block_keys @> :keys"),
    sizes=_sizes("block_keys @> ARRAY[one]"),
)
GUARDED = _Ways(
    sharing=_found("record_id IN (SELECT motem_sharing(:keys))"),
    sharing_both=_found("record_id IN (SELECT motem_sharing_all(:keys))"),
    sizes=_sizes("record_id IN (SELECT motem_sharing(ARRAY[one]))"),
)
"""Where the database hides rows, it uses the index of the keys only inside of a function. Where it
hides none, that takes longer."""
FOUNDERS = _statement(
    "SELECT record_id, identity_id, key, content FROM linkage_record"
    " WHERE founding_id = ANY(:keys) LIMIT :most",
    "keys",
)
INDEXED = text("SELECT set_config('enable_seqscan', 'off', true)")
"""For this transaction, where a limit cannot be kept from the planner."""


def candidates(
    session: Session, question: PersonRecord, most: int = MOST, *, guarded: bool = False
) -> Found:
    """All that share a key with the question (`blocking.looked_into`), as long as they are not more than `most`.

    Where they are more, the widest blocks give only those who share a second key: of two wide blocks
    all who are in both, or nobody, and at most `most` of these again. `guarded`: the session sees
    only some rows; the same is found either way, but not as soon.
    """
    ways = GUARDED if guarded else OPEN
    keys = sorted(looked_into(question))
    founders = _founders(session, keys, most)
    rows = _rows(session, ways.sharing, keys, most + 1) if keys else []
    if len(rows) <= most:
        return Found(candidates=_in_order({row[0]: row for row in rows} | founders), wide=())
    narrow, wide = _divided(session, ways.sizes, keys, most)
    found = {row[0]: row for row in (_rows(session, ways.sharing, narrow, most) if narrow else [])}
    shared: dict[str, Candidate] = {}
    for both in combinations(sorted(wide), 2):
        # They do not stand back for the narrow blocks: two wide keys may be all that one child has.
        more = {row[0]: row for row in _rows(session, ways.sharing_both, both, most + 1)}
        if len(shared | more) <= most:
            shared |= more
    return Found(
        candidates=_in_order(found | shared | founders),
        wide=tuple(
            Wide(kind=key.partition(":")[0], at_least=size) for key, size in sorted(wide.items())
        ),
    )


def _founders(session: Session, keys: Sequence[str], most: int) -> dict[str, Candidate]:
    """The records of the identities that the question names: they do not bear these ids themselves."""
    given = [key.removeprefix(GIVEN) for key in keys if key.startswith(GIVEN)]
    if not given:
        return {}
    return {
        row.record_id: Candidate(
            row.record_id,
            row.identity_id,
            row.key,
            compared.values_of(given_ids.bearing(from_json(row.content))),
        )
        for row in session.execute(FOUNDERS, {"keys": given, "most": most})
    }


def _divided(
    session: Session, sizes: TextClause, keys: Sequence[str], most: int
) -> tuple[list[str], dict[str, int]]:
    """Keys from the narrowest up as long as all their records can be scored, and the others."""
    session.execute(INDEXED)
    found = session.execute(sizes, {"keys": keys, "most": most + 1})
    narrow: list[str] = []
    wide: dict[str, int] = {}
    total = 0
    for key, size in sorted(((row.one, row.size) for row in found), key=lambda one: one[::-1]):
        total += size
        if total <= most:
            narrow.append(key)
        else:
            wide[key] = size
    return narrow, wide


def _rows(
    session: Session, statement: TextClause, keys: Sequence[str], most: int
) -> list[Candidate]:
    values = {"keys": list(keys), "most": most, "beginning": compared.beginning()}
    ids, identities, names, kept, contents = session.execute(statement, values).one()
    if ids is None:
        return []
    columns = [
        compared.values_of_content(content) if one is None else one
        for one, content in zip(compared.values_of_many(kept), contents, strict=True)
    ]
    return list(map(Candidate, ids, identities, names, columns))


def _in_order(rows: Mapping[str, Candidate]) -> tuple[Candidate, ...]:
    return tuple(sorted(rows.values(), key=itemgetter(0)))
