"""One intake report → FHIR resources."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters import communes
from adapters.contract import Conversion, Resource, Statement
from adapters.formats import bodies, evidence
from adapters.formats.placeholders import says_abandoned
from adapters.formats.sensitivity import remarks
from adapters.formats.values import local_day
from adapters.profile import (
    CHANNELS,
    EXT_CARER,
    EXT_INCIDENT,
    PATIENT,
    REPORTS,
    IdentifierKind,
    Label,
    address,
    concept,
    discovery,
    found_places,
    group_flag,
    meta,
    reference,
    related_person,
    weight,
    without_nothing,
)
from adapters.sources.hotline.birth import birth_of, birth_of_person
from adapters.sources.hotline.fields import ACTIONS, CHANNEL_TEXTS, GROUPS, PEOPLE

SOURCE = "hotline"
UNKNOWN_BODY = "commune:unknown"
_INFORMANT = ("nguoiBao.hoTen", "nguoiBao.dienThoai", "nguoiBao.diaChi")
_PRIORITIES = {True: "urgent", False: "routine", None: None}


def convert(statement: Statement) -> Conversion:
    """Patient, people, informant, weight, marks, actions, flags, and the report itself.

    The commune where it happened keeps the case (NĐ 56/2017 Đ26-32), whatever line took the call.
    """
    content, time = statement.content, statement.content.get("thoiGian")
    commune = content.get("noiXayRa.maXa") or _only(today_communes(content))
    patient = to_patient(content, unkeyed=statement.unkeyed)
    return Conversion(
        resources=[
            patient,
            *found_places(SOURCE, patient),
            *to_people(content),
            *to_parent(content),
            *to_informant(content),
            *to_observations(content),
            *(group_flag(SOURCE, code, start=time) for code in content.get(GROUPS, ())),
            to_report(content),
        ],
        custodian=str(evidence.commune_place(commune)) if commune else UNKNOWN_BODY,
        province=evidence.province(commune, time),
    )


def _only(candidates: tuple[str, ...]) -> str | None:
    return candidates[0] if len(candidates) == 1 else None


def to_patient(content: Mapping[str, Any], *, unkeyed: bool) -> Resource:
    stated = content.get("tre.hoTen")
    return evidence.patient(
        SOURCE,
        names=[evidence.name(stated, "usual")] if stated else [],
        birth=birth_of(content),
        unkeyed=unkeyed,
        extension=[*to_discovery(content), *to_house(content)],
        identifier=[*to_identifiers(content)],
        gender=content.get("tre.gioiTinh"),
    )


def is_abandonment(content: Mapping[str, Any]) -> bool:
    """By its group, by minutes of abandonment, or by words; reports speak of all 14 groups."""
    words = (content.get("noiXayRa.diaDiem", ""), content.get("tre.dacDiem", ""))
    return (
        "ABANDONED" in content.get(GROUPS, ())
        or "soBienBan" in content
        or any(map(says_abandoned, words))
    )


def to_discovery(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Only for an abandoned child: otherwise the place is where something happened to it.

    Finders report at once (NĐ 123/2015 Đ14k1): the time of the report stands for that of finding.
    """
    if not is_abandonment(content):
        return []
    return [
        discovery(
            time=content.get("thoiGian"),
            commune=content.get("noiXayRa.maXa"),
            candidates=today_communes(content),
            place_text=content.get("noiXayRa.diaDiem"),
            minutes=content.get("soBienBan"),
            finder=None,
        )
    ]


