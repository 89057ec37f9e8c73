"""Whose each resource of a payload is: by its subject, or by all that it speaks of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from adapters.contract import Known, Resource
from adapters.profile import PATIENT
from adapters.sources.fhir.bundle import Item
from adapters.sources.fhir.fields import SUBJECTS
from adapters.sources.fhir.references import Index

PATIENT_ROLE = PATIENT["reference"].partition("/")[2]


@dataclass(frozen=True, kw_only=True, slots=True)
class Owners:
    """Finds the child of a resource: the place of its Patient, or the address of one that is kept."""

    items: Sequence[Item]
    index: Index
    known: Mapping[str, Known] = field(repr=False)

    def of(self, place: int) -> int | str | None:
        """None where no child is told; or where several are, as only a Provenance can."""
        found = {self._named(place, one) for one in subjects_of(self.items[place].resource)}
        return found.pop() if len(found) == 1 else None

    def _named(self, place: int, reference: Resource) -> int | str | None:
        target = self.index.target(place, reference)
        if target is None:
            return self._kept(place, reference.get("reference", ""))
        kind = self.items[target].kind
        if kind == "Patient":
            return target
        is_chained = self.items[place].kind == "Provenance" != kind and kind in SUBJECTS
        return self.of(target) if is_chained else None

    def _kept(self, place: int, address: str) -> int | str | None:
        known = self.known.get(address)
        if known is None or address.startswith("Patient/"):
            return address if known else None
        if self.items[place].kind != "Provenance":
            return None
        owners = (a for a, o in self.known.items() if (o.key, o.role) == (known.key, PATIENT_ROLE))
        patient = next(owners, None)
        return self._named(place, {"reference": patient}) if patient else None


def subjects_of(resource: Resource) -> Iterator[Resource]:
    """The references that say whose a resource is; a Provenance has several targets."""
    stated = resource.get(SUBJECTS.get(resource["resourceType"], ""), {})
    if isinstance(stated, list):
        yield from stated
    elif stated:
        yield stated
