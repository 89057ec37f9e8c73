"""A witness over HTTP: it signs only growth, whatever is asked, by how many, and after a kill."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from socket import create_connection
from threading import Thread
from time import time

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint, opened
from audit.merkle import Nodes
from audit.notes import COSIGNER, Note, VerifierKey, base64, cosigned
from audit.proofs import consistency_proof
from audit.witness import Witness, origin_hash
from audit.witness_client import WitnessClient, WitnessError, WitnessRefusalError
from audit.witness_server import WitnessServer
from tests.audit.trees import plain_nodes, plain_root

LOG = Ed25519PrivateKey.from_private_bytes(b"1" * 32)
PRIVATE = Ed25519PrivateKey.from_private_bytes(b"2" * 32)
ORIGIN, NAME = "motem.local/3f9c2a71/1", "witness.test/w1"
LOG_KEY, KEY = VerifierKey.of(ORIGIN, LOG), VerifierKey.of(NAME, PRIVATE, COSIGNER)
ENTRIES = [n.to_bytes(2, "big") for n in range(64)]
FORKED = [*ENTRIES[:10], b"another", *ENTRIES[11:]]
NODES, FORKED_NODES = plain_nodes(ENTRIES), plain_nodes(FORKED)


def note(size: int, entries: list[bytes] = ENTRIES, origin: str = ORIGIN) -> Note:
    root = plain_root(entries[:size])
    return Checkpoint(origin=origin, size=size, root=root).signed(LOG)


def request(old: int, new: int, nodes: Nodes = NODES, signed: Note | None = None) -> bytes:
    proof = consistency_proof(old, new, nodes) if old <= new else []
    lines = [f"old {old}", *map(base64, proof)]
    return ("\n".join(lines) + f"\n\n{signed or note(new)}").encode()


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(folder=tmp_path / "witness", name=NAME, private=PRIVATE, logs={ORIGIN: LOG_KEY})


@pytest.fixture
def url(witness: Witness) -> Iterator[str]:
    with WitnessServer(witness) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server.url
        server.shutdown()


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


@pytest.fixture
def client(url: str, http: httpx.Client) -> WitnessClient:
    return WitnessClient(http=http, url=url, key=KEY)


def prove(old: int, new: int) -> list[bytes]:
    return consistency_proof(old, new, NODES)


def prove_forked(old: int, new: int) -> list[bytes]:
    return consistency_proof(old, new, FORKED_NODES)


def test_growth_is_cosigned_with_the_time(client: WitnessClient) -> None:
    before = int(time())
    for size in (1, 5, 5, 32, 64):
        line = client.cosign(note(size), prove)
        (seen,) = cosigned(note(size).with_signatures([line]), [KEY])
        assert seen.name == NAME
        assert before <= seen.time <= time() + 1


def test_the_last_checkpoint_can_be_read_with_both_signatures(
    client: WitnessClient, http: httpx.Client
) -> None:
    address = f"{client.url}/checkpoint/{origin_hash(ORIGIN)}"
    assert http.get(address).status_code == 404
    client.cosign(note(7), prove)
    client.cosign(note(9), prove)
    read = http.get(address)
    assert read.headers["Content-Type"].startswith("text/plain")
    assert opened(read.text, [LOG_KEY]).size == 9
    assert len(cosigned(Note.parsed(read.text), [KEY])) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff\xff", 400),
        (b"old 0\n\nno note", 400),
        (request(0, 5).replace(b"old 0", b"old 00"), 400),
        (request(0, 5).replace(b"old 0", b"old -1"), 400),
        (request(0, 5).replace(b"old 0", b"old 6"), 400),
        (request(0, 5).replace(b"old 0", b"new 0"), 400),
        (request(0, 5).replace(b"old 0\n", b"old 0\n" + b"A" * 43 + b"=\n"), 400),
        (request(3, 5).replace(b"old 3\n", b"old 3\n" + (b"A" * 43 + b"=\n") * 64), 400),
        (request(3, 5).replace(b"old 3\n", b"old 3\nAAAA\n"), 400),
        (request(0, 5, signed=note(5, origin="motem.local/unknown/1")), 404),
        (request(0, 5).replace(b"\n5\n", b"\n6\n"), 403),
        (request(0, 5, signed=Checkpoint(origin=ORIGIN, size=5, root=bytes(32)).signed(PRIVATE)), 403),
        (request(3, 5), 409),
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_checkpoint_of_a_known_log_is_refused(
    url: str, http: httpx.Client, body: bytes, status: int
) -> None:
    assert http.post(f"{url}/add-checkpoint", content=body).status_code == status
    assert http.get(f"{url}/checkpoint/{origin_hash(ORIGIN)}").status_code == 404
    assert http.post(f"{url}/add-checkpoint", content=request(0, 5)).status_code == 200


def test_another_old_size_is_answered_with_the_one_it_has(url: str, http: httpx.Client) -> None:
    http.post(f"{url}/add-checkpoint", content=request(0, 20))
    for old in (0, 3, 19, 21):
        answer = http.post(f"{url}/add-checkpoint", content=request(old, 30))
        assert (answer.status_code, answer.text) == (409, "20\n")
        assert answer.headers["Content-Type"] == "text/x.tlog.size"


def test_a_log_that_was_rolled_back_is_refused(
    client: WitnessClient, url: str, http: httpx.Client
) -> None:
    client.cosign(note(30), prove)
    for old, new in ((0, 20), (20, 20), (30, 20), (20, 25)):
        assert http.post(f"{url}/add-checkpoint", content=request(old, new)).status_code != 200
    restored = WitnessClient(http=http, url=url, key=KEY)
    with pytest.raises(WitnessRefusalError, match="longer") as refused:
        restored.cosign(note(25), prove)
    assert refused.value.size == 30


@pytest.mark.parametrize("size", [30, 40])
def test_another_view_of_the_log_is_refused(
    client: WitnessClient, witness: Witness, size: int
) -> None:
    """Signed by the log's own key, with the best proof that whoever rewrote it can make."""
    client.cosign(note(30), prove)
    with pytest.raises(WitnessRefusalError, match="another log"):
        client.cosign(note(size, FORKED), prove_forked)
    last = witness.last(ORIGIN)
    assert last is not None
    assert last.root == plain_root(ENTRIES[:30])


