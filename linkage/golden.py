"""The golden Patient: what all sources together say of one child, by a table of who is believed."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from adapters.profile import (
    EXT_DISCOVERY,
    EXT_HANDOVER,
    EXT_PLACEHOLDER,
    EXT_VALUE_SOURCE,
    TAG_SYSTEM,
    Basis,
    Tag,
    coding,
)
from linkage.fhir_elements import extensions, value

Element: TypeAlias = dict[str, Any]

CERTIFICATE = "certificate"
"""Origin of a record made from a hospital's birth certificate."""
REGISTERS = ("population", "civil_status", CERTIFICATE)
HEARSAY = ("police", "casework", "hotline")
"""Minutes rarely know a name (vn_domain.md 2.2), step reports repeat one out of others' papers, and
an intake report (Mẫu 01 of NĐ 56/2017) has what somebody called in, "if known"."""
POLICY: dict[str, tuple[str, ...]] = {
    "name": (*REGISTERS, "education", "facility", "hospital", "fhir", *HEARSAY),
    "birthDate": (*REGISTERS, "education", "hospital", "facility", "fhir", *HEARSAY),
    "gender": (*REGISTERS, "hospital", "facility", "education", "fhir", *HEARSAY),
    "multipleBirth": (CERTIFICATE, "hospital", "civil_status", "police", "fhir"),
    "deceased": ("population", "civil_status", "hospital", "facility", "casework", "fhir"),
    "address": ("population", "facility", "civil_status", "education", "hospital", "fhir"),
    EXT_DISCOVERY: ("police", "hotline", "civil_status", "hospital", "facility"),
}
"""Element → origins, the most believed first; an origin that is not named comes after them."""

