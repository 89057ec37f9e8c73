"""The sequencer: one chain whoever signs, nothing lost half-way, nothing in it that is forged."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from shutil import copyfile
from typing import Any, NoReturn

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import URL, Connection, Engine, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import audit
from audit import ledger
from audit.anchor import FileAnchor
from audit.body import body_of
from audit.event import Action, AuditEvent
from audit.keys import Key, key_in
from audit.merkle import Frontier, leaf_hash
from audit.sealing import entry_of, seal
from audit.tables import audit_event, checkpoint, leaf, pending
from audit.units import told_in
from gateway.database import ledger_of, reading, settle
from gateway.errors import NotSignedError
from gateway.ledger_keeping import NothingLostError, gap_declared, proof_of
from tests.audit.breaking import (
    CALLER,
    POINTS,
    READ_POINTS,
    Point,
    checked,
    in_tree,
    look,
    look_only,
    stopping_at,
    unguarded,
    write_unsigned,
)
from tests.conftest import fresh_database
from tests.ledger import audit_folder, engine_for

POINT = {point.name: point for point in POINTS}
DISK_FULL = OSError(28, "No space left on device")


def fail() -> NoReturn:
    raise DISK_FULL


def in_processes(url: URL, work: Callable[[Engine], object], count: int) -> None:
    """Do it in that many processes at once, each with its own engine; all must end well."""

    def run() -> None:
        engine = engine_for(url)
        work(engine)
        engine.dispose()

    processes = [get_context("fork").Process(target=run) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * count


def test_many_threads_of_many_processes_make_one_chain(database_url: URL) -> None:
    def work(engine: Engine) -> None:
        with ThreadPoolExecutor(4) as pool:
            ids = list(pool.map(lambda _: write_and_settle(engine), range(20)))
        assert set(ids) <= set(in_tree(engine))

    in_processes(database_url, work, 3)
    engine = engine_for(database_url)
    assert set(Counter(in_tree(engine)).values()) == {1}
    found = checked(engine)
    assert found.findings == []
    assert found.size == 61  # The first one tells of the migration.
    with engine.connect() as connection:
        assert connection.scalar(select(pending.c.id)) is None
    engine.dispose()


def write_and_settle(engine: Engine) -> str:
    id_ = write_unsigned(engine)
    settle(engine)
    return id_


def test_what_is_rolled_back_leaves_no_leaf(engine: Engine) -> None:
    before = in_tree(engine)
    with Session(engine) as session:
        audit.append(session, AuditEvent(action=Action.PATIENT_READ, caller=CALLER))
        session.flush()
        settle(engine)
        session.rollback()
    settle(engine)
    assert in_tree(engine) == before


@pytest.mark.parametrize("point", POINTS, ids=str)
@pytest.mark.parametrize("is_new", [False, True], ids=["same process", "new process"])
def test_after_each_step_half_done_the_tree_goes_on_as_it_was(
    engine: Engine, database_url: URL, point: Point, is_new: bool
) -> None:
    look(engine)
    before = in_tree(engine)
    with stopping_at(point, fail), pytest.raises((OSError, NotSignedError)):
        look(engine)
    stood, note = in_tree(engine), ledger_of(engine).anchor.read()
    other = engine_for(database_url) if is_new else engine
    settle(other)
    after = in_tree(other)
    assert after[: len(stood)] == stood
    assert len(after) == len(before) + (point.name not in ("before the insert", "after the insert"))
    assert signed_root(other) == root_of_leaves(other)
    if len(after) == len(stood):  # What was signed already is signed again, to the letter.
        assert ledger_of(other).anchor.read() == note or point in POINTS[6:9]
    look(other)
    assert checked(other).findings == []
    other.dispose()


def signed_root(engine: Engine) -> bytes | None:
    with engine.connect() as connection:
        query = select(checkpoint.c.root).order_by(checkpoint.c.size.desc()).limit(1)
        return connection.scalar(query)


def root_of_leaves(engine: Engine) -> bytes:
    tree = Frontier()
    with engine.connect() as connection:
        tree.extend(connection.scalars(select(leaf.c.hash).order_by(leaf.c.seq)))
    return tree.root()


@pytest.mark.parametrize("is_new", [False, True], ids=["same process", "other process"])
def test_what_another_took_and_could_not_sign_is_signed_for_who_waits(
    engine: Engine, database_url: URL, is_new: bool
) -> None:
    """Its own event is pending no more, but no checkpoint covers it: it may not be answered."""
    other = engine_for(database_url) if is_new else engine
    look(engine)
    look(other)
    waiting = write_unsigned(other)
    with stopping_at(POINT["leaves committed"], fail), pytest.raises(NotSignedError):
        look(engine)
    settle(other)
    assert proof_of(other, waiting)
    other.dispose()


def forged(engine: Engine, **changes: Any) -> str:
    """Written by SQL, sealed with a key of the forger's own; its id."""
    event = AuditEvent(action=Action.PATIENT_READ, caller=CALLER)
    body = body_of(event)
    sealed = seal(body, Key(name="forger", private=Ed25519PrivateKey.generate()))
    row = {
        "id": event.id,
        "body": body,
        "salt": sealed.salt,
        "commitment": sealed.commitment,
        "signature": key().public.id + sealed.signature[4:],
    }
    with engine.begin() as connection:
        connection.execute(insert(audit_event).values(row | changes))
        connection.execute(insert(pending).values(id=event.id))
    return event.id


