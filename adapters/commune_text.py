"""Which of today's communes a loosely written address names, where that is certain."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from adapters.commune_tables import new_rows, old_rows
from adapters.legacy_text import fold

_DISTRICT_WORDS = "quan|huyen|thi xa|thanh pho|huyen dao"
_PROVINCE_WORDS = "tinh|thanh pho"
_COMMUNE_WORDS = "phuong|xa|thi tran|dac khu|huyen dao|huyen"
"""`huyện` for the five island districts that had no communes."""
_RURAL = "huyen "
_ABBREVIATIONS = {
    "p": "phuong",
    "f": "phuong",
    "x": "xa",
    "tt": "thi tran",
    "dk": "dac khu",
    "q": "quan",
    "h": "huyen",
    "tx": "thi xa",
    "tp": "thanh pho",
    "t": "tinh",
}
_PLACE_ALIASES = {
    "tphcm": "thanh pho ho chi minh",
    "hcm": "ho chi minh",
    "hcmc": "ho chi minh",
    "sai gon": "ho chi minh",
    "hn": "ha noi",
    "bmt": "buon ma thuot",
    "brvt": "ba ria vung tau",
    "daklak": "dak lak",
    "daknong": "dak nong",
    "tt hue": "thua thien hue",
}
"""Short names of provinces and towns, as they stand in addresses."""
_OTHER_PROVINCES = {"thua thien hue": "hue"}
_MOST_TEXT = 600
"""Characters: an address is shorter, and the work grows faster than the text."""
_LONGEST = 8
"""Words in the longest name of a commune, with its kind."""
_MOST_READINGS = 5
"""No commune was split into more; a wider answer would say nothing."""

_SPACED_TT = re.compile(r"\bt\s?\.\s?t\b(?=[\s.])")
_ALIAS = re.compile(rf"\b({'|'.join(_PLACE_ALIASES)})\b")
_DOTTED = re.compile(rf"\b({'|'.join(_ABBREVIATIONS)})\s*\.\s*(?=\w)")
_GLUED = re.compile(r"\b([pfq])\s*(\d{1,2})\b")
_BARE = re.compile(r"\b(p|f|x|q|h|tt|tx|tp)\s+(?=[a-z])")
"""No Vietnamese syllable is written so."""
_ZEROS = re.compile(r"\b0+(?=\d)")
_I_FOR_Y = re.compile(r"\b(h|k|l|m|s|t|v|qu)y\b")
"""Lý and Lí, Mỹ and Mĩ, Quy and Qui are one."""
_SEPARATORS = re.compile(r"\s*[,;()\n]\s*|\s+[-–]\s+")
_COMMUNE_PHRASE = re.compile(rf"\b(?=((?:{_COMMUNE_WORDS}) .+))")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Unit:
    """A commune by name, of today (district "") or of before, with today's codes it means."""

    district: str
    province: str
    codes: tuple[str, ...]


def by_text(text: str) -> tuple[str, ...]:
    """Today's communes that a loose address names, by old or new names, sorted.

    Empty unless certain: the commune must be named with its kind (phường, xã, thị trấn, đặc khu,
    in full or as P., X., TT.), or stand as "commune, rural district, province"; and it must be
    one only, among all that agree with the district and province named after it. The readings of
    a commune that was split are all given.
    """
    parts = [part for part in _SEPARATORS.split(_spelt_out(text[:_MOST_TEXT])) if part]
    for position, part in enumerate(parts):
        after = parts[position + 1 :]
        for units, rest in _named_units(part, after):
            agreeing = _agreeing(units, [piece for piece in (rest, *after) if piece])
            # A room "P12" is no commune: where nothing agrees, the next part may name one.
            if agreeing:
                return _only_one(agreeing)
    return ()


def _spelt_out(text: str) -> str:
    """Folded text with P., Q1, TP. … written in full; a full stop ends a part."""
    folded = _SPACED_TT.sub("tt", _plain(text.replace("\n", ", ")))
    folded = _ALIAS.sub(lambda found: _PLACE_ALIASES[found[1]], folded)
    folded = _DOTTED.sub(_in_full, folded).replace(". ", ", ").replace(".", " ")
    folded = _GLUED.sub(lambda found: f"{_ABBREVIATIONS[found[1]]} {found[2]}", folded)
    return " ".join(_BARE.sub(_in_full, folded).split())


def _in_full(found: re.Match[str]) -> str:
    return _ABBREVIATIONS[found[1]] + " "


def _plain(name: str) -> str:
    """Folded, with one spelling of i and y, no apostrophes, no zeros before numbers."""
    folded = re.sub(r"['’`´]", "", name)
    return _I_FOR_Y.sub(r"\1i", _ZEROS.sub("", fold(folded)))


