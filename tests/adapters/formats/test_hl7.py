"""Messages of HL7 v2 as they come: framed, batched, broken, hostile."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import PayloadError, Problem, Rejection
from adapters.formats import hl7
from adapters.formats.hl7 import Message
from tests.adapters.formats.bounded import BYTES, SECONDS, cost

HEAD = "MSH|^~\\&|HIS|01999|||20260304||ADT^A08|C1|P|2.5"
PERSON = "PID|1||BN1^^^01999&01999.vn&DNS^MR~9^^^^NI||Nguyễn^An||2026"
LINES = (HEAD, "EVN|A08|20260304", PERSON)


def _segments(content: bytes) -> list[list[hl7.Field]]:
    """The fields of each segment of a file's only message."""
    (message,) = hl7.messages(content)
    assert isinstance(message, Message)
    return [[s.field(number) for number in range(1, len(s.raw))] for s in message.segments]


def _problems(content: bytes) -> list[tuple[Problem, str]]:
    found = hl7.messages(content)
    return [(m.problem, m.position) for m in found if isinstance(m, Rejection)]


def _whole(*lines: str, end: str = "\r") -> bytes:
    return "".join(line + end for line in lines).encode()


PLAIN = _whole(*LINES)


def test_fields_are_numbered_as_hl7_numbers_them() -> None:
    (message,) = hl7.messages(PLAIN)
    assert isinstance(message, Message)
    head, _, person = message.segments
    assert [head.text(number) for number in (1, 2, 3, 10, 12)] == ["|", "^~\\&", "HIS", "C1", "2.5"]
    assert head.text(9, 2) == "A08"
    assert person.field(3) == (
        (("BN1",), ("",), ("",), ("01999", "01999.vn", "DNS"), ("MR",)),
        (("9",), ("",), ("",), ("",), ("NI",)),
    )
    assert person.field(2) == person.field(30) == ()
    assert person.text(5, 2) == "An"
    assert person.text(5, 9) == ""


@pytest.mark.parametrize(
    "content",
    [
        _whole(*LINES, end="\n"),
        _whole(*LINES, end="\r\n"),
        _whole(*LINES, end="\r\r\n"),
        PLAIN.strip(),
        b"\x0b" + PLAIN + b"\x1c\r",
        b"\x0b" + PLAIN.strip() + b"\x1c",
        b"\r\n\t \x0b\x0b" + PLAIN + b"\x1c\x1c\r\r",
        b"\xef\xbb\xbf" + PLAIN,
        PLAIN.decode().encode("utf-16"),
        PLAIN.decode().encode("utf-16-be").join((b"\xfe\xff", b"")),
        b"FHS|^~\\&|X\rBHS|^~\\&|X\r" + PLAIN + b"BTS|1\rFTS|1\r",
        b"FHS\rBHS\r" + PLAIN + b"BTS\rFTS",
        _whole(*LINES).replace(b"EVN", b" EVN").replace(b"PID", b"pid"),
    ],
)
def test_the_same_message_is_read_from_every_honest_form(content: bytes) -> None:
    assert _segments(content) == _segments(PLAIN)


def test_all_separators_are_those_that_msh_declares() -> None:
    swapped = PLAIN.decode().translate(str.maketrans("|^~\\&", "$%*!@"))
    assert _segments(swapped.encode())[1:] == _segments(PLAIN)[1:]


@pytest.mark.parametrize("signs", ["^", "^~", "^~\\", "^~\\&#"])
def test_signs_at_the_end_may_be_missing_or_added(signs: str) -> None:
    head, person = _segments(_whole(HEAD.replace("^~\\&", signs), "PID|a^b|c\\F\\d&e~f"))
    assert head[1] == (((signs,),),)
    assert person[0] == ((("a",), ("b",)),)
    values = [value for repetition in person[1] for component in repetition for value in component]
    assert (
        values
        == {
            "^": ["c\\F\\d&e~f"],
            "^~": ["c\\F\\d&e", "f"],
            "^~\\": ["c|d&e", "f"],
            "^~\\&#": ["c|d", "e", "f"],
        }[signs]
    )


