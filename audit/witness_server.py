"""A witness over HTTP: `POST /add-checkpoint` and `GET /checkpoint/<SHA-256 of the origin>`."""

import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import structlog

from audit.notes import NoteError
from audit.witness import Answer, Witness

MAX_BODY = 128 * 1024
SECONDS = 10
"""For a client to say what it wants; and so long a connection may stand idle."""
LOG = structlog.get_logger()


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness, a thread for each connection; on this machine unless told otherwise."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, witness: Witness, host: str = "127.0.0.1", port: int = 0) -> None:
        self.witness = witness
        super().__init__((host, port), WitnessHandler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away in the middle is no news; what else fails is said without data."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            LOG.error("witness_connection_failed", error=type(error).__name__)

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"


class WitnessHandler(BaseHTTPRequestHandler):
    """One connection."""

    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "motem-witness", ""
    timeout = SECONDS
    # An answer is one small packet: waiting for more to send would only delay it.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        """A checkpoint to be cosigned."""
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint":
            self._refused(404, "There is only /add-checkpoint.\n")
        elif not (length.isascii() and length.isdigit()):
            self._refused(411, "The length of the request is missing.\n")
        elif len(length) > 9 or int(length) > MAX_BODY:
            self._refused(413, "A request has at most 128 KiB.\n")
        else:
            body = self.rfile.read(int(length))
            self._answered(lambda: self.server.witness.add_checkpoint(body))

    def do_GET(self) -> None:
        """The last checkpoint that was seen of a log."""
        beginning, _, name = self.path.rpartition("/")
        if beginning != "/checkpoint":
            self._refused(404, "There is only /checkpoint/<SHA-256 of the origin>.\n")
        else:
            self._answered(lambda: self.server.witness.checkpoint(name))

    def _answered(self, work: Callable[[], Answer]) -> None:
        try:
            answer = work()
        except (OSError, NoteError) as error:
            # Its own disk or what it kept there: it must not sign anything until somebody looked.
            LOG.error("witness_cannot_work", error=type(error).__name__)
            answer = Answer(status=500, text="The witness cannot read or write what it keeps.\n")
        self._send(answer)

    def _refused(self, status: int, text: str) -> None:
        """Without the body read, the connection cannot be used again."""
        self.close_connection = True
        self._send(Answer(status=status, text=text))

    def _send(self, answer: Answer) -> None:
        data = answer.text.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a line for each request would only hide the ones that matter."""