def key() -> Key:
    return key_in(audit_folder(), "event")


FORGED: dict[str, dict[str, Any]] = {
    "by another key": {},
    "without a salt": {"salt": None},
    "with nothing for a signature": {"signature": b""},
    "with a commitment to something else": {"commitment": bytes(32)},
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_event_is_refused_with_an_alarm(engine: Engine, how: str) -> None:
    id_ = forged(engine, **FORGED[how])
    (mine,) = look(engine)[:1]
    refusal_is_told(engine, id_)
    assert mine in in_tree(engine)


def refusal_is_told(engine: Engine, id_: str, *more: str) -> None:
    with Session(engine) as session:
        alarms = list(audit.events(session, action=Action.AUDIT_ALARM))
    assert [alarm.detail for alarm in alarms] == [{"refused": id_}]
    assert {alarm.id for alarm in alarms} <= set(in_tree(engine))
    assert id_ not in in_tree(engine)
    found = checked(engine)
    assert [(one.code, one.id) for one in found.findings] == [(code, id_) for code in more]
    assert [(one.code, one.id) for one in found.remarks] == [("FORGED", id_)]


def test_a_forged_event_that_says_it_was_erased_is_refused(engine: Engine) -> None:
    """It has no body to compare: nothing of it may be believed."""
    (told,) = look(engine)
    id_ = forged(engine, body=None, salt=None, erased_by=told)
    look(engine)
    refusal_is_told(engine, id_, "ERASED")


def test_a_forged_leaf_stops_all(engine: Engine, database_url: URL) -> None:
    look(engine)
    id_ = forged(engine)
    with unguarded(database_url) as administrator, administrator.begin() as connection:
        connection.execute(text("DELETE FROM audit_pending"))
        row = connection.execute(select(audit_event).where(audit_event.c.id == id_)).one()
        hash_ = leaf_hash(entry_of(row.commitment, row.signature))
        seq = len(in_tree(engine))
        connection.execute(insert(leaf).values(seq=seq, event_id=id_, hash=hash_))
    with pytest.raises(NotSignedError, match=f"Event {seq} "):
        look(engine)
    found = [one for one in checked(engine).findings if one.code != "GUARD"]
    assert [(one.code, one.seq) for one in found] == [("FORGED", seq)]


def kill_connections(engine: Engine) -> None:
    """Of the sequencer, as an administrator may, or a network that breaks."""
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks"
            " WHERE locktype = 'advisory' AND granted AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database())"
        )


def test_one_whose_connection_died_signs_nothing_that_others_did_not(
    engine: Engine, database_url: URL
) -> None:
    other, login = engine_for(database_url), engine_for(database_url, None)
    look(engine)
    signed: list[str | None] = []

    def another_signs() -> None:
        kill_connections(login)
        look(other)
        signed.append(ledger_of(other).anchor.read())

    with stopping_at(POINT["recomputed"], another_signs), pytest.raises(NotSignedError):
        look(engine)
    assert ledger_of(other).anchor.read() == signed[0]
    look(engine)
    assert checked(engine).findings == []
    for one in (other, login):
        one.dispose()


def test_one_whose_connection_died_before_its_checkpoint_leaves_it_to_the_next(
    engine: Engine, database_url: URL
) -> None:
    other, login = engine_for(database_url), engine_for(database_url, None)
    dies = stopping_at(POINT["recomputed"], lambda: kill_connections(login))
    with dies, pytest.raises(NotSignedError):
        look(engine)
    look(other)
    assert checked(other).findings == []
    for one in (other, login):
        one.dispose()


