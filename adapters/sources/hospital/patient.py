"""The Patient that a table states: numbers, names, sex, birth, address, discovery."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from adapters import communes
from adapters.contract import Resource
from adapters.formats.placeholders import (
    NameReading,
    found_at,
    names_facility,
    read_name,
    says_abandoned,
)
from adapters.profile import (
    BIRTH_TIME,
    ETHNICITY,
    EXT_GROUP_SIZE,
    Basis,
    Place,
    Tag,
    address,
    birth_range,
    concept,
    discovery,
    flag_placeholder,
    human_name,
    meta,
    without_nothing,
)
from adapters.sources.hospital.codes import BORN_HERE, BORN_TOGETHER, DIED
from adapters.sources.hospital.merges import to_links
from adapters.sources.hospital.moments import day_of, has_time
from adapters.sources.hospital.numbers import identifiers_of

SOURCE = "hospital"
BIRTH_PLACE = "http://hl7.org/fhir/StructureDefinition/patient-birthPlace"
PEOPLES = "http://fhir.ehealth.gov.vn/core/CodeSystem/vn-core-race"
OLDEST_AT_RECEPTION = timedelta(days=365)
"""How old a child may be whose birth date is its reception (vn_domain.md 2.4: up to a year)."""
PARENTS = ("mother", "father", "guardian")
ADDRESS_TIMES = ("admitted", "discharged", "issued", "recorded")
TELLING = ("birth_place", "reason", "note", "diagnosis")
"""Fields whose text may say that, and where, the child was abandoned."""


def to_patient(content: Mapping[str, Any], facility: Place | None, *, unkeyed: bool) -> Resource:
    """A part gives a Patient that states only what the part says."""
    name = name_reading(content)
    at_facility = _is_facility_address(content, name)
    reception = _is_reception_time(content, name)
    tags = [
        tag
        for tag, holds in (
            (Tag.PLACEHOLDER_NAME, name is not None and not _has_another_name(content)),
            (Tag.PLACEHOLDER_BIRTH_DATE, reception),
            (Tag.PLACEHOLDER_ADDRESS, at_facility),
            (Tag.UNKEYED, unkeyed),
        )
        if holds
    ]
    return without_nothing(
        {
            "resourceType": "Patient",
            "id": "patient",
            "meta": meta(SOURCE, tags=tags),
            "extension": _extensions(content),
            "identifier": identifiers_of(content, facility),
            "name": _names(content, name),
            "gender": content.get("sex"),
            "birthDate": (content.get("born") or "")[:10],
            "_birthDate": _birth_companion(content, reception),
            "address": _addresses(content, at_facility),
            **_death(content),
            **_multiple_birth(content),
            "link": to_links(content),
        }
    )


def name_reading(content: Mapping[str, Any]) -> NameReading | None:
    """Why the stated name is a placeholder; None for a name, and where none is stated."""
    if "name" not in content:
        return None
    parents = [content[relation] for relation in PARENTS if relation in content]
    reading = read_name(content["name"], parents)
    if reading is None and "named_after" in content:
        return NameReading(reason="parent-name")
    return reading


def foundling_place(content: Mapping[str, Any]) -> str | None:
    """Where the child was found, as a text says it ("trẻ bị bỏ rơi tại …")."""
    places = (found_at(content[key]) for key in TELLING if key in content)
    return next((place for place in places if place), None)


def _death(content: Mapping[str, Any]) -> dict[str, Any]:
    if "died" in content:
        return {"deceasedDateTime": content["died"]}
    died = content.get("result") in DIED or content.get("dead")
    return {"deceasedBoolean": True if died else None}


def _multiple_birth(content: Mapping[str, Any]) -> dict[str, Any]:
    """Birth order where it is stated; "first" alone is also said of an only child."""
    order, stated = content.get("birth_order", 0), content.get("born_together")
    together = _born_together(content) or stated
    if order > 1 or (order and together):
        return {"multipleBirthInteger": order}
    return {"multipleBirthBoolean": together}


def _born_together(content: Mapping[str, Any]) -> bool:
    disease = content.get("disease", "").replace(".", "")
    return content.get("children", 0) > 1 or disease in BORN_TOGETHER


def _names(content: Mapping[str, Any], reading: NameReading | None) -> list[dict[str, Any]]:
    # A certificate states the name that the parents intend to give.
    usual = "usual" if content["table"] == "XML9" else "official"
    main = [_name(content["name"], usual, reading)] if "name" in content else []
    others = content.get("other_names", ())
    return main + [_name(n["text"], n["use"], read_name(n["text"])) for n in others]


def _has_another_name(content: Mapping[str, Any]) -> bool:
    others = content.get("other_names", ())
    return any(n["use"] != "anonymous" and read_name(n["text"]) is None for n in others)


def _name(text: str, use: str, reading: NameReading | None) -> dict[str, Any]:
    if reading is None:
        return human_name(text, use)
    return human_name(text, "anonymous" if reading.reason == "nameless" else "temp", reading.reason)


def _is_reception_time(content: Mapping[str, Any], name: NameReading | None) -> bool:
    """Whether NGAY_SINH is when the facility received the child (QĐ 4750, NGAY_SINH)."""
    born, admitted = content.get("born"), content.get("admitted")
    if day_of(born) is None:
        return False
    if content["table"] == "XML9":
        place = foundling_place(content)
        return place is not None and not names_facility(place)
    # A child named after its mother, or born here by its diagnosis, has a known birth.
    known = name is not None and name.reason == "parent-name"
    known = known or "mother_file" in content or content.get("born_here", False)
    if known or content.get("disease", "").startswith(BORN_HERE):
        return False
    if name is not None and (admitted is None or day_of(born) == day_of(admitted)):
        return True
    return has_time(born) and born == admitted


def _birth_companion(content: Mapping[str, Any], reception: bool) -> dict[str, Any]:
    born, day = content.get("born"), day_of(content.get("born"))
    extensions: list[dict[str, Any]] = []
    if has_time(born):
        extensions.append({"url": BIRTH_TIME, "valueDateTime": born})
    if reception and day is not None:
        extensions.append(flag_placeholder("reception-time"))
        extensions.append(birth_range(day - OLDEST_AT_RECEPTION, day, Basis.RECEPTION))
    return without_nothing({"extension": extensions})


def _is_facility_address(content: Mapping[str, Any], name: NameReading | None) -> bool:
    """DIA_CHI of an abandoned child is the hospital's, as its name is (QĐ 4750, DIA_CHI)."""
    if "address" not in content and "commune" not in content:
        return False
    named = name is not None and name.reason == "facility-name"
    return named or names_facility(content.get("address", "").split(",")[0])


