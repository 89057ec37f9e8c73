"""The request for a birth registration, to the commune's civil-status office.

Each received child gets a number and enters the population database (Hà Nội plan of 10/3/2026). The
form has the names of HT_KHAISINH (CV 1437/BTP-CNTT 2019); what surrounds it is ours (assumed).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters import communes
from adapters.contract import Resource
from adapters.formats.values import local_day
from adapters.outbound.birth_convention import birth_date
from adapters.outbound.reading import (
    Parts,
    code_of,
    home_of,
    identifiers_of,
    issuer_of,
    name_of,
    number_of,
    of_type,
    parts_of,
)
from adapters.profile import EXT_DISCOVERY, IdentifierKind, without_nothing

KIND = "YEU_CAU_DANG_KY_KHAI_SINH"
ABANDONED, NO_PARENTS = "Trẻ bị bỏ rơi", "Chưa xác định được cả cha lẫn mẹ"
NATIONALITY = "Việt Nam"
"""Of a child found here whose parents are unknown (NĐ 123/2015 Đ14k3)."""
NEEDED = ("nksHoTen", "nksGioiTinh", "nksNgaySinh", "nksNoiSinh", "bbSo", "bbMaXa", "bbNgay")
"""What the office must know; the rest of the form may stay empty for a foundling."""
_SEXES = {"male": "1", "female": "2"}
_REMARKS = {
    "distinguishing-mark": "dacDiem",
    "belonging": "taiSan",
    "state-when-found": "tinhTrang",
}
_WEIGHT_WHEN_FOUND = "29463-7"


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A request that can be sent, and what a person should still fill in."""

    request_id: str
    offices: tuple[str, ...]
    """Today's communes whose office it may be: a person chooses where there is not one."""
    content: Mapping[str, Any] = field(repr=False)
    missing: tuple[str, ...] = ()
    """Names of NEEDED fields that the records do not know, and `noiNhan` without one office."""


def draft(
    patient: Resource,
    resources: Sequence[Resource],
    *,
    request_id: str,
    made_at: str,
    office: str | None = None,
    name: str | None = None,
    requester: str | None = None,
) -> Draft:
    """The form of one child from its golden Patient, and its minutes from the sources' resources.

    `made_at` is a FHIR dateTime, `office` a commune of today (else that of the minutes, or where the
    child was found), `requester` the body that asks (else the home that the child is in), `name` the
    name that it proposes for a child who has none (BLDS 2015 Đ26k3). The finder is left out: the
    office's own minutes name it.
    """
    discovery = parts_of(patient, EXT_DISCOVERY)
    minutes = _minutes(patient, resources)
    form = without_nothing(
        {
            **_child(patient, discovery, resources),
            "nksHoTen": name_of(patient) or name,
            "nksSoGiayChungSinh": number_of(patient, IdentifierKind.BIRTH_CERTIFICATE),
            "bbSo": minutes.get("value"),
            "bbMaXa": issuer_of(minutes),
            "bbNgay": _written(minutes.get("period", {}).get("start")),
            "nycTenCoSo": requester or home_of(resources),
        }
    )
    offices = (office,) if office else _offices(minutes, discovery)
    one = len(offices) == 1
    content = {
        "loai": KIND,
        "maYeuCau": request_id,
        "thoiGian": made_at,
        "noiNhan": {"maXa": offices[0], "ten": communes.name_of(offices[0])} if one else None,
        "toKhai": form,
        "bienBan": _report(discovery, resources),
    }
    missing = tuple(needed for needed in NEEDED if needed not in form)
    return Draft(
        request_id=request_id,
        offices=offices,
        content=without_nothing(content),
        missing=missing if one else ("noiNhan", *missing),
    )


def message(request: Draft) -> bytes:
    """The request as UTF-8 JSON with sorted keys."""
    return json.dumps(request.content, ensure_ascii=False, sort_keys=True).encode()


def _offices(minutes: Mapping[str, Any], discovery: Parts) -> tuple[str, ...]:
    """Today's readings of the commune that made the minutes, else of where the child was found.

    NĐ 123/2015 Đ14k3: the commune where the minutes were made registers.
    """
    maker = issuer_of(minutes)
    if maker:
        return communes.readings(maker, local_day(minutes.get("period", {}).get("start")))
    return tuple(discovery.get("commune", ()))


def _child(
    patient: Resource, discovery: Parts, resources: Sequence[Resource]
) -> dict[str, str | None]:
    """The child's own fields; of a foundling parents and ethnicity stay empty (NĐ 123 Đ14k3)."""
    abandoned = bool(discovery) or any(
        code_of(r) == "ABANDONED" for r in of_type(resources, "Flag")
    )
    place = next(iter(discovery.get("place-text", ())), None)
    stated = next(iter(discovery.get("commune-stated", ())), None)
    return {
        "nksGioiTinh": _SEXES.get(patient.get("gender", "")),
        "nksNgaySinh": _written(birth_date(patient)),
        "nksNoiSinh": place,
        "nksNoiSinhDVHC": stated,
        "nksQueQuan": place,
        "nksQuocTich": NATIONALITY,
        "nksLoaiKhaiSinh": ABANDONED if abandoned else NO_PARENTS,
    }


def _report(discovery: Parts, resources: Sequence[Resource]) -> dict[str, Any]:
    """What the minutes say of time, place, marks, belongings, state and weight."""
    first = {name: next(iter(values), None) for name, values in discovery.items()}
    told: dict[str, Any] = {
        "thoiGian": first.get("time"),
        "maXa": first.get("commune-stated"),
        "diaDiem": first.get("place-text"),
        "loaiNoi": first.get("place-type"),
    }
    for observation in of_type(resources, "Observation"):
        member = _REMARKS.get(code_of(observation) or "")
        if member and observation.get("valueString"):
            told[member] = sorted({*told.get(member, ()), observation["valueString"]})
    weights = [
        (o.get("effectiveDateTime", ""), o["valueQuantity"]["value"])
        for o in of_type(resources, "Observation")
        if code_of(o) == _WEIGHT_WHEN_FOUND and "valueQuantity" in o
    ]
    return without_nothing({**told, "canNangGram": min(weights)[1] if weights else None})


def _minutes(patient: Resource, resources: Sequence[Resource]) -> dict[str, Any]:
    """The minutes' number that says most: one with a commune and a day before others."""
    holders = [patient, *of_type(resources, "Patient")]
    found = [i for holder in holders for i in identifiers_of(holder, IdentifierKind.MINUTES)]
    return max(found, key=lambda i: bool(issuer_of(i)) + bool(i.get("period")), default={})


def _written(fhir_date: str | None) -> str | None:
    """dd.mm.yyyy of a FHIR date, mm.yyyy of a month, yyyy of a year."""
    return ".".join(reversed(fhir_date[:10].split("-"))) if fhir_date else None
