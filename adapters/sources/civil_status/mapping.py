"""One birth registration → FHIR resources."""

from collections.abc import Mapping
from typing import Any

from adapters import communes
from adapters.contract import Conversion, Resource, Statement
from adapters.formats import evidence
from adapters.formats.placeholders import read_name
from adapters.formats.values import local_day, plain
from adapters.profile import (
    EXT_CARER,
    IdentifierKind,
    Label,
    address,
    discovery,
    found_places,
    group_flag,
    meta,
    organization,
    related_person,
    without_nothing,
)
from adapters.sources.civil_status.convention import birth_of, found_on, is_abandonment

SOURCE = "civil_status"
UNKNOWN_BODY = "commune:unknown"
BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
NATIONALITY = "http://hl7.org/fhir/StructureDefinition/patient-nationality"
CHANGES = ("CAI_CHINH", "NHAN_CON_NUOI")
PEOPLE = (("me", "mother"), ("cha", "father"), ("nyc", "requester"))


def convert(statement: Statement) -> Conversion:
    """Patient, parents and requester, a flag for an abandoned child, the registering commune."""
    content = statement.content
    office = content.get("noiDangKy.maXa")
    patient = to_patient(content, unkeyed=statement.unkeyed)
    resources = [patient, *found_places(SOURCE, patient), *to_related(content)]
    if is_abandonment(content):
        resources.append(group_flag(SOURCE, "ABANDONED", start=found_on(content)))
    if office:
        place = evidence.commune_place(office)
        name = communes.name_of(office) or content.get("noiDangKy.ten")
        resources.append(organization(place, name))
    return Conversion(
        resources=resources,
        custodian=str(evidence.commune_place(office)) if office else UNKNOWN_BODY,
        province=evidence.province(office, content.get("ngayDangKy")),
    )


def to_patient(content: Mapping[str, Any], *, unkeyed: bool) -> Resource:
    stated = content.get("nksHoTen")
    names = [evidence.name(stated, "official")] if stated else []
    birth = birth_of(content)
    born = birth.elements() if birth else {}
    tags = evidence.tags(names, born, unkeyed=unkeyed)
    return without_nothing(
        {
            "resourceType": "Patient",
            "id": "patient",
            "meta": meta(SOURCE, tags=tags, labels=labels_of(content)),
            "extension": to_extensions(content),
            "identifier": to_identifiers(content),
            "name": names,
            "gender": content.get("nksGioiTinh"),
            **born,
            "address": [address(text=content["nksNoiCuTru"], use="home")]
            if content.get("nksNoiCuTru")
            else [],
        }
    )


def labels_of(content: Mapping[str, Any]) -> list[Label]:
    """An adopted child's new name and parents lead to its origin: sealed."""
    return [Label.SEALED_ADOPTION] if content.get("loaiDangKy") == "NHAN_CON_NUOI" else []


def to_extensions(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    carer, nationality = content.get("nycTenCoSo"), content.get("nksQuocTich")
    found = [to_discovery(content)] if is_abandonment(content) else to_birth_place(content)
    if carer:
        found.append({"url": EXT_CARER, "valueString": carer})
    if nationality:
        code = {"url": "code", "valueCodeableConcept": {"text": nationality}}
        found.append({"url": NATIONALITY, "extension": [code]})
    return [*found, *evidence.ethnicity(content.get("nksDanToc"))]


def to_discovery(content: Mapping[str, Any]) -> dict[str, Any]:
    """The place of birth is the place found; its code is read as of the registration."""
    stated, text = content.get("nksNoiSinhDVHC"), content.get("nksNoiSinh")
    registered = local_day(content.get("ngayDangKy"))
    candidates = communes.readings(stated, registered) if stated else ()
    if not stated and text:
        candidates = communes.by_text(text)
    if not candidates and not stated and content.get("bbMaXa"):
        candidates = communes.readings(content["bbMaXa"], local_day(content.get("bbNgay")))
    return discovery(
        time=found_on(content),
        commune=stated,
        candidates=candidates,
        place_text=text,
        minutes=content.get("bbSo"),
    )


def to_birth_place(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    stated, text = content.get("nksNoiSinhDVHC"), content.get("nksNoiSinh")
    if not (stated or text):
        return []
    registered = local_day(content.get("ngayDangKy"))
    place = address(
        text=text,
        commune=stated,
        candidates=communes.readings(stated, registered) if stated else (),
        stated_on=registered.isoformat() if registered else None,
    )
    return [{"url": BIRTH_PLACE, "valueAddress": place}]


def to_identifiers(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    office = content.get("noiDangKy.maXa")
    found = [*_registration(content, office)]
    if content.get("nksSoDinhDanh"):
        found.append(evidence.personal_id(content["nksSoDinhDanh"]))
    if content.get("nksSoGiayChungSinh"):
        value = evidence.certificate(content["nksSoGiayChungSinh"])
        found.append(evidence.number(IdentifierKind.BIRTH_CERTIFICATE, value))
    if content.get("bbSo"):
        issuer = content.get("bbMaXa") or office
        found.append(
            evidence.number(
                IdentifierKind.MINUTES,
                content["bbSo"],
                issuer=evidence.commune_place(issuer) if issuer else None,
                start=content.get("bbNgay"),
            )
        )
    return found


def _registration(content: Mapping[str, Any], office: str | None) -> list[dict[str, Any]]:
    """The number in the register, unique only with book and commune: so the value holds all."""
    parts = [office, content.get("quyenSo"), content.get("so")]
    if not office or None in parts:
        return []
    return [
        evidence.number(
            IdentifierKind.CIVIL_REGISTRATION,
            "/".join(str(part) for part in parts),
            issuer=evidence.commune_place(office),
            start=content.get("ngayDangKy") if _is_first(content) else None,
        )
    ]


def _is_first(content: Mapping[str, Any]) -> bool:
    """Whether its day is that of the entry: a correction or an adoption changes one that stands."""
    return content.get("loaiDangKy") not in CHANGES


def to_related(content: Mapping[str, Any]) -> list[Resource]:
    """Mother, father, requester: each with name, paper, birth date and residence as stated."""
    people = []
    for prefix, relation in PEOPLE:
        name, number = content.get(f"{prefix}HoTen"), content.get(f"{prefix}SoGiayToTuyThan")
        name = None if name and read_name(name) else name
        if not (name or number):
            continue
        kind = plain(content.get(f"{prefix}LoaiGiayToTuyThan", ""))
        person = related_person(
            SOURCE,
            relation,
            name=name,
            identifiers=[evidence.paper(number, kind)] if number else [],
            birth_date=content.get(f"{prefix}NgaySinh"),
            address_text=content.get(f"{prefix}NoiCuTru"),
            labels=labels_of(content),
        )
        if relation == "requester" and content.get("nycQuanHe"):
            person["relationship"][0]["text"] = content["nycQuanHe"]
        people.append(person)
    return people
