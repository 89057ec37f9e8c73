"""The stand-alone verifier: a whole log is whole, every single change is found and placed."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import verifier
from audit.checkpoint import Checkpoint
from audit.export_format import ExportedEvent
from tests.audit.exports import (
    EVENT_KEY,
    EVENTS,
    LOG,
    LOG_KEY,
    ORIGIN,
    WITNESS_KEY,
    Log,
    body,
    event,
    log,
    resealed,
    saved,
    single_changes,
)

ERASURE: dict[str, Any] = {"action": "audit:erase", "detail": {"places": "4"}}
SMALL = log(
    [body(n, **(ERASURE if n == 6 else {"record": f"R{n % 3}"})) for n in range(13)], erased=[4]
)
EXPORT = SMALL.export(checkpoints=[5, 8], signed=[11])
KEYS = ["--key", str(LOG_KEY)]
same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def run(
    capsys: pytest.CaptureFixture[str], path: Path, *arguments: str
) -> tuple[int, dict[str, list[Any]]]:
    """Status, and the lines of --json by their kind."""
    status = verifier.main([str(path), *KEYS, "--json", *arguments])
    told: dict[str, list[Any]] = {"event": [], "finding": [], "summary": []}
    for line in capsys.readouterr().out.splitlines():
        ((kind, value),) = json.loads(line).items()
        told[kind].append(value)
    return status, told


def codes(told: dict[str, list[Any]]) -> dict[str, Any]:
    """Code of each finding → where it begins."""
    return {one["code"]: one["first"] for one in told["finding"]}


def test_it_imports_nothing_but_the_standard_library_and_cryptography() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text("utf-8"))
    names = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    roots = {name.split(".")[0] for name in names}
    assert roots - set(sys.stdlib_module_names) == {"cryptography"}


def test_the_file_alone_runs_anywhere(tmp_path: Path) -> None:
    alone = saved(tmp_path, Path(verifier.__file__).read_bytes(), "verifier.py")
    command = [sys.executable, "-I", str(alone), str(saved(tmp_path, EXPORT)), *KEYS]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("TOÀN VẸN / WHOLE")


@pytest.mark.parametrize(("first", "end"), [(0, 13), (0, 7), (3, 9), (12, 13), (5, 5), (0, 0)])
@pytest.mark.parametrize("keys", [[], ["--event-key", str(EVENT_KEY)]])
def test_a_whole_log_and_any_part_of_it_are_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], first: int, end: int, keys: list[str]
) -> None:
    path = saved(tmp_path, SMALL.export(first, end))
    status, told = run(capsys, path, *keys)
    assert (status, told["finding"]) == (0, [])
    (summary,) = told["summary"]
    assert summary["events"] == end - first
    assert summary["erased"] == (first <= 4 < end)
    assert summary["complete"] == ((first, end) == (0, 13))
    assert summary["from_the_beginning"] == (first == 0)


@pytest.mark.parametrize(("hidden", "found"), [(8, [8]), (6, [4, 6]), (4, [])])
def test_an_event_whose_text_was_left_out_to_hide_it_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], hidden: int, found: list[int]
) -> None:
    """The tree vouches for its commitment all the same: only an event of an erasure may say so."""
    events = list(SMALL.events)
    one = events[hidden]
    events[hidden] = ExportedEvent(
        body=None, salt=None, commitment=one.commitment, signature=one.signature
    )
    status, told = run(capsys, saved(tmp_path, Log(events=events).export()))
    assert status == bool(found)
    assert [(one["code"], one["first"]) for one in told["finding"]] == [
        ("ERASED", seq) for seq in found
    ]


@pytest.mark.parametrize(
    ("places", "left"),
    [
        ("1-3 5", [(7, 9)]),
        ("1-3 5 7-9", []),
        ("0-3 5-5 7-99999999999999999", []),
        ("1 3 9", [(2, 2), (5, 5), (7, 8)]),
        ("3-1 -5 x 7- 9999999999999999999", [(1, 3), (5, 5), (7, 9)]),
        (5, [(1, 3), (7, 9)]),
        (["1-9"], [(1, 3), (5, 5), (7, 9)]),
    ],
)
def test_what_an_erasure_does_not_name_is_told_as_ranges(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], places: object, left: list[tuple[int, int]]
) -> None:
    texts = [body(n) for n in range(10)]
    texts += [body(10, "audit:erase", detail={"places": places}), body(11)]
    path = saved(tmp_path, log(texts, erased=[1, 2, 3, 5, 7, 8, 9]).export())
    _, told = run(capsys, path)
    assert [(one["first"], one["last"]) for one in told["finding"]] == left


def test_an_erasure_speaks_only_of_what_was_there_before_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [body(0), body(1, "audit:erase", detail={"places": "0-3"}), body(2), body(3)]
    _, told = run(capsys, saved(tmp_path, log(texts, erased=[0, 2]).export()))
    assert codes(told) == {"ERASED": 2}


def test_checkpoints_on_the_way_are_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, told = run(capsys, saved(tmp_path, EXPORT))
    assert told["summary"][0]["checkpoints"] == 3


@pytest.mark.parametrize("change", list(single_changes(EXPORT)), ids=lambda one: str(one[0]))
def test_a_line_that_is_missing_doubled_or_moved_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, bytes]
) -> None:
    assert run(capsys, saved(tmp_path, change[1]))[0] in (1, 2)
    if b"end\t" in change[1]:
        assert run(capsys, saved(tmp_path, resealed(change[1])))[0] in (1, 2)


@same_folder
@given(st.integers(0, len(EXPORT) - 1), st.integers(1, 255))
def test_any_byte_that_changes_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: int, change: int
) -> None:
    spoilt = EXPORT[:place] + bytes([EXPORT[place] ^ change]) + EXPORT[place + 1 :]
    assert run(capsys, saved(tmp_path, spoilt))[0] in (1, 2)


@same_folder
@given(st.integers(0, len(EXPORT)), st.integers(0, 60), st.binary(max_size=60))
def test_hostile_bytes_never_end_in_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: int, cut: int, put: bytes
) -> None:
    spoilt = EXPORT[:place] + put + EXPORT[place + cut :]
    status, _ = run(capsys, saved(tmp_path, spoilt), "--who-saw", "C1")
    assert status in ((0,) if spoilt == EXPORT else (1, 2))


LINES = EXPORT.splitlines(keepends=True)[2:-1]


@same_folder
@given(st.integers(0, 12), st.integers(0, 10**9), st.integers(1, 127))
def test_any_byte_of_salt_or_body_that_changes_is_found_at_its_event_even_with_a_new_seal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seq: int, where: int, change: int
) -> None:
    line = LINES[seq]
    covered = (
        [n for n in range(len(line) - 1) if not 44 <= n < 138] if seq != 4 else [*range(95, 139)]
    )
    place = covered[where % len(covered)]
    changed = line[:place] + bytes([line[place] ^ change]) + line[place + 1 :]
    if b"\n" not in changed[:-1]:
        spoilt = [*EXPORT.splitlines(keepends=True)[:2], *LINES[:seq], changed, *LINES[seq + 1 :]]
        status, told = run(capsys, saved(tmp_path, resealed(b"".join([*spoilt, b"end\t"]))))
        assert (status, codes(told)["ROOT"]) == (1, seq)


SIXTY = log([body(n, record=f"R{n % 3}") for n in range(60)])
SIXTY_EXPORT = SIXTY.export(checkpoints=range(10, 60, 10)).splitlines(keepends=True)


def moved(lines: list[bytes], at: int) -> list[bytes]:
    return [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]


def taken(lines: list[bytes], at: int) -> list[bytes]:
    return [*lines[:at], *lines[at + 1 :]]


def doubled(lines: list[bytes], at: int) -> list[bytes]:
    return [*lines[:at], lines[at], *lines[at:]]


@same_folder
@given(st.sampled_from([moved, taken, doubled]), st.integers(0, 58), st.booleans())
def test_an_event_moved_taken_or_put_in_is_found_between_its_checkpoints(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[list[bytes], int], list[bytes]],
    at: int,
    count_too: bool,
) -> None:
    head, manifest, *events, _ = SIXTY_EXPORT
    changed = change(events, at)
    if count_too:
        told = json.loads(manifest) | {"count": len(changed)}
        manifest = json.dumps(told).encode() + b"\n"
    path = saved(tmp_path, resealed(b"".join([head, manifest, *changed, b"end\t"])))
    status, told = run(capsys, path)
    (root,) = [one for one in told["finding"] if one["code"] == "ROOT"]
    assert status == 1
    # What comes after an event may be the first that is wrong: it lies up to the next checkpoint.
    assert root["first"] - 1 <= at <= root["last"]
    assert root["last"] - root["first"] <= 10


def test_with_other_keys_of_events_than_its_own_a_range_is_named_and_no_event(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoilt = edited('0007","occurred"', '"record":"R1"', '"record":"R2"')
    told_keys = json.dumps([str(EVENT_KEY)]).encode()
    for keys in (b"[]", json.dumps([str(LOG_KEY)]).encode()):
        assert spoilt.count(told_keys) == 1
        data = resealed(spoilt.replace(told_keys, keys))
        _, told = run(capsys, saved(tmp_path, data))
        (finding,) = told["finding"]
        assert (finding["code"], finding["first"], finding["last"]) == ("ROOT", 5, 7)


def edited(text: str, old: str, new: str) -> bytes:
    """The export with the one event that holds `text` changed, and sealed again."""
    lines = EXPORT.decode().splitlines(keepends=True)
    (at,) = [n for n, line in enumerate(lines) if text in line and n > 1]
    assert old in lines[at]
    lines[at] = lines[at].replace(old, new)
    return resealed("".join(lines).encode())


@pytest.mark.parametrize("keys", [[], ["--event-key", str(EVENT_KEY)]])
def test_an_edited_event_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], keys: list[str]
) -> None:
    path = saved(tmp_path, edited('0007","occurred"', '"record":"R1"', '"record":"R2"'))
    status, told = run(capsys, path, *keys)
    assert (status, codes(told)) == (1, {"EVENT": 7, "ROOT": 7})


def test_without_its_signature_the_range_between_checkpoints_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two events exchanged: each is genuine, and only the order is wrong."""
    lines = EXPORT.splitlines(keepends=True)
    lines[2 + 5], lines[2 + 6] = lines[2 + 6], lines[2 + 5]
    _, told = run(capsys, saved(tmp_path, resealed(b"".join(lines))))
    (finding,) = told["finding"]
    assert (finding["code"], finding["first"], finding["last"]) == ("ROOT", 5, 7)


