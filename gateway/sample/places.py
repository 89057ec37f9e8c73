"""The bodies of the sample world: communes, hospitals and facilities, each with its habits."""

from dataclasses import dataclass
from datetime import date

REFORM = date(2025, 7, 1)
"""Commune reform: districts gone, codes changed (vn_domain.md 7)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OldCommune:
    """A commune before 1 July 2025."""

    code: str
    name: str
    district: str
    province: str
    split: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Commune:
    """A commune of today with the old ones that went into it."""

    code: str
    name: str
    province_code: str
    province: str
    old: tuple[OldCommune, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """One place on the map: its commune of today and of before the reform."""

    commune: Commune
    old: OldCommune

    def code(self, on: date, out_of_date: bool = False) -> str:
        """The commune code that a body prints on a day."""
        return self.old.code if on < REFORM or out_of_date else self.commune.code

    def words(self, on: date, out_of_date: bool = False) -> str:
        if on < REFORM or out_of_date:
            return f"{self.old.name}, {self.old.district}, {self.old.province}"
        return f"{self.commune.name}, {self.commune.province}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Spelling:
    """How one body's system writes all its texts."""

    capitals: bool = False
    unmarked: bool = False
    decomposed: bool = False
    font: str = ""
    """"", "tcvn3" or "vni"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hospital:
    """A hospital, its address and its software's habits."""

    code: str
    name: str
    short_name: str
    spot: Spot
    spelling: Spelling
    number_form: str
    dossiers_per_file: int
    content_form: str
    new_certificates: bool
    reports_old_code: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """A social-protection facility, how it names children and keeps its list."""

    code: str
    name: str
    spot: Spot
    spelling: Spelling
    surname: str | None
    middle: str | None
    given: str | None
    dates: str
    """registered, default (01/01) or reception."""
    number_form: str
    sheet_form: str
    twice: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class School:
    """A school, where it lies and how its software writes lists."""

    code: str
    name: str
    spot: Spot
    spelling: Spelling
    preschool: bool
    sheet_form: str
    empty: str
    """What its export writes into empty cells: "", "36" or "36.0"."""
    personal_numbers: bool
    """Whether the personal number is its student number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Neighbourhood:
    """Where some hundreds of children live: the communes, hospitals and facilities they meet."""

    number: int
    spots: tuple[Spot, ...]
    hospitals: tuple[Hospital, ...]
    homes: tuple[Home, ...]
    national: tuple[Hospital, ...]
    far_homes: tuple[Home, ...]
    clinics: tuple[Hospital, ...] = ()
    """Houses that send HL7 and no health XML."""
    messaging: frozenset[str] = frozenset()
    """Codes of hospitals that send HL7 beside health XML."""
    schools: tuple[School, ...] = ()
