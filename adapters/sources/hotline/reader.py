"""Intake reports as sent → one statement each."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from adapters.contract import Reading, Statement
from adapters.dialect import OURS, Dialect
from adapters.errors import PayloadError, Problem
from adapters.formats import json
from adapters.formats.codes import group_codes
from adapters.formats.dialects import in_our_words, names_in_our_words
from adapters.formats.fields import read_object, unknown_names
from adapters.formats.gathering import Gathered, stated_key, statement
from adapters.formats.values import moment, plain, texts
from adapters.sources.hotline.birth import is_adult
from adapters.sources.hotline.fields import ACTIONS, BARE, GROUPS, LISTS, NOT_MAPPED, REPORT

KEY, TIME, CHILD = "maVuViec", "thoiGian", "tre"
_ABOUT = ("tre.", "noiXayRa.", "me.", "cha.", "nguoiDangChamSoc.")
_BARE = {plain(name): member for name, member in BARE.items()}
_KNOWN = [name for field in REPORT for name in field.spellings] + [*LISTS, *NOT_MAPPED]
_MARKS = frozenset({"mavuviec", "noixayra"})
_SOME = frozenset({"tre", "nhom", "kenh", "nguoibao", "khancap", "hanhdong"})
_OTHERS = frozenset({"buoc", "donvilap"})


def recognises(content: bytes, dialect: Dialect = OURS) -> bool:
    """A case number or a place of incident, with something else of a report beside it.

    Steps have a `buoc`, and minutes a maker.
    """
    names = {plain(name) for name in names_in_our_words(json.names(content), dialect)}
    return bool(names & _MARKS and names & _SOME and not names & _OTHERS)


def read(content: bytes, dialect: Dialect = OURS) -> Reading:
    """Raises PayloadError where the payload as a whole cannot be read."""
    records = json.read(content)
    found = Gathered(rejections=[*records.rejections])
    for pointer, report in records.objects:
        try:
            _take(in_our_words(report, dialect), pointer, found)
        except PayloadError as error:
            found.refuse(error, json.excerpt(report))
    return found.reading()


def _take(report: Mapping[str, Any], pointer: str, found: Gathered) -> None:
    spelt_out = {name: _spelt_out(name, value, pointer) for name, value in report.items()}
    content = read_object(REPORT, spelt_out, pointer)
    notes: Counter[str] = Counter(unknown_names(_KNOWN, spelt_out))
    values = content.values | _lists(spelt_out, notes)
    if KEY not in values and not any(name.startswith(_ABOUT) for name in values):
        raise PayloadError(Problem.UNKNOWN_STRUCTURE, pointer or "/")
    found.note_unread(content)
    found.unknown.update(notes)
    if is_adult(values):
        found.left_out["adult"] += 1
    else:
        found.statements.append(_statement(values, pointer or "/"))


def _spelt_out(name: str, value: Any, pointer: str) -> Any:
    """A text in place of an object as its member; a list of one child as that child.

    Raises WRONG_TYPE for several children: one case number cannot be the key of two.
    """
    folded = plain(name)
    if folded in _BARE and not isinstance(value, Mapping | list):
        return {_BARE[folded]: value}
    if folded == CHILD and isinstance(value, list):
        if len(value) == 1:
            return value[0]
        raise PayloadError(Problem.WRONG_TYPE, f"{pointer}/{CHILD}", CHILD)
    return value


def _lists(report: Mapping[str, Any], notes: Counter[str]) -> dict[str, list[str]]:
    """Group codes and actions, sorted; a group that is none of the 14 is noted."""
    stated = {plain(name): texts(value) for name, value in report.items()}
    groups, all_known = group_codes(stated.get(plain(GROUPS), ()))
    if not all_known:
        notes[f"{GROUPS}: {Problem.WRONG_CODE}"] += 1
    lists = {GROUPS: groups, ACTIONS: stated.get(plain(ACTIONS), [])}
    return {name: listed for name, listed in lists.items() if listed}


def _statement(values: dict[str, Any], position: str) -> Statement:
    key, effective = stated_key(values.get(KEY)), moment(values.get(TIME))
    return statement("intake-report", key, values, position, effective)
