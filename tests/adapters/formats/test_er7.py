"""Separators and escapes of HL7 v2."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.formats.er7 import Separators, escaped, unescaped

OTHER = Separators(field="$", component="%", repetition="*", escape="!", subcomponent="@")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", r"a|b^c&d~e\f"),
        (r"ngõ\.br\Mẫu", "ngõ\nMẫu"),
        (r"a\.sp\b\.sp2\c", "a\nb\nc"),
        (r"a\.in+4\b\.ti-2\c\.ce\d", "a b c d"),
        (r"\H\Mẫu\N\ ", "Mẫu "),
        (r"\X41\\X42\ ", "AB "),
        (r"\X4142\ ", "AB "),
        (r"H\XC3\\XA0\ N\XE1BB99\i", "Hà Nội"),
        (r"\XFF\ ", "ÿ "),
        (r"a\C2842\b\M2442\c", "abc"),
        (r"\Zmau\ \Q\ \X4\ \.brx1\ ", r"\Zmau\ \Q\ \X4\ \.brx1\ "),
        (r"C:\tam\F\x", r"C:\tam|x"),
        ("\\", "\\"),
        (r"a\F", r"a\F"),
    ],
)
def test_escapes_become_what_they_stand_for(raw: str, text: str) -> None:
    assert unescaped(raw) == text


def test_other_separators_have_other_escapes() -> None:
    assert unescaped("a!F!b!S!c!T!d!R!e!E!f\\F\\", OTHER) == "a$b%c@d*e!f\\F\\"


def test_a_letter_of_a_sign_that_is_not_declared_means_the_usual_sign() -> None:
    assert unescaped(r"a\T\b", Separators(subcomponent="")) == "a&b"


def test_without_an_escape_sign_nothing_is_escaped() -> None:
    assert unescaped(r"a\F\b", Separators(escape="")) == r"a\F\b"


def test_bytes_are_of_the_messages_own_character_set() -> None:
    assert unescaped(r"\XE0\ ", codec="latin-1") == "à "


@given(st.text(), st.sampled_from([Separators(), OTHER]))
def test_what_was_escaped_is_read_back(text: str, separators: Separators) -> None:
    printable = "".join(sign for sign in text if sign.isprintable() or sign == "\n")
    written = escaped(printable, separators)
    assert unescaped(written, separators) == printable
    signs = (separators.field, separators.component, separators.repetition)
    assert not any(sign in written for sign in (*signs, separators.subcomponent, "\n"))
