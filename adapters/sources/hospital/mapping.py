"""One statement's typed content → the FHIR resources that it states."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from adapters.contract import Conversion, Resource, Statement
from adapters.errors import PayloadError, Problem
from adapters.formats.sensitivity import remarks
from adapters.profile import Place, PlaceKind, found_places, organization
from adapters.sources.hospital.abandonment import abandonment_flag
from adapters.sources.hospital.codes import province_of
from adapters.sources.hospital.family import to_family
from adapters.sources.hospital.patient import to_patient
from adapters.sources.hospital.stay import to_condition, to_encounter, weights

SOURCE = "hospital"
UNKNOWN_BODY = "hospital:unknown"


def to_conversion(statement: Statement) -> Conversion:
    """All resources of one statement; a part states only what it says.

    Raises PayloadError(NOT_CONVERTIBLE) for content that no reader of this source wrote.
    """
    content = statement.content
    try:
        makers = RESOURCES[content["table"]]
    except KeyError:
        raise PayloadError(Problem.NOT_CONVERTIBLE, statement.position) from None
    code = content.get("facility")
    facility = Place(kind=PlaceKind.HOSPITAL, code=code) if code else None
    patient = to_patient(content, facility, unkeyed=statement.unkeyed)
    resources = [patient, *found_places(SOURCE, patient)]
    for maker in makers:
        resources += maker(content, facility)
    return Conversion(
        resources=resources,
        custodian=str(facility) if facility else UNKNOWN_BODY,
        province=province_of(facility.code) if facility else None,
    )


Maker = Callable[[Mapping[str, Any], Place | None], Iterator[Resource]]


def organizations(content: Mapping[str, Any], facility: Place | None) -> Iterator[Resource]:
    """The facility, and those the child came from or went to. The tables hold no names."""
    own = [facility.code] if facility else []
    others = [content[way] for way in ("sent_by", "sent_to") if way in content]
    for code in dict.fromkeys([*own, *others]):
        yield organization(Place(kind=PlaceKind.HOSPITAL, code=code), None)


def organizations_of_stay(content: Mapping[str, Any], facility: Place | None) -> Iterator[Resource]:
    """ADT messages of a person alone, without a stay, do not say that the child was there."""
    if "stay" in content or "admitted" in content:
        yield from organizations(content, facility)


def state_at_birth(content: Mapping[str, Any], facility: Place | None) -> Iterator[Resource]:
    """TINH_TRANG_CON: healthy, weak, malformed."""
    said = content.get("condition_at_birth")
    yield from remarks(SOURCE, "state-at-birth", [said] if said else [])


STAY: tuple[Maker, ...] = (
    organizations,
    to_encounter,
    to_condition,
    weights,
    to_family,
    abandonment_flag,
)
RESOURCES: Mapping[str, tuple[Maker, ...]] = {
    "XML0": STAY,
    "XML1": STAY,
    "XML7": STAY,
    "XML8": STAY,
    "XML13": STAY,
    "ADT": (organizations_of_stay, *STAY[1:]),
    "XML9": (organizations, weights, state_at_birth, to_family, abandonment_flag),
}
"""Table → what it is expressed in, besides the Patient. A certificate has no stay of its own."""
