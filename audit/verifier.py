"""Checks an exported audit log by itself: Python, `cryptography` and this one file, nothing of ours.

    python verifier.py EXPORT --key VKEY [--event-key VKEY] [--witness NOTE --witness-key VKEY]
                       [--who-saw CHILD] [--json]

Recomputes the Merkle root (RFC 9162) of the log from the events, compares it with the checkpoint
that the log's key signed, with each earlier checkpoint on the way and with what a witness saw, and
answers itself who saw a child, so that nothing can be left out of the answer. Keys are given as
`name+id+base64` (c2sp.org/signed-note) and come from outside the export; --key, --event-key,
--witness and --witness-key may be repeated. With --event-key every event's own signature is checked
too, some ten thousand a second.

Status: 0 the log is whole, 1 there are findings, 2 it cannot be read. The file is read in pieces;
memory does not grow with it.
"""

import argparse
import json
import re
import sys
from base64 import b64decode, b64encode
from binascii import a2b_base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = b"motem-audit-export/1"
EVENT_MESSAGE = b"motem-audit-event-v1\n"
LOG, COSIGNER = 1, 4
BLOCK, MAX_LINE, MAX_MANIFEST, MAX_NOTE = 1 << 18, 16 << 20, 64 << 20, 64 << 10
MAX_FINDINGS = 100
SEAL = len("end\t\n") + 64
"""Bytes of the last line, which holds the SHA-256 of all before it."""
START = b'{"action":"'
"""How each body begins: the keys of canonical JSON are sorted."""
BETWEEN, BODY = b"\t" + START, 138
"""What stands before a body, which begins at this byte: the fields before it have one length."""
PADDED = {bytes([one]) + b"=" for one in b"AEIMQUYcgkosw048"}
"""How the base64 of 32 bytes can end."""
NOTHING, BEFORE_LEAF, BEFORE_NODE = sha256(), sha256(b"\x00"), sha256(b"\x01")
"""To be copied, which is quicker than to begin anew each time."""

SAYS = {
    "ROOT": (
        "gốc tính lại khác gốc đã ký: có sự kiện bị sửa, thêm, bớt hoặc đổi chỗ",
        "the root recomputed is not the signed one: events were changed, added, taken or moved",
    ),
    "BODY": (
        "nội dung sự kiện không đúng dạng chuẩn",
        "the event's text is not as the log writes it",
    ),
    "EVENT": (
        "chữ ký của sự kiện không đúng: nội dung đã bị sửa hoặc không do hệ thống viết",
        "the event's own signature does not fit: changed, or not written by the system",
    ),
    "ERASED": (
        "nội dung bị bỏ mà không sự kiện nào trong bản xuất này nói là đã xóa",
        "its text was left out, and no event of this export tells that it was erased",
    ),
    "LINE": ("dòng sự kiện không đọc được", "the line of the event cannot be read"),
    "COUNT": ("số sự kiện khác với bản kê", "the number of events is not the manifest's"),
    "MANIFEST": ("bản kê không khớp", "the manifest does not fit"),
    "FILE": ("tệp đã bị đổi sau khi xuất", "the file was changed after it was exported"),
    "SIGNATURE": (
        "điểm kiểm không có chữ ký đúng của khoá đã cho",
        "the checkpoint is not signed by a given key",
    ),
    "CHECKPOINT": (
        "điểm kiểm trước đó không thuộc nhật ký này",
        "an earlier checkpoint does not belong to this log",
    ),
    "WITNESS": (
        "điểm kiểm của nhân chứng khác với nhật ký này",
        "what the witness saw is not this log",
    ),
    "TRUNCATED": (
        "nhân chứng đã thấy nhật ký dài hơn: phần cuối bị cắt hoặc đây là bản cũ",
        "the witness saw a longer log: its end was cut off, or this is an old state",
    ),
    "UNCHECKED": (
        "không so được với bản xuất này",
        "cannot be compared with this export",
    ),
    "PART": (
        "bản xuất không bắt đầu từ sự kiện đầu tiên: câu trả lời có thể thiếu",
        "the export does not begin at the first event: the answer may lack something",
    ),
    "MORE": ("còn phát hiện khác không nêu ở đây", "there are more findings than are shown"),
}
"""Code of a finding → in Vietnamese, in English."""