def _addresses(content: Mapping[str, Any], at_facility: bool) -> list[dict[str, Any]]:
    text, commune = content.get("address"), content.get("commune")
    if not text and not commune:
        return []
    times = (day_of(content.get(key)) for key in ADDRESS_TIMES)
    day = next((time for time in times if time), None)
    candidates = communes.readings(commune, day) if commune else ()
    provinces = {communes.province_of(candidate) for candidate in candidates}
    return [
        address(
            text=text,
            commune=commune,
            candidates=candidates,
            stated_on=day.isoformat() if day else None,
            province=provinces.pop() if len(provinces) == 1 else None,
            placeholder="facility-address" if at_facility else None,
        )
    ]


def _extensions(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if "ethnicity" in content:
        people = concept(PEOPLES, content["ethnicity"])
        found.append({"url": ETHNICITY, "valueCodeableConcept": people})
    if content.get("children", 0) > 1:
        found.append({"url": EXT_GROUP_SIZE, "valueInteger": content["children"]})
    return found + _origin(content)


def _origin(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Where the child was found, or else born."""
    place, birth_place = foundling_place(content), content.get("birth_place")
    if place:
        return [
            discovery(
                time=_discovery_day(content, place),
                commune=None,
                candidates=communes.by_text(place),
                place_text=place,
            )
        ]
    if birth_place and not says_abandoned(birth_place):
        return [{"url": BIRTH_PLACE, "valueAddress": address(text=birth_place)}]
    return []


def _discovery_day(content: Mapping[str, Any], place: str) -> str | None:
    """A foundling's certificate has the day of reception as birth date: the day it was found."""
    day = day_of(content.get("born"))
    if content["table"] != "XML9" or day is None or names_facility(place):
        return None
    return day.isoformat()
