"""Strict JSON: what is read, what is refused, and at what cost."""

import codecs
import json as plain_json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import PayloadError, Problem
from adapters.formats import json
from tests.adapters.formats.bounded import BYTES, SECONDS, cost

MEGABYTE = 1024 * 1024


def read(text: str) -> json.Records:
    return json.read(text.encode())


def problems(records: json.Records) -> list[tuple[Problem, str]]:
    return [(rejection.problem, rejection.position) for rejection in records.rejections]


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ('{"a": 1}', [""]),
        ('{\n "a": 1\n}', [""]),
        ('[{"a": 1}, {"a": 2}]', ["/0", "/1"]),
        ("[]", []),
        ('{"a": 1}\n{"a": 2}\n', ["/0", "/1"]),
        ('{"a": 1}\r\n\r\n{"a": 2}', ["/0", "/2"]),
        ('{"a": "\u2028"}\n{"a": 2}', ["/0", "/1"]),
    ],
)
def test_records_come_with_their_pointers(text: str, pointers: list[str]) -> None:
    assert [pointer for pointer, _ in read(text).objects] == pointers


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + '{"a": "Đức"}'.encode(),
        codecs.BOM_UTF16_LE + '{"a": "Đức"}'.encode("utf-16-le"),
    ],
)
def test_a_byte_order_mark_is_accepted(content: bytes) -> None:
    assert json.read(content).objects == [("", {"a": "Đức"})]


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ('[{"a": "],"}, {"b": [1, {}],}, {"c": "\\"}"}]', ["/0", "/2"], ["/1"]),
        ('[{"a": 1}, ]', ["/0"], ["/1"]),
        ('[{"a": 1}, nothing, {"a": [{}, {}]}]', ["/0", "/2"], ["/1"]),
        ('[{"a": 1} {"b": 2}, {"a": 1}]\n', ["/1"], ["/0"]),
    ],
)
def test_one_broken_element_does_not_spoil_the_others(
    text: str, good: list[str], bad: list[str]
) -> None:
    records = read(text)
    assert [pointer for pointer, _ in records.objects] == good
    assert problems(records) == [(Problem.MALFORMED, pointer) for pointer in bad]


@pytest.mark.parametrize("text", ['[{"a": 1}, {"b": 2}', '[{"a": 1}, {"b": [}]', '[{"a": 1}}, {}]'])
def test_an_array_whose_end_is_lost_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(PayloadError) as caught:
        read(text)
    assert caught.value.rejection.problem is Problem.MALFORMED


def test_one_bad_line_does_not_spoil_the_others() -> None:
    bad = ['{"a": ', "7", '{"a": 1, "a": 2}', '{"a": NaN}', '{"a": "\\u0000"}', '{"a": "\\ud800"}']
    records = read("\n".join(['{"a": 0}', *bad, '{"a": 9}']))
    assert [value["a"] for _, value in records.objects] == [0, 9]
    assert problems(records) == [
        (Problem.MALFORMED, "/1"),
        (Problem.WRONG_TYPE, "/2"),
        (Problem.DUPLICATE_KEY, "/3"),
        (Problem.WRONG_NUMBER, "/4/a"),
        (Problem.FORBIDDEN_CHARACTER, "/5/a"),
        (Problem.ENCODING, "/6/a"),
    ]
    assert records.rejections[0].excerpt == b'{"a": '


def test_one_bad_element_does_not_spoil_the_others() -> None:
    records = read('[{"a": 0}, 7, {"b": {"a": 1, "a": 2}}, {"a": 1e999}, {"a": 9}]')
    assert [value["a"] for _, value in records.objects] == [0, 9]
    assert problems(records) == [
        (Problem.WRONG_TYPE, "/1"),
        (Problem.DUPLICATE_KEY, "/2/b"),
        (Problem.WRONG_NUMBER, "/3/a"),
    ]


def test_wrong_bytes_in_one_line_refuse_that_line() -> None:
    records = json.read(b'{"a": 1}\n{"a": "\xff"}\n{"a": "\x00"}')
    assert len(records.objects) == 1
    assert problems(records) == [(Problem.ENCODING, "/1"), (Problem.FORBIDDEN_CHARACTER, "/2")]


