"""A stay: Encounter with its transfer, Condition as coded, weights as measured."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from adapters import profile
from adapters.contract import Resource
from adapters.profile import (
    ACT_CODE,
    ICD10,
    PATIENT,
    IdentifierKind,
    Place,
    PlaceKind,
    coding,
    concept,
    identifier,
    meta,
    organization_id,
    reference,
    role,
    without_nothing,
)
from adapters.sources.hospital.codes import DISCHARGES, INPATIENT_KINDS, labels_of
from adapters.sources.hospital.moments import day_of, instant_of
from adapters.sources.hospital.patient import foundling_place

SOURCE = "hospital"
STAY_NUMBER = "urn:motem:sid:dot-dieu-tri"
LETTER_BOOK = "urn:motem:sid:so-chuyen-tuyen"
DISCHARGE_CODES = "urn:motem:code:ma-loai-rv"
CONDITION_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
PARTS = frozenset({"XML7", "XML8", "XML13"})
"""Papers of a stay that has ended; what they leave unsaid its XML1 says."""
INFANCY = timedelta(days=365)
"""CAN_NANG_CON of an older patient is the weight of that patient's own child."""


def to_encounter(content: Mapping[str, Any], facility: Place | None) -> Iterator[Resource]:
    number = _stay_key(content)
    if number is None:
        return
    labels = labels_of(None, content.get("reason"))
    yield without_nothing(
        {
            "resourceType": "Encounter",
            "id": role("encounter", _code(facility), number),
            "meta": meta(SOURCE, labels=labels),
            "identifier": _numbers(content, facility),
            "status": _status(content),
            "class": _class(content),
            "subject": PATIENT,
            "period": _period(content),
            "reasonCode": [{"text": content["reason"]}] if "reason" in content else None,
            "hospitalization": _hospitalization(content, facility),
            "serviceProvider": _organization(facility.code) if facility else None,
        }
    )


def to_condition(content: Mapping[str, Any], facility: Place | None) -> Iterator[Resource]:
    """The main diagnosis: ICD-10 as sent, the discharge's words before the admission's."""
    disease, text, number = content.get("disease"), content.get("diagnosis"), _stay_key(content)
    if number is None or not (disease or text):
        return
    yield without_nothing(
        {
            "resourceType": "Condition",
            "id": role("condition", _code(facility), number),
            "meta": meta(SOURCE, labels=labels_of(disease, text)),
            "category": [concept(CONDITION_CATEGORY, "encounter-diagnosis")],
            "code": concept(ICD10, disease, text) if disease else {"text": text},
            "subject": PATIENT,
            "encounter": reference("Encounter", role("encounter", _code(facility), number)),
            "recordedDate": content.get("discharged") or content.get("admitted"),
        }
    )


def weights(content: Mapping[str, Any], facility: Place | None) -> Iterator[Resource]:
    """Body weight at admission, and birth weight where it is the child's own."""
    admitted, born = content.get("admitted"), content.get("born")
    if "weight" in content:
        number = f"{_code(facility)}|{_stay_key(content)}"
        yield profile.weight(
            SOURCE, content["weight"], at=admitted, birth=False, distinguishing=number
        )
    if "birth_weight" in content and (content["table"] == "XML9" or _is_infant(content)):
        # A foundling's certificate gives the weight when it was received.
        own = foundling_place(content) is None
        yield profile.weight(SOURCE, content["birth_weight"], at=born, birth=own)


def _is_infant(content: Mapping[str, Any]) -> bool:
    born, admitted = day_of(content.get("born")), day_of(content.get("admitted"))
    return born is not None and admitted is not None and admitted - born <= INFANCY


def _stay_key(content: Mapping[str, Any]) -> str | None:
    """MA_LK; a stay without it is told by its admission."""
    number: str | None = content.get("stay")
    return number or (None if content["table"] in PARTS else content.get("admitted"))


def _status(content: Mapping[str, Any]) -> str:
    if "cancelled" in content:
        return "cancelled"
    ended = "discharged" in content or content["table"] in PARTS
    return "finished" if ended else "in-progress"


def _class(content: Mapping[str, Any]) -> dict[str, Any] | None:
    if "stay_class" in content:
        return coding(ACT_CODE, content["stay_class"])
    kind = content.get("stay_kind")
    if kind is None and content["table"] in PARTS:
        return None
    admitted, discharged = day_of(content.get("admitted")), day_of(content.get("discharged"))
    overnight = admitted is not None and discharged is not None and discharged > admitted
    inpatient = kind in INPATIENT_KINDS if kind else overnight
    return coding(ACT_CODE, "IMP" if inpatient else "AMB")


def _period(content: Mapping[str, Any]) -> dict[str, Any]:
    """An end before its beginning is a mistake of one of both, and left out."""
    start, end = content.get("admitted"), content.get("discharged")
    begins, ends = instant_of(start), instant_of(end)
    if begins is not None and ends is not None and ends.date() < begins.date():
        end = None
    return without_nothing({"start": start, "end": end})


def _numbers(content: Mapping[str, Any], facility: Place | None) -> list[dict[str, Any]]:
    """MA_LK, and the transfer letter, which is unique for the hospital that wrote it."""
    numbers = []
    if "stay" in content:
        numbers.append(_own(STAY_NUMBER, content["stay"], facility))
    letter, book = content.get("letter"), content.get("letter_book")
    sender = _letter_sender(content, facility)
    if letter or book:
        kind = IdentifierKind.TRANSFER_LETTER
        numbers.append(identifier(kind, letter or book or "", issuer=sender))
    if letter and book:
        numbers.append(_own(LETTER_BOOK, book, sender or facility))
    return numbers


def _letter_sender(content: Mapping[str, Any], facility: Place | None) -> Place | None:
    """MA_NOI_DI; a transfer letter (XML13) without it is the facility's own."""
    if "sent_by" in content:
        return Place(kind=PlaceKind.HOSPITAL, code=content["sent_by"])
    return facility if content["table"] == "XML13" else None


def _own(system: str, value: str, issuer: Place | None) -> dict[str, Any]:
    number = {"system": system, "value": value}
    if issuer is None:
        return number
    return {**number, "assigner": {"identifier": {"system": issuer.system, "value": issuer.code}}}


def _code(facility: Place | None) -> str:
    """ "" where nobody says which house it was: such a record is unkeyed."""
    return facility.code if facility else ""


def _hospitalization(content: Mapping[str, Any], facility: Place | None) -> dict[str, Any]:
    origin, destination = content.get("sent_by"), content.get("sent_to")
    code = content.get("discharge")
    return without_nothing(
        {
            # The sender of a transfer letter is the facility itself: nobody came from there.
            "origin": _organization(origin) if origin and origin != _code(facility) else None,
            "destination": _organization(destination) if destination else None,
            "dischargeDisposition": concept(DISCHARGE_CODES, code, DISCHARGES.get(code))
            if code
            else None,
        }
    )


def _organization(code: str) -> dict[str, Any]:
    return reference("Organization", organization_id(Place(kind=PlaceKind.HOSPITAL, code=code)))
