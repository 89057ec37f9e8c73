"""Writing by id: what belongs to a child by itself, JSON Patch, and that an update replaces."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, text

from adapters.sources.fhir.fields import SUBJECTS
from gateway.api.written_types import NUMBERED, OF_A_CHILD
from tests.gateway.api.operating import CLINIC, FHIR, NATIONAL, Service, agreed, problems
from tests.gateway.api.test_transactions import LOINC, child, got, mother, stay, weight
from tests.journeys.steps import ingest, link, registration

PATCH = {"content-type": "application/json-patch+json"}
GROUPS = "urn:motem:code:special-circumstances"


@pytest.fixture(scope="module")
def service(server_url: URL, template_url: URL, tmp_path_factory: Any) -> Iterator[Service]:
    with agreed(server_url, template_url, tmp_path_factory.mktemp("site")) as service:
        ingest(service.engine, [registration(24, nksSoDinhDanh="998326000001")])
        link(service.engine)
        yield service


def call(
    service: Service, method: str, address: str, body: Any = None, who: str = "clinic", **more: str
) -> httpx.Response:
    kind = PATCH if method == "PATCH" else FHIR
    headers = kind | {"x-motem-system": who} | {n.replace("_", "-"): v for n, v in more.items()}
    content = None if body is None else json.dumps(body)
    return service.client.request(method, f"/fhir/R4/{address}", content=content, headers=headers)


def made(service: Service, resource: Any, status: int = 201) -> str:
    """The address of what was created."""
    answer = call(service, "POST", resource["resourceType"], resource)
    assert answer.status_code == status, answer.text
    return f"{resource['resourceType']}/{answer.json()['id']}"


def numbered(resource: dict[str, Any], value: str) -> dict[str, Any]:
    return resource | {"identifier": [{"system": "urn:test:order", "value": value}]}


def test_what_refers_to_an_own_child_becomes_part_of_its_record(service: Service) -> None:
    of = made(service, child("W1", "Đỗ Thị Một"))
    related = made(service, mother(of))
    visit = made(service, stay(of))
    observed = made(service, weight(of, 3300, encounter={"reference": visit}))
    assert got(service, observed)["encounter"]["reference"] == visit
    whole = service.client.get(f"/fhir/R4/{of}/$everything").json()
    found = {f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in whole["entry"]}
    assert {of, related, visit, observed} <= found
    assert made(service, weight(of, 3300, encounter={"reference": visit}), 200) == observed
    golden = call(service, "PUT", observed, got(service, observed)).headers["x-motem-identity"]
    asked = service.client.get(f"/fhir/R4/Observation?patient={golden}").json()
    assert [one["resource"]["id"] for one in asked["entry"]] == [observed.partition("/")[2]]


def test_an_update_says_what_the_resource_is_from_now_on(service: Service) -> None:
    of = made(service, child("W2", "Đỗ Thị Hai"))
    observed = made(service, weight(of, 3300, note=[{"text": "cân lại"}]))
    standing = got(service, observed)
    same = call(service, "PUT", observed, standing)
    assert (same.status_code, same.headers["etag"]) == (200, 'W/"1"')
    standing.pop("note")
    standing["valueQuantity"]["value"] = 3400
    answer = call(service, "PUT", observed, standing, if_match='W/"1"')
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"'), answer.text
    assert "note" not in answer.json()
    assert answer.headers["location"].endswith(f"{observed}/_history/2")
    assert got(service, f"{observed}/_history/1")["note"] == [{"text": "cân lại"}]
    assert call(service, "PUT", observed, standing, if_match='W/"1"').status_code == 412
    assert got(service, of)["meta"]["versionId"] == "1"


def test_the_first_word_again_does_not_undo_a_correction(service: Service) -> None:
    of = made(service, child("W16", "Đỗ Thị Mười Sáu"))
    first = weight(of, 3300)
    observed = made(service, first)
    corrected = got(service, observed)
    corrected["valueQuantity"]["value"] = 3400
    assert call(service, "PUT", observed, corrected).headers["etag"] == 'W/"2"'
    assert made(service, first, 200) == observed
    assert got(service, observed)["valueQuantity"]["value"] == 3400


def test_what_is_taken_back_is_gone_and_its_versions_stay(service: Service) -> None:
    of = made(service, child("W3", "Đỗ Thị Ba"))
    observed, related = made(service, weight(of, 3300)), made(service, mother(of))
    answer = call(service, "DELETE", observed)
    assert (answer.status_code, answer.json()["resourceType"]) == (200, "OperationOutcome")
    got(service, observed, 410)
    assert got(service, f"{observed}/_history/1")["valueQuantity"]["value"] == 3300
    assert call(service, "DELETE", observed).status_code == 200
    assert call(service, "PUT", observed, weight(of, 1) | {"id": observed[12:]}).status_code == 404
    wrong = got(service, related) | {"active": True}
    assert call(service, "PUT", related, wrong).status_code == 200
    # Who takes the child back takes nothing else back, and what was taken back stays so.
    assert call(service, "DELETE", of).status_code == 200
    assert got(service, of)["active"] is False
    got(service, observed, 410)
    assert got(service, related)["name"][0]["text"] == "Trần Thị Mẹ"
    # The same once more is a new word.
    assert made(service, weight(of, 3300)) == observed


def test_entered_in_error_takes_back(service: Service) -> None:
    of = made(service, child("W4", "Đỗ Thị Bốn"))
    observed = made(service, weight(of, 3300))
    wrong = got(service, observed) | {"status": "entered-in-error"}
    assert call(service, "PUT", observed, wrong).status_code == 200
    got(service, observed, 410)
    refused = call(service, "POST", "Observation", weight(of, 9, status="entered-in-error"))
    assert refused.status_code == 422


def test_a_group_more_ends_no_other_group(service: Service) -> None:
    of = made(service, child("W5", "Đỗ Thị Năm"))

    def flag(code: str) -> dict[str, Any]:
        return {
            "resourceType": "Flag",
            "status": "active",
            "code": {"coding": [{"system": GROUPS, "code": code}], "text": code},
            "subject": {"reference": of},
        }

    first, second = made(service, flag("POOR")), made(service, flag("STREET"))
    assert [got(service, one)["status"] for one in (first, second)] == ["active", "active"]


def test_whose_child_it_is_decides_who_may_write(service: Service) -> None:
    of = made(service, child("W6", "Đỗ Thị Sáu"))
    observed = made(service, weight(of, 3300))
    golden = call(service, "PUT", of, got(service, of)).headers["x-motem-identity"]
    register = next(
        one["other"]["reference"]
        for one in got(service, "Patient?identifier=998326000001")["entry"][0]["resource"]["link"]
    )
    for resource, who in (
        (weight(of, 1), "hospital"),
        (weight(golden, 1), "clinic"),
        (weight(register, 1), "clinic"),
        (weight("Patient/01m82pkf1pq2gyy0q6jsr5wq5h", 1), "clinic"),
    ):
        answer = call(service, "POST", "Observation", resource, who)
        assert answer.status_code == 422, answer.text
        assert answer.json()["issue"][0]["expression"] == ["Observation.subject"]
        kept = service.client.get(f"/messages/{answer.headers['x-motem-message']}")
        assert kept.json()["state"] == "rejected"
    standing = got(service, observed)
    for method, body in (("PUT", standing), ("DELETE", None), ("PATCH", [])):
        assert call(service, method, observed, body, "hospital").status_code == 404
        unknown: Any = {**standing, "id": "1"} if method == "PUT" else body
        assert call(service, method, "Observation/1", unknown).status_code == 404
    assert got(service, observed) == standing


def test_validation_says_what_writing_would(service: Service) -> None:
    of = made(service, child("W15", "Đỗ Thị Mười Lăm"))
    for resource, who, severity in (
        (weight(of, 3300), "clinic", "information"),
        (weight(of, 3300), "hospital", "error"),
        (mother(of), "clinic", "information"),
        (weight(of, 3300, status="nonsense"), "clinic", "error"),
    ):
        answer = call(service, "POST", f"{resource['resourceType']}/$validate", resource, who)
        assert [one[0] for one in problems(answer)] == [severity], answer.text
    assert got(service, f"Observation?patient={of}")["total"] == 0


def test_conditions_name_one_resource_of_the_sender(service: Service) -> None:
    of = made(service, child("W7", "Đỗ Thị Bảy"))
    told = numbered(weight(of, 3300), "O1")
    first = call(service, "POST", "Observation", told, if_none_exist="identifier=urn:test:order|O1")
    again = call(service, "POST", "Observation", told, if_none_exist="identifier=urn:test:order|O1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    by = "Observation?identifier=urn:test:order|O1"
    revised = call(service, "PUT", by, numbered(weight(of, 3500), "O1"))
    assert (revised.status_code, revised.json()["id"]) == (200, first.json()["id"])
    assert revised.headers["etag"] == 'W/"2"'
    # Another child's, under the same number: then nobody knows which one is meant.
    other = made(service, child("W8", "Vũ Văn Tám", gender="male"))
    made(service, numbered(weight(other, 2900), "O1"))
    for method, body in (("PUT", numbered(weight(of, 1), "O1")), ("DELETE", None)):
        several = call(service, method, by, body)
        assert (several.status_code, problems(several)[0][1]) == (412, "multiple-matches")
    made(service, numbered(weight(of, 4000, "2026-05-05"), "O2"))
    gone = call(service, "DELETE", "Observation?identifier=urn:test:order|O2")
    assert gone.status_code == 200
    missing = call(service, "DELETE", "Observation?identifier=urn:test:order|O2")
    assert missing.status_code == 404
    new = call(
        service, "PUT", "Observation?identifier=urn:test:order|O3", numbered(weight(of, 1), "O3")
    )
    assert new.status_code == 201, new.text
    assert call(service, "DELETE", "Observation").status_code == 400


@pytest.mark.parametrize("kind", ["Patient", "Observation"])
def test_at_once_one_condition_makes_one(service: Service, kind: str) -> None:
    """The full hundred rounds of 64: tests/bench/gateway."""
    of = made(service, child(f"C{kind}", "Bùi Thị Chung"))
    for round_ in range(2):
        number = f"{kind}{round_}"
        resource = numbered(weight(of, 3000 + round_), number)
        by = f"identifier=urn:test:order|{number}"
        if kind == "Patient":
            resource = child(number, f"Bùi Thị {number}")
            by = f"identifier={resource['identifier'][0]['system']}|{number}"
        asked = partial(call, service, "POST", kind, resource, if_none_exist=by)
        with ThreadPoolExecutor(16) as pool:
            found = [one.result() for one in [pool.submit(asked) for _ in range(16)]]
        assert sorted(one.status_code for one in found) == [200] * 15 + [201]
        assert len({one.json()["id"] for one in found}) == 1


def test_a_patch_changes_what_it_names(service: Service) -> None:
    of = made(service, child("W9", "Đỗ Thị Chín"))
    observed = made(service, weight(of, 3300, note=[{"text": "cân lại"}]))
    operations = [
        {"op": "test", "path": "/valueQuantity/value", "value": 3300},
        {"op": "replace", "path": "/valueQuantity/value", "value": 3350},
        {"op": "remove", "path": "/note"},
    ]
    answer = call(service, "PATCH", observed, operations, if_match='W/"1"')
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"'), answer.text
    assert answer.json()["valueQuantity"]["value"] == 3350
    assert "note" not in answer.json()
    named = [{"op": "add", "path": "/name/-", "value": {"text": "Đỗ Thị Cửu"}}]
    patched = call(service, "PATCH", of, named)
    assert patched.status_code == 200, patched.text
    assert {one["text"] for one in patched.json()["name"]} == {"Đỗ Thị Chín", "Đỗ Thị Cửu"}
    system = patched.json()["identifier"][0]["system"]
    by = [{"op": "replace", "path": "/gender", "value": "male"}]
    assert call(service, "PATCH", f"Patient?identifier={system}|W9", by).json()["gender"] == "male"
    nobody = call(service, "PATCH", f"Patient?identifier={system}|nobody", by)
    assert nobody.status_code == 404


@pytest.mark.parametrize(
    ("operations", "status"),
    [
        ([{"op": "test", "path": "/gender", "value": "other"}], 409),
        ([{"op": "remove", "path": "/deceasedBoolean"}], 422),
        ([{"op": "add", "path": "/name/9", "value": {}}], 422),
        ([{"op": "replace", "path": "/gender", "value": "nonsense"}], 422),
        ([{"op": "replace", "path": "/id", "value": "1"}], 400),
        ([{"op": "replace", "path": "/identifier", "value": []}], 422),
        ([{"op": "replace", "path": "", "value": {"resourceType": "Task"}}], 400),
        ([{"op": "replace", "path": "", "value": []}], 422),
        ([{"op": "test", "path": "gender", "value": "female"}], 422),
        ([{"op": "copy", "path": "/a", "from": 7}], 400),
        ([{"op": "dig", "path": "/gender"}], 400),
        ([{"op": "add", "path": "/x"}], 400),
        ([{"op": "copy", "from": "", "path": "/a"}] * 201, 400),
        ([{"op": "copy", "from": "/name", "path": "/name/-"}] * 30, 422),
        ({"op": "remove"}, 400),
    ],
)
def test_a_patch_that_does_not_fit_changes_nothing(
    service: Service, operations: Any, status: int
) -> None:
    system = child("W10", "")["identifier"][0]["system"]
    by = {"if_none_exist": f"identifier={system}|W10"}
    of = call(service, "POST", "Patient", child("W10", "Đỗ Thị Mười"), **by).json()
    answer = call(service, "PATCH", f"Patient/{of['id']}", operations)
    assert answer.status_code == status, answer.text
    assert got(service, f"Patient/{of['id']}") == of


def test_a_write_that_is_refused_for_what_stands_is_a_look(service: Service) -> None:
    """Whoever guesses by tests of patches learns a value by and by, though nothing is written."""
    of = made(service, child("W99", "Đỗ Thị Đoán"))
    guess = [{"op": "test", "path": "/gender", "value": "male"}]
    nowhere = [{"op": "remove", "path": "/deceasedBoolean"}]
    for answer in (
        call(service, "PATCH", of, guess),
        call(service, "PATCH", of, nowhere),
        call(service, "PATCH", of, [], if_match='W/"9"'),
    ):
        assert answer.status_code in (409, 412, 422)
        with service.engine.connect() as connection:
            query = text("SELECT action, record FROM audit_event WHERE id = :id")
            row = connection.execute(query, {"id": answer.headers["x-audit-event"]}).one()
        assert tuple(row) == ("record:read", of.partition("/")[2])
    assert "x-audit-event" not in call(service, "PATCH", "Patient/1", guess).headers


def test_a_patch_is_of_its_own_media_type_and_version(service: Service) -> None:
    of = made(service, child("W11", "Đỗ Thị Mười Một"))
    one = [{"op": "replace", "path": "/gender", "value": "male"}]
    assert call(service, "PATCH", of, one, content_type="application/json").status_code == 415
    assert call(service, "PATCH", of, one, if_match='W/"2"').status_code == 412
    assert got(service, of)["gender"] == "female"


def test_a_number_taken_back_parts_what_it_joined(service: Service) -> None:
    """The engine joined two records by a number; its sender corrects it."""
    told = child("W12", "Nguyễn Bảo An")
    told["identifier"].append({"system": NATIONAL, "value": "998326000001"})
    first = call(service, "POST", "Patient", told)
    assert first.headers["x-motem-link"] == "auto", first.text
    golden = first.headers["x-motem-identity"]
    corrected = call(
        service,
        "PUT",
        f"Patient/{first.json()['id']}",
        child("W12", "Phan Văn Khác", gender="male") | {"id": first.json()["id"]},
    )
    assert corrected.status_code == 200, corrected.text
    assert corrected.headers["x-motem-identity"] != golden
    assert "998326000001" not in corrected.text
    (alone,) = got(service, golden)["link"]
    assert alone["other"]["reference"] != f"Patient/{first.json()['id']}"
    assert (
        got(service, f"Patient/{first.json()['id']}/_history/1")["name"][0]["text"]
        == "Nguyễn Bảo An"
    )


def test_an_update_by_id_makes_no_second_child(service: Service) -> None:
    told = child("W14", "Đỗ Thị Mười Bốn")
    of = made(service, told)
    other = child("W14", "Vũ Văn Khác", gender="male", birthDate="2015-01-02")
    for method, body in (("PUT", other | {"id": of[8:]}), ("PATCH", _all_of(other))):
        answer = call(service, method, of, body)
        assert (answer.status_code, problems(answer)[0][1]) == (409, "conflict"), answer.text
    assert got(service, of)["meta"]["versionId"] == "1"


def _all_of(other: dict[str, Any]) -> list[dict[str, Any]]:
    named = ("name", "gender", "birthDate")
    return [{"op": "replace", "path": f"/{name}", "value": other[name]} for name in named]


OF_EACH_TYPE: dict[str, dict[str, Any]] = {
    "RelatedPerson": {"name": [{"text": "Hồ Thị Dì"}]},
    "Encounter": {"status": "planned", "class": {"code": "IMP"}},
    "EpisodeOfCare": {"status": "active"},
    "Observation": {"status": "final", "code": {"text": "chiều cao"}},
    "Condition": {"code": {"text": "sốt"}},
    "Flag": {"status": "active", "code": {"text": "cần theo dõi"}},
    "CareTeam": {"status": "active", "name": "Nhóm bảo vệ"},
    "Task": {"status": "requested", "intent": "order", "code": {"text": "thăm nhà"}},
    "Provenance": {},
    "Communication": {"status": "completed", "sent": "2026-03-04T08:30:00+07:00"},
}


ABOUT: dict[str, Any] = {
    "recorded": "2026-03-05T09:00:00+07:00",
    "occurredDateTime": "2026-03-04",
    "agent": [{"type": {"text": "người ghi"}, "who": {"display": "Phòng khám Mẫu"}}],
    "entity": [{"role": "source", "what": {"display": "sổ khám bệnh số 7"}}],
    "signature": [
        {
            "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": "1.2.840.10065.1.12.1.5"}],
            "when": "2026-03-05T09:00:00+07:00",
            "who": {"display": "Phòng khám Mẫu"},
            "sigFormat": "application/jose",
            "data": "bWF1",
        }
    ],
}
"""What a sender says of where its record comes from."""


def origin(*of: str, **more: Any) -> dict[str, Any]:
    targets = [{"reference": one} for one in of]
    return {"resourceType": "Provenance", "target": targets} | ABOUT | more


def test_a_sender_says_where_its_record_comes_from(service: Service) -> None:
    of = made(service, child("W-origin", "Đỗ Thị Mười Tám"))
    observed, other = made(service, weight(of, 3300)), made(service, stay(of))
    told = made(service, origin(observed, of))
    assert made(service, origin(observed, of), 200) == told
    assert made(service, origin(other)) != told
    standing = got(service, told)
    assert {name: standing[name] for name in ABOUT} == ABOUT
    assert [one["reference"] for one in standing["target"]] == [observed, of]
    assert standing["meta"]["tag"] == [{"system": "urn:motem:stated-by", "code": CLINIC}]
    found = {
        query: {
            one["resource"]["id"]
            for one in service.client.get(f"/fhir/R4/Provenance?{query}").json()["entry"]
        }
        for query in (f"target={observed}", f"patient={of}", f"_tag=urn:motem:stated-by|{CLINIC}")
    }
    id_ = told.partition("/")[2]
    assert found[f"target={observed}"] == {id_}
    (ours,) = {one for one in found[f"patient={of}"] if one.endswith("-provenance-1")}
    assert id_ in found[f"patient={of}"]
    assert ours not in found[f"_tag=urn:motem:stated-by|{CLINIC}"]
    assert "tag" not in got(service, f"Provenance/{ours}")["meta"]
    # What the child says next takes nothing of it back, and neither does a new record version.
    changed = got(service, of) | {"gender": "male"}
    assert call(service, "PUT", of, changed).status_code == 200
    assert got(service, told)["meta"]["versionId"] == "1"
    assert call(service, "DELETE", told).status_code == 200
    got(service, told, 410)
    got(service, f"Provenance/{ours}")


def test_no_sender_speaks_for_the_registry_or_for_others(service: Service) -> None:
    of = made(service, child("W-alone", "Đỗ Thị Mười Chín"))
    sibling = made(service, child("W-alone-2", "Đỗ Thị Hai Mươi"))
    ours = f"Provenance/{of[8:]}-provenance-1"
    before = got(service, ours)
    golden = call(service, "PUT", of, got(service, of)).headers["x-motem-identity"]
    agent = [{"who": {"identifier": {"system": "urn:motem:adapter", "value": "x"}}}]
    refused = [
        ("PUT", ours, before, 404),
        ("PATCH", ours, [{"op": "replace", "path": "/recorded", "value": "2026-01-01"}], 404),
        ("DELETE", ours, None, 404),
        ("POST", "Provenance", origin(of, agent=agent), 403),
        (
            "POST",
            "Provenance",
            origin(of, entity=[{"role": "source", "what": {"display": "sổ"}, "agent": agent}]),
            403,
        ),
        ("POST", "Provenance", before, 403),
        ("POST", "Provenance", origin(of, sibling), 422),
        ("POST", "Provenance", origin(of, "Patient/01m82pkf1pq2gyy0q6jsr5wq5h"), 422),
        (
            "POST",
            "Provenance",
            origin(golden),
            422,
        ),
        ("PUT", "Provenance?identifier=urn:test:each|x", origin(of), 405),
    ]
    for method, address, body, status in refused:
        answer = call(service, method, address, body)
        assert answer.status_code == status, (method, address, answer.text)
    assert got(service, ours) == before
    stolen = {"system": "urn:motem:stated-by", "code": "urn:test:somebody-else"}
    told = got(service, made(service, origin(of, meta={"tag": [stolen]})))
    assert [one["code"] for one in told["meta"]["tag"]] == [CLINIC]


@pytest.mark.parametrize("kind", OF_A_CHILD)
def test_what_the_capability_statement_claims_of_writing_holds(service: Service, kind: str) -> None:
    of = made(service, child(f"W-{kind}", f"Hồ Thị {kind}"))
    told = {"resourceType": kind, "identifier": [{"system": "urn:test:each", "value": kind}]}
    told |= OF_EACH_TYPE[kind] | {SUBJECTS[kind]: {"reference": of}}
    if kind not in NUMBERED:
        told = origin(of)
    address = made(service, told)
    standing = got(service, address) | {"language": "vi"}
    assert call(service, "PUT", address, standing).headers["etag"] == 'W/"2"'
    removed = [{"op": "remove", "path": "/language"}]
    assert call(service, "PATCH", address, removed).headers["etag"] == 'W/"3"'
    by = f"{kind}?identifier=urn:test:each|{kind}" if kind in NUMBERED else address
    again = told | ({} if kind in NUMBERED else {"id": address.partition("/")[2]})
    assert call(service, "PUT", by, again).status_code == 200
    assert call(service, "DELETE", by).status_code == 200
    got(service, address, 410)


def test_what_is_asked_for_is_followed_to_its_end(service: Service) -> None:
    """A Task names the visit in which it arose, and is found by child and by state."""
    of = made(service, child("W-followed", "Đỗ Thị Mười Bốn"))
    visit = made(service, stay(of))
    asked = {"resourceType": "Task", "for": {"reference": of}, "encounter": {"reference": visit}}
    task = made(service, asked | OF_EACH_TYPE["Task"])
    told = {"resourceType": "Communication", "subject": {"reference": of}} | OF_EACH_TYPE[
        "Communication"
    ]
    word = made(service, told | {"about": [{"reference": task}]})
    assert got(service, word)["about"] == [{"reference": task}]
    done = [{"op": "replace", "path": "/status", "value": "completed"}]
    answer = call(service, "PATCH", task, done, if_match='W/"1"')
    assert (answer.status_code, answer.json()["encounter"]["reference"]) == (200, visit)
    golden = answer.headers["x-motem-identity"]
    found = service.client.get(f"/fhir/R4/Task?patient={golden}&status=completed").json()
    assert [one["resource"]["id"] for one in found["entry"]] == [task.partition("/")[2]]


def test_a_team_bears_the_labels_of_whom_it_names(service: Service) -> None:
    """Else whoever may not know who reported the child would read it among those who care for it."""
    of = made(service, child("W-team", "Đỗ Thị Mười Bảy"))
    label = {"system": "urn:motem:label", "code": "informant"}
    told = mother(of) | {"relationship": [{"text": "hàng xóm"}], "meta": {"security": [label]}}
    neighbour = made(service, told)
    told = {"resourceType": "CareTeam", "subject": {"reference": of}} | OF_EACH_TYPE["CareTeam"]
    home = {"type": "Organization", "display": "Làng trẻ em Mẫu"}
    teams = [
        made(service, numbered(told | {"participant": [{"member": home}]}, "T1")),
        made(
            service, numbered(told | {"participant": [{"member": {"reference": neighbour}}]}, "T2")
        ),
        made(
            service,
            numbered(told | {"participant": [{"member": {"display": "Phòng khám HIV"}}]}, "T3"),
        ),
    ]
    coded = {"role": [{"coding": [{"system": "urn:motem:code:relation", "code": "informant"}]}]}
    teams.append(made(service, numbered(told | {"participant": [coded]}, "T4")))
    labels = [[c["code"] for c in got(service, t)["meta"].get("security", ())] for t in teams]
    assert labels == [[], ["informant"], ["HIV"], ["informant"]]
    kept = "SELECT sensitivity FROM registry_resource WHERE type = 'CareTeam' AND id = :id"
    with service.engine.connect() as connection:
        rows = [connection.scalar(text(kept), {"id": t.partition("/")[2]}) for t in teams]
    assert rows == labels
    # What is read can be sent back.
    standing = got(service, teams[1])
    assert call(service, "PUT", teams[1], standing).headers["etag"] == 'W/"1"'
    for one, more in (("participant", neighbour), ("patient", of)):
        asked = service.client.get(f"/fhir/R4/CareTeam?{one}={more}&_include=CareTeam:participant")
        entries = {e["resource"]["id"] for e in asked.json()["entry"]}
        assert {teams[1].partition("/")[2], neighbour.partition("/")[2]} <= entries


def posted(service: Service, *resources: dict[str, Any], **urls: str) -> list[str]:
    """Addresses of what one transaction made, in its order. `urls`: type → fullUrl."""
    entries = [
        {
            "fullUrl": urls.get(one["resourceType"], f"urn:uuid:{number}"),
            "resource": one,
            "request": {"method": "POST", "url": one["resourceType"]},
        }
        for number, one in enumerate(resources)
    ]
    told = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    answer = call(service, "POST", "", told)
    assert answer.status_code == 200, answer.text
    made_ = [one["response"].get("location", "") for one in answer.json()["entry"]]
    return [one.partition("/fhir/R4/")[2].partition("/_history")[0] for one in made_]


def test_a_body_that_is_stored_gives_its_label_also_by_address_and_by_number(
    service: Service,
) -> None:
    of = made(service, child("W-team-2", "Đỗ Thị Hai Mươi Mốt"))
    bodies = {"79901": "Phòng khám ngoại trú HIV", "79902": "Làng trẻ em Mẫu"}
    for code, name in bodies.items():
        number = {"system": "urn:motem:sid:hospital", "value": code}
        body = {"resourceType": "Organization", "identifier": [number], "name": name}
        visit = numbered(stay(of) | {"serviceProvider": {"reference": "urn:uuid:body"}}, code)
        posted(service, body, visit, Organization="urn:uuid:body")
    team = {"resourceType": "CareTeam", "subject": {"reference": of}} | OF_EACH_TYPE["CareTeam"]
    expected: list[list[str]] = []
    sent: list[dict[str, Any]] = []
    for code, label in (("79901", ["HIV"]), ("79902", []), ("79903", ["HIV"])):
        address = f"Organization/org-hospital-{code}"
        ways: list[dict[str, Any]] = [
            {"reference": address},
            {"reference": f"{service.client.base_url}fhir/R4/{address}"},
            {"identifier": {"system": "urn:motem:sid:hospital", "value": code}},
        ]
        for place, way in enumerate(ways):
            said = {"role": "source", "what": {"display": f"sổ {code}-{place}"}}
            sent.append(numbered(team | {"participant": [{"member": way}]}, f"{code}-{place}"))
            sent.append(origin(of, agent=[{"who": way}], entity=[said]))
            expected += [label, label]
    found = [got(service, one)["meta"].get("security", ()) for one in posted(service, *sent)]
    assert [[label["code"] for label in one] for one in found] == expected


def test_a_code_other_than_weight_is_kept_as_sent(service: Service) -> None:
    of = made(service, child("W13", "Đỗ Thị Mười Ba"))
    told = weight(of, 1) | {"code": {"coding": [{"system": LOINC, "code": "8302-2"}]}}
    assert got(service, made(service, told))["code"] == told["code"]