def test_of_sixteen_at_once_the_log_only_grows(url: str, witness: Witness) -> None:
    """Half of them show another past: whoever is first decides, and nobody is rolled back."""

    def ask(number: int) -> list[tuple[int, bool]]:
        forked = number % 2 == 1
        entries, proofs = (FORKED, prove_forked) if forked else (ENTRIES, prove)
        signed = list[tuple[int, bool]]()
        with httpx.Client(timeout=30) as http:
            asking = WitnessClient(http=http, url=url, key=KEY)
            for size in range(11 + number, 64, 7):
                try:
                    asking.cosign(note(size, entries), proofs)
                    signed.append((size, forked))
                except WitnessRefusalError:
                    continue
        return signed

    with ThreadPoolExecutor(16) as pool:
        signed = [one for many in pool.map(ask, range(16)) for one in many]
    assert signed
    assert len({forked for _, forked in signed}) == 1
    last = witness.last(ORIGIN)
    assert last is not None
    assert last.size == max(size for size, _ in signed)


def test_of_many_with_the_same_old_size_each_is_decided_on_its_own(
    url: str, witness: Witness
) -> None:
    with httpx.Client(timeout=30) as http, ThreadPoolExecutor(16) as pool:
        answers = pool.map(
            lambda size: http.post(f"{url}/add-checkpoint", content=request(0, size)).status_code,
            range(20, 36),
        )
    assert Counter(answers) == {200: 1, 409: 15}


SERVE = """
import sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from audit.notes import VerifierKey
from audit.witness import Witness
from audit.witness_server import WitnessServer
key = VerifierKey.parsed(sys.argv[2])
private = Ed25519PrivateKey.from_private_bytes(b"2" * 32)
witness = Witness(folder=Path(sys.argv[1]), name=sys.argv[3], private=private, logs={key.name: key})
server = WitnessServer(witness)
print(server.url, flush=True)
server.serve_forever()
"""


