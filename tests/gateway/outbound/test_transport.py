"""What comes back over HTTP is a stranger's: bounded in time and size, and never quoted."""

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.outbound.failures import (
    NotConfiguredError,
    OutboundError,
    RefusedError,
    UnreachableError,
    UnwelcomeError,
    WrongAnswerError,
)
from gateway.outbound.transport import Answer, Expected, open_transport
from tests.certificates import certificates_in
from tests.gateway.outbound.conftest import NAME, exchange_to

XML = Expected(types=("text/xml",), most=1000)
GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: 4\r\n\r\n<a/>"
Talk = Callable[[socket.socket], None]


@contextmanager
def listening(talk: Talk, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server that reads a request and then says what it likes; its address."""

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            with suppress(OSError), plain:
                connection = tls.wrap_socket(plain, server_side=True) if tls else plain
                with connection:
                    while not connection.recv(65536).endswith(b"asked"):
                        pass
                    talk(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http{'s' if tls else ''}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            with suppress(OSError):  # macOS has shut it down already.
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def said(content: bytes) -> Talk:
    return lambda connection: connection.sendall(content)


def ask(address: str, **changes: Any) -> Answer:
    with open_transport(exchange_to(address, **changes)) as transport:
        return transport.send("POST", f"{address}/x", {}, XML, b"asked")


def headed(*headers: str, status: str = "200 OK", content: bytes = b"<a/>") -> bytes:
    lines = [f"HTTP/1.1 {status}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def test_an_answer_is_its_status_and_its_bytes() -> None:
    with listening(said(GOOD)) as address:
        assert ask(address) == Answer(status=200, content=b"<a/>")


XML_TYPE = "Content-Type: text/xml"
ANSWERS = {
    "nothing": (b"", UnreachableError, "RemoteProtocolError"),
    "no http": (NAME.encode(), UnreachableError, "RemoteProtocolError"),
    "cut": (GOOD[:-2], UnreachableError, "RemoteProtocolError"),
    "endless header": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000, UnreachableError, "Protocol"),
    "too large": (headed(XML_TYPE, content=b"a" * 1001), WrongAnswerError, "size"),
    "html": (headed("Content-Type: text/html"), WrongAnswerError, "Content-Type"),
    "no type": (headed(), WrongAnswerError, "Content-Type"),
    "zipped": (headed(XML_TYPE, "Content-Encoding: gzip"), WrongAnswerError, "Content-Encoding"),
    "elsewhere": (
        headed("Location: http://127.0.0.1:1/", status="307 Temporary Redirect"),
        WrongAnswerError,
        "HTTP 307",
    ),
    "busy": (headed(status="503 Busy"), UnreachableError, "HTTP 503"),
    "slow down": (headed(status="429 Slow"), UnreachableError, "HTTP 429"),
    "gateway": (headed(status="502 Bad"), UnreachableError, "HTTP 502"),
    "bad request": (headed(status="400 Bad"), RefusedError, "HTTP 400"),
    "stranger": (headed(status="401 Who"), UnwelcomeError, "HTTP 401"),
    "nowhere": (headed(status="404 Not"), UnwelcomeError, "HTTP 404"),
    "strange status": (headed(status="299 Odd"), WrongAnswerError, "HTTP 299"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_no_answer_is_a_clear_error_of_ours(name: str) -> None:
    content, kind, words = ANSWERS[name]
    with listening(said(content)) as address, pytest.raises(kind, match=words) as caught:
        ask(address)
    assert type(caught.value) is kind
    assert NAME not in str(caught.value)
    assert caught.value.__cause__ is None


class Speaker:
    """Says to each who asks what it holds now."""

    content = b""

    def __call__(self, connection: socket.socket) -> None:
        connection.sendall(self.content)


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[Speaker, Callable[[], Answer]]]:
    """One way out for many answers: opening one reads all authorities of the machine."""
    speaker = Speaker()
    with listening(speaker) as address, open_transport(exchange_to(address)) as transport:
        yield speaker, lambda: transport.send("POST", f"{address}/x", {}, XML, b"asked")


@settings(max_examples=60)
@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda b: headed(XML_TYPE, content=b)))
def test_whatever_bytes_come_back_it_is_an_answer_or_an_error_of_ours(
    asked: tuple[Speaker, Callable[[], Answer]], content: bytes
) -> None:
    speaker, ask_it = asked
    speaker.content = content
    with suppress(OutboundError):
        assert ask_it().status in (200, 500)


def test_nobody_there_is_unreachable() -> None:
    with listening(said(b"")) as address:
        pass
    with pytest.raises(UnreachableError, match="ConnectError"):
        ask(address)


class Drip:
    """A byte now and then, for a minute if nobody ends it."""

    def __init__(self, beginning: bytes = b"") -> None:
        self.beginning = beginning
        self.finished = False

    def __call__(self, connection: socket.socket) -> None:
        connection.sendall(self.beginning)
        for _ in range(1200):
            time.sleep(0.05)
            if self.beginning:
                connection.sendall(b"a")
            elif select.select([connection], [], [], 0)[0]:
                return  # Whoever was kept waiting has gone.
        self.finished = True


@pytest.mark.parametrize(
    "beginning",
    [b"", b"HTTP/1.1 200 OK\r\nX: ", headed(XML_TYPE, "Content-Length: 2000")],
    ids=["silence", "slow header", "slow body"],
)
def test_time_is_counted_from_the_connection_to_the_last_byte(beginning: bytes) -> None:
    talk = Drip(beginning)
    with listening(talk) as address, pytest.raises(UnreachableError):
        ask(address, timeout=0.3)
    assert not talk.finished


def test_a_variable_of_the_environment_leads_no_question_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with listening(said(GOOD)) as address:
        assert ask(address).status == 200


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificates_in(tmp_path_factory.mktemp("pem"))


def server_side(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem / "one.pem", pem / "one.key")
    context.load_verify_locations(pem / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_both_sides_show_their_certificates(pem: Path) -> None:
    known = {"certificate": pem / "one.pem", "key": pem / "one.key"}
    with listening(said(GOOD), server_side(pem)) as address:
        assert ask(address, authorities=pem / "ca.pem", **known).status == 200
        with pytest.raises(UnreachableError):
            ask(address, authorities=pem / "ca.pem")
        with pytest.raises(UnreachableError):
            ask(address, **known)


def test_a_slow_answer_over_tls_is_broken_off_too(pem: Path) -> None:
    known = {"certificate": pem / "one.pem", "key": pem / "one.key"}
    talk = Drip(b"HTTP/1.1 200 OK\r\nX: ")
    with listening(talk, server_side(pem)) as address, pytest.raises(UnreachableError):
        ask(address, authorities=pem / "ca.pem", timeout=0.5, **known)
    assert not talk.finished


def test_certificates_that_cannot_be_used_are_told_without_their_path(tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_text("no key")
    wrong = exchange_to(
        "https://127.0.0.1:1", certificate=tmp_path / "own.pem", key=tmp_path / "own.pem"
    )
    with pytest.raises(NotConfiguredError, match="certificate") as caught, open_transport(wrong):
        pass
    assert "own.pem" not in str(caught.value)
