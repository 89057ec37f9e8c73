"""Promise 4: what a steward decided holds, can be undone, and no identity id is ever lost."""

from typing import Any

import httpx
from sqlalchemy import Engine

from audit.event import Caller
from gateway import deciding, linking
from gateway.database import transaction
from linkage.model import MatchModel, untrained
from linkage.store import IdentityStore
from linkage.training import train
from tests.journeys.steps import (
    decide,
    homes,
    ingest,
    link,
    partition,
    patients,
    registration,
    shipped,
    withdraw,
)


def pair_of_one_child(engine: Engine) -> tuple[str, str]:
    """Two records that the engine joined, and nothing else is in their identity."""
    left, right = min(sorted(group) for group in partition(engine) if len(group) == 2)
    return left, right


def two_children(engine: Engine) -> tuple[str, str]:
    """A record of each of two identities that have several."""
    first, second, *_ = sorted(sorted(group) for group in partition(engine) if len(group) == 3)
    return first[0], second[0]


def retrained(engine: Engine) -> MatchModel:
    with transaction(engine) as session:
        return train(list(IdentityStore(session).records()), name="retrained")


def without_version(golden: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Golden Patients as they read, whenever it was that they came to read so."""
    for child in golden.values():
        child["meta"].pop("versionId")
        child["meta"].pop("lastUpdated")
    return golden


def test_decisions_survive_new_payloads_another_linking_and_other_models(linked: Engine) -> None:
    apart, joined = pair_of_one_child(linked), two_children(linked)
    decide(linked, (*apart, "not-same"), (*joined, "same"))
    ingest(linked, [registration(24)])
    for model in (retrained(linked), untrained()):
        link(linked, model)
        home = homes(linked)
        assert home[apart[0]] != home[apart[1]]
        assert home[joined[0]] == home[joined[1]]
    with transaction(linked) as session:
        decided = {m.key: m.decision for m in IdentityStore(session).members(home[joined[0]])}
    assert decided[joined[0]] == decided[joined[1]] == "manual"


def test_withdrawn_decisions_bring_back_both_sides(linked: Engine) -> None:
    """And no identity id is lost on the way there and back."""
    before, golden = homes(linked), without_version(patients(linked))
    standing = decide(
        linked, (*pair_of_one_child(linked), "not-same"), (*two_children(linked), "same")
    )
    link(linked)
    assert homes(linked) != before
    between = set(patients(linked))
    withdraw(linked, standing)
    link(linked)
    assert homes(linked) == before
    now = without_version(patients(linked))
    assert {id_: now[id_] for id_ in golden} == golden
    assert golden.keys() <= between <= now.keys()


def test_a_decision_can_be_undone_after_later_changes(linked: Engine) -> None:
    """A later decision about the same child stands when the earlier is withdrawn."""
    left, right = two_children(linked)
    first = decide(linked, (left, right, "same"))
    link(linked)
    third = min(key for key, home in homes(linked).items() if home != homes(linked)[left])
    decide(linked, (right, third, "same"))
    link(linked)
    assert len({homes(linked)[key] for key in (left, right, third)}) == 1
    withdraw(linked, first)
    link(linked)
    assert homes(linked)[left] != homes(linked)[right] == homes(linked)[third]


def test_undoing_after_later_changes_brings_back_both_sides(linked: Engine, caller: Caller) -> None:
    """New payloads, another model and other decisions came in between."""
    before = homes(linked)
    left, right = two_children(linked)
    with transaction(linked) as session:
        names = (left, right)
        first = deciding.decide(session, names, "same", "made up", shipped(), caller)
    assert homes(linked)[left] == homes(linked)[right]
    ingest(linked, [registration(24)])
    link(linked, untrained())
    apart = pair_of_one_child(linked)
    with transaction(linked) as session:
        deciding.decide(session, apart, "not-same", "made up", untrained(), caller)
    link(linked)
    with transaction(linked) as session:
        deciding.undecide(session, first.id, "made up", shipped(), caller)
    now = homes(linked)
    with transaction(linked) as session:
        asked = linking.reviews(session, caller)
        assert linking.link(session, shipped(), caller, full=True).moved == 0
        assert linking.reviews(session, caller) == asked
    for side in (left, right):
        whole = {key for key, home in before.items() if home == before[side]}
        assert {key for key, home in now.items() if home == before[side]} == whole
    assert now[apart[0]] != now[apart[1]]


def test_a_retired_id_leads_to_its_successor(client: httpx.Client, linked: Engine) -> None:
    standing = set(homes(linked).values())
    every = patients(linked)
    retired = sorted(every.keys() - standing)
    assert len(retired) > 50
    for identity in retired:
        answer = client.get(f"/fhir/R4/Patient/{identity}")
        assert answer.status_code == 200
        child = answer.json()
        assert child["active"] is False
        assert "name" not in child
        (link_,) = child["link"]
        assert link_["type"] == "replaced-by"
        assert link_["other"]["reference"].removeprefix("Patient/") in standing


def test_an_id_leads_to_the_child_of_the_record_it_came_with(linked: Engine) -> None:
    with transaction(linked) as session:
        store = IdentityStore(session)
        members = list(store.memberships())
        led = {member.founding_id: store.successor(member.founding_id) for member in members}
    every = patients(linked)
    assert led.keys() == every.keys()
    for identity, successor in led.items():
        if every[identity]["active"]:
            continue
        assert every[identity]["link"][0]["other"]["reference"] == f"Patient/{successor}"
