"""One row of a student list → FHIR resources."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from adapters import communes
from adapters.contract import Conversion, Resource, Statement
from adapters.formats import births, evidence
from adapters.formats.placeholders import read_name
from adapters.formats.sensitivity import hiv_labels
from adapters.profile import (
    IdentifierKind,
    Place,
    PlaceKind,
    address,
    enrolment,
    group_flag,
    meta,
    organization,
    related_person,
    without_nothing,
)
from adapters.sources.education.fields import (
    BORN,
    CARD,
    CLASS,
    NAME,
    PERSONAL_ID,
    SCHOOL,
    SCHOOL_CODE,
    STATUS,
    STUDENT_ID,
)

SOURCE = "education"
UNKNOWN_BODY = "school:unknown"
PARENTS = (("mẹ", "mother"), ("cha", "father"))
PARTS = ("Thôn/Xóm", "Xã/Phường", "Huyện", "Tỉnh/TP")
_PERSONAL_ID = re.compile("[0-9]{12}")


def convert(statement: Statement) -> Conversion:
    """Patient, parents, a flag for a disability, and the school."""
    content = statement.content
    school = school_of(content)
    resources = [to_patient(content, school, unkeyed=statement.unkeyed), *to_parents(content)]
    resources += to_disability(content)
    if school:
        resources.append(organization(school, content.get(SCHOOL)))
    return Conversion(
        resources=resources, custodian=str(school) if school else UNKNOWN_BODY, province=None
    )


def school_of(content: Mapping[str, Any]) -> Place | None:
    code = content.get(SCHOOL_CODE)
    return Place(kind=PlaceKind.SCHOOL, code=code) if code else None


def to_patient(content: Mapping[str, Any], school: Place | None, *, unkeyed: bool) -> Resource:
    stated = content.get(NAME)
    names = [evidence.name(stated, "official")] if stated else []
    birth = births.reported(content.get(BORN), None, None, None)
    born = birth.elements() if birth else {}
    ethnic = content.get("Dân tộc") or content.get("Mã dân tộc")
    return without_nothing(
        {
            "resourceType": "Patient",
            "id": "patient",
            "meta": meta(SOURCE, tags=evidence.tags(names, born, unkeyed=unkeyed)),
            "extension": [
                *to_enrolment(content, school),
                *to_birth_place(content.get("Nơi sinh")),
                *evidence.nationality(content.get("Quốc tịch")),
                *evidence.ethnicity(ethnic),
            ],
            "identifier": list(to_identifiers(content)),
            "name": names,
            "gender": content.get("Giới tính"),
            **born,
            "address": list(to_addresses(content)),
        }
    )


def to_enrolment(content: Mapping[str, Any], school: Place | None) -> list[dict[str, Any]]:
    name, grade, status = (content.get(column) for column in (SCHOOL, CLASS, STATUS))
    if not (school or name or grade or status):
        return []
    return [enrolment(school=school, name=name, grade=grade, status=status)]


def to_birth_place(text: str | None) -> list[dict[str, Any]]:
    """Nơi sinh as text; "không rõ" is kept and flagged."""
    if not text:
        return []
    behind = read_name(text)
    nothing = behind.reason if behind and behind.reason == "nameless" else None
    place = address(text=text, candidates=communes.by_text(text), placeholder=nothing)
    return [{"url": evidence.BIRTH_PLACE, "valueAddress": place}]


def to_identifiers(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The ministry's number, which in newer lists is the personal ID itself, and the personal ID."""
    student = content.get(STUDENT_ID)
    if student:
        yield evidence.number(IdentifierKind.STUDENT, student)
    stated = content.get(PERSONAL_ID) or content.get(CARD)
    if not stated and student and _PERSONAL_ID.fullmatch(student):
        stated = student
    if stated:
        yield evidence.personal_id(stated)


def to_addresses(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The registered residence with both readings of its code, and where the child lives now.

    No date tells whether a list's codes are from before the reform (formats.md, Common rules).
    """
    code = content.get("Mã xã")
    text = ", ".join(content[part] for part in PARTS if part in content) or None
    if code or text:
        readings = communes.readings(code, None) if code else communes.by_text(text or "")
        yield address(text=text, commune=code, candidates=readings, use="home")
    now = content.get("Chỗ ở hiện nay")
    if now:
        yield address(text=now, candidates=communes.by_text(now), use="temp")


def to_parents(content: Mapping[str, Any]) -> Iterator[Resource]:
    """Parents who have a name; one in "con bà …" where the list has no column of its own."""
    behind = evidence.parent_in(content.get(NAME))
    for who, relation in PARENTS:
        name = content.get(f"Tên {who}")
        name = None if name and read_name(name) else name
        if not name and behind and behind[0] == relation:
            name = behind[1]
        if name:
            born = content.get(f"Năm sinh {who}")
            yield related_person(SOURCE, relation, name=name, birth_date=born)


def to_disability(content: Mapping[str, Any]) -> Iterator[Resource]:
    """Flag DISABILITY, with the kind as text."""
    kind = content.get("Loại khuyết tật")
    if kind:
        flag = group_flag(SOURCE, "DISABILITY", start=None)
        told = {
            "code": flag["code"] | {"text": kind},
            "meta": meta(SOURCE, labels=hiv_labels(kind)),
        }
        yield flag | told
