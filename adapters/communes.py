"""The commune reform of 1 July 2025: what a commune code of any date means today."""

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files

from adapters.legacy_text import fold

REFORM = date(2025, 7, 1)
"""Nghị quyết 202/2025/QH15: districts gone, 10,035 communes became 3,321."""

_COMMUNE_WORDS = "phuong|xa|thi tran|dac khu"
_DISTRICT_WORDS = "quan|huyen|thi xa|thanh pho|huyen dao"
_PROVINCE_WORDS = "tinh|thanh pho"
_ABBREVIATIONS = {
    "p": "phuong",
    "x": "xa",
    "tt": "thi tran",
    "q": "quan",
    "h": "huyen",
    "tx": "thi xa",
    "tp": "thanh pho",
    "t": "tinh",
}
_PROVINCE_ALIASES = {"hcm": "ho chi minh", "tphcm": "ho chi minh", "sai gon": "ho chi minh"} | {
    "thua thien hue": "hue"
}
_MOST_READINGS = 5
"""No commune was split into more; a wider answer would say nothing."""

_SHORT = re.compile(rf"\b({'|'.join(_ABBREVIATIONS)})\s*\.\s*(?=\w)")
_SEPARATORS = re.compile(r"\s*[,;()\n]\s*|\s+[-–]\s+")
_COMMUNE_PHRASE = re.compile(rf"\b(?:{_COMMUNE_WORDS}) .+")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Unit:
    """A commune by name, of today (district "") or of before, with today's codes it means."""

    district: str
    province: str
    codes: tuple[str, ...]


def readings(code: str, on: date | None) -> tuple[str, ...]:
    """Today's commune codes that `code` may mean on that day, sorted.

    Before the reform the old table decides (471 split communes have several readings), from then
    on today's list first. Without a day both readings stay. An unknown code gives nothing.
    """
    old = _old_to_new().get(code, ())
    new = (code,) if code in _today() else ()
    if on is None:
        return tuple(sorted({*old, *new}))
    return (old or new) if on < REFORM else (new or old)


def province_of(code: str) -> str | None:
    """Today's two-digit province code of one of today's communes."""
    found = _today().get(code)
    return found[0] if found else None


def province_today(code: str) -> str | None:
    """Today's province of a two-digit code from before the reform (vn_domain.md 3.3).

    The codes that hospitals and identity numbers begin with are still those of the 63 provinces.
    """
    return _merged_provinces().get(code)


def name_of(code: str) -> str | None:
    """The name, with its kind, of one of today's communes: "Phường Láng"."""
    found = _today().get(code)
    return found[1] if found else None


def by_text(text: str) -> tuple[str, ...]:
    """Today's communes that a loose address names, by old or new names.

    Empty unless certain: the commune must be named with its kind (phường, xã, thị trấn, đặc khu)
    and be one only, among all that agree with the district and province named after it.
    """
    parts = [part for part in _SEPARATORS.split(_spelt_out(text)) if part]
    for position, part in enumerate(parts):
        for units, rest in _named_units(part):
            context = [rest, *parts[position + 1 :]]
            return _only_one(_agreeing(units, [piece for piece in context if piece]))
    return ()


def _spelt_out(text: str) -> str:
    """Folded text with P., Q., TP. … written in full."""
    folded = fold(text.replace("\n", ", "))
    return _SHORT.sub(lambda match: _ABBREVIATIONS[match[1]] + " ", folded).replace(".", " ")


def _named_units(part: str) -> Iterator[tuple[tuple[_Unit, ...], str]]:
    """Communes named in one part of an address, the longest name first, and what follows it."""
    phrase = _COMMUNE_PHRASE.search(part)
    words = phrase[0].split() if phrase else []
    for length in range(len(words), 1, -1):
        units = _by_name().get(" ".join(words[:length]))
        if units:
            yield units, " ".join(words[length:])


def _agreeing(units: tuple[_Unit, ...], context: list[str]) -> tuple[_Unit, ...]:
    """Those units that lie in the province and the district which the context names, if any."""
    whole = f" {' '.join(context)} "
    provinces = {code for name, code in _provinces().items() if f" {name} " in whole}
    kept = [unit for unit in units if not provinces or unit.province in provinces]
    in_district = [unit for unit in kept if unit.district and _names(unit.district, whole, context)]
    return tuple(in_district or kept)


def _names(district: str, whole: str, context: list[str]) -> bool:
    return f" {district} " in whole or _bare(district, _DISTRICT_WORDS) in context


def _only_one(units: tuple[_Unit, ...]) -> tuple[str, ...]:
    """All codes, when they are readings of one place: few, in one province.

    Without a district the commune of today is meant, or one of the old communes of that name.
    """
    provinces = {unit.province for unit in units}
    districts = {unit.district for unit in units}
    codes = {code for unit in units for code in unit.codes}
    certain = len(provinces) == 1 and (len(districts) == 1 or "" in districts)
    return tuple(sorted(codes)) if certain and len(codes) <= _MOST_READINGS else ()


def _bare(name: str, kinds: str) -> str:
    return re.sub(rf"^(?:{kinds}) (?=\D)", "", name)


@lru_cache(maxsize=1)
def _today() -> Mapping[str, tuple[str, str]]:
    """Today's commune code → province code and name."""
    return {
        row["ward_code"]: (row["province_code"], row["ward"])
        for row in _rows("admin_units_2025.csv")
    }


@lru_cache(maxsize=1)
def _old_to_new() -> Mapping[str, tuple[str, ...]]:
    """Commune code before the reform → today's codes, sorted."""
    table: dict[str, set[str]] = defaultdict(set)
    for row in _rows("admin_units_old_to_new.csv"):
        # Five island districts had no communes: they have a name, but no code to look up.
        if row["old_ward_code"]:
            table[row["old_ward_code"]].add(row["new_ward_code"])
    return {old: tuple(sorted(new)) for old, new in table.items()}


@lru_cache(maxsize=1)
def _by_name() -> Mapping[str, tuple[_Unit, ...]]:
    """Folded commune name with its kind → the units of that name, old and new."""
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in _rows("admin_units_2025.csv"):
        found[fold(row["ward"]), "", row["province_code"]].add(row["ward_code"])
    for row in _rows("admin_units_old_to_new.csv"):
        key = fold(row["old_ward"]), fold(row["old_district"]), row["new_province_code"]
        found[key].add(row["new_ward_code"])
    units: dict[str, list[_Unit]] = defaultdict(list)
    for (name, district, province), codes in found.items():
        unit = _Unit(district=district, province=province, codes=tuple(sorted(codes)))
        units[name].append(unit)
    return {name: tuple(several) for name, several in units.items() if name}


@lru_cache(maxsize=1)
def _provinces() -> Mapping[str, str]:
    """Folded bare province name, old or new → today's code: provinces were merged, never split."""
    names: dict[str, str] = {}
    for row in _rows("admin_units_old_to_new.csv"):
        for column in ("old_province", "new_province"):
            names[_bare(fold(row[column]), _PROVINCE_WORDS)] = row["new_province_code"]
    return names | {alias: names[name] for alias, name in _PROVINCE_ALIASES.items()}


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("adapters").joinpath("data", name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


@lru_cache(maxsize=1)
def _merged_provinces() -> Mapping[str, str]:
    return {
        row["old_province_code"]: row["new_province_code"]
        for row in _rows("admin_units_old_to_new.csv")
    }
