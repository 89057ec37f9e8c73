"""Promise 8: whatever is done to the log is found and located, by two programs that share nothing."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import URL, Engine, text
from sqlalchemy.exc import ProgrammingError

import audit
from audit import verifier
from audit.archive import Archive, Range
from audit.checkpoint import Checkpoint
from audit.event import Action, AuditEvent
from audit.notes import COSIGNER, Note, VerifierKey, cosign
from audit.tlog_proof import Proof, verify_proof
from gateway.database import ledger_of, settle, transaction
from gateway.errors import NotSignedError
from gateway.ledger_keeping import erased, exported, proof_of, verified
from tests.audit.breaking import (
    CALLER,
    POINTS,
    checked,
    in_tree,
    look,
    stopping_at,
    unguarded,
    write_unsigned,
)
from tests.audit.tampering import FORGE, TAIL
from tests.conftest import fresh_database
from tests.ledger import audit_folder, copy_anchor, engine_for

WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(32))
WITNESS_KEY = VerifierKey.of("witness.test/w1", WITNESS, COSIGNER)
OLD = datetime(2020, 2, 1, tzinfo=UTC)
"""Of the events from 1 to 3: they may be erased."""
ROOT = Path(__file__).parents[2]
TEST = re.compile(r"`(test_\w+)`")
SIZE, AT, OTHER = 20, 8, 14
"""Events in the log, and two of them that are spoilt; each was signed by itself."""
LAST_NOTE = text("SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1")
EVENT = "WHERE id = (SELECT event_id FROM audit_leaf WHERE seq = {})"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is done, what our own check says and where; what the other verifier says of an export.

    `told` None: an export does not show it, because it does not rest on what was changed.
    """

    name: str
    done: tuple[str, ...]
    found: dict[str, int | str | None]
    told: dict[str, int | None] | None = None
    can_export: bool = True

    def __str__(self) -> str:
        return self.name


FAULTS = (
    Fault(
        name="F1 a body is edited",
        done=(
            f"UPDATE audit_event SET body = replace(body, 'tester', 'nobody') {EVENT.format(AT)}",
        ),
        found={"BODY": AT},
        told={"ROOT": AT},
    ),
    Fault(
        name="F1 a salt is edited",
        done=(f"UPDATE audit_event SET salt = sha256(salt) {EVENT.format(AT)}",),
        found={"BODY": AT},
        told={"ROOT": AT},
    ),
    Fault(
        name="F1 a search column is edited",
        done=(
            "ALTER TABLE audit_event ALTER identity DROP EXPRESSION",
            f"UPDATE audit_event SET identity = 'other' {EVENT.format(AT)}",
        ),
        found={"COLUMN": AT},
    ),
    Fault(
        name="F2 an event is deleted",
        done=(f"DELETE FROM audit_event {EVENT.format(AT)}",),
        found={"MISSING": AT},
        can_export=False,
    ),
    Fault(
        name="F3 two leaves are swapped",
        done=(
            f"CREATE TEMP TABLE two AS SELECT * FROM audit_leaf WHERE seq IN ({AT}, {OTHER})",
            f"DELETE FROM audit_leaf WHERE seq IN ({AT}, {OTHER})",
            f"INSERT INTO audit_leaf SELECT {AT + OTHER} - seq, event_id, hash FROM two",
        ),
        found={"ROOT": AT},
        told={"ROOT": AT},
    ),
    Fault(
        name="F3 a leaf is inserted in the middle",
        done=(
            f"CREATE TEMP TABLE rest AS SELECT * FROM audit_leaf WHERE seq >= {AT}",
            f"DELETE FROM audit_leaf WHERE seq >= {AT}",
            "INSERT INTO audit_leaf SELECT seq + 1, event_id, hash FROM rest",
            f"INSERT INTO audit_leaf SELECT {AT}, id, decode(repeat('ab', 32), 'hex')"
            " FROM audit_refused",
        ),
        found={"LEAF": AT, "ROOT": AT},
        told={"ROOT": AT},
    ),
    Fault(
        name="F4 the end is cut off",
        done=tuple(one.format(OTHER) for one in TAIL["whole"]),
        found={"ANCHOR": OTHER},
        told={"TRUNCATED": OTHER},
    ),
    Fault(
        name="F9 one that waits is forgotten",
        done=("DELETE FROM audit_pending",),
        found={"ORPHAN": None},
    ),
    Fault(
        name="F13 a bit of a leaf flips",
        done=(
            f"UPDATE audit_leaf SET hash = set_bit(hash, 5, 1 - get_bit(hash, 5)) WHERE seq = {AT}",
        ),
        found={"LEAF": AT},
    ),
)


@pytest.fixture
def log(engine: Engine) -> Engine:
    """One event signed by itself after the other, a forged one refused, one that waits."""
    with transaction(engine) as session:
        for _ in range(3):
            audit.append(
                session, AuditEvent(action=Action.PATIENT_READ, caller=CALLER, occurred=OLD)
            )
    with engine.begin() as connection:
        connection.execute(text(FORGE))
    settle(engine)
    while len(in_tree(engine)) < SIZE:
        look(engine)
    return engine


