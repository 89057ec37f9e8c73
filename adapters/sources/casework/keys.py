"""The keys by which a step's child is found: read as objects or as columns, and as identifiers."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from adapters.errors import PayloadError, Problem
from adapters.formats import bodies, evidence
from adapters.formats.fields import Content, read_object, unknown_names
from adapters.formats.values import WrongValueError, plain
from adapters.profile import IdentifierKind, PlaceKind
from adapters.sources.casework.fields import KEY, KEY_PARTS, KEYS

MEMBER = "tre.khoa"
Key: TypeAlias = Mapping[str, Any]
"""`he`, `giaTri`, and of KEY_PARTS what is stated."""
_SIMPLE = {
    "THE_BHYT": IdentifierKind.INSURANCE,
    "VU_VIEC": IdentifierKind.CASE_111,
    "MOTEM": IdentifierKind.MOTEM,
}
"""Systems whose numbers are unique by themselves."""
_KNOWN = [field.name for field in KEY]


def of_object(child: Mapping[str, Any], pointer: str) -> Content:
    """The list `khoa`; a key that cannot be read is noted, and does not lose the report."""
    found: list[Key] = []
    unread: list[tuple[str, Problem]] = []
    for item in _sent(child):
        try:
            key, problems = _key(item, f"{pointer}/khoa")
        except PayloadError as error:
            told = error.rejection
            name = f"{MEMBER}.{told.element}" if told.element else MEMBER
            unread.append((name, told.problem))
            continue
        unread += problems
        if "giaTri" in key and key not in found:
            found.append(key)
    return Content(values=_ordered(found), unread=unread)


def of_columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """A row's content with the columns `tre.khoa.<he>` and `tre.khoa.<he>.<part>` as a list."""
    rest = {name: value for name, value in values.items() if not name.startswith(f"{MEMBER}.")}
    found: list[Key] = []
    for system in KEYS:
        column = f"{MEMBER}.{system}"
        if column in values:
            parts = {part: values.get(f"{column}.{part}") for part in KEY_PARTS}
            stated = {part: value for part, value in parts.items() if value is not None}
            found.append({"he": system, "giaTri": values[column], **stated})
    return rest | _ordered(found)


def _ordered(found: list[Key]) -> dict[str, Any]:
    """In one order, so that the order of sending changes nothing."""
    ordered = sorted(found, key=lambda key: sorted(map(str, key.items())))
    return {MEMBER: ordered} if ordered else {}


def _sent(child: Mapping[str, Any]) -> list[Any]:
    """What stands in `khoa`: a list, or one key."""
    stated = next((value for name, value in child.items() if plain(name) == "khoa"), None)
    return stated if isinstance(stated, list) else [] if stated is None else [stated]


def _key(item: Any, pointer: str) -> tuple[dict[str, Any], list[tuple[str, Problem]]]:
    """One key, and its parts that could not be read. Raises PayloadError without a system."""
    if not isinstance(item, Mapping):
        raise PayloadError(Problem.WRONG_TYPE, pointer)
    told = read_object(KEY, item, pointer)
    key, problems = told.values, [(f"{MEMBER}.{name}", why) for name, why in told.unread]
    if "he" not in key:
        raise PayloadError(Problem.MISSING_VALUE, pointer, "he")
    if "giaTri" in key:
        try:
            key["giaTri"] = KEYS[key["he"]](key["giaTri"])
        except WrongValueError as wrong:
            raise PayloadError(wrong.problem, pointer, "giaTri") from None
    return key, problems


def unknown(child: Mapping[str, Any]) -> Iterator[str]:
    """Members of keys that nobody knows."""
    for item in _sent(child):
        if isinstance(item, Mapping):
            yield from (f"{MEMBER}.{name}" for name in unknown_names(_KNOWN, item))


def to_identifiers(key: Key, maker: str | None) -> Iterator[dict[str, Any]]:
    """The identifiers that a key means, in the systems of the sources that give such numbers.

    `maker` is the commune that reports, if it is one: minutes and registrations without a commune
    are taken as its own (assumed).
    """
    system, value = key["he"], key["giaTri"]
    if system in _SIMPLE:
        yield evidence.number(_SIMPLE[system], value)
    elif system == "SO_DINH_DANH":
        yield evidence.personal_id(value)
    elif system == "GCS":
        yield evidence.number(IdentifierKind.BIRTH_CERTIFICATE, evidence.certificate(value))
    elif system == "HO_SO":
        yield from _file(key)
    else:
        yield _of_commune(key, key.get("maXa") or maker)


def _file(key: Key) -> Iterator[dict[str, Any]]:
    """A file number and the house that gave it; a code of five digits is a hospital's.

    A hospital numbers patients and stays, and who tells one does not say which: so it stands twice,
    the second time as that of a stay (`secondary`).
    """
    places = bodies.places(key.get("maCoSo"), key.get("tenCoSo"))
    house = next((place for place in places if place.kind is not PlaceKind.COMMUNE), None)
    yield evidence.number(IdentifierKind.FILE, key["giaTri"], issuer=house)
    if house and house.kind is PlaceKind.HOSPITAL:
        yield evidence.number(IdentifierKind.FILE, key["giaTri"], issuer=house, use="secondary")


def _of_commune(key: Key, commune: str | None) -> dict[str, Any]:
    """Minutes with their day, or a registration whose value holds commune, book and number."""
    value, issuer = key["giaTri"], evidence.commune_place(commune) if commune else None
    if key["he"] == "BIEN_BAN":
        return evidence.number(IdentifierKind.MINUTES, value, issuer=issuer, start=key.get("ngay"))
    whole = value if commune is None or value.startswith(f"{commune}/") else f"{commune}/{value}"
    return evidence.number(
        IdentifierKind.CIVIL_REGISTRATION, whole, issuer=issuer, start=key.get("ngay")
    )