def test_a_name_that_may_be_a_value_is_not_told() -> None:
    records = read('[{"Nguyễn Văn A": {"x": NaN}}]')
    assert problems(records) == [(Problem.WRONG_NUMBER, "/0/?/x")]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem.EMPTY),
        (b" \n\t", Problem.EMPTY),
        (codecs.BOM_UTF8, Problem.EMPTY),
        (b"nothing", Problem.MALFORMED),
        (b"7", Problem.WRONG_TYPE),
        (b'"text"', Problem.WRONG_TYPE),
        (b'[{"a": 1}, {"b"', Problem.MALFORMED),
        (b'{"a": 1', Problem.MALFORMED),
        (b'{"a": 1} x', Problem.MALFORMED),
        (b"{'a': 1}", Problem.MALFORMED),
        (b'{"a": "\x01"}', Problem.FORBIDDEN_CHARACTER),
        (b'{"a": "\xff"}', Problem.ENCODING),
        (b'{"a": Infinity}', Problem.WRONG_NUMBER),
        ('{"a": 1}'.encode("utf-16-le"), Problem.FORBIDDEN_CHARACTER),
        (b"[" * 65 + b"]" * 65, Problem.TOO_DEEP),
        (b'{"a": ' * 65 + b"1" + b"}" * 65, Problem.TOO_DEEP),
    ],
)
def test_other_payloads_are_refused(content: bytes, problem: Problem) -> None:
    with pytest.raises(PayloadError) as caught:
        json.read(content)
    assert caught.value.rejection.problem == problem
    assert caught.value.rejection.position.startswith("/")


def test_depth_64_is_read() -> None:
    assert read('{"a":' * 64 + "1" + "}" * 64).objects


def test_brackets_inside_text_are_no_depth() -> None:
    assert read('{"a": "' + '[{\\"' * 100 + '"}').objects


@given(st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x), max_leaves=9))
def test_what_python_reads_is_read_alike(value: object) -> None:
    text = plain_json.dumps({"a": value})
    readable = "\\u0000" not in text and "\\ud" not in text
    if readable:
        assert read(text).objects == [("", {"a": value})]


@given(st.binary())
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with suppress(PayloadError):
        json.read(content)


HOSTILE = {
    "deep arrays": (b"[" * 10_000_000, Problem.TOO_DEEP),
    "deep objects": (b'{"a":' * 1_000_000, Problem.TOO_DEEP),
    "many objects": (b"[" + b"{}," * 3_000_000 + b"{}]", Problem.TOO_LARGE),
    "many arrays": (b"[" + b"[]," * 900_000 + b"[]]", Problem.TOO_LARGE),
    "many lines": (b"{}\n" * 3_000_000, Problem.TOO_LARGE),
    "quotes": (b"{" + b'"' * 15_000_000, Problem.TOO_LARGE),
    "escaped quotes": (b'{"' + b'\\"' * 7_000_000, Problem.MALFORMED),
    "long number": (b'{"a":' + b"1" * 5_000_000 + b"}", Problem.MALFORMED),
    "large": (b'{"a":"' + b"x" * 70 * MEGABYTE + b'"}', Problem.TOO_LARGE),
    "long line": (b'{"a":1}\n{"a":"' + b"x" * 20 * MEGABYTE + b'"}', None),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_json_costs_little(name: str) -> None:
    content, problem = HOSTILE[name]
    found = cost(json.read, content)
    assert found.problem == problem
    assert found.seconds < SECONDS
    assert found.extra_bytes < BYTES


def test_names_are_found_without_reading_all() -> None:
    assert json.names(b'[{"soBienBan": 1, "tre": [') == {"soBienBan", "tre"}
    assert json.names(codecs.BOM_UTF16_LE + '{"tre": 1}'.encode("utf-16-le")) == {"tre"}
    assert json.names(b"<a b='\"tre\": 1'/>") == frozenset()
    assert json.names(b"") == frozenset()


WITHIN = json.Way(within="entry", keeps_decimals=True)


def test_a_bad_element_of_the_list_that_holds_records_is_refused_alone() -> None:
    text = '{"entry": [{"a": 1}, {"a": NaN}, {"b": 1, "b": 2}, 7]}'
    records = json.read(text.encode(), WITHIN)
    assert records.objects == [("", {"entry": [{"a": 1}, None, None, None]})]
    assert problems(records) == [
        (Problem.WRONG_NUMBER, "/entry/1/a"),
        (Problem.DUPLICATE_KEY, "/entry/2"),
        (Problem.WRONG_TYPE, "/entry/3"),
    ]


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ('[{"entry": [{"a": NaN}]}]', "/0/entry/0/a"),
        ('{"entry": []}\n{"entry": [{"a": NaN}]}', "/1/entry/0/a"),
    ],
)
def test_that_list_may_stand_in_an_array_or_a_line(text: str, position: str) -> None:
    assert problems(json.read(text.encode(), WITHIN)) == [(Problem.WRONG_NUMBER, position)]


def test_what_is_wrong_outside_that_list_refuses_all() -> None:
    with pytest.raises(PayloadError):
        json.read(b'{"entry": [], "x": NaN}', WITHIN)


def test_a_number_can_keep_its_digits() -> None:
    ((_, value),) = json.read(b'{"a": 2.90, "b": 1e2}', WITHIN).objects
    assert [value["a"].sent, value["b"].sent] == ["2.90", "1e2"]
    assert value == {"a": 2.9, "b": 100.0}
    assert plain_json.dumps(value) == '{"a": 2.9, "b": 100.0}'
