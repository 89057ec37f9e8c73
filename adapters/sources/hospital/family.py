"""Mother, father, guardian and carer, as certificates, discharge papers and names tell of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.contract import Resource
from adapters.formats.placeholders import read_name, says_abandoned
from adapters.profile import Place, related_person
from adapters.sources.hospital.merges import file_number
from adapters.sources.hospital.numbers import insurance, papers
from adapters.sources.hospital.patient import name_reading

SOURCE = "hospital"
RELATIONS = ("mother", "father", "guardian")
PATIENT_FILE = "urn:motem:extension:patient-file"
"""On RelatedPerson: the number under which a hospital keeps that person as its own patient."""


def to_family(content: Mapping[str, Any], facility: Place | None) -> Iterator[Resource]:
    """RelatedPersons. A name that names nobody (a hospital's, "không rõ") makes no person."""
    for relation in RELATIONS:
        person = _person(content, relation)
        if person is not None:
            yield person


def _person(content: Mapping[str, Any], relation: str) -> Resource | None:
    name = _name(content, relation)
    numbers = papers(content.get(f"{relation}_paper"))
    numbers += [
        insurance(content[key])
        for key in (f"{relation}_card", f"{relation}_insurance")
        if key in content
    ]
    file = content.get(f"{relation}_file")
    if name is None and not numbers and file is None:
        return None
    person = related_person(
        SOURCE,
        _role(content, relation),
        name=name,
        identifiers=numbers,
        birth_date=content.get(f"{relation}_born", "")[:10] or None,
        address_text=content.get(f"{relation}_address"),
    )
    return person | ({"extension": [_file(file)]} if file else {})


def _file(file: Mapping[str, str]) -> dict[str, Any]:
    """Not among the identifiers, which are compared without the house that gave them."""
    return {"url": PATIENT_FILE, "valueIdentifier": file_number(file)}


def _name(content: Mapping[str, Any], relation: str) -> str | None:
    """The stated name, else the one in "con bà <name>"."""
    stated: str | None = content.get(relation)
    if stated is not None and read_name(stated) is None:
        return stated
    child = name_reading(content)
    return child.parent if child is not None and child.relation == relation else None


def _role(content: Mapping[str, Any], relation: str) -> str:
    """HO_TEN_NND is "mother or who brings the child up": of a foundling never the mother."""
    if relation == "mother" and says_abandoned(content.get("birth_place", "")):
        return "carer"
    return relation