@pytest.mark.parametrize(
    "head",
    [
        "MSH",
        "MSH|",
        "MSH||x",
        "MSH|^~^&|",
        "MSH|^~\\&#+|",
        "MSH|^|~\\&|"[:5] + "^|",
        "MSH|a~\\&|",
        "MSH |^~\\&|",
        "MSHé",
    ],
)
def test_separators_that_cannot_be_are_refused(head: str) -> None:
    assert _problems(_whole(head, PERSON)) == [(Problem.MALFORMED, "message[1]/MSH-2")]


@pytest.mark.parametrize(
    ("charset", "codec", "name"),
    [
        ("", "utf-8", "Nguyễn"),
        ("ASCII", "utf-8", "Nguyễn"),
        ("UNICODE UTF-8", "utf-8", "Nguyễn"),
        ("8859/1", "latin-1", "NguyÔn"),
        ("8859/1~UNICODE", "latin-1", "NguyÔn"),
        ("8859/1", "utf-8", "Nguyễn"),
    ],
)
def test_the_character_set_is_utf_8_or_the_latin_1_that_msh_18_declares(
    charset: str, codec: str, name: str
) -> None:
    content = _whole(f"{HEAD}||||||{charset}", f"PID|||||{name}").decode().encode(codec)
    assert _segments(content)[1][4] == (((name,),),)


@pytest.mark.parametrize("charset", ["", "ASCII", "UNICODE UTF-8", "8859/2"])
def test_bytes_of_no_known_character_set_are_refused(charset: str) -> None:
    content = _whole(f"{HEAD}||||||{charset}", "PID|||||é").decode().encode("latin-1")
    assert _problems(content) == [(Problem.ENCODING, "message[1]/MSH-18")]


def test_a_line_that_begins_no_segment_goes_on_with_the_one_before() -> None:
    assert _segments(_whole(HEAD, "PID|1|số 1", "ngõ Mẫu|x"))[1][1:] == [
        ((("số 1 ngõ Mẫu",),),),
        ((("x",),),),
    ]


def test_one_broken_message_spoils_no_other() -> None:
    files = (PLAIN, _whole(HEAD, "PID|\0"), PLAIN, _whole("MSH|^^|"), PLAIN)
    found = list(hl7.messages(b"".join(files)))
    assert [m.position for m in found] == [
        "message[1]",
        "message[2]/PID",
        "message[3]",
        "message[4]/MSH-2",
        "message[5]",
    ]
    assert isinstance(found[1], Rejection)
    assert found[1].problem is Problem.FORBIDDEN_CHARACTER
    assert found[1].excerpt == files[1]


def test_what_stands_before_the_first_message_is_kept() -> None:
    (stray, message) = hl7.messages(b"PID|lost\r" + PLAIN)
    assert isinstance(stray, Rejection)
    assert (stray.position, stray.excerpt) == ("message[0]", b"PID|lost\r")
    assert message.position == "message[1]"


def test_an_empty_batch_is_no_error() -> None:
    assert list(hl7.messages(b"FHS|^~\\&\rFTS|0\r")) == []


def test_a_segment_is_told_by_its_number_among_its_like() -> None:
    (message,) = hl7.messages(_whole(HEAD, "PID|1", "MRG|1", "PID|2"))
    assert isinstance(message, Message)
    assert [s.position(3, 2) for s in message.segments[1:]] == [
        "PID-3[2]",
        "MRG-3[2]",
        "PID[2]-3[2]",
    ]


def test_values_are_found_by_path() -> None:
    (message,) = hl7.messages(PLAIN)
    assert isinstance(message, Message)
    segments = {segment.name: segment for segment in message.segments}
    paths = ("PID-3.4", "PID-7", "EVN-2", "PV1-44")
    assert [hl7.value(segments, path) for path in paths] == ["01999", "2026", "20260304", ""]
    with pytest.raises(ValueError, match="no path"):
        hl7.value(segments, "PID.3")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem.EMPTY),
        (b"\x0b\r\n \x1c\r", Problem.EMPTY),
        (b"PID|1\r", Problem.UNKNOWN_STRUCTURE),
        (b"<GIAMDINHHS/>", Problem.UNKNOWN_STRUCTURE),
        (b"\xff\xfeM\x00S\x00", Problem.UNKNOWN_STRUCTURE),
        (b"\xff\xfeM\x00S", Problem.ENCODING),
        (b"\xff\xfeM\x00S\x00\x00\xd8", Problem.ENCODING),
        (b"\r" * (hl7.MAX_BYTES + 1), Problem.TOO_LARGE),
        (b"MSH\r" * (hl7.MAX_MESSAGES + 1), Problem.TOO_LARGE),
    ],
)
def test_what_is_no_file_of_messages_is_refused_whole(content: bytes, problem: Problem) -> None:
    with pytest.raises(PayloadError) as refusal:
        list(hl7.messages(content))
    assert refusal.value.rejection.problem is problem


