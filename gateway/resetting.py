"""Use cases: one state of the sandbox ends and the next begins, each with an access log of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, select, text
from sqlalchemy.dialects.postgresql import insert

import audit
from audit.checkpoint import Checkpoint
from audit.event import Action, AuditEvent, Caller, DetailValue
from gateway.access import tables
from gateway.database import ledger_of, transaction
from gateway.ledger_keeping import exported, last_note


@dataclass(frozen=True, kw_only=True, slots=True)
class Reset:
    """What became of the sandbox. `ended`: the last signed checkpoint of the log of before."""

    number: int
    removed: Mapping[str, int]
    standing: Mapping[str, int]
    clients: int
    ended: str


CARRIED = (tables.client, tables.user, tables.token, tables.used)
"""Whoever could ask goes on asking, with the token that it has."""


def counted(engine: Engine) -> dict[str, int]:
    """How many there are of what people look at first."""
    with transaction(engine) as session:
        found = session.execute(COUNTED).one()
    return {"children": found.children, "records": found.records}


COUNTED = text(
    "SELECT count(*) AS records, count(DISTINCT identity_id) AS children FROM linkage_record"
)


def finish(engine: Engine, caller: Caller, number: int) -> str:
    """The last word of a log, and the checkpoint with it."""
    with transaction(engine) as session:
        detail: dict[str, DetailValue] = {"what": "ends", "next": number}
        audit.append(session, AuditEvent(action=Action.SANDBOX_RESET, caller=caller, detail=detail))
    return last_note(engine)


def begin(engine: Engine, caller: Caller, number: int, ended: str) -> None:
    """The log that follows names the end of the one before."""
    before = Checkpoint.of(ended)
    with transaction(engine) as session:
        detail: dict[str, DetailValue] = {
            "what": "begins",
            "state": number,
            "size": before.size,
            "root": before.root.hex(),
        }
        audit.append(session, AuditEvent(action=Action.SANDBOX_RESET, caller=caller, detail=detail))


def carry(before: Engine, after: Engine, caller: Caller) -> int:
    """Clients, people and what they were given; the number of clients that there are then."""
    with before.connect() as connection:
        rows = {one.name: connection.execute(select(one)).mappings().all() for one in CARRIED}
    with transaction(after) as session:
        audit.append(session, AuditEvent(action=Action.CLIENT_CHANGE, caller=caller))
        for one in CARRIED:
            told = [
                {name: value for name, value in row.items() if name != "event"}
                for row in rows[one.name]
            ]
            if told:
                session.execute(insert(one).on_conflict_do_nothing(), told)
    return len(rows[tables.client.name])


def keep_log(engine: Engine, caller: Caller, file: Path) -> None:
    """The whole log of a state that is put away, for `audit/verifier.py`, and its public key."""
    file.parent.mkdir(parents=True, exist_ok=True)
    exported(engine, caller, None, None, lambda: file.open("wb"))
    (key,) = ledger_of(engine).log_key.epochs(last_note(engine))
    file.with_suffix(".key").write_text(f"{key}\n", "utf-8")