def test_a_forged_event_under_a_good_root_is_found_with_the_event_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    genuine = event(body(1), 1)
    forged = ExportedEvent(
        body=genuine.body,
        salt=genuine.salt,
        commitment=genuine.commitment,
        signature=EVENT_KEY.id + LOG.sign(b"motem-audit-event-v1\n" + genuine.commitment),
    )
    path = saved(tmp_path, Log(events=[event(body(0), 0), forged]).export())
    assert run(capsys, path)[0] == 0
    status, told = run(capsys, path, "--event-key", str(EVENT_KEY))
    assert (status, codes(told)) == (1, {"EVENT": 1})


def test_a_checkpoint_by_another_key_is_not_believed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = str(SMALL.checkpoint().signed(EVENTS))
    data = EXPORT.replace(json.dumps(SMALL.note(), ensure_ascii=False).encode(),
                          json.dumps(forged, ensure_ascii=False).encode(), 1)  # fmt: skip
    status, told = run(capsys, saved(tmp_path, resealed(data)))
    assert (status, codes(told)) == (1, {"SIGNATURE": None})


def test_a_rewritten_log_does_not_fit_an_earlier_checkpoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewritten = Log(events=[event(body(99), 99), *SMALL.events[1:]])
    export = rewritten.export(checkpoints=[5]).replace(
        rewritten.export(checkpoints=[5]).split(b'"checkpoints":')[1].split(b',"left"')[0],
        EXPORT.split(b'"checkpoints":')[1].split(b',"left"')[0],
    )
    status, told = run(capsys, saved(tmp_path, resealed(export)))
    assert (status, set(codes(told))) == (1, {"CHECKPOINT"})
    assert [one["about"] for one in told["finding"]] == ["size 5", "size 8", "size 11"]


