"""Conditions mean in Python what they mean to DuckDB, for every mixture of values and NULL."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.sql_expressions import UntranslatableError, columns, holds
from linkage.sql_functions import FUNCTIONS, Kind
from tests.linkage.people import QUICK

KINDS = {"a": Kind.TEXT, "b": Kind.TEXT, "m": Kind.TEXTS, "n": Kind.NUMBER, "o": Kind.NUMBER}
KNOWN = columns(KINDS)
TYPES = {Kind.TEXT: "varchar", Kind.TEXTS: "varchar[]", Kind.NUMBER: "bigint"}
WORDS = ("a", "ab", "ba", "abcd", "Đặng", "đặng", "trần", "trân", "")
VALUES = {
    Kind.TEXT: st.sampled_from(WORDS),
    Kind.TEXTS: st.lists(st.sampled_from(WORDS), max_size=3, unique=True),
    Kind.NUMBER: st.integers(-3, 9) | st.sampled_from([20, 140]),
}
PAIRS = st.fixed_dictionaries({name: st.none() | VALUES[v.kind] for name, v in KNOWN.items()})


def names(kind: Kind) -> st.SearchStrategy[str]:
    return st.sampled_from([name for name, value in KNOWN.items() if value.kind is kind])


TEXT, TEXTS, NUMBER = names(Kind.TEXT), names(Kind.TEXTS), names(Kind.NUMBER)
COMPARED = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def _numbers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner)
        | st.builds("{}({}, {})".format, st.sampled_from(["greatest", "least"]), inner, inner)
        | st.builds("coalesce({}, {})".format, inner, inner)
        | st.builds("abs({})".format, inner)
        | st.builds("(-{})".format, inner)
        | st.builds("(case when {} < {} then {} else {} end)".format, inner, inner, inner, inner)
        | st.builds("(case when {} is null then {} end)".format, inner, inner)
    )


NUMBERS = st.recursive(
    NUMBER
    | st.sampled_from(["0", "2", "7", "0.15", "1.5"])
    | st.builds("len(list_intersect({}, {}))".format, TEXTS, TEXTS)
    | st.builds("len({})".format, TEXTS)
    | st.builds(
        "{}({}, {})".format, st.sampled_from(["levenshtein", "damerau_levenshtein"]), TEXT, TEXT
    ),
    _numbers,
    max_leaves=4,
)
TESTS = (
    st.builds("{} {} {}".format, NUMBERS, COMPARED, NUMBERS)
    | st.builds("{} {} {}".format, TEXT, COMPARED, TEXT | st.just("'trần'"))
    | st.builds("{} between {} and {}".format, NUMBER, NUMBERS, NUMBERS)
    | st.builds("list_has_any({}, {})".format, TEXTS, TEXTS)
    | st.builds(
        "array_length(list_intersect({}, {})) >= {}".format, TEXTS, TEXTS, st.integers(1, 3)
    )
    | st.builds("{} is {}null".format, TEXT | TEXTS | NUMBERS, st.sampled_from(["", "not "]))
    | st.builds(
        "{}({}, {}) >= {}".format,
        st.sampled_from(["jaro_similarity", "jaro_winkler_similarity"]),
        TEXT,
        TEXT,
        st.sampled_from(["0.7", "0.85", "1"]),
    )
    | st.sampled_from(["true", "false"])
)


def _conditions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("{} or {} and {}".format, inner, inner, inner)
        | st.builds("(not {})".format, inner)
        | st.builds("coalesce({}, {}, false)".format, inner, inner)
    )


CONDITIONS = st.recursive(TESTS, _conditions, max_leaves=4).map("({})".format)


def by_python(condition: str, pair: dict[str, Any]) -> bool:
    namespace: dict[str, Any] = {**FUNCTIONS, "Decimal": Decimal}
    for name, value in pair.items():
        is_set = isinstance(value, list) and name.endswith("_l")
        namespace[KNOWN[name].code] = frozenset(value) if is_set else value
    return bool(eval(holds(condition, KNOWN), namespace))


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def by_duckdb(duck: duckdb.DuckDBPyConnection, condition: str, pair: dict[str, Any]) -> bool:
    row = ", ".join(f"?::{TYPES[KNOWN[name].kind]} as {name}" for name in pair)
    query = f"select ({condition}) is true from (select {row})"
    (found,) = duck.execute(query, list(pair.values())).fetchall()
    return bool(found[0])


@QUICK
@given(condition=CONDITIONS, pair=PAIRS)
def test_a_condition_holds_in_python_exactly_where_it_holds_in_duckdb(
    duck: duckdb.DuckDBPyConnection, condition: str, pair: dict[str, Any]
) -> None:
    assert by_python(condition, pair) == by_duckdb(duck, condition, pair)
    opposite = f"not {condition}"
    assert by_python(opposite, pair) == by_duckdb(duck, opposite, pair)


NOTHING = dict.fromkeys(KNOWN)


@pytest.mark.parametrize(
    ("condition", "told", "expected"),
    [
        ("a_l = a_r", {}, False),
        ("not (a_l = a_r)", {}, False),
        ("a_l = a_r or n_l = 1", {"n_l": 1}, True),
        ("not (a_l = a_r and n_l = 1)", {"n_l": 2}, True),
        ("greatest(n_l, n_r) <= 3", {"n_l": 3}, True),
        ("greatest(n_l, n_r) <= 3", {}, False),
        ("n_l between n_r and o_r", {"n_l": 1, "o_r": 0}, False),
        ("not (n_l between n_r and o_r)", {"n_l": 1, "o_r": 0}, True),
        ("abs(n_l - n_r) <= 0.15 * greatest(n_l, n_r)", {"n_l": 140, "n_r": 119}, True),
        ("levenshtein(a_l, a_r) <= 1", {"a_l": "trần", "a_r": "trân"}, False),
        ("coalesce(list_has_any(m_l, m_r), false)", {"m_l": ["a"]}, False),
        ("not coalesce(list_has_any(m_l, m_r), false)", {"m_l": ["a"]}, True),
    ],
)
def test_null_is_neither_true_nor_false(
    condition: str, told: dict[str, Any], expected: bool, duck: duckdb.DuckDBPyConnection
) -> None:
    assert by_python(condition, NOTHING | told) == expected
    assert by_duckdb(duck, condition, NOTHING | told) == expected


@pytest.mark.parametrize(
    "condition",
    [
        "soundex(a_l) = soundex(a_r)",
        "a_l = n_r",
        "m_l = m_r",
        "len(a_l) = 1",
        "n_l / n_r = 1",
        "a_l",
        "n_l is true",
        "list_has_any(a_l, m_r)",
        "case n_l when 1 then true end",
        "coalesce(n_l, a_l) = 1",
        "case when true then n_l else a_l end = 1",
        "abs(a_l) = 1",
        "a_l - a_r = 1",
        "other_l = a_r",
        "a_l like 'x%'",
    ],
)
def test_what_has_no_translation_is_refused(condition: str) -> None:
    with pytest.raises(UntranslatableError):
        holds(condition, KNOWN)
