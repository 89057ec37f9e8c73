"""The file that an auditor takes away: a part of the log with all that is needed to check it.

Text in UTF-8, one line each: the name of the format; a manifest in JSON; the events in the order of
the log, fields apart by tabs; `end` and the SHA-256 (hex) of every byte before that line.

    event    base64 salt · base64 signature · body
    erased   - · base64 signature · base64 commitment

A signature is the four bytes of the event key's id and 64 bytes of Ed25519. `left` and `right` of
the manifest are the perfect subtrees beside the events: with them the root of the whole log can be
computed from a part of it. audit/verifier.py reads such files without knowing this module.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from types import MappingProxyType
from typing import TypeAlias

from audit.checkpoint import Checkpoint
from audit.merkle import Nodes, subtrees
from audit.notes import VerifierKey, base64

FORMAT = "motem-audit-export/1"
Query: TypeAlias = Mapping[str, str | int | bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportedEvent:
    """One event of the log; `body` and `salt` are None where it was erased."""

    body: str | None
    salt: bytes | None
    commitment: bytes
    signature: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """What an export says of itself.

    `note` is the signed checkpoint of the whole log; `checkpoints` are earlier ones whose size lies
    in the range (first to first + count), as signed notes or, to save space, plain.
    """

    note: str
    key: VerifierKey
    event_keys: tuple[VerifierKey, ...]
    first: int
    count: int
    left: tuple[bytes, ...]
    right: tuple[bytes, ...]
    checkpoints: tuple[str | Checkpoint, ...] = ()
    query: Query = field(default_factory=lambda: MappingProxyType({}))

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint of `note`, not verified."""
        return Checkpoint.of(self.note)

    def __str__(self) -> str:
        """One line of JSON."""
        whole = self.checkpoint
        told = {
            "origin": whole.origin,
            "key": str(self.key),
            "event_keys": [str(key) for key in self.event_keys],
            "query": dict(self.query),
            "first": self.first,
            "count": self.count,
            "size": whole.size,
            "checkpoint": self.note,
            "checkpoints": [_listed(one) for one in self.checkpoints],
            "left": [base64(one) for one in self.left],
            "right": [base64(one) for one in self.right],
        }
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def beside(
    first: int, count: int, size: int, nodes: Nodes
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The perfect subtrees left and right of the events [first, first + count) of a log."""
    ranges = ((0, first), (first + count, size))
    left, right = (tuple(nodes(*one) for one in subtrees(*range_)) for range_ in ranges)
    return left, right


def export_lines(manifest: Manifest, events: Iterable[ExportedEvent]) -> Iterator[bytes]:
    """The file, line by line with newlines; ValueError at the end when the count does not fit."""
    digest, written = sha256(), -2
    for line in chain((FORMAT, str(manifest)), map(_line, events)):
        data = f"{line}\n".encode()
        digest.update(data)
        yield data
        written += 1
    if written != manifest.count:
        raise ValueError(f"The manifest says {manifest.count} events; there were {written}.")
    yield f"end\t{digest.hexdigest()}\n".encode()


def _line(event: ExportedEvent) -> str:
    signature = base64(event.signature)
    if event.body is None or event.salt is None:
        return f"-\t{signature}\t{base64(event.commitment)}"
    # No canonical body holds a newline: whoever put one there must not be able to break the lines.
    body = event.body.replace("\n", "\ufffd")
    return f"{base64(event.salt)}\t{signature}\t{body}"


def _listed(one: str | Checkpoint) -> list[str | int]:
    checkpoint = Checkpoint.of(one) if isinstance(one, str) else one
    told: list[str | int] = [checkpoint.size, base64(checkpoint.root)]
    return [*told, one] if isinstance(one, str) else told
