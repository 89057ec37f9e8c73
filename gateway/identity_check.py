"""Compares which child each record belongs to with what the access log says of it."""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from audit.checking import Finding
from audit.membership import MOVES

CODE = "IDENTITY"
WORDS = "the record belongs to another child than the log says, or one of both does not know it"
DIFFERING = text(
    "WITH moved AS (SELECT DISTINCT ON (e.record) e.record, e.identity, l.seq FROM audit_event e"
    " JOIN audit_leaf l ON l.event_id = e.id WHERE e.action = ANY(:moves)"
    " AND e.record IS NOT NULL AND e.identity IS NOT NULL ORDER BY e.record, l.seq DESC)"
    " SELECT coalesce(m.record, r.record_id), m.seq FROM moved m"
    " FULL JOIN linkage_record r ON r.record_id = m.record"
    " WHERE r.identity_id IS DISTINCT FROM m.identity"
    # What was committed a moment ago is not in the tree yet.
    " AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.id = r.event) ORDER BY 1"
)


def differing(connection: Connection) -> Iterator[Finding]:
    """By the record's id, at the place where the log speaks of it last.

    The connection holds one snapshot, and sees all records.
    """
    moves = [action.value for action in MOVES]
    for record, seq in connection.execute(DIFFERING, {"moves": moves}):
        yield Finding(code=CODE, words=WORDS, seq=seq, id=record)
