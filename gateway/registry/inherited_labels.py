"""Sensitivity labels that a resource has from those of its record that it names."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from adapters.contract import Resource, content_text
from adapters.formats.sensitivity import is_about_hiv
from adapters.profile import ACT_CODE, LABELS, RELATIONS, Label, coding
from gateway.registry.versions import REFERENCE

HEIRS = frozenset({"CareTeam", "Provenance"})
"""Types that say who somebody is by naming them: a team tells that its member reported the child, or
that the clinic which treats HIV is among those who care for it; a Provenance, what there is."""
HIV = coding(ACT_CODE, Label.HIV)
INFORMANT = coding(LABELS, Label.INFORMANT)


GONE = {
    "CareTeam": (INFORMANT, HIV),
    "Condition": (HIV,),
    "Observation": (HIV,),
    "RelatedPerson": (INFORMANT,),
}
"""What an heir bears that names what was taken back: it may say by itself (`display`) what that hid,
and the labels of what is gone are gone with it."""


def with_inherited(resources: Sequence[Resource]) -> list[Resource]:
    """The resources of a record, whose ids are roles; heirs bear the labels of what they name.

    Also through other heirs: a Provenance of a team those of the team's members.
    """
    labelled = list(resources)
    if not any(one["resourceType"] in HEIRS for one in labelled):
        return labelled
    while (further := _once(labelled)) != labelled:  # Each round adds a label; there are few.
        labelled = further
    return labelled


def _once(resources: Sequence[Resource]) -> list[Resource]:
    named = {f"{one['resourceType']}/{one['id']}": one for one in resources}
    return [_labelled(one, named) if one["resourceType"] in HEIRS else one for one in resources]


def _addresses(resource: Resource) -> Iterable[str]:
    found = REFERENCE.findall(content_text(resource))
    return dict.fromkeys(f"{kind}/{role}" for kind, role in found if kind != "Patient")


def _labelled(heir: Resource, of_record: Mapping[str, Resource]) -> Resource:
    meta = heir.get("meta", {})
    own = meta.get("security", [])
    addresses = list(_addresses(heir))
    named = [of_record[address] for address in addresses if address in of_record]
    inherited = [label for one in named for label in one.get("meta", {}).get("security", ())]
    if is_about_hiv([one.get("name") for one in named if one["resourceType"] == "Organization"]):
        inherited.append(HIV)  # Bodies that all share have no labels.
    if _names_informant(heir.get("participant", ())):
        inherited.append(INFORMANT)
    for address in addresses:
        if address not in of_record:
            inherited += GONE.get(address.partition("/")[0], ())
    further = [one for n, one in enumerate(inherited) if one not in [*own, *inherited[:n]]]
    return heir | {"meta": meta | {"security": [*own, *further]}} if further else heir


def _names_informant(participants: Iterable[dict[str, Any]]) -> bool:
    """By our own code for it; nothing is guessed from words."""
    return any(
        (one.get("system"), one.get("code")) == (RELATIONS, Label.INFORMANT)
        for participant in participants
        for role in participant.get("role", ())
        for one in role.get("coding", ())
    )
