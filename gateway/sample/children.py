"""The true lives: who the children are, of whom, and how they came to be alone."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from gateway.sample import names, rates
from gateway.sample.places import REFORM, Home, Hospital, Neighbourhood, Spot

MARKS = (
    "bớt đỏ ở vai trái", "bớt xanh ở mông", "nốt ruồi sau tai phải", "sẹo nhỏ ở trán",
    "bớt đen ở đùi phải", "sứt môi", "hở hàm ếch", "nốt ruồi dưới mắt trái", "vết bỏng tay phải",
    "thừa ngón tay út trái", "tóc xoăn", "bớt cà phê sữa ở lưng", "chân vẹo", "vết chàm ở cổ",
)  # fmt: skip
BELONGINGS = (
    "khăn xanh", "khăn trắng", "giỏ nhựa đỏ", "hộp sữa", "bình sữa", "túi vải", "thùng các tông",
    "mũ len vàng", "vòng bạc", "mảnh giấy ghi ngày sinh", "chăn hoa", "02 bộ quần áo",
)  # fmt: skip
PLACES: tuple[tuple[str, str], ...] = (
    ("CHUA", "cổng chùa {}"), ("DUONG_PHO", "vỉa hè đường {}"), ("CHO", "chợ {}"),
    ("NHA_DAN", "trước cửa nhà ông {}"), ("TRAM_Y_TE", "cổng trạm y tế {}"),
    ("CO_SO_BTXH", "cổng cơ sở bảo trợ {}"), ("KHAC", "bụi cây gần cầu {}"),
)  # fmt: skip
PLACE_WORDS = (
    "Láng",
    "Thiên Phúc",
    "Long Khánh",
    "Bến Tre",
    "Cầu Đất",
    "Trung Tâm",
    "Diệu Ân",
    "Lê Lợi",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parent:
    """A mother or father."""

    name: str
    born: date
    card: str
    spot: Spot


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """A true child; nothing of this is written without going through somebody's hands."""

    id: str
    stratum: str
    sex: str
    born: datetime
    birth_weight: int
    mark: str | None
    people: tuple[str, str]
    mother: Parent
    father: Parent | None
    begins: datetime
    """When the bodies of state begin to know of the child: found, left, or taken from home."""
    planned_name: str
    """What the parents call the child; nobody knows it when they are unknown."""
    house_name: str
    """What staff, temple or facility call the child."""
    birth_order: int = 1
    born_together: int = 1

    def weight_on(self, day: date) -> int:
        """Grams: an infant puts on some 25 g a day at first, a child some 2.5 kg a year."""
        days = max(0, (day - self.born.date()).days)
        return self.birth_weight + min(days, 180) * 25 + max(0, days - 180) * 7


@dataclass(frozen=True, kw_only=True, slots=True)
class Discovery:
    """A child or children found."""

    time: datetime
    spot: Spot
    kind: str
    words: str
    belongings: tuple[str, ...]
    finder: str
    finder_card: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Registered:
    """A birth registration as the register holds it."""

    spot: Spot
    code: str
    book: str
    number: int
    day: date
    name: str
    born: date
    year_only: bool
    personal_id: str
    parents: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Admitted:
    """A place in a facility, under the facility's file number."""

    home: Home
    file: str
    day: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Adopted:
    """An adoption with the names that it gave."""

    day: date
    name: str
    mother: str
    father: str


@dataclass(kw_only=True, slots=True)
class Trail:
    """The papers and facts that follow one child from body to body, true as they were issued."""

    sex: str
    minutes: tuple[str, str, date, int] | None = None
    """Number, commune code as printed, day, place in the list."""
    certificate: str | None = None
    temporary_card: str | None = None
    card: str | None = None
    files: dict[str, "PatientFile"] = field(default_factory=dict)
    last_stay: tuple[Hospital, str, date] | None = None
    """Hospital, patient number, day of discharge."""
    stays: list[tuple[Hospital, str, date]] = field(default_factory=list)
    """Hospital, patient number, day of admission."""
    handed_by: tuple[str, str, str | None] | None = None
    """Name, code and file number of who hands the child over next."""
    home: Home | None = None
    registered_name: str | None = None
    registered_birth: date | None = None
    birth_year_only: bool = False
    personal_id: str | None = None
    names: list[str] = field(default_factory=list)
    estimated: bool = False
    found: Discovery | None = None
    minutes_made: datetime | None = None
    registrations: list[Registered] = field(default_factory=list)
    admissions: list[Admitted] = field(default_factory=list)
    adopted: Adopted | None = None
    case: str | None = None
    """Number of the hotline's case."""


@dataclass(kw_only=True, slots=True)
class PatientFile:
    """One child's file in one hospital: what its system holds, once typed."""

    number: str
    name: str
    sex: str
    birth: str


def make_parent(rng: Random, place: Neighbourhood, sex: str, child_born: date) -> Parent:
    """A parent of 19 to 40 at the birth, so that no mother is herself a child's record."""
    age = rng.randint(19 * 365 + 200, 40 * 365)
    return Parent(
        name=names.full_name(rng, sex),
        born=child_born - timedelta(days=age),
        card="",
        spot=rng.choice(place.spots),
    )


def birth_weight(rng: Random, twins: bool) -> int:
    return max(900, int(rng.gauss(2450 if twins else 3050, 420)))


def house_name(rng: Random, sex: str, home: Home | None) -> str:
    """A name given in the way of a facility; without habits any name."""
    if home is None or not (home.surname or home.middle or home.given):
        return names.full_name(rng, sex)
    family = home.surname or names.surname(rng)
    middle = home.middle or rng.choice(names.MIDDLE[sex])
    given = home.given if home.given and sex == "F" else rng.choice(names.given_names(sex))
    if given == home.given:
        middle = names.join(middle, rng.choice(names.given_names(sex)))
    return names.join(family, middle, given)


def discovery(rng: Random, spot: Spot, time: datetime, card: str) -> Discovery:
    kind, words = rng.choices(
        PLACES, weights=(rates.TEMPLE_PLACES * 6, 1, 1, 1, 1, 0.7, 1)
    )[0]  # fmt: skip
    return Discovery(
        time=time,
        spot=spot,
        kind=kind,
        words=words.format(rng.choice(PLACE_WORDS)),
        belongings=tuple(rng.sample(BELONGINGS, rng.randint(0, 3))),
        finder=names.full_name(rng, rng.choice("MF")),
        finder_card=card,
    )


def begin(rng: Random, start: int, end: date) -> datetime:
    """A moment between the first of January of `start` and two months before the end."""
    first = date(start, 1, 1)
    day = first + timedelta(days=rng.randrange((end - first).days - 60))
    # Just before the reform old and new codes meet in one child's papers.
    if rng.random() < rates.NEAR_REFORM and first + timedelta(days=60) < REFORM < end:
        day = REFORM - timedelta(days=rng.randint(0, 60))
    return midnight(day) + timedelta(minutes=rng.randrange(24 * 60))


def midnight(day: date) -> datetime:
    """All times of the world are local (UTC+7); only police minutes print the zone."""
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001
