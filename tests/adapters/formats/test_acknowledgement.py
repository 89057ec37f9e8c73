"""Answers to HL7 messages: what a sender reads, and what hl7apy reads."""

from datetime import datetime, timedelta, timezone

import pytest
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import Problem, Rejection
from adapters.formats.acknowledgement import acknowledgement, unavailable
from adapters.formats.hl7 import Message, messages

TIME = datetime(2026, 3, 4, 10, 17, 30, tzinfo=timezone(timedelta(hours=7)))
SENT = (
    b"MSH|^~\\&|HIS&x|01999|MOTEM|BYT|20260304||ADT^A01^ADT_A01|C\\F\\1^x|T|2.5\r"
    b"PID|||BN1^^^01999^MR||B\xc3\xad M\xe1\xba\xadt\r"
)


def _answer(*rejections: Rejection, content: bytes = SENT) -> list[list[str]]:
    """The fields of each segment as text."""
    text = acknowledgement(content, rejections, time=TIME, control_id="M1").decode()
    assert text.endswith("\r")
    return [line.split("|") for line in text.rstrip("\r").split("\r")]


def _refusal(problem: Problem, position: str, element: str | None = None) -> Rejection:
    return Rejection(problem=problem, position=position, element=element, excerpt=SENT)


def test_what_was_taken_is_answered_aa() -> None:
    head, answer = _answer()
    assert answer == ["MSA", "AA", "C\\F\\1^x"]
    assert head[2:6] == ["MOTEM", "BYT", "HIS&x", "01999"]
    assert head[6:12] == ["20260304101730+0700", "", "ACK^A01^ACK", "M1", "T", "2.5"]
    assert head[17] == "UNICODE UTF-8"


def test_each_refusal_is_one_err_with_its_place() -> None:
    _, answer, date, family = _answer(
        _refusal(Problem.WRONG_DATE, "message[1]/PID-7", "PID-7"),
        _refusal(Problem.MISSING_VALUE, "message[1]/MRG[3]-1[2].4", "MRG-1"),
    )
    assert answer[1] == "AE"
    assert date == [
        *("ERR", "", "PID^1^7", "102^Data type error^HL70357", "E", "wrong-date^^99MOTEM", ""),
        "The date or time is not valid. (PID-7)",
        "Ngày giờ không hợp lệ. (PID-7)",
    ]
    assert family[2:4] == ["MRG^3^1^2^4", "101^Required field missing^HL70357"]


@pytest.mark.parametrize(
    ("problem", "position", "element", "answer", "code"),
    [
        (Problem.WRONG_CODE, "message[1]/MSH-9.1", "MSH-9.1", "AR", "200"),
        (Problem.WRONG_CODE, "message[1]/MSH-9.2", "MSH-9.2", "AR", "201"),
        (Problem.WRONG_CODE, "message[1]/MSH-11", "MSH-11", "AR", "202"),
        (Problem.WRONG_CODE, "message[1]/MSH-12", "MSH-12", "AR", "203"),
        (Problem.UNKNOWN_STRUCTURE, "/", None, "AR", "200"),
        (Problem.WRONG_CODE, "message[1]/PID-8", "PID-8", "AE", "103"),
        (Problem.MALFORMED, "message[1]/MSH-2", "MSH-2", "AE", "100"),
        (Problem.ENCODING, "message[1]/MSH-18", "MSH-18", "AE", "102"),
        (Problem.TOO_LARGE, "/", None, "AE", "207"),
        (Problem.NOT_CONVERTIBLE, "message[1]/PID", None, "AE", "207"),
    ],
)
def test_unsupported_is_ar_and_wrong_is_ae(
    problem: Problem, position: str, element: str | None, answer: str, code: str
) -> None:
    _, said, error = _answer(_refusal(problem, position, element))
    assert (said[1], error[3].partition("^")[0]) == (answer, code)


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_has_an_answer(problem: Problem) -> None:
    assert _answer(_refusal(problem, "/"))[2][5] == f"{problem.value}^^99MOTEM"


def test_a_failure_of_our_own_asks_to_send_again() -> None:
    text = unavailable(SENT, time=TIME, control_id="M1").decode()
    assert (
        "\rMSA|AR|C\\F\\1^x\rERR|||207^Application internal error^HL70357|E|internal-error" in text
    )


def test_the_senders_separators_become_ours() -> None:
    swapped = SENT.decode().translate(str.maketrans("|^~\\&", "$%*!@")).encode()
    (head, answer), (same_head, _) = _answer(content=swapped), _answer()
    assert head == same_head
    assert answer == ["MSA", "AA", "C$1^x"]


@pytest.mark.parametrize("content", [b"", b"PID|1", b"MSH", b"MSH|a|", b"<x/>", b"MSH|^~\\&"])
def test_a_message_without_a_readable_head_gets_an_answer_without_its_id(content: bytes) -> None:
    head, answer = _answer(content=content)
    assert answer == ["MSA", "AA", ""]
    assert head[8] == "ACK"


def test_an_answer_quotes_no_more_than_the_head() -> None:
    told = acknowledgement(
        SENT, [_refusal(Problem.WRONG_DATE, "message[1]/PID-7")], time=TIME, control_id="M1"
    )
    assert b"BN1" not in told
    assert "Mật" not in told.decode()


def test_hl7apy_reads_the_answer() -> None:
    refused = _refusal(Problem.WRONG_CODE, "message[1]/PID-8", "PID-8")
    text = acknowledgement(SENT, [refused], time=TIME, control_id="M1").decode()
    read = parse_message(text, find_groups=False)
    assert read.msa.acknowledgment_code.to_er7() == "AE"
    assert read.err.error_location.segment_id.to_er7() == "PID"
    assert read.err.error_location.field_position.to_er7() == "8"
    assert read.err.user_message.to_er7() == "Mã không có trong danh mục. (PID-8)"


@given(st.binary(max_size=200))
def test_whatever_came_the_answer_is_a_message(content: bytes) -> None:
    for received in (content, b"MSH|^~\\&|" + content):
        answer = acknowledgement(received, [], time=TIME, control_id="M1")
        (read,) = messages(answer)
        assert isinstance(read, Message)
        assert [segment.name for segment in read.segments] == ["MSH", "MSA"]