PLACEHOLDER_TAGS = {
    "name": Tag.PLACEHOLDER_NAME,
    "birthDate": Tag.PLACEHOLDER_BIRTH_DATE,
    "address": Tag.PLACEHOLDER_ADDRESS,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class SourcePatient:
    """The Patient of one record; `key` is `<source>:<record id>` of formats.md."""

    record_id: str
    source: str
    key: str = field(repr=False)
    patient: Element = field(repr=False)

    @property
    def origin(self) -> str:
        """The source, or CERTIFICATE."""
        certificate = self.source == "hospital" and "/GCS/" in self.key
        return CERTIFICATE if certificate else self.source


def golden_patient(identity_id: str, patients: Sequence[SourcePatient]) -> Element:
    """The golden Patient of an identity (promise 5): a pure function, whatever the order.

    Its id is the identity's; each value names its source by an extension; `link` leads to the
    source Patients. Raises ValueError without patients.
    """
    if not patients:
        raise ValueError("an identity without records has no golden Patient")
    known = sorted(patients, key=lambda source: source.record_id)
    golden: Element = {"resourceType": "Patient", "id": identity_id, "meta": {}, "active": True}
    for element, collect in COLLECTED.items():
        values = collect(_by_trust(known, element))
        if values:
            golden[element] = values
    for element in ("gender", "birthDate"):
        golden |= _single(known, element)
    for element in ("multipleBirth", "deceased"):
        golden |= _choice(known, element)
    golden["link"] = [
        {"other": {"reference": f"Patient/{source.record_id}"}, "type": "seealso"}
        for source in known
    ]
    return golden | {"meta": _meta(known, golden)}


def retired_patient(identity_id: str, successor: str) -> Element:
    """What stands under the id of an identity that led to another one."""
    return {
        "resourceType": "Patient",
        "id": identity_id,
        "meta": {"tag": [coding(TAG_SYSTEM, Tag.GOLDEN)]},
        "active": False,
        "link": [{"other": {"reference": f"Patient/{successor}"}, "type": "replaced-by"}],
    }


def _by_trust(patients: Sequence[SourcePatient], element: str) -> list[SourcePatient]:
    """The most believed first; a placeholder or an estimate never before a stated value."""
    if len(patients) == 1:
        return list(patients)
    trusted = POLICY.get(element, REGISTERS)
    place = {origin: number for number, origin in enumerate(trusted)}

    def rank(source: SourcePatient) -> tuple[int, int, str, str]:
        doubt = _doubt(source.patient, element)
        return doubt, place.get(source.origin, len(place)), source.origin, source.record_id

    return sorted(patients, key=rank)


def _doubt(patient: Element, element: str) -> int:
    """0 stated, 1 estimated, 2 a placeholder, 3 not known."""
    if element not in patient and f"_{element}" not in patient:
        return 3
    if element == "gender":
        return 3 if patient[element] == "unknown" else 0
    if element in PLACEHOLDER_TAGS and PLACEHOLDER_TAGS[element] in _tags(patient):
        return 2
    return _estimate(patient) if element == "birthDate" else 0


def _estimate(patient: Element) -> int:
    companion = patient.get("_birthDate", {})
    for extension in extensions(companion, "urn:motem:extension:birth-range"):
        return 0 if value(extension, "basis") in (None, Basis.STATED) else 1
    return 2 if any(extensions(companion, EXT_PLACEHOLDER)) else 0


def _tags(patient: Element) -> set[str]:
    return {tag["code"] for tag in patient.get("meta", {}).get("tag", ())}


def _single(patients: Sequence[SourcePatient], element: str) -> Element:
    """A primitive element from the most believed source, with its companion."""
    for source in _by_trust(patients, element):
        companion = source.patient.get(f"_{element}", {})
        if element in source.patient or companion:
            stated = {element: source.patient[element]} if element in source.patient else {}
            return stated | {f"_{element}": _sourced(companion, source)}
    return {}


def _choice(patients: Sequence[SourcePatient], stem: str) -> Element:
    """An element with a choice of type (`deceased[x]`) from the most believed source."""
    for source in _by_trust(patients, stem):
        for element, stated in source.patient.items():
            if element.startswith(stem):
                return {element: stated, f"_{element}": _sourced({}, source)}
    return {}


def _sourced(element: Element, source: SourcePatient) -> Element:
    """The element with an extension that names the source Patient."""
    reference = {"reference": f"Patient/{source.record_id}"}
    mark = {"url": EXT_VALUE_SOURCE, "valueReference": reference}
    return {**element, "extension": [*element.get("extension", ()), mark]}


def _names(patients: Sequence[SourcePatient]) -> list[Element]:
    """All names; only that of the most believed source is official, old ones come last."""
    names = _distinct(patients, "name", lambda name: name.get("text"))
    first = next((n for n in names if n.get("use") == "official"), None)
    return [
        {**name, "use": "usual"} if name.get("use") == "official" and name is not first else name
        for name in names
    ]


def _identifiers(patients: Sequence[SourcePatient]) -> list[Element]:
    def number(identifier: Element) -> Hashable:
        issuer = identifier.get("assigner", {}).get("identifier", {}).get("value")
        return identifier.get("system"), identifier.get("value"), issuer

    return _distinct(patients, "identifier", number)


def _addresses(patients: Sequence[SourcePatient]) -> list[Element]:
    return _distinct(patients, "address", lambda a: (a.get("text"), str(a.get("extension"))))


def _distinct(
    patients: Sequence[SourcePatient], element: str, same: Callable[[Element], Hashable]
) -> list[Element]:
    """What all sources say, each once, from the most believed that says it; old ones last."""
    found: dict[Hashable, Element] = {}
    stated = [(part, source) for source in patients for part in source.patient.get(element, ())]
    for part, source in sorted(stated, key=lambda pair: _is_old(pair[0])):
        found.setdefault(same(part), _sourced(part, source))
    return list(found.values())


def _is_old(element: Element) -> bool:
    return element.get("use") == "old" or any(extensions(element, EXT_PLACEHOLDER))


def _extensions(patients: Sequence[SourcePatient]) -> list[Element]:
    """Each kind from the source most believed for it; handovers are events and add up."""
    urls = sorted({e["url"] for source in patients for e in source.patient.get("extension", ())})
    return [element for url in urls for element in _of_kind(patients, url)]


def _of_kind(patients: Sequence[SourcePatient], url: str) -> Iterator[Element]:
    seen: list[Element] = []
    for source in _by_trust_of_extension(patients, url):
        for element in extensions(source.patient, url):
            if element not in seen:
                seen.append(dict(element))
                yield _sourced_extension(dict(element), source)
        if url != EXT_HANDOVER and seen:
            return


def _by_trust_of_extension(patients: Sequence[SourcePatient], url: str) -> list[SourcePatient]:
    place = {origin: number for number, origin in enumerate(POLICY.get(url, REGISTERS))}
    return sorted(patients, key=lambda s: (place.get(s.origin, len(place)), s.origin, s.record_id))


def _sourced_extension(element: Element, source: SourcePatient) -> Element:
    """FHIR forbids an extension with both a value and extensions: a simple one stays bare."""
    return _sourced(element, source) if "extension" in element else element


COLLECTED: dict[str, Callable[[Sequence[SourcePatient]], list[Element]]] = {
    "extension": _extensions,
    "identifier": _identifiers,
    "name": _names,
    "address": _addresses,
}


def _meta(patients: Sequence[SourcePatient], golden: Element) -> Element:
    """The golden tag, placeholder tags of values that stand, all sensitivity labels."""
    standing = {Tag.GOLDEN} | {
        tag
        for element, tag in PLACEHOLDER_TAGS.items()
        if element in golden and _doubt(_by_trust(patients, element)[0].patient, element) == 2
    }
    labels = {
        (label.get("system", ""), label["code"]): label
        for source in patients
        for label in source.patient.get("meta", {}).get("security", ())
    }
    meta: Element = {"tag": [coding(TAG_SYSTEM, tag) for tag in sorted(standing)]}
    return meta | ({"security": [labels[name] for name in sorted(labels)]} if labels else {})
