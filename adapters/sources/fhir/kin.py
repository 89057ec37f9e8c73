"""What a relative's own Patient says completes the RelatedPerson that it is linked to."""

from collections.abc import Sequence
from dataclasses import replace

from adapters.contract import Resource
from adapters.sources.fhir.bundle import Item
from adapters.sources.fhir.references import Index

SHARED = ("identifier", "name", "telecom", "gender", "birthDate", "_birthDate", "address")
"""Elements that Patient and RelatedPerson have in common."""


def completed(items: Sequence[Item], index: Index) -> list[Item]:
    """A mother is often a Patient too: her RelatedPerson then holds little more than a link to her
    (Patient.link, type seealso)."""
    made = list(items)
    for place, item in enumerate(items):
        for link in item.resource.get("link", ()) if item.kind == "Patient" else ():
            target = index.target(place, link.get("other", {}))
            if target is not None and items[target].kind == "RelatedPerson":
                made[target] = _with_missing(made[target], item.resource)
    return made


def _with_missing(relative: Item, patient: Resource) -> Item:
    stated = {name: patient[name] for name in SHARED if name in patient}
    return replace(relative, resource=stated | relative.resource)
