"""Sensitivity labels that a resource has from those of its record that it names."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.contract import Resource, content_text
from adapters.formats.sensitivity import is_about_hiv
from adapters.profile import ACT_CODE, LABELS, RELATIONS, Label, coding
from gateway.registry.logical_names import Named, named, told_name
from gateway.registry.versions import REFERENCE, is_shared

HEIRS = frozenset({"CareTeam", "Provenance"})
"""Types that say who somebody is by naming them: a team tells that its member reported the child, or
that the clinic which treats HIV is among those who care for it; a Provenance, what there is."""
HIV = coding(ACT_CODE, Label.HIV)
INFORMANT = coding(LABELS, Label.INFORMANT)


BODIES = frozenset({"Organization", "Location"})
UNKNOWN = {
    "CareTeam": (INFORMANT, HIV),
    "Condition": (HIV,),
    "Location": (HIV,),
    "Observation": (HIV,),
    "Organization": (HIV,),
    "RelatedPerson": (INFORMANT,),
}
"""What an heir bears that names what was taken back, or by a number what is not of its record. It may
say by itself (`display`) what that hid, and the labels of what is gone are gone with it; and whoever
knows the number knows which clinic it is, or who she is."""


def shared_bodies(resources: Iterable[Resource]) -> set[str]:
    """Ids of the bodies that heirs among these name and that all records share."""
    heirs = (one for one in resources if one["resourceType"] in HEIRS)
    return {one.body for heir in heirs for one in named(heir) if one.body}


def with_inherited(
    resources: Sequence[Resource], bodies: Mapping[str, str] | None = None
) -> list[Resource]:
    """The resources of a record, whose ids are roles; heirs bear the labels of what they name.

    Also through other heirs: a Provenance of a team those of the team's members. `bodies`: id → name
    of those that all records share and heirs name, as they are stored; without a name, empty.
    """
    labelled = list(resources)
    if not any(one["resourceType"] in HEIRS for one in labelled):
        return labelled
    while (further := _once(labelled, bodies or {})) != labelled:
        labelled = further  # Each round adds a label; there are few.
    return labelled


def _once(resources: Sequence[Resource], bodies: Mapping[str, str]) -> list[Resource]:
    record = {f"{one['resourceType']}/{one['id']}": one for one in resources}
    return [
        _labelled(one, record, bodies) if one["resourceType"] in HEIRS else one for one in resources
    ]


def _addresses(resource: Resource) -> Iterable[str]:
    found = REFERENCE.findall(content_text(resource))
    return dict.fromkeys(f"{kind}/{role}" for kind, role in found if kind != "Patient")


def _labelled(
    heir: Resource, record: Mapping[str, Resource], bodies: Mapping[str, str]
) -> Resource:
    meta = heir.get("meta", {})
    own = meta.get("security", [])
    inherited: list[Any] = []
    for address in _addresses(heir):
        kind, _, role = address.partition("/")
        if address in record:
            inherited += _of(record[address])
        elif not is_shared(role):
            inherited += UNKNOWN.get(kind, ())
    for one in named(heir):
        inherited += _of_named(one, record, bodies)
    if _names_informant(heir.get("participant", ())):
        inherited.append(INFORMANT)
    further = [one for n, one in enumerate(inherited) if one not in [*own, *inherited[:n]]]
    return heir | {"meta": meta | {"security": [*own, *further]}} if further else heir


def _of_named(
    one: Named, record: Mapping[str, Resource], bodies: Mapping[str, str]
) -> Iterable[Any]:
    """By the names of the body that is meant; else what those of the record with the number bear."""
    here = record.get(f"Organization/{one.body}", {})
    names = [bodies.get(one.body or "", ""), told_name(here)]
    if any(names):
        return [HIV] if is_about_hiv(names) else []
    meant = [each for each in record.values() if one.number in _numbers(each)]
    if meant and not one.body:
        return [label for each in meant for label in _of(each)]
    # A name that was sent with it tells more than the number, unless another may become known.
    is_told = one.is_worded and (one.body is None or bool(here) or one.body in bodies)
    kinds = [kind for kind in one.kinds if not (is_told and kind in BODIES)]
    return [label for kind in kinds for label in UNKNOWN.get(kind, ())]


def _of(resource: Resource) -> list[Any]:
    """Its labels; a body that all share has none, and goes by its name."""
    labels = list(resource.get("meta", {}).get("security", ()))
    is_body = resource["resourceType"] == "Organization"
    return [*labels, HIV] if is_body and is_about_hiv(resource.get("name")) else labels


def _numbers(resource: Resource) -> list[tuple[str | None, str]]:
    told = resource.get("identifier", ())
    numbers = [told] if isinstance(told, dict) else told
    return [(one.get("system"), str(one.get("value"))) for one in numbers]


def _names_informant(participants: Iterable[dict[str, Any]]) -> bool:
    """By our own code for it; nothing is guessed from words."""
    return any(
        (one.get("system"), one.get("code")) == (RELATIONS, Label.INFORMANT)
        for participant in participants
        for role in participant.get("role", ())
        for one in role.get("coding", ())
    )