@pytest.mark.parametrize("size", [0, 1, 6, 12, 13])
def test_what_the_witness_saw_is_the_beginning_of_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], size: int
) -> None:
    note = saved(tmp_path, SMALL.witnessed(size).encode(), "seen")
    given_keys = ["--witness", str(note), "--witness-key", str(WITNESS_KEY)]
    status, told = run(capsys, saved(tmp_path, EXPORT), *given_keys)
    assert (status, told["finding"]) == (0, [])


def test_a_log_whose_end_was_cut_off_is_found_by_the_witness(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = saved(tmp_path, SMALL.witnessed().encode(), "seen")
    status, told = run(capsys, saved(tmp_path, SMALL.export(size=9)), "--witness", str(note))
    assert (status, codes(told)) == (1, {"TRUNCATED": 9})


def test_a_log_that_was_rewritten_with_its_own_key_is_found_by_the_witness(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note = saved(tmp_path, SMALL.witnessed(9).encode(), "seen")
    rewritten = Log(events=[*SMALL.events[:3], event(body(99), 99), *SMALL.events[4:]])
    path = saved(tmp_path, rewritten.export())
    assert run(capsys, path)[0] == 0
    status, told = run(capsys, path, "--witness", str(note))
    assert (status, codes(told)) == (1, {"WITNESS": None})


@pytest.mark.parametrize("without", ["log", "witness"])
def test_a_note_that_the_log_or_the_witness_did_not_sign_is_not_believed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], without: str
) -> None:
    note = SMALL.note(9) if without == "witness" else SMALL.witnessed(9).replace(ORIGIN + " ", "x ")
    seen = saved(tmp_path, note.encode(), "seen")
    given_keys = ["--witness", str(seen), "--witness-key", str(WITNESS_KEY)]
    status, told = run(capsys, saved(tmp_path, EXPORT), *given_keys)
    assert (status, codes(told)) == (1, {"WITNESS": None})


