"""Translates the SQL conditions of comparison levels to Python source, with SQL's third value.

A condition over NULL is neither true nor false, and a level holds only where its condition is true.
So each condition has two translations: where it is true (`holds`) and where it is false (`fails`);
where neither holds it is NULL. What has no entry in the tables below is refused, never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import sqlglot
from sqlglot import exp

from linkage.sql_functions import MEASURES, Kind

DIALECT = "duckdb"
SIDES = ("_l", "_r")


class UntranslatableError(ValueError):
    """A comparison uses something that cannot be translated to Python."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """Python source of a value, and the conditions under which it is not NULL, in their order."""

    code: str
    kind: Kind
    known: tuple[str, ...] = ()


Columns = Mapping[str, Value]
"""Name of a column with its side (`sex_l`) → the variable that holds it."""


def columns(kinds: Mapping[str, Kind]) -> dict[str, Value]:
    """A variable for each column and side: `_l12`, `_r12`.

    Lists of the left record are frozensets, those of the right record sets or lists, without doubles.
    """
    return {
        f"{name}{side}": Value(
            code=f"{side}{number}", kind=kind, known=(f"{side}{number} is not None",)
        )
        for number, (name, kind) in enumerate(kinds.items())
        for side in SIDES
    }


def holds(condition: str, known: Columns) -> str:
    """Python source that is true exactly where the SQL condition is TRUE (not FALSE, not NULL).

    It refers to the variables of `known` and to FUNCTIONS. Raises UntranslatableError.
    """
    return _Translator(columns=known).true(sqlglot.parse_one(condition, read=DIALECT))


OPERATORS: Mapping[type[exp.Expr], tuple[str, str]] = MappingProxyType(
    {
        exp.EQ: ("==", "!="),
        exp.NEQ: ("!=", "=="),
        exp.LT: ("<", ">="),
        exp.LTE: ("<=", ">"),
        exp.GT: (">", "<="),
        exp.GTE: (">=", "<"),
    }
)
"""Comparison → the operator where it is true, and where it is false."""
ARITHMETIC: Mapping[type[exp.Expr], str] = MappingProxyType(
    {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}
)
MEASURES_OF_SQLGLOT: Mapping[type[exp.Expr], str] = MappingProxyType(
    {exp.Levenshtein: "levenshtein", exp.JarowinklerSimilarity: "jaro_winkler_similarity"}
)
EXTREMES: Mapping[type[exp.Expr], tuple[str, str]] = MappingProxyType(
    {exp.Greatest: ("most", "max"), exp.Least: ("least", "min")}
)
"""DuckDB leaves NULL out of these."""


def _refused(node: exp.Expr) -> UntranslatableError:
    name = node.name if isinstance(node, exp.Anonymous) else type(node).__name__
    return UntranslatableError(f"A comparison uses {name}, which has no translation to Python.")


def _all(conditions: tuple[str, ...]) -> str:
    return " and ".join(dict.fromkeys(conditions)) or "True"


@dataclass(slots=True)
class _Translator:
    """One condition on its way. `taken` counts the variables for what is needed twice."""

    columns: Columns
    taken: int = 0

    def true(self, node: exp.Expr) -> str:
        """Source that is true exactly where the condition is TRUE."""
        return f"({self._condition(node, 0)})"

    def false(self, node: exp.Expr) -> str:
        """Source that is true exactly where the condition is FALSE."""
        return f"({self._condition(node, 1)})"

    def _condition(self, node: exp.Expr, wrong: int) -> str:
        """`wrong`: 0 where it is to be TRUE, 1 where it is to be FALSE."""
        way = (self.true, self.false)[wrong]
        match node:
            case exp.Paren():
                return way(node.this)
            case exp.Not():
                return (self.false, self.true)[wrong](node.this)
            case exp.And() | exp.Or():
                both = isinstance(node, exp.And) != bool(wrong)
                word = " and " if both else " or "
                return word.join((way(node.left), way(node.right)))
            case exp.Boolean():
                return str(bool(node.this) != bool(wrong))
        return self._test(node, wrong)

    def _test(self, node: exp.Expr, wrong: int) -> str:
        """A condition that holds no others."""
        match node:
            case exp.Between():
                low = exp.GTE(this=node.this, expression=node.args["low"])
                high = exp.LTE(this=node.this, expression=node.args["high"])
                return self._condition(exp.And(this=low, expression=high), wrong)
            case exp.Is() if isinstance(node.expression, exp.Null):
                known = _all(self.value(node.this).known)
                return known if wrong else f"not ({known})"
            case exp.Coalesce():
                return self._first_known(node, wrong)
            case exp.ArrayOverlaps():
                return self._overlap(node.this, node.expression, wrong)
            case exp.GTE(expression=exp.Literal(this="1")) if lists := _intersected(node.this):
                return self._none_shared(*lists) if wrong else self._overlap(*lists, 0)
        if type(node) in OPERATORS:
            return self._comparison(node, wrong)
        raise _refused(node)

    def _first_known(self, node: exp.Coalesce, wrong: int) -> str:
        """COALESCE of conditions: the first that is not NULL counts."""
        first, *rest = [node.this, *node.expressions]
        way, other = (self.true, self.false) if not wrong else (self.false, self.true)
        if not rest:
            return way(first)
        following = exp.Coalesce(this=rest[0], expressions=rest[1:])
        return f"{way(first)} or not {other(first)} and ({self._first_known(following, wrong)})"

    def _overlap(self, left: exp.Expr, right: exp.Expr, wrong: int) -> str:
        one, other = self._lists(left, right)
        test = f"{one.code}.isdisjoint({other.code})"
        return _all((*one.known, *other.known, test if wrong else f"not {test}"))

    def _none_shared(self, first: exp.Expr, second: exp.Expr) -> str:
        """What `first` shares with NULL is an empty list; only what NULL shares is NULL."""
        one, other = self._lists(first, second)
        known = _all(self._of(Kind.TEXTS, second).known)
        test = f"(not ({known}) or {one.code}.isdisjoint({other.code}))"
        return _all((*self._of(Kind.TEXTS, first).known, test))

    def _lists(self, left: exp.Expr, right: exp.Expr) -> tuple[Value, Value]:
        """Two lists, the left record's first: that is held as a set, the other may be a list."""
        one, other = sorted(
            (self._of(Kind.TEXTS, side) for side in (left, right)), key=lambda value: value.code
        )
        if one.code.startswith(SIDES[1]):
            one = Value(code=f"frozenset({one.code})", kind=one.kind, known=one.known)
        return one, other

    def _comparison(self, node: exp.Expr, wrong: int) -> str:
        left, right = self._alike(self.value(node.this), self.value(node.expression), node)
        if left.kind is Kind.TEXTS:
            raise _refused(node)
        test = f"{left.code} {OPERATORS[type(node)][wrong]} {right.code}"
        return _all((*left.known, *right.known, test))

    def value(self, node: exp.Expr) -> Value:
        """Source of a value."""
        match node:
            case exp.Column():
                return self._column(node)
            case exp.Paren():
                return self.value(node.this)
            case exp.Literal():
                return _literal(node)
            case exp.Neg() | exp.Abs():
                one = self._of(Kind.NUMBER, node.this)
                code = f"(-{one.code})" if isinstance(node, exp.Neg) else f"abs({one.code})"
                return Value(code=code, kind=one.kind, known=one.known)
            case exp.Case():
                return self._case(node)
            case exp.Coalesce():
                return self._first_value(node)
            case exp.ArraySize() | exp.Length():
                return self._size(node)
        return self._computed(node)

    def _computed(self, node: exp.Expr) -> Value:
        """A value made of two or more."""
        if type(node) in ARITHMETIC:
            left, right = self._alike(self.value(node.this), self.value(node.expression), node)
            if left.kind not in (Kind.NUMBER, Kind.FLOAT):
                raise _refused(node)
            code = f"({left.code} {ARITHMETIC[type(node)]} {right.code})"
            return Value(code=code, kind=left.kind, known=(*left.known, *right.known))
        if type(node) in EXTREMES:
            return self._extreme(node)
        name = MEASURES_OF_SQLGLOT.get(type(node), node.name)
        if name not in MEASURES:
            raise _refused(node)
        texts = node.expressions or [node.this, node.expression]
        both = [self._of(Kind.TEXT, text) for text in texts]
        return Value(
            code=f"{name}({', '.join(text.code for text in both)})",
            kind=MEASURES[name][1],
            known=tuple(condition for text in both for condition in text.known),
        )

    def _column(self, node: exp.Column) -> Value:
        found = self.columns.get(node.name)
        if found is None:
            raise UntranslatableError("A comparison names a column that no record has.")
        return found

    def _size(self, node: exp.Expr) -> Value:
        lists = _intersected(node)
        if lists is None:
            one = self._of(Kind.TEXTS, node.this)
            return Value(code=f"len({one.code})", kind=Kind.NUMBER, known=one.known)
        one, other = self._lists(*lists)
        first, second = (self._of(Kind.TEXTS, side) for side in lists)
        shared = f"len({one.code}.intersection({other.code}))"
        code = f"({shared} if {_all(second.known)} else 0)"
        return Value(code=code, kind=Kind.NUMBER, known=first.known)

    def _extreme(self, node: exp.Expr) -> Value:
        """GREATEST and LEAST of what is known."""
        values = [self._of(Kind.NUMBER, one) for one in (node.this, *node.expressions)]
        function, quick = EXTREMES[type(node)]
        plain = ", ".join(value.code for value in values)
        every = _all(tuple(condition for value in values for condition in value.known))
        code = f"{function}({', '.join(map(_nullable, values))})"
        return self._named(f"{quick}({plain}) if {every} else {code}", Kind.NUMBER)

    def _case(self, node: exp.Case) -> Value:
        if node.this is not None:
            raise _refused(node)
        branches = [(self.true(one.this), self.value(one.args["true"])) for one in node.args["ifs"]]
        last = node.args.get("default")
        otherwise = self.value(last) if last is not None else None
        kinds = {value.kind for _, value in branches} | ({otherwise.kind} if otherwise else set())
        if len(kinds) > 1:
            raise _refused(node)
        code = _nullable(otherwise) if otherwise else "None"
        for condition, value in reversed(branches):
            code = f"{_nullable(value)} if {condition} else {code}"
        return self._named(code, kinds.pop())

    def _first_value(self, node: exp.Coalesce) -> Value:
        values = [self.value(one) for one in (node.this, *node.expressions)]
        if len({value.kind for value in values}) > 1:
            raise _refused(node)
        code = "None"
        for value in reversed(values):
            code = f"({value.code} if {_all(value.known)} else {code})"
        return self._named(code, values[0].kind)

    def _named(self, code: str, kind: Kind) -> Value:
        """A value that may be NULL by itself: a variable that is set where it is first asked for."""
        self.taken += 1
        name = f"_t{self.taken}"
        return Value(code=name, kind=kind, known=(f"({name} := {code}) is not None",))

    def _of(self, kind: Kind, node: exp.Expr) -> Value:
        found = self.value(node)
        if found.kind is not kind:
            raise _refused(node.parent or node)
        return found

    def _alike(self, left: Value, right: Value, node: exp.Expr) -> tuple[Value, Value]:
        """Both of one kind: beside a float an exact number becomes one, as in DuckDB."""
        if {left.kind, right.kind} == {Kind.NUMBER, Kind.FLOAT}:
            return _as_float(left), _as_float(right)
        if left.kind is not right.kind:
            raise _refused(node)
        return left, right


def _nullable(value: Value) -> str:
    return f"({value.code} if {_all(value.known)} else None)" if value.known else value.code


def _as_float(value: Value) -> Value:
    return Value(code=f"float({value.code})", kind=Kind.FLOAT, known=value.known)


def _literal(node: exp.Literal) -> Value:
    """A text, a whole number, or an exact decimal: DuckDB's 0.15 is a decimal, not a float."""
    if node.is_string:
        return Value(code=repr(node.name), kind=Kind.TEXT)
    if node.name.isascii() and node.name.isdigit():
        return Value(code=node.name, kind=Kind.NUMBER)
    return Value(code=f"Decimal({node.name!r})", kind=Kind.NUMBER)


def _intersected(node: exp.Expr) -> tuple[exp.Expr, exp.Expr] | None:
    """The two lists of which a size is that of what they share."""
    shared = node.this if isinstance(node, exp.ArraySize | exp.Length) else None
    if isinstance(shared, exp.Anonymous) and shared.name == "list_intersect":
        left, right = shared.expressions
        return left, right
    return None
