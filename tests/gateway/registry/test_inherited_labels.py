"""Labels that a team or a Provenance has from what it names, through others and after it is gone."""

from typing import Any

import pytest

from gateway.registry.inherited_labels import HIV, INFORMANT, with_inherited

TEAM = {
    "resourceType": "CareTeam",
    "id": "team",
    "participant": [{"member": {"reference": "RelatedPerson/her", "display": "Bà X"}}],
}
HER = {"resourceType": "RelatedPerson", "id": "her", "meta": {"security": [INFORMANT]}}
ORIGIN = {
    "resourceType": "Provenance",
    "id": "origin-1",
    "target": [{"reference": "CareTeam/team"}],
}


def labels(*resources: dict[str, Any]) -> dict[str, list[Any]]:
    return {one["id"]: one.get("meta", {}).get("security", []) for one in with_inherited(resources)}


def test_a_team_bears_the_label_of_whom_it_names_and_a_provenance_that_of_the_team() -> None:
    assert labels(ORIGIN, TEAM, HER) == {
        "origin-1": [INFORMANT],
        "team": [INFORMANT],
        "her": [INFORMANT],
    }


def test_who_names_somebody_without_a_label_has_none() -> None:
    assert labels(TEAM, HER | {"meta": {}})["team"] == []


def test_who_was_taken_back_leaves_the_label_with_whoever_names_her_still() -> None:
    assert labels(ORIGIN, TEAM) == {"origin-1": [INFORMANT], "team": [INFORMANT]}


@pytest.mark.parametrize(
    ("kind", "left"),
    [("Observation", [HIV]), ("CareTeam", [INFORMANT, HIV]), ("Encounter", []), ("Patient", [])],
)
def test_what_is_gone_leaves_what_it_may_have_hidden(kind: str, left: list[Any]) -> None:
    origin = ORIGIN | {"target": [{"reference": f"{kind}/gone"}]}
    assert labels(origin)["origin-1"] == left


def test_teams_that_name_each_other_come_to_an_end() -> None:
    other = TEAM | {"id": "other", "participant": [{"member": {"reference": "CareTeam/team"}}]}
    back = TEAM | {"participant": [{"member": {"reference": "CareTeam/other"}}]}
    assert labels(back, other) == {"team": [], "other": []}
