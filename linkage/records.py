"""The words of linkage: a person record is what one source record says, ready to be compared."""

from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

OPEN = 10**10
"""The end of a stay that has not ended."""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Move:
    """A child came `in` to, or went `out` of, a place (`hospital:01234`).

    `day` is a proleptic ordinal, `hour` counts hours since ordinal 0 in Việt Nam's time; 0 where
    only the day is known.
    """

    direction: str
    place: str
    day: int
    hour: int = 0


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Stay:
    """A bed in a house under a file number, from `start` to `end`, in minutes since ordinal 0.

    `end` is OPEN where the child is still there as far as the source says. `visit`: the source says
    that it was no stay overnight.
    """

    place: str
    file: str
    start: int
    end: int
    visit: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Labels:
    """Who keeps a row of child data and how sensitive it is: what row-level security will ask."""

    custodian: str
    province: str | None = None
    sensitivity: tuple[str, ...] = ()


class Comparable(Protocol):
    """What the engine asks of a record, whatever it is about."""

    @property
    def key(self) -> str: ...
    @property
    def report(self) -> str | None:
        """Records of one very large report are not compared with one another (`blocking.py`)."""

    def as_json(self) -> str:
        """The same for equal records."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonRecord:
    """What one source record says of a child, cleaned: tuples are sorted and without doubles.

    Placeholders are not in it: missing is missing. Days are proleptic ordinals.
    """

    record_id: str
    key: str = field(repr=False)
    source: str
    names: tuple[str, ...] = field(default=(), repr=False)
    provisional: bool = False
    """No name is more than a temporary one or a nickname, given until the child has its own."""
    personal_ids: tuple[str, ...] = field(default=(), repr=False)
    active_ids: tuple[str, ...] = field(default=(), repr=False)
    cancelled_ids: tuple[str, ...] = field(default=(), repr=False)
    """Those of `personal_ids` that the source itself calls old."""
    certificates: tuple[str, ...] = field(default=(), repr=False)
    registrations: tuple[str, ...] = field(default=(), repr=False)
    registered: int | None = field(default=None, repr=False)
    """The day on which the birth was first registered."""
    minutes: tuple[str, ...] = field(default=(), repr=False)
    cards: tuple[str, ...] = field(default=(), repr=False)
    files: tuple[str, ...] = field(default=(), repr=False)
    letters: tuple[str, ...] = field(default=(), repr=False)
    cases: tuple[str, ...] = field(default=(), repr=False)
    motem_ids: tuple[str, ...] = field(default=(), repr=False)
    """Identities of Motem that the source names; a record's own stands in `record_id`."""
    merged: tuple[str, ...] = field(default=(), repr=False)
    """Pairs of a house's own numbers that it says are one patient's: `hospital:01234|A=B`."""
    copied: tuple[str, ...] = field(default=(), repr=False)
    """Numbers out of others' papers by which a report names the child (`numbers.py`)."""
    due_low: int | None = field(default=None, repr=False)
    due_high: int | None = field(default=None, repr=False)
    """First and last day on which the child was found, as the step that is reported tells."""
    makers: tuple[str, ...] = field(default=(), repr=False)
    """Bodies that report about the child without having said that it was there."""
    sex: str | None = field(default=None, repr=False)
    birth_low: int | None = field(default=None, repr=False)
    birth_high: int | None = field(default=None, repr=False)
    birth_firm: bool = False
    found_low: int | None = field(default=None, repr=False)
    found_high: int | None = field(default=None, repr=False)
    communes: tuple[str, ...] = field(default=(), repr=False)
    place_words: tuple[str, ...] = field(default=(), repr=False)
    place_kinds: tuple[str, ...] = field(default=(), repr=False)
    """Pagoda, market, street… where the child was found (`place_kinds.py`)."""
    report: str | None = field(default=None, repr=False)
    """Key of the report in which several children were reported together, if so."""
    several: bool = False
    """The source itself says that this child was not alone (twins, siblings found together)."""
    told: int | None = field(default=None, repr=False)
    """The minute since ordinal 0 at which the hotline was told of the child."""
    grams: int | None = field(default=None, repr=False)
    grams_day: int | None = field(default=None, repr=False)
    mothers: tuple[str, ...] = field(default=(), repr=False)
    mother_ids: tuple[str, ...] = field(default=(), repr=False)
    marks: tuple[str, ...] = field(default=(), repr=False)
    homes: tuple[str, ...] = field(default=(), repr=False)
    names_of_places: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """(`hospital:01234`, its folded name) as far as this record says both."""
    provinces: tuple[str, ...] = field(default=(), repr=False)
    """Today's provinces of the bodies and places that the record speaks of."""
    moves: tuple[Move, ...] = field(default=(), repr=False)
    stays: tuple[Stay, ...] = field(default=(), repr=False)
    foundling: bool = False
    """Some sign of abandonment, or no real name."""

    def as_json(self) -> str:
        """The record as JSON text, the same for equal records; `from_json` reads it back."""
        return orjson.dumps(self).decode()


def from_json(text: str) -> PersonRecord:
    """Read what `as_json` wrote."""
    values: dict[str, Any] = orjson.loads(text)
    moves = tuple(Move(**move) for move in values.pop("moves"))
    stays = tuple(Stay(**stay) for stay in values.pop("stays"))
    named = tuple((code, name) for code, name in values.pop("names_of_places"))
    plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    return PersonRecord(moves=moves, stays=stays, names_of_places=named, **plain)