def _named_units(part: str, after: Sequence[str]) -> Iterator[tuple[tuple[_Unit, ...], str]]:
    """Communes that one part of an address may name, and what follows the name in that part.

    Of "phường Láng Hà Nội" first the reading that leaves a place ("Hà Nội"), then the longest name.
    """
    phrases = [found[1] for found in _COMMUNE_PHRASE.finditer(part)]
    for phrase in phrases:
        for name, rest in sorted(_splits(phrase), key=lambda split: not _is_place(split[1])):
            if name in _by_name():
                yield _by_name()[name], rest
    if not phrases and len(after) >= 2:
        yield from _bare_units(part, after)


def _splits(phrase: str) -> Iterator[tuple[str, str]]:
    """Each beginning of two words or more, the longest first, and what follows it."""
    words = phrase.split()[:_LONGEST]
    for length in range(len(words), 1, -1):
        yield " ".join(words[:length]), " ".join(phrase.split()[length:])


def _is_place(rest: str) -> bool:
    """Whether a text is nothing, or begins with the name or kind of a district or province."""
    words = rest.split()
    begins = [" ".join(words[:length]) for length in range(1, min(4, len(words)) + 1)]
    return not rest or any(b in _places() or (b in _kinds() and b != rest) for b in begins)


def _kinds() -> frozenset[str]:
    return frozenset(f"{_DISTRICT_WORDS}|{_PROVINCE_WORDS}".split("|"))


def _bare_units(name: str, after: Sequence[str]) -> Iterator[tuple[tuple[_Unit, ...], str]]:
    """A commune without its kind, between nothing and a rural district: "Hòa Bình, Thường Tín, …".

    In towns a street may bear the name of its ward.
    """
    district = _bare(after[0], _DISTRICT_WORDS)
    units = tuple(
        unit
        for kind in ("xa", "thi tran")
        for unit in _by_name().get(f"{kind} {name}", ())
        if unit.district == _RURAL + district
    )
    if units and _bare(after[1], _PROVINCE_WORDS) in _provinces():
        yield units, ""


def _agreeing(units: tuple[_Unit, ...], context: list[str]) -> tuple[_Unit, ...]:
    """Those units that lie in the province and the district which the context names, if any."""
    whole = f" {' '.join(context)} "
    beside = _without_districts(whole, {unit.district for unit in units})
    provinces = {code for name, code in _provinces().items() if f" {name} " in beside}
    kept = [unit for unit in units if not provinces or unit.province in provinces]
    in_district = [unit for unit in kept if unit.district and _names(unit.district, whole, context)]
    return tuple(in_district or kept)


def _without_districts(whole: str, districts: set[str]) -> str:
    """A district's name may hold a province's: huyện Quảng Ninh (Quảng Bình), Đức Huệ (Long An)."""
    for district in districts:
        if district and not district.startswith("thanh pho "):
            whole = whole.replace(f" {district} ", "  ")
    return whole


def _names(district: str, whole: str, context: list[str]) -> bool:
    """With its kind anywhere; without it as a part, a second one where it is a province too."""
    bare = _bare(district, _DISTRICT_WORDS)
    return f" {district} " in whole or context.count(bare) > (bare in _provinces())


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
def _by_name() -> Mapping[str, tuple[_Unit, ...]]:
    """Plain commune name with its kind → the units of that name, old and new."""
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in new_rows():
        found[_plain(row["ward"]), "", row["province_code"]].add(row["ward_code"])
    for row in old_rows():
        district = _plain(row["old_district"]).replace(" - ", " ")
        for name in [_plain(row["old_ward"])] if row["old_ward"] else _island_names(district):
            found[name, district, row["new_province_code"]].add(row["new_ward_code"])
    units: dict[str, list[_Unit]] = defaultdict(list)
    for (name, district, province), codes in found.items():
        unit = _Unit(district=district, province=province, codes=tuple(sorted(codes)))
        units[name].append(unit)
    return {name: tuple(several) for name, several in units.items() if name}


def _island_names(district: str) -> list[str]:
    bare = _bare(district, _DISTRICT_WORDS)
    return [f"huyen {bare}", f"huyen dao {bare}"]


@lru_cache(maxsize=1)
def _provinces() -> Mapping[str, str]:
    """Plain bare province name, old or new → today's code: provinces were merged, never split."""
    names: dict[str, str] = {}
    for row in old_rows():
        for column in ("old_province", "new_province"):
            name = _bare(_plain(row[column]), _PROVINCE_WORDS).replace(" - ", " ")
            names[name] = row["new_province_code"]
    return names | {other: names[name] for other, name in _OTHER_PROVINCES.items()}


@lru_cache(maxsize=1)
def _places() -> frozenset[str]:
    """Plain bare names of provinces and districts."""
    districts = {_bare(_plain(row["old_district"]), _DISTRICT_WORDS) for row in old_rows()}
    return frozenset(districts | _provinces().keys())
