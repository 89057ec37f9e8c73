"""Labels that a team or a Provenance has from what it names, through others and after it is gone."""

from typing import Any

import pytest

from gateway.registry.inherited_labels import HIV, INFORMANT, shared_bodies, with_inherited

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
    [
        ("Observation", [HIV]),
        ("CareTeam", [INFORMANT, HIV]),
        ("Organization", [HIV]),
        ("Encounter", []),
        ("Patient", []),
    ],
)
def test_what_is_gone_leaves_what_it_may_have_hidden(kind: str, left: list[Any]) -> None:
    origin = ORIGIN | {"target": [{"reference": f"{kind}/gone"}]}
    assert labels(origin)["origin-1"] == left


CLINIC = {"system": "urn:motem:sid:hospital", "value": "79001"}
ELSEWHERE = {"system": "urn:test:bodies", "value": "7"}
HER_NUMBER = {"system": "urn:test:people", "value": "1"}
KEPT = {
    "org-hospital-79001": "Phòng khám ngoại trú HIV",
    "org-home-1": "Làng Mẫu",
    "org-home-2": "",
}


def at(address: str) -> dict[str, Any]:
    """What the `fhir` source makes of a reference that leads out of the record."""
    return {"type": address.partition("/")[0], "identifier": {"value": address}}


def by(number: dict[str, str], kind: str | None = None) -> dict[str, Any]:
    return ({"type": kind} if kind else {}) | {"identifier": number}


NAMES: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "a stored clinic by its address": (at("Organization/org-hospital-79001"), [HIV]),
    "by its version": (at("Organization/org-hospital-79001/_history/1"), [HIV]),
    "by an address with a host": (
        by({"value": "https://a.vn/fhir/R4/Organization/org-hospital-79001"}),
        [HIV],
    ),
    "by a reference": ({"reference": "Organization/org-hospital-79001"}, [HIV]),
    "by its number": (by(CLINIC, "Organization"), [HIV]),
    "by its number without a type": (by(CLINIC), [HIV]),
    "under a harmless name": (by(CLINIC) | {"display": "Phòng khám"}, [HIV]),
    "as if it were somebody": (by(CLINIC, "Practitioner"), [HIV]),
    "a stored home": (at("Organization/org-home-1"), []),
    "one that is not stored": (at("Organization/org-home-3"), [HIV]),
    "not stored, with words": (at("Organization/org-home-3") | {"display": "Làng"}, [HIV]),
    "stored without a name": (at("Organization/org-home-2"), [HIV]),
    "stored without a name, with words": (at("Organization/org-home-2") | {"display": "L"}, []),
    "a body of nobody here": (by(ELSEWHERE, "Organization"), [HIV]),
    "of nobody here, with words": (by(ELSEWHERE, "Organization") | {"display": "Làng"}, []),
    "her by her number": (by(HER_NUMBER, "RelatedPerson"), [INFORMANT]),
    "her by her number alone": (by(HER_NUMBER), [INFORMANT]),
    "somebody by a number": (by(ELSEWHERE, "RelatedPerson"), [INFORMANT]),
    "somebody with words": (by(ELSEWHERE, "RelatedPerson") | {"display": "Bà X"}, [INFORMANT]),
    "her at another record": (at("RelatedPerson/x-related-1"), [INFORMANT]),
    "whoever it is": (by(ELSEWHERE), [HIV, INFORMANT]),
    "a professional": (by(ELSEWHERE, "Practitioner"), []),
    "words alone": ({"display": "Làng trẻ em Mẫu"}, []),
}


@pytest.mark.parametrize("case", NAMES)
def test_who_is_named_without_a_reference_gives_the_label_too(case: str) -> None:
    name, expected = NAMES[case]
    her = HER | {"identifier": [HER_NUMBER]}
    team = TEAM | {"participant": [{"member": name}]}
    origin = ORIGIN | {"target": [{"reference": "Patient/p"}], "agent": [{"who": name}]}
    found = {one["id"]: one for one in with_inherited([team, origin, her], KEPT)}
    for heir in ("team", "origin-1"):
        labels = found[heir].get("meta", {}).get("security", [])
        assert sorted(labels, key=str) == sorted(expected, key=str)


def test_which_stored_bodies_are_asked_for() -> None:
    team = TEAM | {
        "participant": [{"member": at("Organization/org-home-1")}, {"member": by(CLINIC)}]
    }
    visit = {"resourceType": "Encounter", "id": "v", "serviceProvider": at("Organization/org-x-1")}
    assert shared_bodies([team, visit, HER]) == {"org-home-1", "org-hospital-79001"}


def test_a_number_of_its_own_names_nobody_but_who_gave_it_does() -> None:
    numbered = TEAM | {"participant": [], "identifier": [ELSEWHERE]}
    assert labels(numbered)["team"] == []
    given = numbered | {"identifier": [ELSEWHERE | {"assigner": by(CLINIC)}]}
    assert labels(given)["team"] == [HIV]


def test_teams_that_name_each_other_come_to_an_end() -> None:
    other = TEAM | {"id": "other", "participant": [{"member": {"reference": "CareTeam/team"}}]}
    back = TEAM | {"participant": [{"member": {"reference": "CareTeam/other"}}]}
    assert labels(back, other) == {"team": [], "other": []}
