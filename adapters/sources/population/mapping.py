"""One citizen → FHIR resources."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters import communes
from adapters.contract import Conversion, Resource, Statement
from adapters.formats import evidence
from adapters.formats.values import local_day, plain
from adapters.profile import (
    EXT_ORIGIN,
    EXT_REGISTERED_AT,
    address,
    meta,
    without_nothing,
)
from adapters.sources.population.birth import birth_of
from adapters.sources.population.family import name_of, to_family

SOURCE = "population"
UNKNOWN_BODY = "commune:unknown"
RESIDENCES = (("ThuongTru", "home"), ("NoiOHienTai", "temp"))
KEEPERS = ("ThuongTru", "NoiOHienTai", "NoiDangKyKhaiSinh")
"""The commune police of the residence keep a citizen's data (Luật Cư trú), else who registered."""
OTHER_PLACES = (("NoiDangKyKhaiSinh", EXT_REGISTERED_AT), ("QueQuan", EXT_ORIGIN))
HERE = frozenset({"", "vn", "vnm", "vietnam", "000", "chxhcnvietnam"})
"""Spellings of Việt Nam in QuocGia."""


def convert(statement: Statement) -> Conversion:
    """Patient, father, mother and representatives."""
    content = statement.content
    codes = (content.get(f"{place}.MaDonViHanhChinh") for place in KEEPERS)
    keeper = next(filter(None, codes), None)
    return Conversion(
        resources=[to_patient(content, unkeyed=statement.unkeyed), *to_family(content)],
        custodian=str(evidence.commune_place(keeper)) if keeper else UNKNOWN_BODY,
        province=evidence.province(keeper, content.get("ThoiDiemDuLieu")),
    )


def to_patient(content: Mapping[str, Any], *, unkeyed: bool) -> Resource:
    names = to_names(content)
    birth = birth_of(content)
    born = birth.elements() if birth else {}
    places = ((url, to_address(content, place)) for place, url in OTHER_PLACES)
    return without_nothing(
        {
            "resourceType": "Patient",
            "id": "patient",
            "meta": meta(SOURCE, tags=evidence.tags(names, born, unkeyed=unkeyed)),
            "extension": [
                *({"url": url, "valueAddress": place} for url, place in places if place),
                *evidence.nationality(content.get("QuocTich")),
                *evidence.ethnicity(content.get("DanToc")),
            ],
            "identifier": list(to_identifiers(content)),
            "name": names,
            "gender": content.get("GioiTinh"),
            **born,
            "address": [
                place for name, use in RESIDENCES if (place := to_address(content, name, use))
            ],
        }
    )


def to_names(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The name; a family name of two syllables is told by `Ho` alone."""
    stated, family = name_of(content), content.get("HoVaTen.Ho")
    if not stated:
        return []
    name = evidence.name(stated, "official")
    if family and "extension" not in name and stated.startswith(f"{family} "):
        name |= {"family": family, "given": stated[len(family) :].split()}
    return [name]


def to_identifiers(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The standing number, which linkage takes as active, and those that were cancelled.

    A cancelled number is never given to anybody else (NĐ 70/2024 Đ11), so it stays evidence.
    """
    standing = content.get("SoDinhDanh")
    if standing:
        yield evidence.personal_id(standing) | {"use": "official"}
    for cancelled in content.get("SoDinhDanhCu", ()):
        number = cancelled.get("SoDinhDanh")
        if number and number != standing:
            period = {"start": cancelled.get("TuNgay"), "end": cancelled.get("DenNgay")}
            old = {"use": "old", "period": without_nothing(period)}
            yield without_nothing(evidence.personal_id(number) | old)


def to_address(
    content: Mapping[str, Any], place: str, use: str | None = None
) -> dict[str, Any] | None:
    """A place with its commune code as sent and today's readings on the day of the data."""
    code, detail, country = (
        content.get(f"{place}.{part}") for part in ("MaDonViHanhChinh", "ChiTiet", "QuocGia")
    )
    if not (code or detail or country):
        return None
    if plain(country or "") not in HERE:
        return without_nothing({"use": use, "text": detail, "country": country})
    day = local_day(content.get("ThoiDiemDuLieu"))
    candidates = communes.readings(code, day) if code else communes.by_text(detail or "")
    return address(
        text=detail,
        commune=code,
        candidates=candidates,
        stated_on=day.isoformat() if day else None,
        use=use,
    )