MEGA = 1024 * 1024
HOSTILE = {
    "one endless message": PLAIN + b"OBX|" + b"x" * 60 * MEGA,
    "line ends only": PLAIN + b"\r" * 60 * MEGA,
    "frames only": PLAIN + b"\x0b\x1c" * 30 * MEGA,
    "blanks before segments": b"\r ".join([b"MSH"] * 30_000) + b" " * 50 * MEGA,
    "many segments": _whole(HEAD, *["ZZZ|"] * 100_000),
    "many broken lines": _whole(HEAD, *["a"] * 400_000),
    "many names": _whole(HEAD, *[f"Z{n:02}|" for n in range(100)] * 40),
    "heads only": b"MSH|^~\\&|\r" * hl7.MAX_MESSAGES,
    "repetitions": _whole(HEAD, "PID|||" + "~" * 900_000),
    "components": _whole(HEAD, "PID|||" + "^" * 900_000),
    "subcomponents": _whole(HEAD, "PID|||" + "&" * 900_000),
    "fields": _whole(HEAD, "PID" + "|" * 900_000),
    "escapes": _whole(HEAD, "PID|||" + "\\X41\\" * 10_000),
    "open escapes": _whole(HEAD, "PID|||" + "\\X" * 30_000),
    "hex without end": _whole(HEAD, "PID|||\\X" + "41" * 30_000),
    "dots": _whole(HEAD, "PID|||" + "\\.in" + "9" * 60_000),
    "lone escape signs": _whole(HEAD, "PID|||" + "\\" * 60_000),
    "deep head": ("MSH" + "|^~\\&" * 150_000).encode(),
    "NUL in the head": b"MSH|^~\\&|\0",
    "head without end": b"MSH|^~\\&" + b"|" * 900_000,
    "UTF-16 of one byte": b"\xff\xfeM",
    "half a letter": PLAIN + b"\xe1\xbb",
    "overlong UTF-8": PLAIN + b"\xc0\xaf",
    "surrogate": PLAIN + b"\xed\xa0\x80",
}


def _read_all(content: bytes) -> None:
    for message in hl7.messages(content):
        for segment in message.segments if isinstance(message, Message) else ():
            for number in range(1, min(len(segment.raw), 60)):
                segment.field(number)
    hl7.first_head(content)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_messages_cost_little_time_and_memory(name: str) -> None:
    used = cost(_read_all, HOSTILE[name])
    assert used.seconds < SECONDS
    assert used.extra_bytes < BYTES + len(HOSTILE[name])


def test_a_field_of_too_many_parts_is_refused_at_its_place() -> None:
    (message,) = hl7.messages(HOSTILE["repetitions"])
    assert isinstance(message, Message)
    with pytest.raises(PayloadError) as refusal:
        message.segments[1].field(3)
    rejection = refusal.value.rejection
    assert (rejection.problem, rejection.position) == (Problem.TOO_LARGE, "PID-3")


def _never_raises_but_its_own(content: bytes) -> None:
    with suppress(PayloadError):
        _read_all(content)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    _never_raises_but_its_own(content)
    _never_raises_but_its_own(b"MSH|^~\\&|" + content)


@given(st.integers(0, len(PLAIN)), st.binary(max_size=4), st.integers(0, 4))
def test_any_damage_is_read_or_refused(at: int, put: bytes, cut: int) -> None:
    _never_raises_but_its_own(PLAIN[:at] + put + PLAIN[at + cut :])


def test_nothing_of_a_child_shows_in_a_repr() -> None:
    assert "Nguy" not in repr(list(hl7.messages(PLAIN + _whole(HEAD, "PID|Nguyễn\0"))))
