"""The MLLP door: a real connection, answers after the commit, hostile frames, TLS."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL, Engine, func, select

from adapters.catalog import load_adapters
from adapters.contract import SourceAdapter
from adapters.formats.hl7 import FRAME_END, FRAME_START
from audit.event import Caller
from gateway import mllp
from gateway.database import transaction
from gateway.mllp import Certificates, Listener, frames
from gateway.registry.tables import message, record, rejection
from tests.certificates import certificates_in
from tests.gateway.hl7_sender import admission, answer, send
from tests.ledger import engine_for


@contextmanager
def listening(
    engine: Engine,
    caller: Caller,
    certificates: Certificates | None = None,
    adapter: SourceAdapter | None = None,
) -> Iterator[tuple[str, int]]:
    adapter = adapter or load_adapters()["hospital"]
    with Listener(("127.0.0.1", 0), engine, adapter, caller, certificates) as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield "127.0.0.1", listener.server_address[1]
        finally:
            listener.shutdown()
            thread.join()


@pytest.fixture
def address(engine: Engine, caller: Caller) -> Iterator[tuple[str, int]]:
    with listening(engine, caller) as address:
        yield address


def test_a_message_is_answered_aa_and_is_in_the_registry(
    address: tuple[str, int], engine: Engine
) -> None:
    with socket.create_connection(address, timeout=10) as connection:
        for number in range(3):
            assert send(connection, admission(number))[1] == f"MSA|AA|C{number}"
            with transaction(engine) as session:
                count = session.scalar(select(func.count()).select_from(record))
            assert count == number + 1, "committed before it was answered"


def test_the_same_message_again_is_taken_once(address: tuple[str, int], engine: Engine) -> None:
    with socket.create_connection(address, timeout=10) as connection:
        assert send(connection, admission(1))[1] == send(connection, admission(1))[1]
    with transaction(engine) as session:
        assert session.scalar(select(func.count()).select_from(message)) == 1


def test_what_is_refused_is_kept_and_answered_with_its_place(
    address: tuple[str, int], engine: Engine
) -> None:
    with socket.create_connection(address, timeout=10) as connection:
        refused = send(connection, admission(1).replace(b"ADT^A01", b"ORU^R01"))
        assert refused[1] == "MSA|AR|C1"
        assert refused[2].startswith("ERR|")
        assert "M\u1eadt" not in "".join(refused)
        assert send(connection, b"\xff\x00 no message")[1].startswith("MSA|A")
    with transaction(engine) as session:
        assert session.scalars(select(message.c.state)).all() == ["rejected", "rejected"]


def test_what_other_systems_are_meant_for_is_answered_ar_kept_and_no_childs_deadline(
    address: tuple[str, int], engine: Engine
) -> None:
    with socket.create_connection(address, timeout=10) as connection:
        for number, kind in enumerate((b"ORU^R01", b"ADT^A24"), start=1):
            sent = admission(number).replace(b"ADT^A01", kind)
            assert send(connection, sent)[1] == f"MSA|AR|C{number}"
    with transaction(engine) as session:
        query = select(rejection.c.about_child, rejection.c.due.is_not(None))
        found = session.execute(query.order_by(rejection.c.id)).all()
    assert [tuple(row) for row in found] == [(False, False), (True, True)]


def test_an_event_that_is_not_used_is_answered_aa_kept_and_no_childs_deadline(
    address: tuple[str, int], engine: Engine
) -> None:
    with socket.create_connection(address, timeout=10) as connection:
        answered = send(connection, admission(1).replace(b"ADT^A01", b"ADT^A12"))
        assert answered[1:] == ["MSA|AA|C1"]
    with transaction(engine) as session:
        row = session.execute(select(message.c.state, message.c.counts)).one()
        assert tuple(row) == ("accepted", {"left-out:cancel-not-used": 1})
        assert session.scalar(select(func.count()).select_from(rejection)) == 0


def test_an_endless_frame_is_refused_and_the_connection_ends(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mllp, "MOST_BYTES", 100_000)
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(FRAME_START + b"x" * 200_000)
        assert "AE" in answer(connection)[1] or "AR" in answer(connection)[1]
        with contextlib.suppress(ConnectionError):
            assert connection.recv(1) == b""


def test_half_a_message_does_not_hold_a_place_for_ever(
    address: tuple[str, int], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mllp, "SLOWEST", 0.2)
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(FRAME_START + admission(1)[:20])
        with contextlib.suppress(ConnectionError):
            assert connection.recv(1) == b"", "closed, and nothing was answered"
    with socket.create_connection(address, timeout=60) as connection:
        assert send(connection, admission(2))[1] == "MSA|AA|C2"
        time.sleep(0.5)
        assert send(connection, admission(3))[1] == "MSA|AA|C3", "between messages is time"
    with transaction(engine) as session:
        assert session.scalar(select(func.count()).select_from(message)) == 2


def test_a_database_that_is_away_is_answered_ar_and_the_sender_may_send_again(
    database_url: URL, caller: Caller
) -> None:
    away = engine_for(database_url.set(host=None, query={"host": "/nonexistent"}))
    with (
        listening(away, caller) as address,
        socket.create_connection(address, timeout=10) as connection,
    ):
        assert send(connection, admission(1))[1] == "MSA|AR|C1"


def test_sixteen_senders_at_once_lose_nothing(address: tuple[str, int], engine: Engine) -> None:
    answers: list[str] = []

    def sender(first: int) -> None:
        with socket.create_connection(address, timeout=60) as connection:
            for number in range(first, first + 5):
                answers.append(send(connection, admission(number))[1])

    threads = [threading.Thread(target=sender, args=(10 * number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 80
    assert all(found.startswith("MSA|AA|") for found in answers)
    with transaction(engine) as session:
        assert session.scalar(select(func.count()).select_from(record)) == 80


@given(st.lists(st.binary(max_size=50).filter(lambda b: not {11, 28} & set(b)), max_size=5))
def test_frames_come_out_as_they_went_in(contents: list[bytes]) -> None:
    here, there = socket.socketpair()
    with here, there:
        for content in contents:
            here.sendall(b"noise" + FRAME_START + content + FRAME_END)
        here.shutdown(socket.SHUT_WR)
        assert list(frames(there)) == contents


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificates_in(tmp_path_factory.mktemp("pem"))


def test_with_client_certificates_only_known_clients_talk(
    engine: Engine, caller: Caller, pem: Path
) -> None:
    certificates = Certificates(
        certificate=pem / "one.pem", key=pem / "one.key", clients=pem / "ca.pem"
    )
    known = ssl.create_default_context(cafile=pem / "ca.pem")
    stranger = ssl.create_default_context(cafile=pem / "ca.pem")
    known.load_cert_chain(pem / "one.pem", pem / "one.key")
    with listening(engine, caller, certificates) as address:
        with (
            socket.create_connection(address, timeout=10) as plain,
            known.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
        ):
            assert send(connection, admission(1))[1] == "MSA|AA|C1"
        with (
            pytest.raises((ssl.SSLError, ConnectionError)),
            socket.create_connection(address, timeout=10) as plain,
            stranger.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
        ):
            send(connection, admission(2))
