"""Persons by name, day of birth and further attributes: OpenCR's set of Uganda, FEBRL 3 and 4."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from linkage.configuration import Configuration
from linkage.features import Feature, Level
from linkage.normalise import fold
from tests.bench.linkage.rows import Row, level, row, same, text

NAMES = ("given_name", "surname")
LETTERS = 3


def person(record: Mapping[str, Any], attributes: Iterable[str], report: str | None = None) -> Row:
    """A record without blanks inside its values: they are typing errors here."""
    values = {name: fold(record[name] or "").replace(" ", "") for name in (*NAMES, *attributes)}
    given, surname = values["given_name"], values["surname"]
    whole = {"whole": f"{given} {surname}"} if given and surname else {}
    return row(record["unique_id"], values | whole, report=report)


def attribute(column: str, levels: tuple[Level, ...], rest: tuple[float, float]) -> Feature:
    """A comparison of one text with its like."""
    return Feature(
        name=column,
        columns={column: text(column)},
        missing=column,
        levels=levels,
        otherwise=rest,
    )


def apart(column: str, most: int) -> str:
    return f"damerau_levenshtein({column}_l, {column}_r) <= {most}"


def similar(column: str) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r) >= 0.88"


def name(column: str) -> Feature:
    other = next(one for one in NAMES if one != column)
    swapped = f"{column}_l = {other}_r and {other}_l = {column}_r"
    levels = (
        same(column, f"same {column}", 0.7, 0.003),
        level("one letter apart", apart(column, 1), 0.1, 0.002),
        level("similar", similar(column), 0.05, 0.005),
        level("the names changed places", swapped, 0.05, 0.0005),
    )
    return attribute(column, levels, (0.1, 0.99))


def number(column: str, u: float) -> Feature:
    """A number that is nearly one person's alone."""
    levels = (
        same(column, f"same {column}", 0.8, u),
        level("one sign apart", apart(column, 1), 0.1, u * 5),
        level("two signs apart", apart(column, 2), 0.04, u * 20),
    )
    return attribute(column, levels, (0.06, 1 - u * 26))


def words(column: str, u: float) -> Feature:
    """A street, a suburb."""
    levels = (
        same(column, f"same {column}", 0.7, u),
        level("similar", similar(column), 0.2, u * 3),
    )
    return attribute(column, levels, (0.1, 1 - u * 4))


def choice(column: str, u: float) -> Feature:
    """One of few values."""
    return attribute(column, (same(column, f"same {column}", 0.9, u),), (0.1, 1 - u))


def keys(*columns: str) -> Callable[[Row], Iterator[str]]:
    """A pair is compared when one of these agrees, or the beginnings of both names do."""

    def of(record: Row) -> Iterator[str]:
        told = record.texts
        yield from (f"{column}:{told[column]}" for column in columns if column in told)
        # Who writes the names in the other order is found too.
        yield from (f"n:{told[one]}" for one in NAMES if one in told)
        if all(one in told for one in NAMES):
            yield "b:" + "|".join(sorted(told[one][:LETTERS] for one in NAMES))

    return of


UGANDA_ATTRIBUTES = ("sex", "date_of_birth", "phone_number")
"""Not the national and the ART number."""
UGANDA = Configuration(
    name="uganda",
    features=(
        name("given_name"),
        name("surname"),
        number("date_of_birth", 0.0005),
        number("phone_number", 0.0003),
        choice("sex", 0.6),
    ),
    block_keys=keys("date_of_birth", "phone_number"),
    em_rules=(("date_of_birth",), ("phone_number",), ("surname",)),
    prior=1e-4,
)
FEBRL_ATTRIBUTES = (
    "street_number",
    "address_1",
    "address_2",
    "suburb",
    "postcode",
    "state",
    "date_of_birth",
    "soc_sec_id",
)
FEBRL = Configuration(
    name="febrl",
    features=(
        name("given_name"),
        name("surname"),
        number("date_of_birth", 0.0005),
        number("soc_sec_id", 0.0001),
        choice("street_number", 0.01),
        words("address_1", 0.002),
        words("address_2", 0.002),
        words("suburb", 0.002),
        number("postcode", 0.002),
        choice("state", 0.2),
    ),
    block_keys=keys("date_of_birth", "soc_sec_id", "address_1", "postcode", "suburb"),
    em_rules=(("date_of_birth",), ("soc_sec_id",), ("postcode",), ("surname",)),
    prior=1e-4,
)
