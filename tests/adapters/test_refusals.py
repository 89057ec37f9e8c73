"""What a source's page says of its errors: each can be had, and there is no other."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import pytest

from adapters.catalog import load_adapters, load_vocabularies
from adapters.contract import SourceMessage
from adapters.errors import PayloadError, Problem
from tests.adapters.formats.workbook import packed, workbook
from tests.adapters.test_contract import SOURCES
from tests.adapters.test_hostile_payloads import CASES

ADAPTERS, VOCABULARIES = load_adapters(), load_vocabularies()
WRONG = ("x", "31/02/2026", "9.98326E+11", "-1", "9" * 300)
"""Values that are no code, no date, no identifier any more, no number, no key."""
LARGE = b"x," * (32 * 1024 * 1024 + 1)
ANY: tuple[bytes, ...] = (b"", LARGE, b"\xff\xfe\xfd", b"?")
DEEP = b'<?xml version="1.0"?>' + b"<a>" * 70 + b"</a>" * 70
PROBES: dict[str, tuple[bytes, ...]] = {
    "{": (
        b"{",
        b"[1]",
        b"[[]]",
        b"{}",
        b'{"a":1,"a":2}',
        b'{"a":"\\u0000"}',
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b'{"a":' * 70 + b"1" + b"}" * 70,
    ),
    "<": (b"<a", b"<a/>", b"<!DOCTYPE a><a/>", b"<a>\x01</a>", DEEP),
    "M": (b"MSH|^~\\&|\rPID|1\x01\r", b"MSH|aaaa\r", b"MSH|^~\\&|A\rPID||\xff\r"),
    "": (
        b"a,b\n1,2\n",
        b"a\x00b\n",
        packed({}),
        packed({"xl/workbook.xml": "<a"}),
        workbook([["x"]])[:99],
        b'Lo\xe1i,"x\n',
    ),
}


def problems(source: str, content: bytes) -> Iterator[Problem]:
    """All with which a payload, or what is in it, is refused."""
    adapter = ADAPTERS[source]
    try:
        reading = adapter.read(SourceMessage(source=source, content=content))
    except PayloadError as error:
        yield error.rejection.problem
        return
    yield from (rejection.problem for rejection in reading.rejections)
    for statement in reading.statements:
        try:
            adapter.convert(statement)
        except PayloadError as error:
            yield error.rejection.problem


def spoilt(content: bytes) -> Iterator[bytes]:
    """A payload with each of its values wrong in turn, in each of the ways."""
    text = content.decode("utf-8-sig")
    for wrong in WRONG:
        if text[:1] in "{[":
            yield from _spoilt_objects(text, wrong)
        elif text[:1] == "<":
            yield from _spoilt_pieces(text, re.compile(r"(?<=>)[^<>\s][^<>]*(?=</)"), wrong)
        elif text.startswith("MSH"):
            yield from _spoilt_pieces(text, re.compile(r"(?<=\|)[^|\r\n]+"), wrong)
        else:
            yield from _spoilt_cells(text, wrong)


def _spoilt_pieces(text: str, piece: re.Pattern[str], wrong: str) -> Iterator[bytes]:
    for found in piece.finditer(text):
        for value in ("", wrong):
            yield (text[: found.start()] + value + text[found.end() :]).encode()


def _spoilt_objects(text: str, wrong: str) -> Iterator[bytes]:
    values: tuple[Any, ...] = (wrong, {}, [])
    for number in range(len(list(_slots(json.loads(text))))):
        for value in values:
            whole = json.loads(text)
            list(_slots(whole))[number](value)
            yield json.dumps(whole).encode()


def _slots(value: Any) -> Iterator[Callable[[Any], None]]:
    """For each value inside: how another is put in its place."""
    for key in _keys(value):
        yield partial(_put, value, key)
        yield from _slots(value[key])


def _put(holder: Any, key: Any, value: Any) -> None:
    holder[key] = value


def _keys(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return list(value)
    return range(len(value)) if isinstance(value, list) else ()


def _spoilt_cells(text: str, wrong: str) -> Iterator[bytes]:
    rows = list(csv.reader(io.StringIO(text), delimiter=";" if ";" in text[:60] else ","))
    for column in range(len(rows[0])):
        made = io.StringIO()
        csv.writer(made).writerows(
            [rows[0], *([*row[:column], wrong, *row[column + 1 :]] for row in rows[1:])]
        )
        yield made.getvalue().encode()


def payloads(source: str) -> Iterator[bytes]:
    folder = SOURCES / source / "samples"
    yield from ANY
    yield from (path.read_bytes() for path in folder.glob("*.*") if ".fhir." not in path.name)
    yield from (case.content for owner, case in CASES.values() if owner == source)
    for name in VOCABULARIES[source].examples:
        content = (folder / name).read_bytes()
        kind = content[:1].decode().replace("[", "{")
        yield from PROBES[kind if kind in PROBES else ""]
        yield content + b'\n"x,y'
        if name.endswith(".csv"):
            yield from (case.content for owner, case in CASES.values() if owner == "facility")
        yield from spoilt(content)


@pytest.mark.parametrize("source", VOCABULARIES)
def test_each_error_of_the_page_can_be_had_and_there_is_no_other(source: str) -> None:
    found = {problem for content in payloads(source) for problem in problems(source, content)}
    told = VOCABULARIES[source].problems
    assert sorted(found - told) == []
    assert sorted(told - found) == []
