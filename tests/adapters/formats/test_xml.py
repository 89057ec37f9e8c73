"""Hostile and honest XML: every attack ends in a stable code, in a second and 100 MB."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import PayloadError, Problem
from adapters.formats import xml
from tests.adapters.formats.bounded import BYTES, SECONDS, cost

LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
HOSTILE: dict[str, tuple[bytes, Problem]] = {
    "no bytes": (b"", Problem.EMPTY),
    "only spaces": (b" \n\t ", Problem.EMPTY),
    "billion laughs": (
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha">' + LAUGHS + b"]><a>&l9;</a>",
        Problem.DOCTYPE,
    ),
    "external entity": (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        Problem.DOCTYPE,
    ),
    "external subset": (b'<!DOCTYPE a SYSTEM "http://192.0.2.1/x.dtd"><a/>', Problem.DOCTYPE),
    "entity in an attribute": (
        b'<!DOCTYPE a [<!ENTITY x "y">]><a b="&x;"/>',
        Problem.DOCTYPE,
    ),
    "doctype behind comments": (
        b'<?xml version="1.0"?><!-- <a> --><?p q?><!-- b -->\n<!DOCTYPE a><a/>',
        Problem.DOCTYPE,
    ),
    "doctype in lower case": (b"<!doctype a><a/>", Problem.DOCTYPE),
    "doctype behind a long comment": (
        b"<!--" + b"x" * xml.CHUNK + b"--><!DOCTYPE a><a/>",
        Problem.MALFORMED,
    ),
    "doctype in UTF-16": ("<!DOCTYPE a><a/>".encode("utf-16"), Problem.DOCTYPE),
    "undeclared entity": (b"<a>&x;</a>", Problem.MALFORMED),
    "depth bomb": (b"<a>" * 1_000_000, Problem.TOO_DEEP),
    "depth of 65": (b"<a>" * 65 + b"</a>" * 65, Problem.TOO_DEEP),
    "millions of elements": (b"<a>" + b"<b/>" * 3_000_000 + b"</a>", Problem.TOO_LARGE),
    "millions of texts": (b"<a>" + b"<b>x</b>" * 3_000_000 + b"</a>", Problem.TOO_LARGE),
    "millions of attributes": (
        b"<a>" + b'<b c="" d="" e="" f=""/>' * 1_000_000 + b"</a>",
        Problem.TOO_LARGE,
    ),
    "one endless start tag": (
        b"<a " + b" ".join(b'a%d=""' % n for n in range(300_000)) + b"/>",
        Problem.TOO_LARGE,
    ),
    "one endless text": (b"<a>" + b"x" * 30_000_000 + b"</a>", Problem.TOO_LARGE),
    "one endless name": (b"<" + b"x" * 30_000_000 + b"/>", Problem.MALFORMED),
    "NUL": (b"<a>\0</a>", Problem.FORBIDDEN_CHARACTER),
    "bell": (b"<a>\x07</a>", Problem.FORBIDDEN_CHARACTER),
    "NUL by number": (b"<a>&#0;</a>", Problem.MALFORMED),
    "UTF-16 without mark": ("<a>é</a>".encode("utf-16-le"), Problem.ENCODING),
    "Latin-1, declared": (
        b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>',
        Problem.ENCODING,
    ),
    "Latin-1, not declared": (b"<a>\xe9</a>", Problem.ENCODING),
    "UTF-8, declared as another": (
        '<?xml version="1.0" encoding="windows-1258"?><a>é</a>'.encode(),
        Problem.ENCODING,
    ),
    "cut in a letter": ("<a>é</a>".encode()[:4], Problem.ENCODING),
    "cut": (b"<a><b>x", Problem.MALFORMED),
    "two roots": (b"<a/><b/>", Problem.MALFORMED),
    "no markup": (b"hello", Problem.MALFORMED),
    "JSON": (b'{"a": 1}', Problem.MALFORMED),
    "noise": (bytes(range(128, 256)) * 10, Problem.ENCODING),
    "more than allowed": (b"<a>" + b" " * xml.MAX_BYTES + b"</a>", Problem.TOO_LARGE),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_documents_are_refused_with_a_stable_code(case: str) -> None:
    content, problem = HOSTILE[case]
    with pytest.raises(PayloadError) as refusal:
        xml.parse(content)
    assert refusal.value.rejection.problem is problem
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_documents_cost_little_time_and_memory(case: str) -> None:
    content, problem = HOSTILE[case]
    found = cost(xml.parse, content)
    assert found.problem is problem
    assert found.seconds < SECONDS
    assert found.extra_bytes < BYTES


@pytest.mark.parametrize(
    "content",
    [
        "<a><b>Đỗ</b></a>".encode(),
        "\ufeff<a><b>Đỗ</b></a>".encode(),
        "<a><b>Đỗ</b></a>".encode("utf-16"),
        '<?xml version="1.0" encoding="utf-16"?><a><b>Đỗ</b></a>'.encode(),
        '<?xml version="1.0" encoding="utf-16"?><a><b>Đỗ</b></a>'.encode("utf-16"),
        "<a><b><![CDATA[Đỗ]]></b></a>".encode(),
        "<a><b>Đ<!-- x -->ỗ</b></a>".encode(),
        '<x:a xmlns:x="urn:x"><x:B>Đỗ</x:B></x:a>'.encode(),
    ],
)
def test_the_same_text_is_read_from_every_honest_form(content: bytes) -> None:
    assert list(xml.leaves(xml.parse(content))) == [("B", "Đỗ")]


def test_ascii_may_declare_any_encoding() -> None:
    content = b'<?xml version="1.0" encoding="iso-8859-1"?><a>x</a>'
    assert xml.parse(content).text == "x"


def test_a_doctype_inside_text_is_no_doctype() -> None:
    assert xml.parse(b"<a><![CDATA[<!DOCTYPE b>]]></a>").text == "<!DOCTYPE b>"


def test_depth_of_64_is_allowed() -> None:
    assert xml.parse(b"<a>" * 64 + b"</a>" * 64).tag == "a"


def test_records_come_one_by_one_and_the_root_last() -> None:
    content = b"<r><h><v>1</v></h><m>x</m><h><v>2</v></h></r>"
    seen = [
        (xml.local_name(piece), [text for _, text in xml.leaves(piece)])
        for piece in xml.pieces(content, record="h")
    ]
    assert seen == [("H", ["1"]), ("H", ["2"]), ("R", ["", "x", ""])]


def test_many_records_do_not_add_up_to_the_cap() -> None:
    record = b"<h>" + b"<v/>" * 100 + b"</h>"
    content = b"<r>" + record * (xml.MAX_ELEMENTS // 50) + b"</r>"
    assert sum(1 for _ in xml.pieces(content, record="h")) == xml.MAX_ELEMENTS // 50 + 1


def test_a_late_error_voids_the_file() -> None:
    with pytest.raises(PayloadError):
        list(xml.pieces(b"<r><h>1</h><h>2</h>", record="h"))


def test_the_refusal_quotes_nothing_of_the_payload() -> None:
    secret = base64.b32encode(b"Nguyen Thi Bi Mat").decode()
    with pytest.raises(PayloadError) as refusal:
        xml.parse(f"<{secret}><b></{secret}>".encode())
    assert secret not in f"{refusal.value!r} {refusal.value} {refusal.value.rejection!r}"


def _outcome(content: bytes) -> Problem | None:
    try:
        xml.parse(content)
    except PayloadError as error:
        return error.rejection.problem
    return None


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    assert _outcome(content) in (None, *Problem)


@given(st.text(max_size=100), st.integers(0, 200))
def test_any_damage_is_read_or_refused(text: str, at: int) -> None:
    whole = f"<a><b>{text}</b></a>".encode(errors="replace")
    assert _outcome(whole[:at] + whole[at + 1 :]) in (None, *Problem)
