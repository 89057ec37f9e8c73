"""The mapping file of a consumer: its columns as paths and code tables, and rows as CSV."""

import csv
import io
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from gateway.errors import GatewayError
from gateway.fhir import paths
from gateway.fhir.parameters import TYPES

MARKED = frozenset("=+-@＝＋－＠")
"""How a cell may begin that a spreadsheet would carry out."""
BREAKS = re.compile(r"([;\t\r\n])")
"""What a spreadsheet with another list separator, or one that heeds no quotes, ends a cell at."""
BOM = "\ufeff"
"""By which spreadsheets know UTF-8."""
Text = Annotated[str, Field(min_length=1, max_length=200)]
Kind = Annotated[str, AfterValidator(lambda kind: kind if kind in TYPES else _no_kind())]


def _no_kind() -> str:
    raise ValueError("a type that is kept: docs/fhir.md")


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _readable(told: tuple[str, ...]) -> tuple[str, ...]:
    for one in told:
        paths.path_of(one)
    return told


class WrongMappingError(GatewayError):
    """The mapping file cannot be read."""

    vietnamese = "Không đọc được tệp ánh xạ."


class Column(BaseModel):
    """A field of the consumer. `path`: the first of them that has a value is taken.

    `codes`: the name of a table, by which a value becomes the consumer's code; what is not in it is
    `otherwise`, or left out and counted. `join`: what stands between several values; without it only
    the first is taken. `date`: as `dd/mm/yyyy` instead of FHIR's form.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    path: Annotated[
        tuple[Text, ...], BeforeValidator(_several), Field(min_length=1), AfterValidator(_readable)
    ]
    codes: Text | None = None
    otherwise: str | None = None
    join: str | None = None
    date: Literal["dd/mm/yyyy"] | None = None
    required: bool = False


class Consumer(BaseModel):
    """All that a mapping file may hold. `filter`: criteria of a search, as `gender=female`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    version: Text
    status: Literal["proposal", "agreed"]
    type: Kind = "Patient"
    filter: str = ""
    columns: tuple[Column, ...] = Field(alias="column", min_length=1)
    codes: Mapping[Text, Mapping[str, str]] = Field(default={})

    @model_validator(mode="after")
    def each_column_once_and_with_its_table(self) -> "Consumer":
        names = [one.name for one in self.columns]
        if len(set(names)) < len(names):
            raise ValueError("each column once")
        unknown = {one.codes for one in self.columns if one.codes} - self.codes.keys()
        if unknown:
            raise ValueError(f"there is no table codes.{min(unknown)}")
        return self

    @property
    def criteria(self) -> list[tuple[str, str]]:
        return parse_qsl(self.filter.replace("+", "%2B"), keep_blank_values=True)


def load_consumer(file: Path) -> Consumer:
    """Read a mapping file. Raises WrongMappingError with the place."""
    try:
        return Consumer.model_validate(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        raise WrongMappingError(f"The mapping file cannot be read: {file}") from error
    except ValidationError as error:
        told = error.errors(include_input=False, include_url=False)
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in told
        )
        raise WrongMappingError(f"{file.name}: {wrong}") from None
    except ValueError as error:  # Both of TOML and of UTF-8.
        raise WrongMappingError(f"{file.name}: not TOML in UTF-8: {error}") from None


@dataclass(kw_only=True)
class Tally:
    """Column → how many rows have no code for their value, or no value where there must be one."""

    unmapped: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)


def row_of(consumer: Consumer, resource: Mapping[str, Any], tally: Tally) -> list[str]:
    """The cells of one resource, in the order of the columns."""
    row = [_cell(consumer, column, resource, tally) for column in consumer.columns]
    for column, cell in zip(consumer.columns, row, strict=True):
        tally.missing[column.name] += column.required and not cell
    return row


def _cell(consumer: Consumer, column: Column, resource: Mapping[str, Any], tally: Tally) -> str:
    found: list[str] = []
    for path in column.path:
        found = found or paths.values_at(resource, paths.path_of(path))
    if column.join is None:
        found = found[:1]
    return (column.join or "").join(_told(consumer, column, found, tally))


def _told(consumer: Consumer, column: Column, found: Sequence[str], tally: Tally) -> Iterator[str]:
    table = consumer.codes[column.codes] if column.codes else None
    for value in found:
        if table is None:
            yield _day(value) if column.date else value
        elif value in table:
            yield table[value]
        else:
            tally.unmapped[column.name] += 1
            if column.otherwise is not None:
                yield column.otherwise


def _day(value: str) -> str:
    """`04/03/2026`; of what is known in part, `03/2026` or `2026`."""
    return "/".join(reversed(value.partition("T")[0].split("-")))


def csv_of(consumer: Consumer, rows: Iterable[Sequence[str]]) -> str:
    """Quoted throughout, with a byte order mark; no cell begins as what a spreadsheet carries out."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([harmless(one.name) for one in consumer.columns])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return BOM + text.getvalue()


def harmless(cell: str) -> str:
    """With an apostrophe before what a spreadsheet would carry out (OWASP, CSV injection), also where
    it would see another cell begin."""
    made = "".join(f"'{part}" if _is_active(part) else part for part in BREAKS.split(cell))
    return f"'{made}" if cell.startswith(("\t", "\r", "\n")) else made


def _is_active(part: str) -> bool:
    """Whatever blanks and signs without a shape stand before it."""
    shown = (sign for sign in part if unicodedata.category(sign)[0] not in "ZC")
    return next(shown, "") in MARKED
