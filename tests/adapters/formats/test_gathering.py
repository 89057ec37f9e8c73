"""Statements get their key or the hash of their content; what is refused keeps its bytes."""

import pytest

from adapters.contract import content_hash
from adapters.errors import PayloadError, Problem
from adapters.formats.fields import Content
from adapters.formats.gathering import Gathered, stated_key, statement


@pytest.mark.parametrize("number", [None, "", "0", "000000000000", "chưa có", "???"])
def test_what_names_many_children_is_no_key(number: str | None) -> None:
    assert stated_key(number) is None


@pytest.mark.parametrize("number", ["999326000101", "A1", "0123456701"])
def test_a_number_is_a_key(number: str) -> None:
    assert stated_key(number) == number


def test_a_statement_without_key_is_known_by_its_content() -> None:
    content = {"a": 1}
    made = statement("kind", None, content, "/1")
    assert (made.record_id, made.unkeyed) == (f"~{content_hash(content)[:12]}", True)
    made = statement("kind", "k", content, "/1")
    assert (made.record_id, made.unkeyed, made.effective) == ("k", False, None)


def test_what_is_gathered_is_told_in_the_reading() -> None:
    found = Gathered()
    error = PayloadError(Problem.WRONG_DATE, "/1/a", "a")
    found.refuse(error, b"bytes")
    found.note_unread(Content(values={}, unread=[("b", Problem.WRONG_CODE)]))
    found.note_unread(Content(values={}, unread=[("b", Problem.WRONG_CODE)]))
    found.left_out["adult"] += 1
    found.statements.append(statement("kind", "k", {}, "/2"))
    reading = found.reading()
    (rejection,) = reading.rejections
    told = (rejection.problem, rejection.position, rejection.element, rejection.excerpt)
    assert told == (Problem.WRONG_DATE, "/1/a", "a", b"bytes")
    assert reading.unknown_fields == {"b: wrong-code": 2}
    assert reading.left_out == {"adult": 1}
    assert [made.record_id for made in reading.statements] == ["k"]