class Unreadable(Exception):  # noqa: N818 (what the file is, not what went wrong in us)
    """The file, a note or a key is not what it must be; nothing can be said of the log."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something is wrong, in the events first to last (sequence numbers) where that is known."""

    code: str
    first: int | None = None
    last: int | None = None
    about: str = ""

    def __str__(self) -> str:
        place = "-" if self.first is None else f"{self.first}"
        place += "" if self.last in (None, self.first) else f"..{self.last}"
        about = f" ({printable(self.about)})" if self.about else ""
        return f"{self.code}\t{place}\t{' / '.join(SAYS[self.code])}{about}"

    def told(self) -> dict[str, object]:
        """For --json."""
        texts = dict(zip(("vi", "en"), SAYS[self.code], strict=True))
        place = {"first": self.first, "last": self.last}
        return {"code": self.code, **place, "about": self.about, **texts}


# --- notes and keys ---------------------------------------------------------------------------


class Key(NamedTuple):
    """A public Ed25519 key under a name: of a log (or of events), or of a witness."""

    name: str
    id: bytes
    type: int
    public: Ed25519PublicKey

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether this key signed the message."""
        try:
            self.public.verify(signature, message)
        except InvalidSignature:
            return False
        return True


def unbase64(text: str, length: int | None = None) -> bytes:
    """Strict base64; Unreadable for another spelling or another length in bytes."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        data = b""
    if b64encode(data).decode() != text or length not in (None, len(data)):
        raise Unreadable("base64 that is not what it must be")
    return data


def read_key(text: str) -> Key:
    """A key from `name+id+base64`; Unreadable when the id is not the key's own."""
    name, *rest = text.strip().split("+", 2)
    if len(rest) != 2 or not name:
        raise Unreadable("a key is name+id+base64")
    material = unbase64(rest[1], 33)
    id_ = sha256(name.encode() + b"\n" + material).digest()[:4]
    if id_.hex() != rest[0] or material[0] not in (LOG, COSIGNER):
        raise Unreadable("the id of a key does not fit it")
    return Key(name, id_, material[0], Ed25519PublicKey.from_public_bytes(material[1:]))


class Checkpoint(NamedTuple):
    """A note that says which size and root a log had; `lines` are (name, id, signature)."""

    origin: str
    size: int
    root: bytes
    text: bytes
    lines: list[tuple[str, bytes, bytes]]

    def signed_by(self, keys: Iterable[Key]) -> bool:
        """Whether a key of the log signed it, and no line under a known key is wrong."""
        mine = [key for key in keys if key.type == LOG and key.name == self.origin]
        tried = [key.signed(self.text, value) for key, value in self._by(mine)]
        return bool(tried) and all(tried)

    def seen_by(self, keys: Iterable[Key]) -> bool:
        """Whether one of the witnesses says to have seen it."""
        tried = [
            key.signed(_cosigned(self.text, value[:8]), value[8:])
            for key, value in self._by(key for key in keys if key.type == COSIGNER)
        ]
        return bool(tried) and all(tried)

    def _by(self, keys: Iterable[Key]) -> Iterator[tuple[Key, bytes]]:
        known = {(key.name, key.id): key for key in keys}
        for name, id_, value in self.lines:
            if (name, id_) in known:
                yield known[name, id_], value


def _cosigned(text: bytes, time: bytes) -> bytes:
    return b"cosignature/v1\ntime %d\n" % int.from_bytes(time, "big") + text


def read_checkpoint(note: str) -> Checkpoint:
    """A checkpoint from a signed note; Unreadable when it is none. Nothing is verified yet."""
    text, blank, signatures = note.rpartition("\n\n")
    lines = text.split("\n")
    if len(note) > MAX_NOTE or not blank or not signatures.endswith("\n") or len(lines) != 3:
        raise Unreadable("a checkpoint is a signed note of three lines")
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1], re.ASCII):
        raise Unreadable("the size of a checkpoint is a number")
    signed = [_signature(line) for line in signatures[:-1].split("\n")]
    root = unbase64(lines[2], 32)
    return Checkpoint(lines[0], int(lines[1]), root, (text + "\n").encode(), signed)


