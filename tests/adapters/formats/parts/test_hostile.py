"""Streams without an end, records without an end, broken ones: refused at a bounded cost."""

import io
import tracemalloc
from dataclasses import dataclass
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.errors import PayloadError, Problem
from adapters.formats import parts as package
from adapters.formats.parts import Part, parts, text
from tests.adapters.formats.parts.cutting import COLUMNS, Endless, read, small_steps

MEGABYTE = 1024 * 1024
GIGABYTE = 1024 * MEGABYTE
ENVELOPE = b"<GIAMDINHHS><THONGTINDONVI><MACSKCB>01999</MACSKCB></THONGTINDONVI><DANHSACHHOSO>"
HEADER = "Mã cơ sở,Số hồ sơ,Họ và tên\n".encode()
MESSAGE = b"MSH|^~\\&|HIS|01999|||202603061000||ADT^A08|1|P|2.5\rPID|||1^^^01999^MR\r"


@dataclass(kw_only=True)
class Taken:
    """How far a stream was taken."""

    count: int = 0
    largest: int = 0
    peak: int = 0
    error: PayloadError | None = None


def take(stream: BinaryIO | Endless, size: int = package.SIZE) -> Taken:
    taken = Taken()
    tracemalloc.start()
    try:
        for part in parts(cast(BinaryIO, stream), size=size, columns=COLUMNS["facility"]):
            taken.count += 1
            taken.largest = max(taken.largest, len(part.content))
            del part
    except PayloadError as error:
        taken.error = error
    taken.peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return taken


@pytest.mark.parametrize(
    ("beginning", "again"),
    [
        pytest.param(b'[{"tre":1},"', b"x", id="a string without end"),
        pytest.param(b'[{"tre":1},"', b"\\", id="escapes without end"),
        pytest.param(b'[{"tre":1},', b" ", id="blanks without end"),
        pytest.param(b'[{"tre":1},', b"1", id="a number without end"),
        pytest.param(b'[{"tre":1},{"a":', b'{"a":', id="depth without end"),
        pytest.param(b'{"tre":1}\n{"a":"', b"x", id="a line without end"),
        pytest.param(HEADER + b"HN01,1,", b"x", id="a row without end"),
        pytest.param(ENVELOPE + b"<HOSO>", b"x", id="a record without end"),
        pytest.param(ENVELOPE + b"<HOSO>", b"<HOSO>", id="records in records without end"),
        pytest.param(ENVELOPE + b"<HOSO/><!--", b"-", id="a comment without end"),
        pytest.param(ENVELOPE + b"<HOSO><![CDATA[", b"]]", id="CDATA without end"),
        pytest.param(
            ENVELOPE + b"<HOSO/><a", b" b='<'".replace(b"<", b">"), id="a tag without end"
        ),
        pytest.param(ENVELOPE + b'<HOSO/><a b="', b">", id="an attribute without end"),
        pytest.param(ENVELOPE + b"<HOSO/>", b"\n", id="text between records without end"),
        pytest.param(MESSAGE + MESSAGE, b"x", id="a segment without end"),
        pytest.param(MESSAGE + MESSAGE, b"\rZZZ|", id="segments without end"),
        pytest.param(b'{"a":[\n', b"1,\n", id="one object without end"),
        pytest.param(b"<Bundle>", b"<entry/>", id="a bundle without end"),
        pytest.param(b"PK\x03\x04", b"x", id="a workbook without end"),
        pytest.param(b"", b"a,b\n", id="a table without header and end"),
    ],
)
def test_what_does_not_end_is_refused_in_bounded_memory(
    beginning: bytes, again: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "MOST", 2 * MEGABYTE)
    monkeypatch.setattr(package, "WHOLE", 8 * MEGABYTE)
    taken = take(Endless(beginning, again, GIGABYTE), size=MEGABYTE)
    assert taken.error is not None
    assert taken.error.rejection.problem in (Problem.TOO_LARGE, Problem.TOO_DEEP)
    assert taken.count <= 1
    assert taken.peak < 32 * MEGABYTE


