"""Takes HL7 v2 messages over MLLP: each is answered after it has been committed, never before."""

import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine
from ulid import ULID

from adapters.contract import SourceAdapter, SourceMessage
from adapters.errors import Problem, Rejection
from adapters.formats.acknowledgement import acknowledgement, unavailable
from adapters.formats.hl7 import FRAME_END, FRAME_START
from adapters.formats.values import VIETNAM
from audit.event import Caller
from gateway.ingest import deliver

SOURCE = "hospital"
MOST_BYTES = 16 * 1024 * 1024
"""In one message. A longer one is refused, and the connection ends: its end was never seen."""
MOST_CONNECTIONS = 64
IDLE = 600.0
"""Seconds after which a connection that says nothing is closed; hospitals open a new one."""
SLOWEST = 60.0
"""Seconds from the first byte of a message to its last: then the connection is closed, and nothing
was answered. Otherwise a few senders of half messages would hold all places."""
LAST_WORDS = 2.0
"""Seconds that a sender of an endless message has to notice that it was refused."""
CHUNK = 64 * 1024

log = structlog.get_logger()


class TooLongError(Exception):
    """A frame without an end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificates:
    """PEM files. With `clients`, only those whose certificate these authorities signed may talk."""

    certificate: Path
    key: Path
    clients: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Raises OSError or ssl.SSLError where the files cannot be used."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        if self.clients is not None:
            context.load_verify_locations(self.clients)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


class Listener(socketserver.ThreadingTCPServer):
    """A thread for each connection; `shutdown` and `server_close` end it."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(
        self,
        address: tuple[str, int],
        engine: Engine,
        adapter: SourceAdapter,
        caller: Caller,
        certificates: Certificates | None = None,
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Connection)
        self.engine, self.adapter, self.caller = engine, adapter, caller
        self.tls = certificates.context() if certificates else None
        self.places = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """One more than there is room for is closed at once, which every sender understands."""
        if not self.places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Not the library's, which prints the error with all that it quotes."""
        log.warning("connection ended by an error")


class _Connection(socketserver.BaseRequestHandler):
    server: Listener

    def handle(self) -> None:
        self.request.settimeout(IDLE)
        try:
            # Here and not when accepting, where a slow handshake would keep all others waiting.
            connection = (
                self.server.tls.wrap_socket(self.request, server_side=True)
                if self.server.tls
                else self.request
            )
            with connection:
                self._talk(connection)
        except OSError as error:
            log.info("connection ended", error=type(error).__name__)

    def _talk(self, connection: socket.socket) -> None:
        try:
            for content in frames(connection, IDLE):
                connection.sendall(FRAME_START + self._answer(content) + FRAME_END)
        except TooLongError:
            refused = [Rejection(problem=Problem.TOO_LARGE, position="/")]
            connection.sendall(FRAME_START + self._said(b"", refused) + FRAME_END)
            _end(connection)

    def _answer(self, content: bytes) -> bytes:
        message = SourceMessage(source=SOURCE, content=content)
        caller = replace(self.server.caller, who=f"mllp:{self.client_address[0]}")
        try:
            result = deliver(self.server.engine, message, self.server.adapter, caller)
        # Whatever it is, nothing was committed, and the sender must know.
        except Exception as error:
            log.error("nothing was committed", error=type(error).__name__)
            return unavailable(content, time=_now(), control_id=_control_id())
        return self._said(content, result.rejections)

    @staticmethod
    def _said(content: bytes, rejections: Any) -> bytes:
        return acknowledgement(content, rejections, time=_now(), control_id=_control_id())


def _end(connection: socket.socket) -> None:
    """Let the answer arrive: closing while bytes come in would take it back (RFC 1122, 4.2.2.13)."""
    connection.shutdown(socket.SHUT_WR)
    connection.settimeout(LAST_WORDS)
    for _ in range(MOST_BYTES // CHUNK):
        if not connection.recv(CHUNK):
            return


def frames(connection: socket.socket, idle: float | None = None) -> Iterator[bytes]:
    """The messages of a connection without their frames, until the other side ends it.

    `idle`: seconds that it may be silent between two messages; else as the socket is set.

    Bytes between frames are passed over (MLLP release 1, 2.2). Raises TooLongError, and
    TimeoutError where a message does not come to its end.
    """
    held = bytearray()
    begun = 0.0
    while chunk := connection.recv(CHUNK):
        now = time.monotonic()
        begun = begun if held else now
        if now - begun > SLOWEST:
            raise TimeoutError
        # Only the new bytes may hold the end: a long message is not searched again and again.
        begin = max(0, len(held) - 1)
        held += chunk
        while (end := held.find(FRAME_END, begin)) >= 0:
            start = held.find(FRAME_START, 0, end)
            if start >= 0:
                yield bytes(held[start + 1 : end])
            del held[: end + len(FRAME_END)]
            begin, begun = 0, now
        if len(held) > MOST_BYTES:
            raise TooLongError
        if idle is not None:
            connection.settimeout(SLOWEST if held else idle)


def _now() -> datetime:
    return datetime.now(VIETNAM)


def _control_id() -> str:
    return str(ULID())[-20:]
