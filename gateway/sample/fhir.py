"""What a partner's FHIR system holds of a child: a Patient in the partner's own number domain."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from gateway.sample import rates
from gateway.sample.children import Child, Trail
from gateway.sample.journeys import Story
from gateway.sample.paper import Paper
from gateway.sample.places import Hospital
from gateway.sample.police import instant
from gateway.sample.scene import Scene

SEX = {"M": "male", "F": "female", "U": "unknown"}
TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
NATIONAL = "http://fhir.ehealth.gov.vn/core/sid/national_id"
OTHER_GUIDE = "http://fhir.hl7.org.vn/core/sid/national_id"
"""The two guides name the personal number otherwise (vn_domain.md 4.4)."""
ROLES = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
OTHER_NUMBERS = "https://benh-vien-khac.example/mrn"
NAMELESS = ("Vô danh", "Bé {} bỏ rơi", "Trẻ sơ sinh", "Chưa có tên")


@dataclass(frozen=True, kw_only=True, slots=True)
class Partner:
    """A system that speaks FHIR: the system of its numbers, and how it sends."""

    domain: str
    number_form: str
    form: str
    """bundle-json, bundle-xml, patient-xml or lines."""
    says_source: bool
    """Whether meta.source tells the sender; if not, its number is the official one."""


PARTNERS = {
    "lang-tre": Partner(
        domain="https://lang-tre-mau.example/fhir/sid/ho-so",
        number_form="LT-{:06d}",
        form="bundle-json",
        says_source=True,
    ),
    "bv-tu": Partner(
        domain="https://his.bv-tu-mau.example/mrn",
        number_form="{:08d}",
        form="bundle-xml",
        says_source=False,
    ),
    "quy-tre-em": Partner(
        domain="urn:oid:2.25.998000111222333",
        number_form="QTE{:07d}",
        form="lines",
        says_source=False,
    ),
    "phong-kham": Partner(
        domain="https://phong-kham-mau.example/benh-nhan",
        number_form="PK.{:06d}",
        form="patient-xml",
        says_source=True,
    ),
}
"""Made-up systems on made-up hosts; they serve the whole country."""

Resource = dict[str, Any]


def papers(scene: Scene, story: Story) -> list[Paper]:
    """Resources of the children whom a partner knows, some of them sent again later."""
    sent: list[Paper] = []
    for child, trail in story.group:
        if scene.happens(rates.PARTNER_KNOWS):
            sent += _known(scene, child, trail)
    return sent


def _known(scene: Scene, child: Child, trail: Trail) -> list[Paper]:
    name = scene.rng.choice(list(PARTNERS))
    partner = PARTNERS[name]
    number = partner.number_form.format(scene.number("partner", name, first=900, gap=9))
    begins = trail.found.time if trail.found else child.begins
    seen = min(begins.date() + timedelta(days=scene.rng.randint(1, 500)), scene.end)
    days = [seen]
    later = scene.later(seen, 30, 400)
    if scene.happens(rates.PARTNER_AGAIN) and not scene.over(later):
        days.append(later)
    sex, birth = SEX[scene.noise.sex(trail.sex)], _birth(scene, child, trail, seen)
    sent = []
    for turn, day in enumerate(days):
        patient = _patient(scene, child, trail, partner, number, scene.moment(day))
        whole = patient | {"gender": sex, "birthDate": birth} | _address(trail, day)
        content = [whole, *_others(scene, child, trail, name, number, day)]
        truth = {f"{partner.domain}|{number}": child.id} if turn == 0 else {}
        sent.append(Paper(source="fhir", sender=name, turn=turn, content=content, truth=truth))
    return sent


def _patient(
    scene: Scene, child: Child, trail: Trail, partner: Partner, number: str, at: datetime
) -> Resource:
    """Elements stand in the order of the standard, which XML demands."""
    meta = {"lastUpdated": instant(at)}
    if partner.says_source:
        meta["source"] = partner.domain
    return {
        "resourceType": "Patient",
        "id": number.replace(".", "-"),
        "meta": meta,
        "identifier": _numbers(scene, trail, partner, number, at.date()),
        "active": True,
        "name": [_name(scene, child, trail, at.date())],
    }


def _numbers(
    scene: Scene, trail: Trail, partner: Partner, number: str, day: date
) -> list[Resource]:
    """The partner's own number, and what papers show: in any order."""
    numbers: list[Resource] = [{"use": "official", "system": partner.domain, "value": number}]
    known = any(entry.day <= day for entry in trail.registrations)
    personal = scene.personal_id(trail, partner.domain, rates.PARTNER_PERSONAL_ID) if known else ""
    if personal:
        system = scene.rng.choice((NATIONAL, NATIONAL, OTHER_GUIDE))
        numbers.append({"use": "secondary", "system": system, "value": personal})
    if trail.certificate and scene.happens(rates.PARTNER_CERTIFICATE):
        typed = {"coding": [{"system": TYPES, "code": "BCT"}]}
        value = scene.noise.number(trail.certificate, kept=0)
        system = f"{partner.domain}/gcs"
        numbers.append({"use": "secondary", "type": typed, "system": system, "value": value})
    if trail.stays and scene.happens(rates.PARTNER_OTHER_NUMBER):
        # Another house's number, which must not become the partner's key.
        hospital, file, _ = trail.stays[0]
        typed = {"coding": [{"system": TYPES, "code": "MR"}]}
        number_of = {"use": "secondary", "type": typed, "system": OTHER_NUMBERS, "value": file}
        numbers.append(number_of | _assigner(hospital) if scene.happens(0.6) else number_of)
    scene.rng.shuffle(numbers)
    return numbers