@pytest.mark.parametrize(
    ("source", "beginning", "again"),
    [
        pytest.param("police", b'{"tre":1}\n{"tre":2}\n', b"\n", id="blank lines"),
        pytest.param("police", b'{"tre":1}\n', b"{\n", id="bad lines"),
        pytest.param("police", b"[1", b",1", id="numbers"),
        pytest.param("police", b'[{"tre":1}', b',{"tre":[1]}', id="objects"),
        pytest.param("facility", HEADER, b"\r\n", id="blank rows"),
        pytest.param("facility", HEADER, b',,"\n', id="quotes that do not close"),
        pytest.param("facility", HEADER, b'a";"\n', id="quotes that close on the next line"),
        pytest.param("facility", HEADER, b'"""\n""\n', id="doubled quotes"),
        pytest.param("hospital", ENVELOPE, b"<HOSO/>", id="empty records"),
        pytest.param("hospital", MESSAGE, b"MSH|\r", id="empty messages"),
    ],
)
def test_floods_of_next_to_nothing_come_in_parts_that_are_not_too_large(
    source: str, beginning: bytes, again: bytes
) -> None:
    taken = take(Endless(beginning, again, 140_000), size=40_000)
    assert taken.count > 1
    assert taken.peak < 16 * MEGABYTE
    stream = cast(BinaryIO, Endless(beginning, again, 140_000))
    first = next(parts(stream, size=40_000, columns=COLUMNS["facility"]))
    problems = {problem for _, problem, _ in read(source, first).rejections}
    assert Problem.TOO_LARGE not in problems


