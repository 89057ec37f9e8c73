"""Promise 9 for questions: no search, chain, include, history, export or match tells of hidden records."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, text

from tests.gateway.access.machines import bearing, client_of, registered, token_of
from tests.journeys.test_nobody_sees_what_is_not_theirs import (  # noqa: F401 (fixtures)
    CLIENTS,
    MAY,
    children,
    engine,
    may_see,
    own_url,
    patients,
    service,
    tokens,
)

SEARCHING = ("hospital", "police", "home")
"""Of every kind: by the rule of its office, of its province, of its own children."""
FHIR = "/fhir/R4"
Rows = Mapping[str, Any]


def divided(patients: Rows, name: str) -> Iterator[tuple[str, list[Any], list[Any]]]:  # noqa: F811
    """Children of whom the client sees a part: id, what it sees, what it does not."""
    for id_, rows in children(patients).items():
        seen = [row for row in rows if may_see(CLIENTS[name], row)]
        hidden = [row for row in rows if not may_see(CLIENTS[name], row)]
        if seen and hidden:
            yield id_, seen, hidden


def stated(rows: list[Any]) -> set[tuple[str, str]]:
    """What can be asked for: parameter and value."""
    found = set()
    for body in (json.loads(row.body) for row in rows):
        found |= {
            ("identifier", f"{one['system']}|{one['value']}")
            for one in body.get("identifier", ())
            if "value" in one and "system" in one
        }
        found |= {("name:exact", one["text"]) for one in body.get("name", ()) if "text" in one}
        found |= {("gender", body[key]) for key in ("gender",) if key in body}
    return found


def names_of(hidden: list[Any], seen: list[Any]) -> set[str]:
    """Names that nothing says which may be seen; a child may bear the name of its house."""
    whole = "".join(row.body for row in seen)
    return {
        value
        for key, value in stated(hidden)
        if key == "name:exact" and value not in whole and not HOUSE.match(value)
    }


HOUSE = re.compile("Trung tâm|Bệnh viện|Trạm|Cơ sở|Mái ấm|Nhà|Chùa|Làng|TT|BV")


def escaped(value: str) -> str:
    system, bar, rest = value.rpartition("|")
    for mark in "\\,$|":
        rest = rest.replace(mark, f"\\{mark}")
    return f"{system}{bar}{rest}"


def found_by(
    service: httpx.Client,  # noqa: F811
    token: str,
    **asked: str,
) -> str:
    answer = service.post(f"{FHIR}/Patient/_search", data=asked, headers=bearing(token))
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("name", SEARCHING)
def test_a_child_is_not_found_by_what_only_hidden_records_say(
    name: str,
    service: httpx.Client,  # noqa: F811
    tokens: dict[str, str],  # noqa: F811
    patients: Rows,  # noqa: F811
) -> None:
    asked = found = 0
    for child, seen, hidden in list(divided(patients, name))[:4]:
        for parameter, value in sorted(stated(hidden) - stated(seen)):
            text = found_by(service, tokens[name], **{parameter: escaped(value), "_id": child})
            assert f'"{child}"' not in text, parameter
            asked += 1
        for parameter, value in sorted(stated(seen)):
            text = found_by(service, tokens[name], **{parameter: escaped(value), "_id": child})
            found += f'"{child}"' in text
    assert asked
    assert found


@pytest.mark.parametrize("name", SEARCHING)
def test_nothing_of_hidden_records_comes_by_any_other_question(
    name: str,
    service: httpx.Client,  # noqa: F811
    tokens: dict[str, str],  # noqa: F811
    patients: Rows,  # noqa: F811
) -> None:
    headers = bearing(tokens[name])
    persons = 0
    for child, seen, hidden in list(divided(patients, name))[:3]:
        one = hidden[0]
        paths = [
            f"Patient?_id={one.id}",
            f"Patient?_id={child}&_include=Patient:link",
            f"Patient?_id={child}&_revinclude=Provenance:target&_revinclude=Encounter:patient",
            f"Patient?link=Patient/{one.id}",
            f"Patient/{child}/_history",
            f"Patient/{child}/_history/1",
            f"Patient/{one.id}/_history",
            f"Patient/{one.id}/_history/1",
            f"Patient/{child}/$everything",
            f"Patient/{one.id}/$everything",
            f"Patient?_tag={one.source}&_id={one.id}",
            f"Person?_id={child}&_include=Person:link",
            f"Person?link=Patient/{one.id}&_include=Person:patient",
            f"Person/{child}",
            f"Person/{child}/_history",
            f"Person/{child}/_history/1",
        ]
        only = names_of(hidden, seen)
        for path in paths:
            answer = service.get(f"{FHIR}/{path}", headers=headers)
            assert answer.status_code in (200, 403, 404), path
            persons += answer.is_success and '"resourceType":"Person"' in answer.text
            assert f'Patient/{one.id}"' not in answer.text or answer.status_code == 404, path
            assert f'"id":"{one.id}"' not in answer.text.replace(" ", ""), path
            for value in only:
                assert value not in answer.text, path
    assert persons >= 4 * 2


@pytest.mark.parametrize("name", SEARCHING)
def test_no_match_and_no_cross_reference_tells_of_hidden_records(
    name: str,
    service: httpx.Client,  # noqa: F811
    tokens: dict[str, str],  # noqa: F811
    patients: Rows,  # noqa: F811
) -> None:
    headers = bearing(tokens[name])
    for child, seen, hidden in list(divided(patients, name))[:2]:
        body = json.loads(hidden[0].body)
        told = {
            key: body[key] for key in ("resourceType", "name", "gender", "birthDate") if key in body
        }
        only = names_of(hidden, seen)
        answer = service.post(f"{FHIR}/Patient/$match", json=told, headers=headers)
        assert answer.status_code in (200, 400, 422)
        for value in only:
            assert value not in answer.text
        for one in hidden:
            assert f'/{one.id}"' not in answer.text
        numbers = stated(hidden) - stated(seen)
        for parameter, value in sorted(numbers):
            if parameter == "identifier":
                asked = {"sourceIdentifier": value}
                crossed = service.get(f"{FHIR}/Patient/$ihe-pix", params=asked, headers=headers)
                assert crossed.status_code in (400, 403, 404), child
                assert child not in crossed.text


def test_who_sees_only_parts_of_a_patient_does_not_search(
    service: httpx.Client,  # noqa: F811
    tokens: dict[str, str],  # noqa: F811
) -> None:
    headers = bearing(tokens["school"])
    assert service.get(f"{FHIR}/Patient?gender=female", headers=headers).status_code == 403
    asked = {"resourceType": "Patient", "gender": "female"}
    assert service.post(f"{FHIR}/Patient/$match", json=asked, headers=headers).status_code == 403


KIN = client_of(
    "kin-79",
    "child-protection",
    "CHILDPROT",
    provinces=("79",),
    scopes=("system/Patient.rs", "system/RelatedPerson.rs"),
)
MOTHERS = text(
    "SELECT n.qualifier AS name, p.value AS record, m.sensitivity FROM registry_search n"
    " JOIN registry_search p ON p.type = n.type AND p.id = n.id AND p.parameter = 'patient'"
    " JOIN registry_resource m ON m.type = n.type AND m.id = n.id AND m.is_current"
    " WHERE n.type = 'RelatedPerson' AND n.parameter = 'mothers-name' ORDER BY n.qualifier, p.value"
)


def test_a_child_is_found_by_the_name_of_a_mother_whom_the_caller_may_see_and_of_no_other(
    service: httpx.Client,  # noqa: F811
    engine: Engine,  # noqa: F811
    patients: Rows,  # noqa: F811
) -> None:
    registered(engine, KIN)
    token = token_of(service, KIN.id, " ".join(KIN.scopes))
    with engine.connect() as connection:
        mothers = connection.execute(MOTHERS).all()

    def is_found(child: str, name: str, token: str) -> bool:
        asked = {"mothersMaidenName:exact": escaped(name), "_id": child}
        return f'"{child}"' in found_by(service, token, **asked)

    names: dict[str, dict[bool, set[str]]] = {}
    for one in mothers:
        row = patients[one.record]
        seen = may_see(KIN, row) and not set(one.sensitivity) - {"informant"}
        names.setdefault(row.identity_id, {True: set(), False: set()})[seen].add(one.name)
    found = [(child, name) for child, told in names.items() for name in sorted(told[True])]
    hidden = [
        (child, name) for child, told in names.items() for name in sorted(told[False] - told[True])
    ]
    assert found
    assert hidden
    assert all(is_found(child, name, token) for child, name in found[:5])
    assert not any(is_found(child, name, token) for child, name in hidden[:10])


def test_that_there_is_a_mother_whom_the_caller_may_not_see_is_not_told_either(
    service: httpx.Client,  # noqa: F811
    engine: Engine,  # noqa: F811
    tokens: dict[str, str],  # noqa: F811
    patients: Rows,  # noqa: F811
) -> None:
    with engine.connect() as connection:
        mothers = connection.execute(MOTHERS).all()
    hidden = 0
    for name in SEARCHING:
        client = CLIENTS[name]
        may = MAY[client.role][2]
        named: dict[str, bool] = {}
        for one in mothers:
            row = patients[one.record]
            seen = may_see(client, row) and (
                row.custodian == client.body or set(one.sensitivity) <= may
            )
            named[row.identity_id] = named.get(row.identity_id, False) or seen
        asked = {"_id": ",".join(named), "_count": "500"}
        shown, lacking = (
            {one["resource"]["id"] for one in json.loads(answer).get("entry", ())}
            for answer in (
                found_by(service, tokens[name], **asked),
                found_by(service, tokens[name], **asked, **{"mothersMaidenName:missing": "true"}),
            )
        )
        assert lacking == {child for child in shown if not named[child]}
        hidden += len(lacking)
    assert hidden
