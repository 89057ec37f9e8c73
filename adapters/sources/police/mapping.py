"""One child of the minutes → FHIR resources."""

from collections.abc import Mapping
from typing import Any

from adapters import communes
from adapters.contract import Conversion, Resource, Statement
from adapters.formats import evidence
from adapters.formats.placeholders import names_facility
from adapters.formats.sensitivity import remarks
from adapters.formats.values import local_day, plain
from adapters.profile import (
    EXT_GROUP_SIZE,
    IdentifierKind,
    Label,
    Place,
    PlaceKind,
    discovery,
    found_places,
    group_flag,
    handover,
    meta,
    organization,
    related_person,
    weight,
    without_nothing,
)
from adapters.sources.police.birth import birth_of

SOURCE = "police"
UNKNOWN_BODY = "commune:unknown"
RECEIVING = {
    "CO_SO_Y_TE": (PlaceKind.HOSPITAL,),
    "CO_SO_BTXH": (PlaceKind.HOME,),
    "CA_NHAN": (),
    None: (PlaceKind.HOSPITAL, PlaceKind.HOME),
}
"""What kind of body a receiver is; where the minutes do not say, both readings stay."""


def convert(statement: Statement) -> Conversion:
    """Patient, finder, weight, remarks, flag, and the body that made the minutes."""
    content = statement.content
    maker = content.get("donViLap.maXa")
    patient = to_patient(content, unkeyed=statement.unkeyed)
    resources = [
        patient,
        *found_places(SOURCE, patient),
        *to_related(content),
        *to_observations(content),
        group_flag(SOURCE, "ABANDONED", start=found_at(content)),
    ]
    if maker:
        place = evidence.commune_place(maker)
        resources.append(
            organization(place, communes.name_of(maker) or content.get("donViLap.ten"))
        )
    return Conversion(
        resources=resources,
        custodian=str(evidence.commune_place(maker)) if maker else UNKNOWN_BODY,
        province=evidence.province(maker, content.get("ngayLap")),
    )


def found_at(content: Mapping[str, Any]) -> str | None:
    """The time of discovery, else that of the minutes, which are made at once (NĐ 123 Đ14k1)."""
    return content.get("phatHien.thoiGian") or content.get("ngayLap")


def to_patient(content: Mapping[str, Any], *, unkeyed: bool) -> Resource:
    stated = content.get("tre.hoTen")
    names = [evidence.name(stated, "temp")] if stated else []
    birth = birth_of(content)
    born = birth.elements() if birth else {}
    return without_nothing(
        {
            "resourceType": "Patient",
            "id": "patient",
            "meta": meta(SOURCE, tags=evidence.tags(names, born, unkeyed=unkeyed)),
            "extension": [
                to_discovery(content),
                *to_group_size(content),
                *to_handover(content),
            ],
            "identifier": to_identifiers(content),
            "name": names,
            "gender": content.get("tre.gioiTinh"),
            **born,
        }
    )


def to_discovery(content: Mapping[str, Any]) -> dict[str, Any]:
    """Where and when. A missing commune is that of the maker: minutes are made where found."""
    stated, text = content.get("phatHien.maXa"), content.get("phatHien.diaDiem")
    on = local_day(found_at(content))
    candidates: tuple[str, ...] = ()
    if stated:
        candidates = communes.readings(stated, on)
    elif text:
        candidates = communes.by_text(text)
    if not stated and not candidates and content.get("donViLap.maXa"):
        candidates = communes.readings(content["donViLap.maXa"], on)
    return discovery(
        time=content.get("phatHien.thoiGian"),
        commune=stated,
        candidates=candidates,
        place_type=content.get("phatHien.loaiNoi"),
        place_text=text,
        minutes=content.get("soBienBan"),
        finder="related-finder" if _has_finder(content) else None,
    )


def to_group_size(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How many children the minutes name. Not multipleBirth: they may be siblings."""
    together = content["soTre"]
    return [{"url": EXT_GROUP_SIZE, "valueInteger": together}] if together > 1 else []


def to_handover(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """To whom the child was given; its own file number there, else the minutes' one."""
    name = content.get("banGiao.ten")
    file_number = content.get("tre.maHoSoNoiNhan")
    if not file_number and content["soTre"] == 1:
        file_number = content.get("banGiao.maHoSoNoiNhan")
    time = content.get("banGiao.thoiGian")
    places = _receiving_places(content)
    if not (places or name or time or file_number):
        return []
    return [handover("given", places=places, name=name, time=time, file_number=file_number)]


def _receiving_places(content: Mapping[str, Any]) -> list[Place]:
    code, kind = content.get("banGiao.maCoSo"), content.get("banGiao.loai")
    if not code:
        return []
    kinds: tuple[PlaceKind, ...] = RECEIVING[kind]
    if kind is None and names_facility(content.get("banGiao.ten") or ""):
        kinds = (PlaceKind.HOSPITAL,)
    return [Place(kind=found, code=_place_code(found, code)) for found in kinds]


def _place_code(kind: PlaceKind, code: str) -> str:
    """A hospital's code has five digits: leading zeros come back."""
    return code.zfill(5) if kind is PlaceKind.HOSPITAL and code.isdigit() else code


def to_identifiers(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    if content.get("soBienBan"):
        maker, made = content.get("donViLap.maXa"), local_day(content.get("ngayLap"))
        found.append(
            evidence.number(
                IdentifierKind.MINUTES,
                content["soBienBan"],
                issuer=evidence.commune_place(maker) if maker else None,
                start=made.isoformat() if made else content.get("ngayLap"),
            )
        )
    if content.get("tre.soGiayChungSinh"):
        value = evidence.certificate(content["tre.soGiayChungSinh"])
        found.append(evidence.number(IdentifierKind.BIRTH_CERTIFICATE, value))
    return found


def to_related(content: Mapping[str, Any]) -> list[Resource]:
    """The finder, whose identity is protected, and a mother named in "con bà …"."""
    people = []
    if _has_finder(content):
        number = content.get("nguoiPhatHien.soGiayTo")
        kind = plain(content.get("nguoiPhatHien.loaiGiayTo", ""))
        people.append(
            related_person(
                SOURCE,
                "finder",
                name=content.get("nguoiPhatHien.hoTen"),
                identifiers=[evidence.paper(number, kind)] if number else [],
                address_text=content.get("nguoiPhatHien.noiCuTru"),
                labels=[Label.INFORMANT],
            )
        )
    parent = evidence.parent_in(content.get("tre.hoTen"))
    if parent:
        people.append(related_person(SOURCE, parent[0], name=parent[1]))
    return people


def _has_finder(content: Mapping[str, Any]) -> bool:
    return bool(content.get("nguoiPhatHien.hoTen") or content.get("nguoiPhatHien.soGiayTo"))


def to_observations(content: Mapping[str, Any]) -> list[Resource]:
    """Weight when found, marks, belongings, state."""
    found: list[Resource] = []
    if content.get("tre.canNangGram"):
        grams, at = content["tre.canNangGram"], found_at(content)
        found.append(weight(SOURCE, grams, at=at, birth=False))
    found += remarks(SOURCE, "distinguishing-mark", _one(content, "tre.dacDiem"))
    found += remarks(SOURCE, "belonging", content.get("tre.taiSan", ()))
    found += remarks(SOURCE, "state-when-found", _one(content, "tre.tinhTrang"))
    return found


def _one(content: Mapping[str, Any], name: str) -> list[str]:
    return [content[name]] if content.get(name) else []
