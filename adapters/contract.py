"""What every source adapter takes and gives: SourceMessage in, statements and resources out."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias

import orjson

from adapters.dialect import OURS, Dialect
from adapters.errors import Rejection

Resource: TypeAlias = dict[str, Any]
"""A FHIR R4 resource as plain JSON. Its `id` is a role inside the record, see `profile`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Domains:
    """Identifier systems in which a sender may write records; by itself: in every one."""

    own: frozenset[str] | None = None
    """Only in these."""
    foreign: frozenset[str] = frozenset()
    """Those of others: in none of these."""

    def allow(self, system: str) -> bool:
        return system not in self.foreign and (self.own is None or system in self.own)


EVERY_DOMAIN = Domains()


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What an address means that we gave out: a role in a record of the sender's own."""

    key: str = field(repr=False)
    """Of the record."""
    role: str
    """`patient`, `related-mother`: as in a Resource's `id`."""
    custodian: str
    """Who keeps the record today."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceMessage:
    """A payload exactly as a source sent it."""

    source: str
    content: bytes = field(repr=False)
    name: str = field(default="", repr=False)
    """File name, if any: only its ending is used."""
    dialect: Dialect = field(repr=False, default=OURS)
    """How its sender spells what the source's page describes."""
    domains: Domains = EVERY_DOMAIN
    """Of the sender, for a source whose record keys name their domain."""
    known: Mapping[str, Known] = field(repr=False, default_factory=dict)
    """Address (`Patient/01k…`) → what it means, where a sender writes by the ids given out here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """What one payload says of one child at one time: the unit that versions are made of.

    `record_id` is the business key of formats.md (without `<source>:`), or None for a part that
    names only its episode and waits for the statement which gives the key. `effective` is the
    payload's own time, with a zone; None means "by arrival". `content` is the typed record as JSON
    values, normalised (NFC, trimmed), enough to convert again without the payload.
    """

    kind: str
    record_id: str | None = field(repr=False)
    content: Mapping[str, Any] = field(repr=False)
    position: str
    episode: str | None = field(default=None, repr=False)
    effective: datetime | None = None
    unkeyed: bool = False

    @property
    def content_hash(self) -> str:
        """SHA-256 (hex) of the normalised content."""
        return content_hash(self.content)


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """What a resource of a payload became part of: a statement, by its place in the reading."""

    statement: int
    role: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """All that one message holds."""

    statements: Sequence[Statement] = ()
    rejections: Sequence[Rejection] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    """Reason → how many: adults, withheld tables (XML6, XML15)."""
    unknown_fields: Mapping[str, int] = field(default_factory=dict)
    """Columns or elements that the source never sent before → how often."""
    named: Mapping[str, Named] = field(default_factory=dict)
    """Position of a resource → what became of it, where an adapter can tell."""


REPLACES = "replaces"
"""In the content of a statement that was written resource by resource: `Conversion.replaces`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversion:
    """The FHIR resources of one record and who answers for them."""

    resources: Sequence[Resource] = field(repr=False)
    custodian: str
    """`hospital:01234`, `home:HN01`, `commune:00199` or `school:01000123`: who keeps the record."""
    province: str | None
    """Today's two-digit province code of the custodian, where it is certain."""
    replaces: Mapping[str, Sequence[str]] | None = None
    """Role → hashes of the statements whose word on it this one takes the place of. None: a payload,
    which says all that its sender knows of a child; otherwise single resources were written."""

    def __reduce__(self) -> tuple[object, ...]:
        """Between processes as JSON: a quarter of the time of pickling so many small objects."""
        told = (self.custodian, self.province, self.replaces)
        return _conversion, (orjson.dumps(self.resources), *told)


def _conversion(
    resources: bytes,
    custodian: str,
    province: str | None,
    replaces: Mapping[str, Sequence[str]] | None,
) -> Conversion:
    return Conversion(
        resources=orjson.loads(resources),
        custodian=custodian,
        province=province,
        replaces=replaces,
    )


class SourceAdapter(Protocol):
    """A source system: knows its payloads, is pure, keeps no state."""

    version: str
    """Raised whenever the mapping changes; stands in Provenance."""

    def recognises(self, message: SourceMessage) -> bool:
        """Whether the content is this source's, by its content and not by its name."""
        ...

    def read(self, message: SourceMessage) -> Reading:
        """Split a payload into statements. A bad record is a rejection, the rest is read.

        Raises PayloadError where the payload as a whole cannot be read.
        """
        ...

    def convert(self, statement: Statement) -> Conversion:
        """Express one statement in FHIR; `history.compose` joins what the statements of a record become.

        Raises PayloadError where it cannot.
        """
        ...


def content_hash(content: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of `content_text`."""
    return hashlib.sha256(content_text(content).encode()).hexdigest()


def content_text(content: Mapping[str, Any]) -> str:
    """Content as JSON with sorted keys and without spaces."""
    try:
        return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()
    # Numbers of more than 64 bits and lone surrogates, which only the slower one writes.
    except TypeError:
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