def witnessed(engine: Engine, folder: Path) -> Path:
    """What a witness keeps: the last checkpoint with its own signature."""
    note = Note.parsed(ledger_of(engine).anchor.read() or "")
    path = folder / "seen.checkpoint"
    line = cosign(note.text, WITNESS_KEY.name, WITNESS, 1_790_000_000)
    path.write_text(str(note.with_signatures([line])), encoding="utf-8")
    return path


def export(engine: Engine, path: Path) -> Path:
    """The whole log as it stands, also where it is not whole."""
    ledger = ledger_of(engine)
    with engine.connect() as connection:
        archive = Archive(connection)
        size = Checkpoint.parsed(Note.parsed(archive.note() or "").text).size
        part = Range(first=0, count=size)
        path.write_bytes(b"".join(archive.export(part, ledger.log_key, ledger.event_key, {})))
    return path


def told_by_verifier(
    engine: Engine, path: Path, seen: Path, *more: str
) -> tuple[int, dict[str, Any], dict[str, Any]]:
    """Status, findings (code → first place) and summary of the one file that knows nothing of us."""
    (key,) = ledger_of(engine).log_key.epochs(seen.read_text("utf-8"))
    arguments = ["--key", str(key), "--witness", str(seen), "--witness-key", str(WITNESS_KEY)]
    ended = subprocess.run(
        [sys.executable, verifier.__file__, str(path), *arguments, *more, "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=path.parent,
        env={},
    )
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    findings = {
        one["finding"]["code"]: one["finding"]["first"] for one in lines if "finding" in one
    }
    return ended.returncode, findings, lines[-1]["summary"] if lines else {}


def test_a_whole_log_is_whole(log: Engine, tmp_path: Path) -> None:
    seen = witnessed(log, tmp_path)
    assert told_by_verifier(log, export(log, tmp_path / "log.export"), seen)[:2] == (0, {})
    exported(log, CALLER, None, None, lambda: (tmp_path / "asked.export").open("wb"))
    event_key = str(ledger_of(log).event_key.public)
    told = told_by_verifier(log, tmp_path / "asked.export", seen, "--event-key", event_key)
    assert told[:2] == (0, {})
    found = verified(log, CALLER)
    assert found.findings == []
    assert [one.id for one in found.remarks if one.code == "FORGED"] == ["forged"]  # F6


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_each_fault_is_found_at_its_place(
    log: Engine, database_url: URL, fault: Fault, tmp_path: Path
) -> None:
    waiting = write_unsigned(log)
    seen = witnessed(log, tmp_path)
    with unguarded(database_url) as administrator, administrator.begin() as connection:
        for statement in fault.done:
            connection.execute(text(statement))
    found = {
        one.code: waiting if one.code == "ORPHAN" else one.seq for one in checked(log).findings
    }
    expected = {code: waiting if seq is None else seq for code, seq in fault.found.items()}
    assert expected.items() <= found.items()
    if fault.can_export:
        status, told, _ = told_by_verifier(log, export(log, tmp_path / "log.export"), seen)
        assert status == (1 if fault.told else 0)
        assert (fault.told or {}).items() <= told.items()
    else:
        with pytest.raises(ValueError, match="events"):
            export(log, tmp_path / "log.export")
    assert verified(log, CALLER).findings


def test_f7_f8_another_past_signed_with_the_stolen_key_is_found_by_the_witness_only(
    log: Engine, database_url: URL, tmp_path: Path
) -> None:
    seen = witnessed(log, tmp_path)
    first = export(log, tmp_path / "first.export")
    with unguarded(database_url) as administrator, administrator.begin() as connection:
        write_unsigned(log)
        for statement in TAIL["whole"]:
            connection.execute(text(statement.format(OTHER)))
        note = str(connection.scalar(LAST_NOTE))
    (audit_folder() / f"{database_url.database}.checkpoint").write_text(note, encoding="utf-8")
    other = engine_for(database_url)
    while len(in_tree(other)) < SIZE + 2:
        look(other)
    # Whoever has the key puts the guards back as well: of what is signed nothing is wrong.
    assert {one.code for one in checked(other).findings} == {"GUARD"}
    second = export(other, tmp_path / "second.export")
    assert told_by_verifier(log, first, seen)[:2] == (0, {})
    assert told_by_verifier(other, second, seen)[:2] == (1, {"WITNESS": None})
    other.dispose()


FLIPPED = "{0} = set_bit({0}, 5, 1 - get_bit({0}, 5))"
HASHES = {
    "a leaf": f"UPDATE audit_leaf SET {FLIPPED.format('hash')} WHERE seq = 257",
    "a tile's root": f"UPDATE audit_tile SET {FLIPPED.format('root')} WHERE number = 0",
}


@pytest.mark.parametrize("what", HASHES)
def test_f13_over_a_flipped_bit_no_process_begins_to_sign(
    log: Engine, database_url: URL, what: str
) -> None:
    look(log, 250)
    with unguarded(database_url) as administrator, administrator.begin() as connection:
        assert connection.execute(text(HASHES[what])).rowcount == 1
    other = engine_for(database_url)
    with pytest.raises(NotSignedError):
        look(other)
    assert checked(other).findings
    other.dispose()


def test_f1_a_search_column_is_set_by_nobody(log: Engine, database_url: URL) -> None:
    with (
        unguarded(database_url) as administrator,
        administrator.connect() as connection,
        pytest.raises(ProgrammingError, match="can only be updated to DEFAULT"),
    ):
        connection.execute(text("UPDATE audit_event SET who = 'nobody'"))


def test_f5_a_restored_backup_is_found_by_both_and_nothing_is_signed_over_it(
    log: Engine, database_url: URL, server_url: URL, tmp_path: Path
) -> None:
    log.dispose()
    with fresh_database(server_url, database_url.database) as backup:
        look(log, 3)
        seen = witnessed(log, tmp_path)
        copy_anchor(str(database_url.database), str(backup.database))
        restored = engine_for(backup)
        with pytest.raises(NotSignedError, match="an older one"):
            look(restored)
        found = {one.code: one.seq for one in checked(restored).findings}
        assert {"ANCHOR": SIZE, "TRUNCATED": SIZE}.items() <= found.items()
        told = told_by_verifier(restored, export(restored, tmp_path / "log.export"), seen)
        assert told[:2] == (1, {"TRUNCATED": SIZE})
        restored.dispose()


@pytest.mark.parametrize("jump", [timedelta(days=-1), timedelta(days=1)])
def test_f14_a_clock_that_jumps_changes_no_order_and_is_remarked(
    log: Engine, jump: timedelta
) -> None:
    before = len(in_tree(log))
    event = AuditEvent(action=Action.PATIENT_READ, caller=CALLER)
    with transaction(log) as session:
        audit.append(session, replace(event, occurred=event.occurred + jump))
    look(log)
    found = checked(log)
    assert found.findings == []
    late = before if jump.days < 0 else before + 1
    assert [one.seq for one in found.remarks if one.code == "CLOCK"][-1] == late


def test_f15_what_was_logged_stays_whatever_becomes_of_the_answer(log: Engine) -> None:
    def disconnect() -> NoReturn:
        raise ConnectionResetError

    before = in_tree(log)
    with stopping_at(POINTS[-1], disconnect), pytest.raises(ConnectionResetError):
        look(log)
    assert len(in_tree(log)) == len(before) + 1
    assert checked(log).findings == []


def test_f17_erasure_leaves_every_proof_valid(
    log: Engine, database_url: URL, tmp_path: Path
) -> None:
    ids = in_tree(log)
    owner = engine_for(database_url, None)
    assert erased(owner, CALLER, datetime(2021, 1, 1, tzinfo=UTC)) == 3
    assert all(holds(log, proof_of(log, id_), id_, 1) for id_ in in_tree(log))
    assert in_tree(log)[: len(ids)] == ids
    found = checked(log)
    assert (found.findings, found.erased) == ([], 3)
    seen = witnessed(log, tmp_path)
    status, told, summary = told_by_verifier(log, export(log, tmp_path / "log.export"), seen)
    assert (status, told, summary["erased"]) == (0, {}, 3)
    owner.dispose()


def test_every_fault_of_the_table_has_its_test() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|\n ").split("|")]
        for line in (ROOT / "docs" / "audit.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| F")
    ]
    named = {fault for row in rows for fault in row[0].split(", ")}
    assert named == {f"F{number}" for number in range(1, 18)}
    written = "\n".join(
        file.read_text(encoding="utf-8") for file in sorted((ROOT / "tests").rglob("test_*.py"))
    )
    for fault, *_, tests in rows:
        assert TEST.findall(tests), fault
        for test in TEST.findall(tests):
            assert f"def {test}(" in written, (fault, test)


def holds(engine: Engine, proof: Proof, id_: str, epoch: int) -> bool:
    """Whether a proof file shows that the event is in the log that had this name then."""
    with engine.connect() as connection:
        entry = Archive(connection).entry(id_)
    key = ledger_of(engine).log_key.named(epoch).public
    return entry is not None and verify_proof(proof, entry, [key])[0].origin == key.name


def test_f16_proofs_of_an_earlier_name_of_the_log_still_hold(log: Engine, tmp_path: Path) -> None:
    (id_,) = look(log)
    before = proof_of(log, id_)
    ledger_of(log).begin_epoch()
    look(log)
    assert holds(log, before, id_, 1)
    assert holds(log, proof_of(log, id_), id_, 2)
    assert checked(log).findings == []
    seen = witnessed(log, tmp_path)
    assert told_by_verifier(log, export(log, tmp_path / "log.export"), seen)[:2] == (0, {})