def test_killed_and_started_again_it_remembers_what_it_signed(tmp_path: Path) -> None:
    signed = 0
    for round_ in range(3):
        command = [sys.executable, "-c", SERVE, str(tmp_path), str(LOG_KEY), NAME]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        with process.stdout or pytest.fail("no output") as output, httpx.Client(timeout=30) as http:
            asking = WitnessClient(http=http, url=output.readline().strip(), key=KEY)
            if signed:
                with pytest.raises(WitnessRefusalError):
                    asking.cosign(note(signed + 1, FORKED), prove_forked)
            signed = 15 * (round_ + 1)
            asking.cosign(note(signed), prove)
            process.send_signal(signal.SIGKILL)
        process.wait()


def test_a_half_written_file_of_a_killed_witness_is_no_memory(
    client: WitnessClient, witness: Witness
) -> None:
    client.cosign(note(12), prove)
    (witness.folder / f"{origin_hash(ORIGIN)}.new").write_text("half a no", "utf-8")
    client.cosign(note(13), prove)
    with pytest.raises(WitnessRefusalError):
        client.cosign(note(14, FORKED), prove_forked)


def test_a_witness_whose_memory_is_damaged_signs_nothing(
    client: WitnessClient, witness: Witness, http: httpx.Client
) -> None:
    client.cosign(note(12), prove)
    (witness.folder / f"{origin_hash(ORIGIN)}.checkpoint").write_text("damaged", "utf-8")
    with pytest.raises(WitnessError, match="500"):
        client.cosign(note(13), prove)


def test_before_it_answers_the_checkpoint_is_on_the_disk(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = list[int]()
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(os.fstat(number).st_ino))
    assert witness.add_checkpoint(request(0, 5)).status == 200
    kept = witness.folder / f"{origin_hash(ORIGIN)}.checkpoint"
    assert synced == [kept.stat().st_ino, witness.folder.stat().st_ino]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("POST /add-checkpoint HTTP/1.1\r\nContent-Length: 99999999\r\n", 413),
        (f"POST /add-checkpoint HTTP/1.1\r\nContent-Length: {'9' * 5000}\r\n", 413),
        ("POST /add-checkpoint HTTP/1.1\r\nContent-Length: -5\r\n", 411),
        ("POST /add-checkpoint HTTP/1.1\r\n", 411),
        ("POST /elsewhere HTTP/1.1\r\nContent-Length: 0\r\n", 404),
        ("GET /checkpoint/ HTTP/1.1\r\n", 404),
        ("GET /checkpoint/../lock HTTP/1.1\r\n", 404),
        ("GET / HTTP/1.1\r\n", 404),
        ("DELETE /checkpoint HTTP/1.1\r\n", 501),
    ],
)
def test_other_requests_are_refused(url: str, head: str, status: int) -> None:
    host, port = url.removeprefix("http://").split(":")
    with create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(f"{head}Host: x\r\nConnection: close\r\n\r\n".encode())
        answer = connection.makefile("rb").readline()
    assert int(answer.split()[1]) == status


@pytest.mark.parametrize(
    ("status", "text"),
    [(200, ""), (200, "— witness.test/w1 AAAAAAA=\n"), (200, str(note(5)))],
)
def test_an_answer_without_its_cosignature_is_not_believed(status: int, text: str) -> None:
    liar = httpx.MockTransport(lambda _: httpx.Response(status, text=text))
    with httpx.Client(transport=liar) as http:
        asking = WitnessClient(http=http, url="http://witness.test", key=KEY)
        with pytest.raises(WitnessError):
            asking.cosign(note(5), prove)
        assert asking.size == 0


@pytest.mark.parametrize(("status", "text"), [(302, ""), (503, ""), (200, "x" * 70_000)])
def test_a_witness_that_cannot_be_understood_is_an_error_not_a_refusal(
    status: int, text: str
) -> None:
    ill = httpx.MockTransport(lambda _: httpx.Response(status, text=text))
    with httpx.Client(transport=ill) as http, pytest.raises(WitnessError) as raised:
        WitnessClient(http=http, url="http://witness.test", key=KEY).cosign(note(5), prove)
    assert not isinstance(raised.value, WitnessRefusalError)


def test_a_witness_that_is_not_there_is_an_error(http: httpx.Client) -> None:
    with pytest.raises(WitnessError, match="reached"):
        WitnessClient(http=http, url="http://127.0.0.1:1", key=KEY).cosign(note(5), prove)
