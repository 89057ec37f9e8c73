"""Every question for a child's number tells the log its hundred, and whether nobody was found."""

from collections.abc import Callable

import httpx
from sqlalchemy import Engine

import audit
from adapters.profile import SYSTEMS, IdentifierKind
from audit.event import Action, AuditEvent
from gateway.database import transaction

NATIONAL = SYSTEMS[IdentifierKind.PERSONAL_ID]


def hundreds(event: AuditEvent) -> list[str]:
    return [one.partition(".")[0] for one in str(event.detail.get("near", "")).split()]


def of(engine: Engine, action: Action) -> list[AuditEvent]:
    with transaction(engine) as session:
        return list(audit.events(session, action=action))


ASKING: dict[Action, Callable[[httpx.Client, str], httpx.Response]] = {
    Action.PATIENT_SEARCH: lambda client, number: client.get(
        "/fhir/R4/Patient", params={"identifier": number}
    ),
    Action.IDENTITY_READ: lambda client, number: client.get(
        "/fhir/R4/Patient/$ihe-pix", params={"sourceIdentifier": f"{NATIONAL}|{number}"}
    ),
    Action.MATCH_SEARCH: lambda client, number: client.post(
        "/fhir/R4/Patient/$match",
        json={
            "resourceType": "Patient",
            "identifier": [{"system": NATIONAL, "value": number}],
            "birthDate": "2026-03-04",
        },
    ),
}


def test_every_question_for_a_number_tells_its_hundred(
    client: httpx.Client, engine: Engine
) -> None:
    found = {}
    for action, ask in ASKING.items():
        for number in ("998326000001", "998326000002"):
            answer = ask(client, number)
            assert answer.status_code in (200, 404), answer.text
        events = of(engine, action)
        assert len(events) == 2
        assert "9983260000" not in repr(events)
        found[action] = [hundreds(one) for one in events]
    assert all(len(one) == len(other) == 1 for one, other in found.values())
    assert len({hundred for events in found.values() for own in events for hundred in own}) == 1


def test_a_search_says_whether_it_found_nobody(client: httpx.Client, engine: Engine) -> None:
    for query in ("identifier=998326000001", "identifier=998326000001&_summary=count", "_count=5"):
        assert client.get(f"/fhir/R4/Patient?{query}").status_code == 200
    assert [one.detail.get("vain") for one in of(engine, Action.PATIENT_SEARCH)] == [True] * 3
