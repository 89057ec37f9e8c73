"""A stand-in for the exchange platform: the population look-up and a civil-status office."""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any

from adapters.errors import PayloadError
from adapters.outbound import population_standin as standin
from gateway.sandbox.register import Register, is_made_up

HOST = "127.0.0.1"
"""Never another: whoever reaches it may tell it anything."""
LOOKUP, REGISTRATIONS = "/population/037", "/registrations"
MOST_BYTES = 1024 * 1024
TIME = "2026-03-12T08:00:00+07:00"
XML, JSON = "text/xml; charset=utf-8", "application/json"
SITE = f"""# A stand-in on this machine, and no real body: made by `motem sandbox population`.
[platform]
lookup = "{{address}}{LOOKUP}"
registrations = "{{address}}{REGISTRATIONS}"
client = "SANDBOX/MOTEM"
user = "motem"
service_code = "SANDBOX"
officer = "SANDBOX"
unit = "SANDBOX"
account = "SANDBOX"
timeout = 5
"""


@dataclass(kw_only=True)
class Behaviour:
    """What it is told to do; may be changed while it runs."""

    register: Register = field(default_factory=Register)
    slow: float = 0.0
    """Seconds before each answer."""
    fail: int = 0
    """So many of the next messages are answered with 503."""
    refuse: bool = False
    """Registrations are refused, and look-ups are answered with a fault of the sender."""
    answer: Callable[[bytes], tuple[int, str, bytes]] | None = None
    """Status, type and bytes in the place of every answer, for hostile ones."""


class Sandbox(ThreadingHTTPServer):
    """Keeps what it was told in memory, and how often."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, behaviour: Behaviour, port: int = 0) -> None:
        super().__init__((HOST, port), _Handler)
        self.behaviour = behaviour
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.transactions: Counter[str] = Counter()
        """Transaction id of a look-up → how often it came."""
        self.handed_in: Counter[str] = Counter()
        """Id of a request → how often it came."""
        self.requests: dict[str, bytes] = {}
        self.asked_for: Counter[str] = Counter()
        self.addresses: set[str] = set()
        """Paths that were asked for, as any program in between would log them."""

    def server_close(self) -> None:
        """Nobody waits for an answer that was told to be slow."""
        self.ended.set()
        super().server_close()

    @property
    def address(self) -> str:
        """Where it is reached."""
        return f"http://{HOST}:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Not the library's, which prints the error; clients that give up are no news."""


class _Handler(BaseHTTPRequestHandler):
    server: Sandbox
    timeout = 30

    def do_POST(self) -> None:
        if self.path != LOOKUP:
            return self._answer(404, JSON, b"{}")
        content = self._content()
        try:
            question = standin.asked(content)
        except PayloadError:
            return self._answer(500, XML, standin.fault("Client"))
        with self.server.lock:
            self.server.transactions[question.transaction_id] += 1
        if self._misbehaves(content):
            return None
        if self.server.behaviour.refuse or not is_made_up(question.number):
            return self._answer(500, XML, standin.fault("Client.NotAllowed"))
        known = self.server.behaviour.register.knows(question)
        return self._answer(200, XML, (standin.found if known else standin.nobody)(question))

    def do_PUT(self) -> None:
        request_id, content = self._request_id(), self._content()
        if not request_id or _request_in(content) != request_id:
            return self._answer(400, JSON, b"{}")
        with self.server.lock:
            self.server.handed_in[request_id] += 1
            first = self.server.requests.setdefault(request_id, content)
        if first != content:
            return self._answer(409, JSON, b"{}")
        if self._misbehaves(content):
            return None
        return self._answer(202, JSON, _encoded(_received(request_id)))

    def do_GET(self) -> None:
        if self.path == f"{LOOKUP}?wsdl":
            return self._answer(200, XML, wsdl(self.server.address))
        request_id = self._request_id()
        if request_id not in self.server.requests:
            return self._answer(404, JSON, b"{}")
        if self._misbehaves(b""):
            return None
        with self.server.lock:
            self.server.asked_for[request_id] += 1
        decide = _refused if self.server.behaviour.refuse else _registered
        return self._answer(200, JSON, _encoded(decide(request_id)))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what is asked here would be a child's data."""

    def _request_id(self) -> str:
        return self.path.removeprefix(f"{REGISTRATIONS}/") if self.path.count("/") == 2 else ""

    def _content(self) -> bytes:
        return self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST_BYTES))

    def _misbehaves(self, content: bytes) -> bool:
        """As it was told to; whether it has answered already."""
        behaviour = self.server.behaviour
        self.server.ended.wait(behaviour.slow)
        if behaviour.answer is not None:
            self._answer(*behaviour.answer(content))
            return True
        with self.server.lock:
            fails = behaviour.fail > 0
            behaviour.fail -= fails
        if fails:
            self._answer(503, JSON, b"{}")
        return fails

    def _answer(self, status: int, kind: str, content: bytes) -> None:
        self.server.addresses.add(self.path)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _request_in(content: bytes) -> str | None:
    """The id that a request says it has."""
    try:
        told = json.loads(content)
    except ValueError:
        return None
    return told.get("maYeuCau") if isinstance(told, dict) else None


def site(address: str) -> str:
    """A site's file that leads there."""
    return SITE.format(address=address)


def wsdl(address: str) -> bytes:
    """The description of the look-up, with the address under which it is served."""
    text = resources.files(__package__).joinpath("population.wsdl").read_text("utf-8")
    return text.replace("{address}", f"{address}{LOOKUP}").encode()


def _received(request_id: str) -> dict[str, Any]:
    return {
        "maYeuCau": request_id,
        "trangThai": "DA_TIEP_NHAN",
        "maTiepNhan": f"H00.{request_id[-6:]}",
        "thoiGian": TIME,
    }


def _registered(request_id: str) -> dict[str, Any]:
    """A made-up number and entry, the same whenever it is asked for."""
    digits = int(hashlib.sha256(request_id.encode()).hexdigest(), 16)
    return _received(request_id) | {
        "trangThai": "DA_CAP_SO",
        "soDinhDanh": f"998{digits % 10**9:09}",
        "noiDangKy": {"maXa": "00199"},
        "quyenSo": "01/2026",
        "so": str(digits % 10_000),
        "ngayDangKy": "12.03.2026",
    }


def _refused(request_id: str) -> dict[str, Any]:
    reason = {"ma": "THIEU_BIEN_BAN", "noiDung": "Thiếu biên bản (sandbox)"}
    return _received(request_id) | {"trangThai": "TU_CHOI", "lyDo": reason}


def _encoded(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()
