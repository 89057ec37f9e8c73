"""One row of a roster → FHIR resources."""

from collections.abc import Mapping
from typing import Any

from adapters.contract import Conversion, Resource, Statement
from adapters.formats import bodies, evidence
from adapters.formats.sensitivity import hiv_labels, remarks
from adapters.profile import (
    PATIENT,
    IdentifierKind,
    Place,
    PlaceKind,
    group_flag,
    handover,
    meta,
    organization,
    organization_id,
    reference,
    related_person,
    weight,
    without_nothing,
)
from adapters.sources.facility.birth import birth_of

SOURCE = "facility"
UNKNOWN_BODY = "home:unknown"


def convert(statement: Statement) -> Conversion:
    """Patient, stay, weight, marks, flags, and the facility."""
    content = statement.content
    home = home_of(content)
    received = content.get("Ngày tiếp nhận")
    resources = [
        to_patient(content, home, unkeyed=statement.unkeyed),
        to_episode(content, home),
        *to_observations(content),
        *(group_flag(SOURCE, code, start=received) for code in content.get("Nhóm hoàn cảnh", ())),
        *to_parent(content),
    ]
    if home:
        resources.append(organization(home, content.get("Tên cơ sở")))
    return Conversion(
        resources=resources, custodian=str(home) if home else UNKNOWN_BODY, province=None
    )


def home_of(content: Mapping[str, Any]) -> Place | None:
    code = content.get("Mã cơ sở")
    return Place(kind=PlaceKind.HOME, code=code) if code else None


def to_patient(content: Mapping[str, Any], home: Place | None, *, unkeyed: bool) -> Resource:
    names = to_names(content)
    birth = birth_of(content)
    born = birth.elements() if birth else {}
    return without_nothing(
        {
            "resourceType": "Patient",
            "id": "patient",
            "meta": meta(SOURCE, tags=evidence.tags(names, born, unkeyed=unkeyed)),
            "extension": [*to_departure(content), *evidence.ethnicity(content.get("Dân tộc"))],
            "identifier": to_identifiers(content, home),
            "name": names,
            "gender": content.get("Giới tính"),
            **born,
        }
    )


def to_names(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The name in the file; of the others, one syllable is a pet name ("Bống", "Cún")."""
    official = content.get("Họ và tên")
    names = [evidence.name(official, "official")] if official else []
    for other in content.get("Tên gọi khác", ()):
        use = "usual" if " " in other else "nickname"
        names.append(evidence.name(other, use))
    return names


def to_identifiers(content: Mapping[str, Any], home: Place | None) -> list[dict[str, Any]]:
    found = []
    if content.get("Số hồ sơ"):
        start = content.get("Ngày tiếp nhận")
        found.append(
            evidence.number(IdentifierKind.FILE, content["Số hồ sơ"], issuer=home, start=start)
        )
    if content.get("Số ĐDCN"):
        found.append(evidence.personal_id(content["Số ĐDCN"]))
    if content.get("Số thẻ BHYT"):
        found.append(evidence.number(IdentifierKind.INSURANCE, content["Số thẻ BHYT"]))
    if content.get("Số giấy chứng sinh"):
        value = evidence.certificate(content["Số giấy chứng sinh"])
        found.append(evidence.number(IdentifierKind.BIRTH_CERTIFICATE, value))
    if content.get("Số biên bản"):
        issuer = content.get("Mã xã lập biên bản")
        found.append(
            evidence.number(
                IdentifierKind.MINUTES,
                content["Số biên bản"],
                issuer=evidence.commune_place(issuer) if issuer else None,
            )
        )
    return found


def to_episode(content: Mapping[str, Any], home: Place | None) -> Resource:
    """The stay: from reception to departure, with care group (type) and main carer."""
    start, end = content.get("Ngày tiếp nhận"), content.get("Ngày rời")
    group, carer = content.get("Nhóm chăm sóc"), content.get("Người chăm sóc chính")
    return without_nothing(
        {
            "resourceType": "EpisodeOfCare",
            "id": "episode",
            "meta": meta(SOURCE, labels=hiv_labels(group)),
            "extension": to_reception(content),
            "status": "finished" if end else "active",
            "type": [{"text": group}] if group else [],
            "patient": PATIENT,
            "managingOrganization": reference("Organization", organization_id(home))
            if home
            else None,
            "period": without_nothing({"start": start, "end": end}),
            "careManager": {"display": carer} if carer else None,
        }
    )


def to_reception(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Who handed the child over, with its file number there."""
    name, code = content.get("Nơi chuyển đến"), content.get("Mã nơi chuyển")
    file_number = content.get("Mã hồ sơ nơi chuyển")
    if not (name or code or file_number):
        return []
    places = bodies.places(code, name)
    return [handover("received", places=places, name=name, file_number=file_number)]


def to_departure(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Where the child went: a name only, rosters give no code."""
    name = content.get("Nơi đến")
    return [handover("given", name=name, time=content.get("Ngày rời"))] if name else []


def to_observations(content: Mapping[str, Any]) -> list[Resource]:
    found: list[Resource] = []
    if content.get("Cân nặng khi tiếp nhận"):
        grams, at = content["Cân nặng khi tiếp nhận"], content.get("Ngày tiếp nhận")
        found.append(weight(SOURCE, grams, at=at, birth=False))
    marks = content.get("Đặc điểm nhận dạng")
    return [*found, *remarks(SOURCE, "distinguishing-mark", [marks] if marks else [])]


def to_parent(content: Mapping[str, Any]) -> list[Resource]:
    """The mother in "con bà …"."""
    parent = evidence.parent_in(content.get("Họ và tên"))
    return [related_person(SOURCE, parent[0], name=parent[1])] if parent else []
