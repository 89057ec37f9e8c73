"""Use cases: one state of the sandbox ends and the next begins, each with an access log of its own."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, Table, delete, select, text
from sqlalchemy.dialects.postgresql import Insert, insert

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
"""Whoever could ask goes on asking, with the token that it has, and whoever could not does not."""
CHANGING = (tables.client, tables.user)
"""Of these the next state may have some already: they become what they were in the one before."""


def counted(engine: Engine) -> dict[str, int]:
    """How many there are of what people look at first."""
    with transaction(engine) as session:
        found = session.execute(COUNTED).one()
    return {"children": found.children, "records": found.records}


COUNTED = text(
    "SELECT count(*) AS records, count(DISTINCT identity_id) AS children FROM linkage_record"
)


def finish(engine: Engine, caller: Caller, number: int) -> str:
    """That a state ends, in its log, and the checkpoint that has it.

    Requests under way and the export of the log still write events after it.
    """
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
        # Those of a change that was killed: they may have been taken away since.
        session.execute(delete(tables.token))
        for one in CARRIED:
            told = [
                {name: value for name, value in row.items() if name != "event"}
                for row in rows[one.name]
            ]
            if told:
                session.execute(_kept(one), told)
    return len(rows[tables.client.name])


def _kept(table: Table) -> Insert:
    made = insert(table)
    if table not in CHANGING:
        return made.on_conflict_do_nothing()
    keys = [one.name for one in table.primary_key]
    values = {one.name: made.excluded[one.name] for one in table.c if one.name not in keys}
    return made.on_conflict_do_update(index_elements=keys, set_=values)


def keep_log(engine: Engine, caller: Caller, file: Path) -> None:
    """The whole log of a state that is put away, for `audit/verifier.py`, and its public key.

    The file has its name once all of it is on the disk, and the key is there before.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    exported(engine, caller, None, None, lambda: fresh.open("wb"))
    (key,) = ledger_of(engine).log_key.epochs(last_note(engine))
    told = file.with_suffix(".key")
    told.write_text(f"{key}\n", "utf-8")
    for one in (fresh, told):
        with one.open("rb") as written:
            os.fsync(written.fileno())
    fresh.rename(file)
