"""Keeping the log: keys change, a witness watches, and what was signed before stays valid."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from unittest.mock import patch

import pytest
from sqlalchemy import URL, Engine

import audit
from audit.archive import Archive
from audit.checkpoint import Checkpoint
from audit.event import Action, AuditEvent, Caller
from audit.keys import LOG, key_in
from audit.notes import COSIGNER, Note, Signature, VerifierKey, cosigned
from audit.tlog_proof import verify_proof
from audit.units import unit_of
from audit.witness import Witness
from audit.witness_client import Prover, WitnessClient, WitnessError
from audit.witness_server import WitnessServer
from gateway import ledger_keeping as keeping
from gateway.database import Log, engine_for, ledger_of, transaction
from gateway.errors import NotSignedError


@pytest.fixture
def folder(tmp_path: Path, database_url: URL, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the log for this test alone, with what was signed so far."""
    before = Path(os.environ["MOTEM_AUDIT"])
    monkeypatch.setenv("MOTEM_AUDIT", str(tmp_path))
    for name in ("log.key", "event.key", f"{database_url.database}.checkpoint"):
        (tmp_path / name).write_bytes((before / name).read_bytes())
        (tmp_path / name).chmod(0o600)
    return tmp_path


def look(engine: Engine, caller: Caller) -> str:
    """An event; its id."""
    with transaction(engine) as session:
        audit.append(session, AuditEvent(action=Action.REPORT_READ, caller=caller))
        unit = unit_of(session)
    assert unit is not None
    return unit


@pytest.fixture
def opened(folder: Path, database_url: URL) -> Iterator[Engine]:
    engine = engine_for(database_url, audit=Log(folder=folder))
    yield engine
    engine.dispose()


def test_after_a_new_key_old_proofs_hold_and_the_log_goes_on(
    opened: Engine, folder: Path, database_url: URL, caller: Caller
) -> None:
    event = look(opened, caller)
    before, key = keeping.proof_of(opened, event), key_in(folder, LOG).named(1).public
    made = keeping.rotated(opened, caller, folder)
    assert made != key
    engine = engine_for(database_url, audit=Log(folder=folder))
    look(engine, caller)
    with pytest.raises(NotSignedError):  # It still has the old key.
        look(opened, caller)
    with engine.connect() as connection:
        entry = Archive(connection).entry(event)
    assert entry is not None
    assert verify_proof(before, entry, [key])[0].size > before.index
    assert verify_proof(keeping.proof_of(engine, event), entry, [made])[0].size > before.index
    assert keeping.verified(engine, caller).findings == []
    engine.dispose()


@pytest.fixture
def watched(folder: Path) -> Iterator[tuple[Log, WitnessServer]]:
    log = key_in(folder, LOG).named(1).public
    own = key_in(folder / "witness", "witness")
    public = VerifierKey.of(own.name, own.private, COSIGNER)
    witness = Witness(
        folder=folder / "witness", name=own.name, private=own.private, logs={log.name: log}
    )
    with WitnessServer(witness) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Log(folder=folder, witness=server.url, witness_key=str(public)), server
        server.shutdown()


def age(engine: Engine, seconds: float) -> None:
    """As if the witness had agreed so long ago."""
    watching = ledger_of(engine).witness
    assert watching is not None
    moment = watching.kept.stat().st_mtime - seconds
    os.utime(watching.kept, (moment, moment))
    watching.tried = 0.0


def test_the_witness_is_asked_when_that_is_due_and_its_word_is_kept(
    watched: tuple[Log, WitnessServer], database_url: URL, caller: Caller
) -> None:
    engine = engine_for(database_url, audit=watched[0])
    age(engine, 61)
    look(engine, caller)
    watching = ledger_of(engine).witness
    assert watching is not None
    (told,) = cosigned(Note.parsed(watching.kept.read_text()), [watching.client.key])
    assert told.name == watching.client.key.name
    assert watching.silence() < 30
    engine.dispose()