def _assigner(hospital: Hospital) -> Resource:
    """The house that gave a number, by its facility code."""
    typed = {"coding": [{"system": TYPES, "code": "FI"}]}
    system = f"{OTHER_NUMBERS}/cskcb"
    code = {"type": typed, "system": system, "value": hospital.code}
    return {"assigner": {"identifier": code, "display": hospital.name}}


def _name(scene: Scene, child: Child, trail: Trail, day: date) -> Resource:
    """The name of that day, a placeholder, or the reason why there is none."""
    registered = [entry.name for entry in trail.registrations if entry.day <= day]
    if trail.found is None or registered:
        full = scene.noise.name(registered[-1] if registered else child.planned_name)
        if scene.happens(0.5):
            return {"use": "official", "text": full}
        family, *given = full.split() or [full]
        return {"use": "official", "family": family, **({"given": given} if given else {})}
    roll = scene.rng.random()
    if roll < 0.2:
        return {"extension": [{"url": ABSENT, "valueCode": "unknown"}]}
    if roll < 0.55 and trail.found.kind == "BENH_VIEN":
        return {"use": "temp", "text": f"Con bà {child.mother.name}"}
    if roll < 0.75:
        baby = "gái" if trail.sex == "F" else "trai"
        return {"use": "temp", "text": scene.rng.choice(NAMELESS).format(baby)}
    return {"use": "usual", "text": scene.noise.name(child.house_name)}


def _birth(scene: Scene, child: Child, trail: Trail, seen: date) -> str:
    """The registered day, else the day or the year as estimated; some systems know only 01/01."""
    born = trail.registered_birth or child.born.date()
    known = trail.found is None or any(entry.day <= seen for entry in trail.registrations)
    if (not known and scene.happens(0.4)) or trail.birth_year_only:
        return f"{born.year}-01-01" if scene.happens(0.5) else str(born.year)
    if not known and scene.happens(0.3):
        return f"{born:%Y-%m}"
    day = scene.noise.day(born if known else child.born.date())
    return min(day, seen).isoformat()


def _address(trail: Trail, day: date) -> Resource:
    homes = [place.home for place in trail.admissions if place.day <= day]
    if not homes:
        return {}
    text = f"{homes[-1].name}, {homes[-1].spot.words(day)}"
    return {"address": [{"use": "home", "text": text}]}


def _others(
    scene: Scene, child: Child, trail: Trail, name: str, number: str, day: date
) -> list[Resource]:
    """What goes with the Patient in a Bundle: the mother, a weight, the special circumstances."""
    subject = {"reference": f"Patient/{number.replace('.', '-')}"}
    others: list[Resource] = []
    if trail.found is None:
        others.append(_mother(scene, child, subject, number))
    if scene.happens(0.5):
        others.append(_weight(scene, child, subject, number, day))
    if trail.found is not None and scene.happens(0.6):
        others.append(
            {
                "resourceType": "Flag",
                "id": _local("flag", number),
                "status": "active",
                "code": {"text": "Trẻ em bị bỏ rơi"},
                "subject": subject,
            }
        )
    if trail.found is not None and name == "lang-tre":
        others.append(_team(subject, number, day))
    return others


def _local(stem: str, number: str) -> str:
    return f"{stem}-{number.replace('.', '-')}"


def _mother(scene: Scene, child: Child, subject: Resource, number: str) -> Resource:
    card = [{"system": NATIONAL, "value": child.mother.card}] if scene.happens(0.5) else []
    return {
        "resourceType": "RelatedPerson",
        "id": _local("me", number),
        **({"identifier": card} if card else {}),
        "patient": subject,
        "relationship": [{"coding": [{"system": ROLES, "code": "MTH"}]}],
        "name": [{"text": scene.noise.name(child.mother.name)}],
    }


def _team(subject: Resource, number: str, day: date) -> Resource:
    """Who answers for a child that was found: the home, and the commune's protection worker."""
    role = {"text": "Người làm công tác bảo vệ trẻ em cấp xã"}
    return {
        "resourceType": "CareTeam",
        "id": _local("nhom", number),
        "status": "active",
        "category": [{"text": "Nhóm bảo vệ trẻ em"}],
        "name": "Kế hoạch hỗ trợ, can thiệp (NĐ 56/2017)",
        "subject": subject,
        "period": {"start": day.isoformat()},
        "participant": [
            {
                "role": [{"text": "Cơ sở trợ giúp trẻ em"}],
                "member": {"type": "Organization", "display": "Làng trẻ em Mẫu"},
            },
            {"role": [role], "member": {"type": "Practitioner", "display": "Người quản lý ca"}},
        ],
    }


def _weight(scene: Scene, child: Child, subject: Resource, number: str, day: date) -> Resource:
    grams = scene.noise.weight(child.weight_on(day))
    return {
        "resourceType": "Observation",
        "id": _local("can", number),
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": subject,
        "effectiveDateTime": day.isoformat(),
        "valueQuantity": {
            "value": round(grams / 1000, 2),
            "unit": "kg",
            "system": "http://unitsofmeasure.org",
            "code": "kg",
        },
    }