def test_an_older_state_under_a_running_process_is_noticed(
    engine: Engine, database_url: URL
) -> None:
    look(engine, 3)
    with unguarded(database_url) as administrator, administrator.begin() as connection:
        for statement in (
            "DELETE FROM audit_checkpoint WHERE size > 1",
            "DELETE FROM audit_event e USING audit_leaf l WHERE l.event_id = e.id AND seq >= 1",
            "DELETE FROM audit_leaf WHERE seq >= 1",
        ):
            connection.execute(text(statement))
    with pytest.raises(NotSignedError, match="4 events were signed"):
        look(engine)


def anchor_of(url: URL) -> Path:
    return audit_folder() / f"{url.database}.checkpoint"


def other_key(path: Path) -> None:
    """The same text under a signature of another key."""
    path.write_text(path.read_text().replace("motem.local", "motem.other"))


SPOILT: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_text(""),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\0"),
    "of another log": other_key,
    "not as it was signed": lambda path: path.write_text(
        path.read_text().replace("\n2\n", "\n1\n")
    ),
}


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.parametrize("is_new", [False, True], ids=["same process", "new process"])
def test_an_anchor_that_does_not_fit_stops_all_until_it_is_back(
    engine: Engine, database_url: URL, how: str, is_new: bool
) -> None:
    look(engine)
    path = anchor_of(database_url)
    kept = path.read_bytes()
    SPOILT[how](path)
    other = engine_for(database_url) if is_new else engine
    with pytest.raises(NotSignedError):
        look(other)
    assert {one.code for one in checked(other).findings} == {"ANCHOR"}
    path.write_bytes(kept)
    look(other)
    assert checked(other).findings == []
    other.dispose()


def test_an_older_anchor_is_what_a_crash_may_leave(engine: Engine, database_url: URL) -> None:
    look(engine)
    older = anchor_of(database_url).read_bytes()
    look(engine)
    anchor_of(database_url).write_bytes(older)
    look(engine)
    assert checked(engine).findings == []


@pytest.mark.parametrize("more", [0, 2, 3], ids=["shorter", "as long", "longer"])
def test_two_databases_cannot_share_an_anchor(
    engine: Engine, server_url: URL, database_url: URL, more: int
) -> None:
    """They were one once; each goes its own way, and only one of them is the log."""
    engine.dispose()
    with fresh_database(server_url, database_url.database) as twin_url:
        for _ in range(2):
            look(engine)
        twin = engine_for(twin_url)
        for _ in range(more):
            look(twin)
        copyfile(anchor_of(database_url), anchor_of(twin_url))
        with pytest.raises(NotSignedError):
            look(twin)
        twin.dispose()


def test_one_that_was_paused_while_signing_holds_nobody_up_for_long(
    database_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "PATIENCE", "300ms")
    engine = engine_for(database_url)
    settle(engine)
    engine.dispose()
    child = os.fork()
    if not child:
        with stopping_at(POINT["after the lock"], lambda: os.kill(os.getpid(), signal.SIGSTOP)):
            look(engine_for(database_url))
        os._exit(0)
    os.waitpid(child, os.WUNTRACED)
    drains: list[None] = []
    original = ledger.Ledger._work

    def work(self: ledger.Ledger, what: Callable[[Connection], object]) -> None:
        drains.append(None)
        original(self, what)

    monkeypatch.setattr(ledger.Ledger, "_work", work)
    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(lambda _: is_refused(engine), range(8)))
    os.kill(child, signal.SIGCONT)
    assert os.waitpid(child, 0)[1] == 0
    assert refused == [True] * 8
    assert len(drains) <= 4  # Not each in its turn.
    settle(engine)
    assert len(in_tree(engine)) == 10
    assert checked(engine).findings == []
    engine.dispose()


def is_refused(engine: Engine) -> bool:
    try:
        look(engine)
    except NotSignedError:
        return True
    return False


def full_disk(path: Path) -> None:
    path.with_suffix(".new").symlink_to("/dev/full")


def unusable_folder(path: Path) -> None:
    path.with_suffix(".lock").unlink(missing_ok=True)
    path.with_suffix(".lock").mkdir()


@pytest.mark.parametrize("broken", [full_disk, unusable_folder])
def test_without_its_folder_nothing_is_signed_and_nothing_lost(
    engine: Engine, database_url: URL, broken: Callable[[Path], None]
) -> None:
    look(engine)
    path = anchor_of(database_url)
    broken(path)
    with pytest.raises(NotSignedError, match="folder cannot be used"):
        look(engine)
    for made in (path.with_suffix(".new"), path.with_suffix(".lock")):
        if made.is_symlink():
            made.unlink()
        elif made.is_dir():
            made.rmdir()
    settle(engine)
    assert len(in_tree(engine)) == 3
    assert checked(engine).findings == []


