"""Made-up logs and their exports, to check and to spoil."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.checkpoint import Checkpoint
from audit.export_format import ExportedEvent, Manifest, beside, export_lines
from audit.merkle import Frontier, Nodes, leaf_hash, node_hash
from audit.notes import COSIGNER, VerifierKey, cosign
from audit.sealing import entry_of

LOG, EVENTS, WITNESS = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2, 3))
ORIGIN, WITNESS_NAME = "motem.test/0a1b2c3d/1", "witness.test/w1"
LOG_KEY = VerifierKey.of(ORIGIN, LOG)
EVENT_KEY = VerifierKey.of("motem.test/0a1b2c3d/events", EVENTS)
WITNESS_KEY = VerifierKey.of(WITNESS_NAME, WITNESS, COSIGNER)


def body(number: int, action: str = "record:read", **more: Any) -> str:
    """The canonical text of event `number`."""
    told = {
        "action": action,
        "detail": {},
        "id": f"01JE{number:022d}",
        "occurred": 1_790_000_000_000_000 + number,
        "outcome": "success",
        "purpose": "TREAT",
        "system": "test",
        "who": f"bác sĩ {number % 7}",
    } | more
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def event(text: str, number: int, *, erased: bool = False) -> ExportedEvent:
    salt = sha256(b"salt %d" % number).digest()
    commitment = sha256(salt + text.encode()).digest()
    return ExportedEvent(
        body=None if erased else text,
        salt=None if erased else salt,
        commitment=commitment,
        signature=EVENT_KEY.id + EVENTS.sign(b"motem-audit-event-v1\n" + commitment),
    )


def nodes_of(leaves: list[bytes]) -> Nodes:
    levels = [leaves]
    while len(levels[-1]) > 1:
        last = levels[-1]
        levels.append(list(map(node_hash, last[::2], last[1::2])))
    return lambda level, index: levels[level][index]


@dataclass(frozen=True, kw_only=True)
class Log:
    """A log of events, with what it signs."""

    events: Sequence[ExportedEvent]

    def checkpoint(self, size: int | None = None) -> Checkpoint:
        frontier = Frontier()
        frontier.extend(
            leaf_hash(entry_of(one.commitment, one.signature)) for one in self.events[:size]
        )
        return Checkpoint(origin=ORIGIN, size=frontier.size, root=frontier.root())

    def note(self, size: int | None = None) -> str:
        return str(self.checkpoint(size).signed(LOG))

    def witnessed(self, size: int | None = None) -> str:
        checkpoint = self.checkpoint(size)
        line = cosign(checkpoint.text, WITNESS_NAME, WITNESS, 1_790_000_000)
        return str(checkpoint.signed(LOG).with_signatures([line]))

    def export(
        self,
        first: int = 0,
        end: int | None = None,
        *,
        size: int | None = None,
        checkpoints: Sequence[int] = (),
        signed: Sequence[int] = (),
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        """Events first to end of the log when it had `size` entries."""
        whole = len(self.events) if size is None else size
        count = (whole if end is None else end) - first
        leaves = [leaf_hash(entry_of(one.commitment, one.signature)) for one in self.events[:whole]]
        left, right = beside(first, count, whole, nodes_of(leaves))
        manifest = Manifest(
            note=self.note(whole),
            key=LOG_KEY,
            event_keys=(EVENT_KEY,),
            first=first,
            count=count,
            left=left,
            right=right,
            checkpoints=(*map(self.checkpoint, checkpoints), *map(self.note, signed)),
            query=query or {},
        )
        return b"".join(export_lines(manifest, self.events[first : first + count]))


def log(texts: Sequence[str], erased: Sequence[int] = ()) -> Log:
    made = [event(text, n, erased=n in erased) for n, text in enumerate(texts)]
    return Log(events=made)


def saved(folder: Path, data: bytes, name: str = "log.export") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def resealed(data: bytes) -> bytes:
    """The file with a last line that fits again: whoever changed it can compute that too."""
    inner = data[: data.rindex(b"end\t")]
    return inner + b"end\t" + sha256(inner).hexdigest().encode() + b"\n"


def single_changes(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Every line left out, doubled or exchanged with the next."""
    lines = data.splitlines(keepends=True)
    for n, line in enumerate(lines):
        yield f"without line {n}", b"".join([*lines[:n], *lines[n + 1 :]])
        yield f"line {n} twice", b"".join([*lines[:n], line, *lines[n:]])
        if n + 1 < len(lines):
            swapped = [*lines[:n], lines[n + 1], line, *lines[n + 2 :]]
            yield f"line {n} after the next", b"".join(swapped)
