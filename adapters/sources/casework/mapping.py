"""One step report → FHIR resources: the child as far as it is named, and the step as a Task."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.contract import Conversion, Resource, Statement
from adapters.formats import bodies, evidence
from adapters.formats.sensitivity import hiv_labels
from adapters.profile import (
    PATIENT,
    STEP_OUTPUTS,
    STEPS,
    Label,
    Place,
    PlaceKind,
    concept,
    handover,
    meta,
    without_nothing,
)
from adapters.sources.casework import keys
from adapters.sources.casework.birth import birth_of
from adapters.sources.casework.fields import BODIES
from adapters.sources.casework.steps import STEPS as BY_CODE
from adapters.sources.casework.steps import Step

SOURCE = "casework"
UNKNOWN_BODY = "commune:unknown"
OTHER_BODIES = "urn:motem:sid:don-vi"
"""System of the codes of bodies of no kind that Motem keeps apart."""
NUMBERS = "urn:motem:sid:phieu-buoc"
OUTPUTS = {"ketQua": "result", "chuongTrinh": "programme", "benNhan.ten": "recipient"}


def convert(statement: Statement) -> Conversion:
    """No Organization: that a body reports a step does not say that the child was there."""
    content = statement.content
    maker, step = maker_of(content), BY_CODE[content["buoc"]]
    is_commune = maker is not None and maker.kind is PlaceKind.COMMUNE
    return Conversion(
        resources=[
            to_patient(content, step, maker, unkeyed=statement.unkeyed),
            to_task(content, step, maker),
        ],
        custodian=str(maker) if maker else UNKNOWN_BODY,
        province=evidence.province(maker.code, content.get("thoiGian"))
        if maker and is_commune
        else None,
    )


def maker_of(content: Mapping[str, Any]) -> Place | None:
    """The body that reports, by its kind; without one its name decides what its code means."""
    code, stated = content.get("maDonVi"), content.get("loaiDonVi")
    return _place(code, stated, content.get("tenDonVi"))


def _place(code: str | None, stated: str | None, name: str | None) -> Place | None:
    """The one body that a code means; None where it is of no known kind, or could be two."""
    if not code:
        return None
    if stated:
        kind = BODIES[stated]
        return Place(kind=kind, code=code) if kind else None
    readings = bodies.places(code, name)
    return readings[0] if len(readings) == 1 else None


def to_patient(
    content: Mapping[str, Any], step: Step, maker: Place | None, *, unkeyed: bool
) -> Resource:
    stated = content.get("tre.hoTen")
    return evidence.patient(
        SOURCE,
        names=[evidence.name(stated, "usual")] if stated else [],
        birth=birth_of(content),
        labels=sealing(step),
        unkeyed=unkeyed,
        extension=to_handover(content, step),
        identifier=[*to_identifiers(content, maker)],
        gender=content.get("tre.gioiTinh"),
        **to_death(content, step),
    )


def sealing(step: Step) -> list[Label]:
    """An adopted child's new name leads to its origin."""
    return [Label.SEALED_ADOPTION] if step.sealed else []


def labels_of(content: Mapping[str, Any], step: Step) -> list[Label]:
    """Of the Task alone: the result of a screening may tell of HIV."""
    told = [content.get(name) for name in (*OUTPUTS, "canCu")]
    return [*sealing(step), *hiv_labels(told)]


def to_identifiers(content: Mapping[str, Any], maker: Place | None) -> Iterator[dict[str, Any]]:
    commune = maker.code if maker and maker.kind is PlaceKind.COMMUNE else None
    for key in content.get(keys.MEMBER, ()):
        yield from keys.to_identifiers(key, commune)


def to_handover(content: Mapping[str, Any], step: Step) -> list[dict[str, Any]]:
    """To whom a handover or a placement gave the child, as minutes say it too."""
    name, code = content.get("benNhan.ten"), content.get("benNhan.maCoSo")
    if not step.gives or not (name or code):
        return []
    stated = content.get("benNhan.loai")
    one = _place(code, stated, name)
    places = [one] if one else [] if stated else bodies.places(code, name)
    return [
        handover(
            "given",
            places=places,
            name=name,
            time=content.get("thoiGian"),
            file_number=content.get("benNhan.maHoSo"),
        )
    ]


def to_death(content: Mapping[str, Any], step: Step) -> dict[str, Any]:
    if not step.died:
        return {}
    time = content.get("thoiGian")
    return {"deceasedDateTime": time} if time else {"deceasedBoolean": True}


def to_task(content: Mapping[str, Any], step: Step, maker: Place | None) -> Resource:
    decision = content.get("canCu")
    return without_nothing(
        {
            "resourceType": "Task",
            "id": "task-step",
            "meta": meta(SOURCE, labels=labels_of(content, step)),
            "identifier": to_number(content),
            "basedOn": [{"display": decision}] if decision else [],
            "status": step.status,
            "intent": "order",
            "code": concept(STEPS, step.code, step.vietnamese),
            "for": PATIENT,
            "executionPeriod": to_period(content, step),
            "authoredOn": content.get("thoiGian"),
            "owner": to_owner(content, maker),
            "output": [
                {"type": concept(STEP_OUTPUTS, code), "valueString": content[name]}
                for name, code in OUTPUTS.items()
                if content.get(name)
            ],
        }
    )


def to_number(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The report's own number, unique for its body only: so the value holds both."""
    body, number = content.get("maDonVi"), content.get("soPhieu")
    return [{"system": NUMBERS, "value": f"{body}/{number}"}] if body and number else []


def to_period(content: Mapping[str, Any], step: Step) -> dict[str, Any]:
    """The period as reported, else the step's time: its begin where it goes on, else its end too."""
    start, end, time = (content.get(name) for name in ("ky.tuNgay", "ky.denNgay", "thoiGian"))
    if start or end:
        return without_nothing({"start": start, "end": end})
    goes_on = step.status == "in-progress"
    return without_nothing({"start": time, "end": None if goes_on else time})


def to_owner(content: Mapping[str, Any], maker: Place | None) -> dict[str, Any]:
    """A logical reference: the body by its code, whether Motem knows it or not."""
    code, name = content.get("maDonVi"), content.get("tenDonVi")
    system = maker.system if maker else OTHER_BODIES
    known = {"type": "Organization", "identifier": {"system": system, "value": code}}
    return without_nothing({**(known if code else {}), "display": name})