def test_a_witness_of_what_lies_outside_the_export_is_said_to_be_unchecked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = saved(tmp_path, SMALL.witnessed(2).encode(), "seen")
    status, told = run(capsys, saved(tmp_path, SMALL.export(6)), "--witness", str(seen))
    assert (status, codes(told)) == (1, {"UNCHECKED": None})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 5000,
        b"motem-audit-export/1",
        b"motem-audit-export/2\n{}\n",
        b"motem-audit-export/1\n{}\n",
        b"motem-audit-export/1\n[]\n",
        b"motem-audit-export/1\n" + b"[" * 100_000,
        EXPORT.replace(b'"first":0', b'"first":' + b"9" * 5000),
        EXPORT.replace(b'"count":13', b'"count":true'),
        EXPORT.replace(b'"left":[]', b'"left":[1]'),
        EXPORT.replace(b'"left":[]', b'"left":"AAAA"'),
    ],
    ids=range(11),
)
def test_what_is_no_export_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes
) -> None:
    assert verifier.main([str(saved(tmp_path, data)), *KEYS]) == 2
    assert capsys.readouterr().err.startswith("Không đọc được / Cannot be read: ")


HARMLESS: dict[str, object] = {
    "query": {},
    "event_keys": [],
    "checkpoints": [],
    "left": [],
    "right": [],
}
ODD: list[object] = [
    None,
    True,
    -1,
    7,
    1.5,
    "",
    "x",
    "9" * 5000,
    [],
    [[]],
    [1],
    [[1]],
    [["x", "y"]],
    {},
    "\x00",
]


@pytest.mark.parametrize("name", json.loads(EXPORT.split(b"\n")[1]))
def test_an_odd_value_in_the_manifest_is_said_and_never_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    head, manifest, rest = EXPORT.split(b"\n", 2)
    for value in ODD:
        told = json.dumps(json.loads(manifest) | {name: value}).encode()
        status, _ = run(capsys, saved(tmp_path, resealed(b"\n".join([head, told, rest]))))
        # The whole log hangs on none of these: there is nothing left of it, and the rest helps.
        harmless = value == HARMLESS.get(name, ...)
        assert status in ((0,) if harmless else (1, 2)), value


@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_a_terminal_that_knows_no_vietnamese_is_no_reason_to_fail(
    tmp_path: Path, locale: str
) -> None:
    path = saved(tmp_path, EXPORT)
    done = subprocess.run(
        [sys.executable, verifier.__file__, str(path), *KEYS],
        capture_output=True,
        check=False,
        timeout=60,
        env={"LC_ALL": locale, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_every_finding_is_explained_in_the_documents() -> None:
    page = (Path(__file__).parents[2] / "docs/audit_export.md").read_text("utf-8")
    assert [code for code in verifier.SAYS if f"| `{code}` |" not in page] == []


def test_a_key_or_a_file_that_is_none_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path, EXPORT)
    assert verifier.main([str(path), "--key", "no key"]) == 2
    assert verifier.main([str(tmp_path / "missing"), *KEYS]) == 2
    assert verifier.main([str(path), *KEYS, "--witness", str(path)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_findings_are_lines_that_steer_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steering = log([body(0, "record:create", record="R", identity="C", who="\x9b31mx\u202e")])
    assert verifier.main([str(saved(tmp_path, steering.export())), *KEYS, "--who-saw", "C"]) == 0
    shown = capsys.readouterr().out
    assert all(one.isprintable() for line in shown.split("\n") for one in line.replace("\t", ""))


def test_a_body_that_breaks_lines_is_found_where_it_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = event(body(1), 1)
    changed = ExportedEvent(
        body=f"{broken.body}\nend\tx",
        salt=broken.salt,
        commitment=broken.commitment,
        signature=broken.signature,
    )
    log_ = Log(events=[event(body(0), 0), changed, event(body(2), 2)])
    status, told = run(capsys, saved(tmp_path, log_.export()))
    assert (status, codes(told)) == (1, {"EVENT": 1, "ROOT": 1})


def test_a_checkpoint_is_read_as_the_ledger_writes_it() -> None:
    read = verifier.read_checkpoint(SMALL.witnessed())
    checkpoint = Checkpoint(origin=read.origin, size=read.size, root=read.root)
    assert checkpoint == SMALL.checkpoint()