def today_communes(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Today's readings of the commune stated, else of the one that the place's words name."""
    stated, text = content.get("noiXayRa.maXa"), content.get("noiXayRa.diaDiem")
    if stated:
        return communes.readings(stated, local_day(content.get("thoiGian")))
    return communes.by_text(text) if text else ()


def to_house(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A present carer that is a hospital or a home, and no person."""
    carer = content.get("nguoiDangChamSoc.hoTen")
    is_house = carer and bodies.names_house(carer)
    return [{"url": EXT_CARER, "valueString": carer}] if is_house else []


def to_identifiers(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The case, and the minutes: made at once where it happened, so in that commune on that day."""
    if content.get("maVuViec"):
        yield evidence.number(IdentifierKind.CASE_111, content["maVuViec"])
    if content.get("soBienBan"):
        commune, on = content.get("noiXayRa.maXa"), local_day(content.get("thoiGian"))
        yield evidence.number(
            IdentifierKind.MINUTES,
            content["soBienBan"],
            issuer=evidence.commune_place(commune) if commune else None,
            start=on.isoformat() if on else None,
        )


def to_people(content: Mapping[str, Any]) -> Iterator[Resource]:
    """Father, mother and present carer; of a mother perhaps only her age is known."""
    for member, relation in PEOPLE.items():
        name, number = content.get(f"{member}.hoTen"), content.get(f"{member}.soGiayTo")
        born = birth_of_person(content, member)
        is_house = relation == "carer" and name and bodies.names_house(name)
        if is_house or not (name or number or born):
            continue
        person = related_person(
            SOURCE, relation, name=None, identifiers=[evidence.paper(number)] if number else []
        )
        # "không rõ" is kept as sent, and flagged.
        named = {"name": [evidence.name(name, "official")]} if name else {}
        yield person | named | (born.elements() if born else {})


def to_parent(content: Mapping[str, Any]) -> list[Resource]:
    """The mother in "con bà …", where no mother is stated."""
    parent = evidence.parent_in(content.get("tre.hoTen"))
    if parent is None:
        return []
    named = related_person(SOURCE, parent[0], name=parent[1])
    return [] if any(person["id"] == named["id"] for person in to_people(content)) else [named]


def to_informant(content: Mapping[str, Any]) -> list[Resource]:
    """Who told, whose identity is protected (label `informant`)."""
    name, telephone, residence = (content.get(member) for member in _INFORMANT)
    if not (name or telephone or residence):
        return []
    return [
        related_person(
            SOURCE,
            "informant",
            name=name,
            telephone=telephone,
            address_text=residence,
            labels=[Label.INFORMANT],
        )
    ]


def to_observations(content: Mapping[str, Any]) -> list[Resource]:
    """Weight and marks as reported, and the actions taken."""
    found: list[Resource] = []
    if content.get("tre.canNangGram"):
        at = content.get("thoiGian")
        found.append(weight(SOURCE, content["tre.canNangGram"], at=at, birth=False))
    marks = [content["tre.dacDiem"]] if content.get("tre.dacDiem") else []
    for code, texts in (("distinguishing-mark", marks), ("action-taken", content.get(ACTIONS, ()))):
        found += remarks(SOURCE, code, texts)
    return found


def to_report(content: Mapping[str, Any]) -> Resource:
    """The report as a Communication: when, by which channel, how urgent, where it happened."""
    channel = content.get("kenh")
    return without_nothing(
        {
            "resourceType": "Communication",
            "id": "communication-report",
            "meta": meta(SOURCE),
            "extension": to_incident(content),
            "status": "completed",
            "category": [concept(REPORTS, "intake", "Báo cáo tiếp nhận thông tin")],
            "priority": _PRIORITIES[content.get("khanCap")],
            "medium": [concept(CHANNELS, channel, CHANNEL_TEXTS[channel])] if channel else [],
            "subject": PATIENT,
            "received": content.get("thoiGian"),
            "sender": reference("RelatedPerson", "related-informant")
            if to_informant(content)
            else None,
        }
    )


def to_incident(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    stated, text = content.get("noiXayRa.maXa"), content.get("noiXayRa.diaDiem")
    if not (stated or text):
        return []
    on = local_day(content.get("thoiGian"))
    place = address(
        text=text,
        commune=stated,
        candidates=today_communes(content),
        stated_on=on.isoformat() if on else None,
    )
    return [{"url": EXT_INCIDENT, "valueAddress": place}]