CASES = {
    "an array that does not end": (b'[{"a":1}, {"b":2}, {"c"', 2, Problem.MALFORMED, "/2"),
    "a bracket that none opens": (b'[{"a":1}, 2}, 3]', 1, Problem.MALFORMED, "/1"),
    "text behind an array": (b'[{"a":1}, 2] x [3]', 2, Problem.MALFORMED, "/2"),
    "an envelope that does not end": (
        ENVELOPE + b"<HOSO>1</HOSO><HOSO>2</HOSO>",
        1,
        Problem.MALFORMED,
        "/GIAMDINHHS/DANHSACHHOSO/HOSO[2]",
    ),
    "a tag that none opens": (
        ENVELOPE + b"<HOSO>1</HOSO><HOSO>2</HOSO></x></DANHSACHHOSO></GIAMDINHHS>",
        1,
        Problem.MALFORMED,
        "/GIAMDINHHS/DANHSACHHOSO/HOSO[2]",
    ),
    "a tag in a tag": (
        ENVELOPE + b"<HOSO>1</HOSO>< <HOSO>2</HOSO></DANHSACHHOSO></GIAMDINHHS>",
        0,
        Problem.MALFORMED,
        "/GIAMDINHHS/DANHSACHHOSO/HOSO[1]",
    ),
    "a declaration between records": (
        ENVELOPE + b"<HOSO>1</HOSO><HOSO>2</HOSO><!DOCTYPE x></DANHSACHHOSO></GIAMDINHHS>",
        1,
        Problem.DOCTYPE,
        "/GIAMDINHHS/DANHSACHHOSO/HOSO[2]",
    ),
    "too deep between records": (
        ENVELOPE + b"<HOSO>1</HOSO><HOSO>2</HOSO>" + b"<a>" * 99,
        1,
        Problem.TOO_DEEP,
        "/GIAMDINHHS/DANHSACHHOSO/HOSO[2]",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_where_the_way_is_lost_the_records_before_stand_and_the_rest_is_kept(case: str) -> None:
    content, count, problem, position = CASES[case]
    stream = io.BytesIO(content + b" " * 9_000)
    made: list[Part] = []
    with small_steps(), pytest.raises(PayloadError) as caught:
        made.extend(parts(stream, size=1))
    told = caught.value.rejection
    assert (len(made), told.problem, told.position) == (count, problem, position)
    assert told.excerpt
    assert content.endswith((told.excerpt + stream.read()).rstrip(b" ")[-20:])


def test_half_a_character_at_the_end_is_refused_with_its_record() -> None:
    content = "[1,2,3]".encode("utf-16") + b"x"
    made: list[Part] = []
    with pytest.raises(PayloadError) as caught:
        made.extend(parts(io.BytesIO(content), size=1))
    assert [part.content.decode("utf-16") for part in made] == ["[1]", "[2]"]
    assert caught.value.rejection.problem is Problem.ENCODING
    assert caught.value.rejection.excerpt == "3]".encode("utf-16-le") + b"x"


@settings(max_examples=200, deadline=None)
@given(data=st.data(), size=st.integers(1, 300), step=st.integers(1, 50))
def test_no_byte_is_lost_whatever_is_sent(data: st.DataObject, size: int, step: int) -> None:
    """Without heads and ends, what the parts hold and what is refused are the bytes sent."""
    seed = data.draw(st.sampled_from([b'{"a":1}\n{"b":2}\n', MESSAGE, MESSAGE * 2]))
    tail = data.draw(st.binary(max_size=300) | st.text('{}[]",\\\n\rMSH|\x0b').map(str.encode))
    content = seed + tail
    stream = io.BytesIO(content)
    made: list[bytes] = []
    with small_steps(step=step):
        try:
            made.extend(part.content for part in parts(stream, size=size))
        except PayloadError as error:
            made.append(error.rejection.excerpt + stream.read())
    assert b"".join(made) == content


SEEDS = [
    b'[{"a":"x"},{"b":[1]}]',
    b'{"a":1}\n{"b":2}\n',
    ENVELOPE + b"<HOSO>1</HOSO><!-- x --><HOSO/></DANHSACHHOSO></GIAMDINHHS>",
    HEADER + b'HN01,1,"a\nb"\nHN01,2,c\n',
    MESSAGE * 3,
    "[1,2]".encode("utf-16"),
]


@settings(max_examples=400, deadline=None)
@given(data=st.data(), size=st.integers(1, 300), step=st.integers(1, 50))
def test_nothing_is_raised_but_refusals_and_parts_come_the_same_again(
    data: st.DataObject, size: int, step: int
) -> None:
    content = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b'"', b"<", b">", b"]", b"}", b"<!--"])
        )

    def outcome(step: int) -> list[object]:
        made: list[object] = []
        with small_steps(step=step):
            try:
                made.extend(parts(io.BytesIO(content), size=size, columns=COLUMNS["facility"]))
            except PayloadError as error:
                made.append(error.rejection.problem)
        return made

    assert outcome(step) == outcome(1_000)


def test_a_whole_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "WHOLE", 2_000_000)
    content = b'{"resourceType":"Bundle","entry":[' + b" " * 3_000_000 + b"]}"
    stream = io.BytesIO(content)
    with pytest.raises(PayloadError) as caught:
        list(parts(stream, size=1))
    assert caught.value.rejection.problem is Problem.TOO_LARGE
    assert caught.value.rejection.excerpt + stream.read() == content


def test_a_large_record_is_a_part_by_itself_and_spoils_no_other() -> None:
    large = b'{"a":"' + b"x" * 3_000_000 + b'"}'
    made = list(parts(io.BytesIO(b'[{"b":1},' + large + b',{"c":2}]'), size=1_000))
    assert [part.content for part in made] == [b'[{"b":1}]', b"[" + large + b"]", b'[{"c":2}]']


def test_a_broken_record_spoils_its_part_and_no_other() -> None:
    content = b'[{"tre":1},{"tre":},{"tre":2}]'
    made = list(parts(io.BytesIO(content), size=1))
    assert read("police", *made).rejections == [
        ("/0/tre", "wrong-type", "tre"),
        ("/1", "malformed-syntax", ""),
        ("/2/tre", "wrong-type", "tre"),
    ]
