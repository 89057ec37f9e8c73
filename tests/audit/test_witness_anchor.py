"""Several hosts share a log: the witness keeps what was signed last, and refuses another past."""

import socket
from pathlib import Path

import httpx
import pytest

from audit.anchor import AnchorMovedError
from audit.errors import LateError
from audit.keys import Key
from audit.proofs import consistency_proof
from audit.syslog import line_of, syslog_at
from audit.witness_anchor import WitnessAnchor
from audit.witness_client import WitnessClient
from tests.audit.test_witness import (  # noqa: F401 (fixtures)
    FORKED,
    FORKED_NODES,
    KEY,
    LOG,
    client,
    http,
    note,
    prove,
    url,
    witness,
)


@pytest.fixture
def anchor(client: WitnessClient) -> WitnessAnchor:  # noqa: F811
    return WitnessAnchor(client=client, key=Key(name="motem.local/3f9c2a71", private=LOG))


def test_what_one_host_signed_another_reads(anchor: WitnessAnchor) -> None:
    assert anchor.read() is None
    anchor.swap(None, str(note(3)), prove)
    anchor.swap(str(note(3)), str(note(7)), prove)
    assert anchor.read() == str(note(7))


def test_a_host_that_comes_too_late_signs_nothing(anchor: WitnessAnchor) -> None:
    anchor.swap(None, str(note(3)), prove)
    anchor.swap(str(note(3)), str(note(7)), prove)
    with pytest.raises(AnchorMovedError):
        anchor.swap(str(note(3)), str(note(9)), prove)
    assert anchor.read() == str(note(7))


def test_another_past_is_refused(anchor: WitnessAnchor) -> None:
    anchor.swap(None, str(note(20)), prove)
    with pytest.raises(AnchorMovedError):
        anchor.swap(
            str(note(20)),
            str(note(30, FORKED)),
            lambda old, new: consistency_proof(old, new, FORKED_NODES),
        )
    assert anchor.read() == str(note(20))


def test_a_witness_that_is_away_stops_signing(http: httpx.Client) -> None:  # noqa: F811
    away = WitnessClient(http=http, url="http://127.0.0.1:9", key=KEY)
    anchor = WitnessAnchor(client=away, key=Key(name="motem.local/3f9c2a71", private=LOG))
    with pytest.raises(LateError):
        anchor.read()


def test_a_checkpoint_reaches_a_syslog_as_one_line(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "log"))
        receiver.settimeout(5)
        syslog_at(str(tmp_path / "log"))("checkpoint", str(note(3)))
        told = receiver.recv(4096).decode()
    assert told.startswith("<109>1 ")
    assert "\n" not in told
    assert all(line in told for line in str(note(3)).split("\n") if line)


def test_a_syslog_that_is_away_stops_nothing(tmp_path: Path) -> None:
    syslog_at(str(tmp_path / "nobody"))("checkpoint", str(note(3)))
    assert line_of("checkpoint", str(note(3)))
