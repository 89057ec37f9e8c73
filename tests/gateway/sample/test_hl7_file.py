"""Tests of gateway.sample.hl7_file, read back by the gateway's own tokenizer and by hl7apy."""

from datetime import datetime
from random import Random

import pytest
from hl7apy.parser import parse_message
from hypothesis import given
from hypothesis import strategies as st

from adapters.formats import hl7
from gateway.sample.hl7 import Message
from gateway.sample.hl7_file import OTHERS, USUAL, batch
from gateway.sample.neighbourhoods import neighbourhood

HOSPITAL = neighbourhood(1, 0, 1.0).hospitals[0]
TEXTS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x1EF9, categories=("L", "N", "P", "S"))
)


def message(name: str) -> Message:
    pid = {3: [["BN1", "", "", HOSPITAL.code, "MR"], ["998", "", "", "", "NI"]], 5: [[name]]}
    time = datetime(2026, 3, 4, 12, 0)  # noqa: DTZ001 - times of the world are local
    return Message(event="A08", time=time, segments=(("PID", dict(pid)),))


@given(TEXTS, st.integers(min_value=0, max_value=200))
def test_any_text_comes_back(name: str, habits: int) -> None:
    content = batch(HOSPITAL, [message(name), message("x")], Random(habits))
    first, second = hl7.messages(content)
    assert isinstance(first, hl7.Message)
    assert isinstance(second, hl7.Message)
    assert first.segments[2].text(5) == name
    assert first.segments[2].field(3)[1][4] == ("NI",)


def test_separators_line_ends_batches_and_frames_differ_between_hospitals() -> None:
    made = [batch(HOSPITAL, [message("An")], Random(habits)) for habits in range(200)]
    assert any(f"MSH{USUAL}|".encode() in content for content in made)
    assert any(f"MSH{OTHERS}!".encode() in content for content in made)
    assert any(content.startswith(b"FHS") for content in made)
    assert any(content.startswith(b"\x0bMSH") for content in made)
    assert any(b"\r\n" in content for content in made)
    assert any(b"\n" not in content for content in made)


@pytest.mark.parametrize("name", ["Nguyễn Thị An", "A & B | C", "Lê^An~Bình\\"])
def test_another_reader_understands_the_usual_form(name: str) -> None:
    plain = next(
        content
        for habits in range(200)
        if (content := batch(HOSPITAL, [message(name)], Random(habits))).startswith(b"MSH|")
        and b"\n" not in content
    )
    read = parse_message(plain.decode(), find_groups=False)
    assert read.msh.msh_9.msh_9_2.to_er7() == "A08"
    assert read.pid.pid_3[0].cx_1.to_er7() == "BN1"
