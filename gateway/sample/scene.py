"""Everything that happens to one family happens in its scene: its chance, places and books."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from gateway.sample import rates
from gateway.sample.children import Trail, midnight
from gateway.sample.legacy_fonts import to_tcvn3, to_vni
from gateway.sample.noise import Noise, without_marks
from gateway.sample.places import Home, Hospital, Neighbourhood, Spelling
from gateway.sample.registers import Registers

FONTS = {"tcvn3": to_tcvn3, "vni": to_vni}


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One family's own random numbers, its neighbourhood, and the books shared by all."""

    rng: Random
    noise: Noise
    place: Neighbourhood
    registers: Registers
    start: int
    end: date

    def happens(self, rate: float) -> bool:
        return self.rng.random() < rate

    def number(self, *book: str, first: int = 60, gap: int = 4) -> int:
        return self.registers.next(self.rng, *book, first=first, gap=gap)

    def over(self, moment: datetime | date) -> bool:
        """Whether a moment lies after the end of the world."""
        return (moment.date() if isinstance(moment, datetime) else moment) > self.end

    def later(self, day: date, least: int, most: int) -> date:
        return day + timedelta(days=self.rng.randint(least, most))

    def moment(self, day: date) -> datetime:
        """Some time of a working day."""
        return midnight(day) + timedelta(hours=7, minutes=self.rng.randrange(600))

    def hospital(self) -> Hospital:
        national = self.happens(rates.NATIONAL_HOSPITAL)
        return self.rng.choice(self.place.national if national else self.place.hospitals)

    def careless_home(self) -> Home:
        """A facility whose children share names or dates, if there is one."""
        alike = [home for home in self.place.homes if home.dates != "registered"]
        return self.rng.choice(alike or self.place.homes)

    def home(self) -> Home:
        far = self.happens(rates.OTHER_PROVINCE_HOME)
        return self.rng.choice(self.place.far_homes if far else self.place.homes)

    def turn(self) -> int:
        """When a part is sent: with its dossier, in a file after or before it."""
        if not self.happens(rates.PART_IN_OTHER_FILE):
            return 0
        return -1 if self.happens(rates.PART_BEFORE) else 1

    def spelled(self, text: str, spelling: Spelling) -> str:
        """Text as one body's system stores it."""
        if spelling.capitals:
            text = text.upper()
        if spelling.unmarked:
            return without_marks(text)
        if spelling.font:
            return FONTS[spelling.font](text)
        return unicodedata.normalize("NFD", text) if spelling.decomposed else text

    def typed(self, name: str, spelling: Spelling) -> str:
        """A name as somebody types it into one body's system."""
        return self.spelled(self.noise.name(name), spelling)

    def personal_id(self, trail: Trail, body: str, rate: float) -> str:
        """The child's number as a body writes it: missing, right, mistyped or another child's."""
        if trail.personal_id is None or not self.happens(rate):
            return ""
        borrowed = self.registers.borrowed(body, trail.personal_id)
        if self.noise.strikes(rates.NUMBER_BORROWED):
            return borrowed
        return self.noise.number(trail.personal_id)