def test_a_witness_that_is_silent_too_long_stops_disclosures_until_it_is_back(
    watched: tuple[Log, WitnessServer], database_url: URL, caller: Caller
) -> None:
    engine = engine_for(database_url, audit=watched[0])
    watching = ledger_of(engine).witness
    assert watching is not None
    url, watching.client.url = watching.client.url, "http://127.0.0.1:9"
    age(engine, 3600)
    look(engine, caller)
    age(engine, 4 * 3600)
    with pytest.raises(NotSignedError, match="silent"):
        look(engine, caller)
    watching.client.url, watching.tried = url, 0.0
    look(engine, caller)
    engine.dispose()


def test_a_witness_that_saw_another_log_stops_disclosures_at_once(
    watched: tuple[Log, WitnessServer], database_url: URL, folder: Path, caller: Caller
) -> None:
    log, server = watched
    key = key_in(folder, LOG).named(1)
    forked = Checkpoint(origin=key.name, size=1, root=bytes(32)).signed(key.private)
    assert server.witness.add_checkpoint(f"old 0\n\n{forked}".encode()).status == 200
    engine = engine_for(database_url, audit=log)
    age(engine, 61)
    for _ in range(2):  # Not only who asked is told.
        with pytest.raises(NotSignedError, match="another log"):
            look(engine, caller)
    engine.dispose()


def test_who_was_overtaken_by_another_process_is_not_refused(
    watched: tuple[Log, WitnessServer], database_url: URL, caller: Caller
) -> None:
    engine, other = (engine_for(database_url, audit=watched[0]) for _ in range(2))
    ask = WitnessClient.cosign
    overtaken: list[None] = []

    def late(self: WitnessClient, note: Note, prove: Prover) -> Signature:
        if not overtaken:
            overtaken.append(None)
            look(other, caller)
        return ask(self, note, prove)

    age(engine, 61)
    with patch.object(WitnessClient, "cosign", late):
        look(engine, caller)
    watching = ledger_of(engine).witness
    assert watching is not None
    assert (overtaken, watching.refused) == ([None], None)
    engine.dispose()
    other.dispose()


def test_nobody_who_signs_waits_for_a_witness_that_hangs(
    watched: tuple[Log, WitnessServer], database_url: URL, caller: Caller
) -> None:
    engine = engine_for(database_url, audit=watched[0])
    watching = ledger_of(engine).witness
    assert watching is not None
    begun, go_on = Event(), Event()

    def hang(*_: object) -> None:
        begun.set()
        assert go_on.wait(30)
        raise WitnessError("made up")

    with patch.object(WitnessClient, "cosign", hang), ThreadPoolExecutor(1) as pool:
        age(engine, 61)
        asking = pool.submit(look, engine, caller)
        assert begun.wait(30)
        look(engine, caller)
        go_on.set()
        asking.result()
    engine.dispose()


def test_several_hosts_share_one_log_by_its_witness(
    watched: tuple[Log, WitnessServer], database_url: URL, folder: Path, caller: Caller
) -> None:
    log = replace(watched[0], shared=True)
    note = Note.parsed((folder / f"{database_url.database}.checkpoint").read_text())
    assert watched[1].witness.add_checkpoint(f"old 0\n\n{note}".encode()).status == 200
    one, other = (engine_for(database_url, audit=log) for _ in range(2))
    for engine in (one, other, other, one):
        look(engine, caller)
    assert keeping.verified(one, caller).findings == []
    one.dispose()
    other.dispose()


def test_a_lost_anchor_is_a_gap_whose_end_nobody_knows(
    opened: Engine, folder: Path, database_url: URL, caller: Caller
) -> None:
    look(opened, caller)
    with pytest.raises(keeping.NothingLostError):
        keeping.gap_declared(opened, caller, "made up")
    (folder / f"{database_url.database}.checkpoint").unlink()
    with pytest.raises(NotSignedError):
        look(opened, caller)
    assert keeping.gap_declared(opened, caller, "made up")[1] is None
    look(opened, caller)
    assert keeping.verified(opened, caller).findings == []