def test_after_a_restored_backup_only_a_declared_gap_goes_on(
    engine: Engine, server_url: URL, database_url: URL
) -> None:
    look(engine)
    engine.dispose()
    with fresh_database(server_url, database_url.database) as backup_url:
        look(engine, 3)
        copyfile(anchor_of(database_url), anchor_of(backup_url))
        backup = engine_for(backup_url)
        with pytest.raises(NotSignedError, match="5 events were signed, the database has 2"):
            look(backup)
        assert gap_declared(backup, CALLER, "restored") == (2, 4)
        look(backup)
        found = checked(backup)
        assert found.findings == []
        assert (ledger_of(backup).anchor.read() or "").split("\n")[0].endswith("/2")
        assert anchor_of(backup_url).with_suffix(".epoch-1").exists()
        with pytest.raises(NothingLostError):
            gap_declared(backup, CALLER, "again")
        backup.dispose()


def test_a_gap_half_declared_never_signs_two_pasts_under_one_name(
    engine: Engine, server_url: URL, database_url: URL
) -> None:
    look(engine)
    engine.dispose()
    with fresh_database(server_url, database_url.database) as backup_url:
        look(engine, 3)
        copyfile(anchor_of(database_url), anchor_of(backup_url))
        backup = engine_for(backup_url)
        ledger_of(backup).begin_epoch()
        backup.dispose()
        look(backup := engine_for(backup_url))  # As if the first one was killed there.
        with backup.connect() as connection:
            notes = list(connection.scalars(select(checkpoint.c.note).order_by(checkpoint.c.size)))
        assert [note.split("\n")[0][-2:] for note in notes] == ["/1", "/1", "/2"]
        assert checked(backup).findings == []
        backup.dispose()


@pytest.mark.parametrize("point", READ_POINTS, ids=str)
def test_after_each_step_half_done_of_a_read_the_tree_goes_on_as_it_was(
    engine: Engine, point: Point
) -> None:
    look_only(engine)
    before = in_tree(engine)
    with stopping_at(point, fail), pytest.raises((OSError, NotSignedError)):
        look_only(engine)
    settle(engine)
    after = in_tree(engine)
    assert after[: len(before)] == before
    assert len(after) == len(before) + (point not in READ_POINTS[:3])
    assert signed_root(engine) == root_of_leaves(engine)
    look_only(engine)
    assert checked(engine).findings == []


def test_reads_of_many_threads_and_processes_stand_in_one_chain_each_once(
    engine: Engine, database_url: URL
) -> None:
    others = [engine, engine_for(database_url), engine_for(database_url)]
    with ThreadPoolExecutor(24) as pool:
        told = pool.map(
            lambda n: (look_only if n % 3 else look)(others[n % 2], 1 + n % 4), range(120)
        )
        ids = [id_ for each in told for id_ in each]
    # `look` sees what others wrote meanwhile too.
    assert Counter(in_tree(engine)) >= Counter(set(ids))
    assert max(Counter(in_tree(engine)).values()) == 1
    assert checked(engine).findings == []
    for other in others[1:]:
        other.dispose()


def test_an_event_that_the_database_does_not_take_spoils_nothing_for_those_beside_it(
    engine: Engine,
) -> None:
    look(engine)
    held, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        assert go_on.wait(30)

    def told(record: str) -> str:
        with reading(engine) as session:
            made = AuditEvent(action=Action.PATIENT_READ, caller=CALLER, record=record)
            audit.append(session, made)
            (one,) = told_in(session)
        return one.id

    point = Point(name="before the leaves are read", owner=FileAnchor, call="swap")
    with stopping_at(point, hold), ThreadPoolExecutor(8) as pool:
        first = pool.submit(told, "r0")
        assert held.wait(30)  # The others come together, while the first one is being signed.
        good = [pool.submit(told, f"r{n}") for n in range(1, 6)]
        bad = pool.submit(told, "nul \0 in it")
        time.sleep(0.3)
        go_on.set()
        ids = [one.result() for one in (first, *good)]
        with pytest.raises(NotSignedError):
            bad.result()
    assert set(ids) <= set(in_tree(engine))
    assert checked(engine).findings == []


def test_a_unit_of_work_that_reads_can_change_nothing(engine: Engine) -> None:
    with pytest.raises(DBAPIError, match="read-only transaction"), reading(engine) as session:
        session.execute(text("INSERT INTO registry_message DEFAULT VALUES"))


def test_whoever_signs_remembers_no_more_than_its_last_batch(engine: Engine) -> None:
    for _ in range(3):
        look_only(engine, 2)
    assert len(ledger_of(engine)._sequencer.ours) == 2
