"""Father, mother and representative: completed from the same file, then as FHIR resources."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from adapters.contract import Resource
from adapters.formats import evidence
from adapters.formats.citizens import NAME_PARTS
from adapters.formats.placeholders import read_name
from adapters.legacy_text import fold
from adapters.profile import related_person, role
from adapters.sources.population.birth import birth_of, is_adult

SOURCE = "population"
PARENTS = (("Me", "mother"), ("Cha", "father"))
REPRESENTATIVES = "NguoiDaiDien"

Person: TypeAlias = dict[str, Any]


def name_of(content: Mapping[str, Any]) -> str | None:
    """A citizen's name: as one text, else its parts in their order."""
    parts = [content.get(f"HoVaTen.{part}") for part in NAME_PARTS]
    return content.get("HoVaTen.DayDu") or " ".join(filter(None, parts)) or None


def completed(people: Sequence[tuple[str, Person]]) -> Iterator[tuple[str, Person]]:
    """The same people; grown-ups of the file give parents their name and birth date.

    A grown-up's record is no child's record: used where it gives a mother or carer (formats.md).
    """
    adults = {p["SoDinhDanh"]: p for _, p in people if "SoDinhDanh" in p and is_adult(p)}
    for position, person in people:
        stated = dict(person)
        for prefix, _ in PARENTS:
            stated |= _completed(prefix, stated, adults)
        yield position, stated


def _completed(prefix: str, child: Person, adults: Mapping[str, Person]) -> Person:
    adult = adults.get(child.get(f"{prefix}.SoDinhDanh", ""))
    if adult is None:
        return {}
    named, own = child.get(f"{prefix}.HoVaTen"), name_of(adult)
    if named and own and fold(named) != fold(own):
        return {}
    found = {f"{prefix}.HoVaTen": named or own, f"{prefix}.NgaySinh": _born(adult)}
    return {name: value for name, value in found.items() if value}


def _born(adult: Person) -> str | None:
    """The birth date as far as it is known: of 01/01 the year."""
    birth = birth_of(adult)
    if birth is None or birth.stated is None:
        return None
    return birth.stated[:4] if birth.placeholder else birth.stated


def to_family(content: Mapping[str, Any]) -> Iterator[Resource]:
    """RelatedPersons as far as they have a name or a number."""
    for prefix, relation in PARENTS:
        person = {
            name.removeprefix(f"{prefix}."): value
            for name, value in content.items()
            if name.startswith(f"{prefix}.")
        }
        yield from _related(person, relation)
    guardians = content.get(REPRESENTATIVES, ())
    for guardian in guardians:
        for resource in _related(guardian, "guardian"):
            if len(guardians) > 1:
                # Two under one role would be one person; each is known by its number or name.
                known_by = guardian.get("SoDinhDanh") or fold(guardian.get("HoVaTen", ""))
                resource["id"] = role(resource["id"], known_by)
            yield resource


def _related(person: Mapping[str, Any], relation: str) -> Iterator[Resource]:
    name = person.get("HoVaTen")
    name = None if name and read_name(name) else name
    numbers = [person[key] for key in ("SoDinhDanh", "SoCMND") if key in person]
    if name or numbers:
        yield related_person(
            SOURCE,
            relation,
            name=name,
            identifiers=[evidence.paper(number) for number in numbers],
            birth_date=person.get("NgaySinh"),
        )