def _signature(line: str) -> tuple[str, bytes, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise Unreadable("a line of a signature is a dash, a name and base64")
    value = unbase64(parts[2])
    return parts[1], value[:4], value[4:]


# --- the tree ---------------------------------------------------------------------------------


class Tree:
    """The perfect subtrees of a log so far, from left to right, as (level, hash)."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[tuple[int, bytes]] = []

    def push(self, level: int, hash_: bytes) -> None:
        """Add the next perfect subtree of 2^level leaves."""
        self.size += 1 << level
        while self._parts and self._parts[-1][0] == level:
            hash_ = sha256(b"\x01" + self._parts.pop()[1] + hash_).digest()
            level += 1
        self._parts.append((level, hash_))

    def add(self, leaves: Sequence[bytes]) -> None:
        """Add leaf hashes."""
        start, at = self.size, 0
        for level in levels(start, start + len(leaves)):
            part = leaves[at : at + (1 << level)]
            at += 1 << level
            while len(part) > 1:
                part = _parents(part)
            self.push(level, part[0])

    def root(self) -> bytes:
        """The root of the log so far."""
        if not self._parts:
            return sha256().digest()
        result = self._parts[-1][1]
        for _, left in self._parts[-2::-1]:
            result = sha256(b"\x01" + left + result).digest()
        return result


def _parents(hashes: Sequence[bytes]) -> list[bytes]:
    parents = list[bytes]()
    for left, right in zip(hashes[::2], hashes[1::2], strict=True):
        node = BEFORE_NODE.copy()
        node.update(left + right)
        parents.append(node.digest())
    return parents


def levels(first: int, end: int) -> Iterator[int]:
    """The levels of the perfect subtrees that make up the leaves [first, end)."""
    while first < end:
        level = (end - first).bit_length() - 1
        while first % (1 << level):
            level -= 1
        yield level
        first += 1 << level


# --- the file ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The second line of an export, its parts of the right types."""

    checkpoint: Checkpoint
    first: int
    count: int
    earlier: list[tuple[int, bytes, Checkpoint | None]]
    left: list[bytes]
    right: list[bytes]
    event_keys: list[Key]
    fits: bool
    """Whether what it says twice is the same."""

    @property
    def end(self) -> int:
        """The sequence number after the last event."""
        return self.first + self.count


def read_manifest(line: bytes) -> Manifest:
    """Unreadable when it is not one."""
    try:
        told = json.loads(line)
        checkpoint = read_checkpoint(told["checkpoint"])
        first, count = _number(told["first"]), _number(told["count"])
        key = read_key(told["key"])
        return Manifest(
            checkpoint=checkpoint,
            first=first,
            count=count,
            earlier=[_earlier(*one) for one in _list(told["checkpoints"])],
            left=[unbase64(one, 32) for one in _list(told["left"])],
            right=[unbase64(one, 32) for one in _list(told["right"])],
            event_keys=[read_key(one) for one in _list(told["event_keys"])],
            fits=(told["origin"], told["size"]) == (checkpoint.origin, checkpoint.size)
            and key.name == checkpoint.origin
            and first + count <= checkpoint.size
            and isinstance(told["query"], dict),
        )
    except Unreadable:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable("the manifest is not one") from error


def _number(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise Unreadable("a number of the manifest is not one")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise Unreadable("a list of the manifest is not one")
    return value


def _earlier(size: int, root: str, note: str | None = None) -> tuple[int, bytes, Checkpoint | None]:
    return _number(size), unbase64(root, 32), None if note is None else read_checkpoint(note)


class Export:
    """An exported file, read from the beginning as often as needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.whole = False
        """Whether the last reading to the end was what had been written."""
        if not path.is_file():
            raise Unreadable("there is no such file")
        lines = self._lines()
        if next(lines, [b""])[0] != FORMAT:
            raise Unreadable("this is not an export of an audit log")
        self.manifest = read_manifest(next(lines, [b""])[0])

    def events(self, *, sealed: bool = True) -> Iterator[list[bytes]]:
        """The lines of the events, many at a time; `sealed` also sums them up, for `whole`."""
        lines = self._lines(sealed)
        next(lines)
        next(lines)
        yield from lines

    def _lines(self, sealed: bool = False) -> Iterator[list[bytes]]:
        """First the two lines of the head, each alone; then the others without the last."""
        digest = sha256()
        summed = max(0, self.path.stat().st_size - SEAL) if sealed else 0
        with self.path.open("rb") as file:
            for limit in (64, MAX_MANIFEST):
                line = file.readline(limit)
                digest.update(line)
                yield [line.removesuffix(b"\n")]
            rest = b""
            while block := file.read(BLOCK):
                digest.update(block[: max(0, summed - file.tell() + len(block))])
                lines = (rest + block).split(b"\n")
                rest = lines.pop()
                if len(rest) > MAX_LINE:
                    raise Unreadable("a line is longer than any event")
                # The last line is not an event.
                if lines and lines[-1].startswith(b"end\t"):
                    rest = lines.pop() + b"\n" + rest
                yield lines
        if sealed:
            self.whole = rest == f"end\t{digest.hexdigest()}\n".encode()


class Line(NamedTuple):
    """One event: `body` is None where it was erased or cannot be read."""

    commitment: bytes
    signature: bytes
    body: bytes | None


def read_line(line: bytes) -> Line:
    """Unreadable when it is neither an event nor an erased one."""
    head = line[: BODY - 1].decode("ascii", "replace").split("\t")
    if line.startswith(b"-\t"):
        head = line.decode("ascii", "replace").split("\t")
        if len(head) != 3:
            raise Unreadable("an erased event has three fields")
        return Line(unbase64(head[2], 32), unbase64(head[1], 68), None)
    if len(head) != 2 or line[BODY - 1 : BODY] != b"\t":
        raise Unreadable("an event has three fields")
    body = line[BODY:]
    return Line(sha256(unbase64(head[0], 32) + body).digest(), unbase64(head[1], 68), body)


# --- checking ---------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Expected:
    """A root that the log must have had at a size, and the finding when it had not."""

    size: int
    root: bytes
    finding: Finding


@dataclass(kw_only=True)
class Check:
    """One verification: the findings so far and where the roots agreed or not."""

    export: Export
    keys: list[Key] = field(default_factory=list)
    event_keys: list[Key] = field(default_factory=list)
    witness_keys: list[Key] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    wrong: list[Expected] = field(default_factory=list)
    erased: int = 0
    gone: bytearray = field(default_factory=bytearray)
    """A bit for each event up to the last that was erased: whether nobody has told of it so far."""
    events: int = 0
    moved: dict[tuple[str, bool], dict[str, tuple[str, int]]] = field(default_factory=dict)
    """What was found of who belonged to whom: the file is read once for it."""

    def found(self, code: str, first: int | None = None, **more: Any) -> None:
        """Keep a finding; beyond a hundred only that there are more."""
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(Finding(code=code, first=first, **more))
        elif self.findings[-1].code != "MORE":
            self.findings.append(Finding(code="MORE"))


def verify(check: Check, witnessed: Sequence[Checkpoint] = ()) -> None:
    """Check the whole export; everything that is wrong is in `check.findings`."""
    manifest = check.export.manifest
    if not manifest.fits:
        check.found("MANIFEST")
    if not manifest.checkpoint.signed_by(check.keys):
        check.found("SIGNATURE", about=f"size {manifest.checkpoint.size}")
    expected = [*_from_manifest(check), *_from_witnesses(check, witnessed)]
    tree = _beginning(check)
    if tree is None:
        return
    marks = sorted(expected, key=lambda one: one.size, reverse=True)
    _run(check, tree, marks)
    if not check.export.whole:
        check.found("FILE")
    if check.events != manifest.count:
        check.found("COUNT", about=f"{check.events}, not {manifest.count}")
        _conclude(check, False)
    else:
        _conclude(check, _ending(check, tree, marks))
    if check.erased:
        _told_of(check)
        for low, high in _runs(check.gone):
            first = manifest.first
            check.found("ERASED", first + low, last=first + high)


def _from_manifest(check: Check) -> Iterator[Expected]:
    manifest = check.export.manifest
    for size, root, note in manifest.earlier:
        about = f"size {size}"
        if note and (note.size, note.root) != (size, root):
            check.found("MANIFEST", about=about)
        if note and not note.signed_by(check.keys):
            check.found("SIGNATURE", about=about)
        if manifest.first <= size <= manifest.end:
            yield Expected(size=size, root=root, finding=Finding(code="CHECKPOINT", about=about))
        else:
            check.found("MANIFEST", about=about)


def _from_witnesses(check: Check, witnessed: Sequence[Checkpoint]) -> Iterator[Expected]:
    whole = check.export.manifest.checkpoint
    for one in witnessed:
        about = f"size {one.size}"
        believed = one.signed_by(check.keys) and (
            not check.witness_keys or one.seen_by(check.witness_keys)
        )
        if not believed or one.origin != whole.origin:
            check.found("WITNESS", about=f"{about}: not signed as expected")
        elif one.size > whole.size:
            check.found("TRUNCATED", whole.size, last=one.size - 1)
        else:
            finding = Finding(code="WITNESS", about=about)
            yield Expected(size=one.size, root=one.root, finding=finding)


def _beginning(check: Check) -> Tree | None:
    """The tree left of the events; None when the manifest does not hold its hashes."""
    manifest, tree = check.export.manifest, Tree()
    left = list(levels(0, manifest.first))
    if len(left) != len(manifest.left):
        check.found("MANIFEST", about="hashes left of the events")
        return None
    for level, hash_ in zip(left, manifest.left, strict=True):
        tree.push(level, hash_)
    return tree


def _run(check: Check, tree: Tree, marks: list[Expected]) -> None:
    """Take in all events; `marks`, the next one last, leave the list when they are reached."""
    _compare(check, tree, marks)
    for lines in check.export.events():
        leaves = _leaves(check, lines, tree.size)
        check.events += len(lines)
        at = 0
        while at < len(leaves):
            stop = min(len(leaves), at + marks[-1].size - tree.size) if marks else len(leaves)
            tree.add(leaves[at:stop])
            at = stop
            _compare(check, tree, marks)


def _compare(check: Check, tree: Tree, marks: list[Expected]) -> None:
    while marks and marks[-1].size <= tree.size:
        one = marks.pop()
        if one.size < tree.size:
            check.found("UNCHECKED", about=f"{one.finding.code.lower()}, size {one.size}")
        elif one.root == tree.root():
            check.right.append(one.size)
        else:
            check.wrong.append(one)


def _leaves(check: Check, lines: list[bytes], first: int) -> list[bytes]:
    """The leaf hashes of events; the quick way for those that look as most do."""
    leaves = list[bytes]()
    quick = not check.event_keys
    for line in lines:
        salt = line[:44]
        try:
            raw, signature = a2b_base64(salt), a2b_base64(line[45:137])
        except ValueError:
            raw = b""
        if quick and len(raw) == 32 and salt[42:] in PADDED and line[137:149] == BETWEEN:
            hashed = NOTHING.copy()
            hashed.update(raw + line[BODY:])
            entry = hashed.digest() + signature
        else:
            entry = _entry(check, line, first + len(leaves))
        leaf = BEFORE_LEAF.copy()
        leaf.update(entry)
        leaves.append(leaf.digest())
    return leaves


def _entry(check: Check, line: bytes, seq: int) -> bytes:
    try:
        event = read_line(line)
    except Unreadable:
        check.found("LINE", seq)
        return b""
    if event.body is None:
        check.erased += 1
        _mark(check.gone, seq - check.export.manifest.first)
    elif not event.body.startswith(START):
        check.found("BODY", seq)
    if check.event_keys and not _signed(event, check.event_keys):
        check.found("EVENT", seq)
    return event.commitment + event.signature


def _mark(bits: bytearray, at: int) -> None:
    """Grows with the lines that were read, not with what the manifest says."""
    bits.extend(bytes(max(0, at // 8 + 1 - len(bits))))
    bits[at // 8] |= 1 << at % 8


def _told_of(check: Check) -> None:
    """Unmark what the events of erasures name: nobody else may leave a text out."""
    start, gone = check.export.manifest.first, check.gone
    for seq, event in _events(check, None, (ERASURE,)):
        for low, high in _places(event.body):
            # An erasure is of what was there before it.
            for at in range(max(low - start, 0), min(high + 1 - start, seq - start, 8 * len(gone))):
                gone[at // 8] &= ~(1 << at % 8)


def _places(body: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """First and last of each range that an erasure names."""
    detail = body.get("detail")
    for told in str(detail.get("places", "") if isinstance(detail, dict) else "").split():
        if PLACES.fullmatch(told):
            first, _, last = told.partition("-")
            yield int(first), int(last or first)


def _runs(bits: bytearray) -> Iterator[tuple[int, int]]:
    """First and last of each row of marks; at most a few more than are shown."""
    first, count = None, 0
    for place, byte in enumerate(bits):
        if byte == 0 and first is None:
            continue
        for at in range(8 * place, 8 * place + 8):
            marked = byte >> at % 8 & 1
            if marked and first is None:
                first = at
            elif not marked and first is not None:
                yield first, at - 1
                first, count = None, count + 1
        if count > MAX_FINDINGS:
            return
    if first is not None:
        yield first, 8 * len(bits) - 1


def _signed(event: Line, keys: Iterable[Key]) -> bool:
    message = EVENT_MESSAGE + event.commitment
    return any(
        key.signed(message, event.signature[4:]) for key in keys if key.id == event.signature[:4]
    )


def _ending(check: Check, tree: Tree, marks: list[Expected]) -> bool:
    """Whether the root is that of the checkpoint, with the hashes right of the events."""
    manifest = check.export.manifest
    right = list(levels(tree.size, max(tree.size, manifest.checkpoint.size)))
    if len(right) != len(manifest.right):
        check.found("MANIFEST", about="hashes right of the events")
        return False
    for level, hash_ in zip(right, manifest.right, strict=True):
        tree.push(level, hash_)
        _compare(check, tree, marks)
    return tree.root() == manifest.checkpoint.root


def _conclude(check: Check, root_fits: bool) -> None:
    """Say what the roots mean: of the log when its own is wrong, of the others when it is not."""
    for one in check.wrong:
        if root_fits or one.finding.code == "WITNESS":
            check.findings.append(one.finding)
    if not root_fits:
        manifest = check.export.manifest
        low = max(check.right, default=manifest.first)
        high = min((one.size for one in check.wrong if one.size > low), default=manifest.end)
        _locate(check, low, high)


def _locate(check: Check, low: int, high: int) -> None:
    """Name the events that are wrong, by their own signatures; else the range they lie in."""
    keys = check.event_keys or check.export.manifest.event_keys
    known = [
        one.first
        for one in check.findings
        if one.code in ("EVENT", "LINE", "BODY") and one.first is not None
    ]
    # Unsigned earlier checkpoints may have been changed as well: if need be, look everywhere.
    for first, end in ((low, high), (check.export.manifest.first, check.export.manifest.end)):
        found = [] if check.event_keys else list(_misfits(check, keys, first, end))
        # Where nothing fits, the keys that the export names are not those of its events.
        if found and len(found) == min(MAX_FINDINGS, end - first):
            found = []
        for seq in found:
            check.found("EVENT", seq)
        if found or known:
            check.found("ROOT", min([*found, *known]))
            return
    about = "" if low < high else "beside the exported events"
    check.found("ROOT", low if low < high else None, last=high - 1 if low < high else None,
                about=about)  # fmt: skip


def _misfits(check: Check, keys: list[Key], first: int, end: int) -> Iterator[int]:
    """Sequence numbers of events in [first, end) that none of the keys signed; at most a hundred."""
    seq, found = check.export.manifest.first, 0
    for lines in check.export.events(sealed=False) if keys else ():
        if seq + len(lines) > first and seq < end:
            for at in range(max(0, first - seq), min(len(lines), end - seq)):
                if found < MAX_FINDINGS and not _genuine(lines[at], keys):
                    found += 1
                    yield seq + at
        seq += len(lines)


def _genuine(line: bytes, keys: list[Key]) -> bool:
    try:
        return _signed(read_line(line), keys)
    except Unreadable:
        return False


# --- who saw a child --------------------------------------------------------------------------

MOVES = {"record:create", "identity:create", "identity:link", "identity:split"}
MOVING = (b'{"action":"record:create"', b'{"action":"identity:')
ERASURE = b'{"action":"audit:erase"'
PLACES = re.compile(r"[0-9]{1,18}(-[0-9]{1,18})?", re.ASCII)
"""Where the erased events stand: one, or the first and the last of several."""
NAMED = re.compile(rb'"(?:record|identity|from)"\s*:\s*"([^"]*)"')


class Event(NamedTuple):
    """A body, parsed: its own ids and those of every child that the answer showed."""

    body: dict[str, Any]
    records: set[str]
    identities: set[str]

    @property
    def move(self) -> tuple[str, str] | None:
        """(record, identity) where the event says to which child a record belongs from now on."""
        if self.body.get("action") not in MOVES:
            return None
        record, identity = self.body.get("record"), self.body.get("identity")
        return (record, identity) if record and identity else None


def read_event(body: bytes) -> Event:
    """Unreadable when it is not the canonical text (RFC 8785) of an event."""
    try:
        told = json.loads(body)
        text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        parts = [told, *told.get("seen", [])]
        records, identities = (
            {part[name] for part in parts if name in part} for name in ("record", "identity")
        )
        if told.get("action") in MOVES and "from" in told.get("detail", {}):
            identities.add(told["detail"]["from"])
        texts = all(isinstance(one, str) for one in (*records, *identities))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable("not an event") from error
    if not texts or text.encode("utf-8", "surrogatepass") != body:
        raise Unreadable("not an event in canonical form")
    return Event(told, records, identities)


class Successor(NamedTuple):
    """To which child an id leads at the end of the export, and the event that says so (-1: none)."""

    child: str
    seq: int


def successor(check: Check, id_: str) -> Successor:
    """Of a record, the child that it belongs to; of an identity that has no record any more, the one
    that has the record with which it began; of any other, itself."""
    ever = _records(check, id_)
    if not ever:
        ever = _records(check, id_, of_record=True)
    elif id_ in {identity for identity, _ in ever.values()}:
        return Successor(id_, -1)
    return next(map(Successor._make, ever.values()), Successor(id_, -1))


def who_saw(check: Check, id_: str, child: str) -> Iterator[dict[str, Any]]:
    """Every event that names the child, or a record or another identity of it, then or now.

    A record counts for the child that it belonged to at that moment and for the one that it belongs
    to at the end of the export; an identity also for those that its records belong to at the end.
    `id_` leads to the child: what it names for itself, while it was one, is told too.
    """
    if first := check.export.manifest.first:
        check.found("PART", 0, last=first - 1)
    asked = {id_, child}
    ever = {
        record: identity for one in asked for record, (identity, _) in _records(check, one).items()
    }
    now = {record for record, identity in ever.items() if identity == child}
    wanted = {written(one) for one in (*asked, *ever, *_holders(check, now))}
    belongs = dict[str, str]()
    for seq, event in _events(check, wanted):
        before = dict(belongs) if event.move else belongs
        if event.move and event.move[0] in ever:
            belongs[event.move[0]] = event.move[1]
        because = _because(event, asked, now, (before, belongs))
        if because:
            yield {"seq": seq, **_shown(event.body), "because": because}
    if not check.export.whole and "FILE" not in {one.code for one in check.findings}:
        check.found("FILE")


def _because(
    event: Event, asked: set[str], now: set[str], times: tuple[dict[str, str], dict[str, str]]
) -> list[str]:
    then = {one[record] for one in times for record in event.records if record in one}
    held = {one[record] for one in times for record in now if record in one}
    reasons = {
        "record-then": not asked.isdisjoint(then),
        "record-now": bool(event.records & now),
        "identity-then": not asked.isdisjoint(event.identities),
        "identity-now": bool(event.identities & held),
    }
    return [reason for reason, holds in reasons.items() if holds]


def _records(check: Check, id_: str, *, of_record: bool = False) -> dict[str, tuple[str, int]]:
    """Each record that ever belonged to a child, the first of them first → to whom it belongs at the
    end, and since which event. `of_record`: the same of one record."""
    if (id_, of_record) in check.moved:
        return check.moved[id_, of_record]
    ever, wanted = dict[str, tuple[str, int]](), {written(id_)}
    for seq, event in _events(check, wanted, MOVING):
        if event.move and (event.move[not of_record] == id_ or event.move[0] in ever):
            ever[event.move[0]] = (event.move[1], seq)
            wanted.add(written(event.move[0]))
    check.moved[id_, of_record] = ever
    return ever


def _holders(check: Check, records: set[str]) -> set[str]:
    """The identities that ever held one of the records."""
    wanted = {written(one) for one in records}
    moves = (event.move for _, event in _events(check, wanted, MOVING))
    return {move[1] for move in moves if move and move[0] in records}


def written(id_: str) -> bytes:
    """An id as it stands in a body."""
    return json.dumps(id_, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass")


def _events(
    check: Check, wanted: set[bytes] | None, beginnings: tuple[bytes, ...] = (b"",)
) -> Iterator[tuple[int, Event]]:
    """Events that name one of the ids (`wanted` may grow meanwhile; None: all); no event: a finding.

    Only what may name one is parsed; with an escape in it, a text may name anything.
    """
    seq, ids = check.export.manifest.first - 1, NAMED.findall
    # The last reading, of whole events, sums up once more: the file must still be the one checked.
    for lines in check.export.events(sealed=beginnings == (b"",)):
        for line in lines:
            seq += 1
            if not line.startswith(beginnings, BODY) or line.startswith(b"-\t"):
                continue
            if wanted is not None and b"\\" not in line and wanted.isdisjoint(ids(line, BODY)):
                continue
            try:
                yield seq, read_event(line[BODY:])
            except Unreadable:
                if not any((one.code, one.first) == ("BODY", seq) for one in check.findings):
                    check.found("BODY", seq)


def _shown(body: dict[str, Any]) -> dict[str, Any]:
    names = ("id", "action", "who", "system", "purpose", "outcome")
    return {"time": _time(body.get("occurred")), **{name: body.get(name) for name in names}}


def _time(occurred: object) -> str:
    try:
        time = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(str(occurred)))
    except (ValueError, OverflowError):
        return "?"
    return time.isoformat()


# --- the command ------------------------------------------------------------------------------


def printable(value: object) -> str:
    """Without what could steer a terminal."""
    return "".join(one if one.isprintable() else "\ufffd" for one in str(value))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the status to end with."""
    given = _parser().parse_args(arguments)
    try:
        check = Check(
            export=Export(given.export),
            keys=[read_key(one) for one in given.key],
            event_keys=[read_key(one) for one in given.event_key],
            witness_keys=[read_key(one) for one in given.witness_key],
        )
        verify(check, [_note_file(path) for path in given.witness])
        _tell(check, given)
    except (Unreadable, OSError) as error:
        sys.stderr.write(f"Không đọc được / Cannot be read: {printable(error)}\n")
        return 2
    return 1 if check.findings else 0


def _note_file(path: Path) -> Checkpoint:
    with path.open("rb") as file:
        return read_checkpoint(file.read(MAX_NOTE + 1).decode("utf-8", "replace"))


def _tell(check: Check, given: argparse.Namespace) -> None:
    """The findings, the answer, and last what was checked; with --json one object a line."""
    told, found = 0, None
    if given.who_saw is not None:
        found = successor(check, given.who_saw)
        if found.child != given.who_saw:
            _lead(given, found)
    for row in who_saw(check, given.who_saw, found.child) if found else ():
        _write({"event": row} if given.json else "\t".join(
            printable(" ".join(one) if isinstance(one, list) else one) for one in row.values()
        ))  # fmt: skip
        told += 1
    for finding in check.findings:
        _write({"finding": finding.told()} if given.json else str(finding))
    summary = _summary(check) | ({"named": told, "child": found.child} if found else {})
    _write({"summary": summary} if given.json else _sentence(summary))


def _lead(given: argparse.Namespace, found: Successor) -> None:
    """Say whose answer follows: an id that was retired, or a record's, is not a child's."""
    if given.json:
        _write({"successor": {"asked": given.who_saw, **found._asdict()}})
        return
    asked, child = printable(given.who_saw), printable(found.child)
    _write(f"{asked} → {child}\t{found.seq}\tđã gộp vào, hoặc là hồ sơ của trẻ này; câu trả lời gồm cả hai"
           " / was merged into this child, or is a record of it; the answer covers both")  # fmt: skip


def _summary(check: Check) -> dict[str, Any]:
    manifest = check.export.manifest
    return {
        "whole": not check.findings,
        "origin": manifest.checkpoint.origin,
        "size": manifest.checkpoint.size,
        "root": b64encode(manifest.checkpoint.root).decode(),
        "first": manifest.first,
        "events": check.events,
        "erased": check.erased,
        "complete": manifest.first == 0 and manifest.end == manifest.checkpoint.size,
        "from_the_beginning": manifest.first == 0,
        "checkpoints": len(check.right),
        "findings": len(check.findings),
    }


def _sentence(told: dict[str, Any]) -> str:
    whole = "TOÀN VẸN / WHOLE" if told["whole"] else "CÓ PHÁT HIỆN / FINDINGS"
    part = "cả nhật ký / the whole log" if told["complete"] else (
        "một phần, từ đầu / a part, from the beginning" if told["from_the_beginning"] else
        "một phần, không từ đầu / a part, not from the beginning"
    )  # fmt: skip
    figures = " ".join(f"{name}={printable(value)}" for name, value in told.items())
    return f"{whole}: {part}: {figures}"


def _write(what: object) -> None:
    text = what if isinstance(what, str) else json.dumps(what, ensure_ascii=True)
    sys.stdout.write(text + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Checks an exported audit log by itself.")
    parser.add_argument("export", type=Path)
    parser.add_argument("--key", action="append", required=True, metavar="VKEY")
    for name, metavar in (("--event-key", "VKEY"), ("--witness-key", "VKEY")):
        parser.add_argument(name, action="append", default=[], metavar=metavar)
    parser.add_argument("--witness", action="append", default=[], type=Path, metavar="NOTE_FILE")
    parser.add_argument("--who-saw", metavar="CHILD")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main())
