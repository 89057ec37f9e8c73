"""Writing of Patients over HTTP (ITI-104): who may, what is linked at once, and that nothing is lost."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from fhirpy import SyncFHIRClient
from sqlalchemy import URL, text

from gateway import linking
from tests.gateway.api.operating import (
    CLINIC,
    FHIR,
    HOSPITAL,
    NATIONAL,
    Service,
    operating,
    parameters,
    patient,
    problems,
)
from tests.journeys.steps import ingest, link, registration

AGREED = f"""
[[agreement]]
source = "fhir"
system = "clinic"
owner = "Phòng khám mẫu"
domains = ["{CLINIC}"]

[[agreement]]
source = "fhir"
system = "hospital"
owner = "Bệnh viện mẫu"
domains = ["{HOSPITAL}"]
"""
TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
BIRTH_CERTIFICATE = {"coding": [{"system": TYPES, "code": "BCT"}]}
THREADS, ROUNDS = 16, 3


@pytest.fixture(scope="module")
def service(server_url: URL, template_url: URL, tmp_path_factory: Any) -> Iterator[Service]:
    """A clinic and a hospital, each with a domain of its own, and a child in the civil register."""
    site: Path = tmp_path_factory.mktemp("site") / "site.toml"
    site.write_text(AGREED, encoding="utf-8")
    with operating(server_url, template_url, site) as service:
        ingest(service.engine, [registration(24, nksSoDinhDanh="998326000001")])
        link(service.engine)
        yield service


def child(number: str, name: str = "Lê Thị Hà", **changes: Any) -> dict[str, Any]:
    """A Patient of the clinic; names are as different as their numbers."""
    told: dict[str, Any] = {
        "identifier": [{"use": "official", "system": CLINIC, "value": number}],
        "name": [{"text": name}],
        "gender": "female",
        "birthDate": "2024-05-06",
    }
    return patient(**told | changes)


def by(number: str, system: str = CLINIC) -> dict[str, str]:
    return {"identifier": f"{system}|{number}"}


def write(
    service: Service, method: str, number: str, body: Any = None, who: str = "clinic", **more: str
) -> httpx.Response:
    """A conditional request about a number of the clinic."""
    headers = FHIR | {"x-motem-system": who} | {n.replace("_", "-"): v for n, v in more.items()}
    content = None if body is None else body if isinstance(body, bytes) else json.dumps(body)
    path = "/fhir/R4/Patient"
    return service.client.request(method, path, params=by(number), content=content, headers=headers)


def put(service: Service, body: Any, **more: str) -> httpx.Response:
    return write(service, "PUT", body["identifier"][0]["value"], body, **more)


def create(service: Service, body: Any, who: str = "clinic", **headers: str) -> httpx.Response:
    return service.post("Patient", body, x_motem_system=who, **headers)


def pix(service: Service, number: str) -> httpx.Response:
    params = {"sourceIdentifier": f"{CLINIC}|{number}"}
    return service.client.get("/fhir/R4/Patient/$ihe-pix", params=params)


def numbers(service: Service, number: str) -> set[str]:
    """Values of the other numbers of a child."""
    found = pix(service, number).json()["parameter"]
    return {one["valueIdentifier"]["value"] for one in found if "valueIdentifier" in one}


def records(service: Service, number: str) -> int:
    query = text("SELECT count(*) FROM registry_record WHERE base_key = :key")
    with service.engine.connect() as connection:
        return int(connection.scalar(query, {"key": f"{CLINIC}|{number}"}) or 0)


def test_a_new_patient_is_linked_in_its_own_request(service: Service) -> None:
    known = {"system": NATIONAL, "value": "998326000001"}
    told = child("A1", "Nguyễn Bảo An", birthDate="2026-03-04")
    told["identifier"].append(known)
    answer = put(service, told)
    assert answer.status_code == 201, answer.text
    assert answer.headers["x-motem-link"] == "auto"
    id_ = answer.json()["id"]
    assert answer.headers["location"] == f"{service.base}/Patient/{id_}/_history/1"
    assert answer.headers["etag"] == 'W/"1"'
    assert answer.json() == service.client.get(f"/fhir/R4/Patient/{id_}").json()
    golden = service.client.get(f"/fhir/R4/{answer.headers['x-motem-identity']}").json()
    assert len(golden["link"]) == 2
    assert "00199/01/2026/24" in numbers(service, "A1")


def test_it_is_revised_and_said_twice_is_said_once(service: Service) -> None:
    first = put(service, child("B1", "Phạm Thị Một"))
    assert (first.status_code, first.headers["x-motem-link"]) == (201, "single")
    second = put(service, child("B1", "Phạm Thị Hai"))
    assert (second.status_code, second.headers["etag"]) == (200, 'W/"2"')
    assert second.json()["id"] == first.json()["id"]
    assert second.json()["name"][0]["text"] == "Phạm Thị Hai"
    again = put(service, child("B1", "Phạm Thị Hai"))
    assert (again.status_code, again.headers["etag"]) == (200, 'W/"2"')
    assert records(service, "B1") == 1


def test_the_last_word_counts_even_where_it_was_said_before(service: Service) -> None:
    for turn, name in enumerate(("Đỗ Thị An", "Đỗ Thị Ân", "Đỗ Thị An", "Đỗ Thị Ân"), start=1):
        answer = put(service, child("B2", name))
        assert answer.json()["name"][0]["text"] == name, turn
        assert put(service, child("B2", name)).headers["etag"] == answer.headers["etag"]


def test_xml_is_taken_as_json_is(service: Service) -> None:
    xml = (
        f'<Patient xmlns="http://hl7.org/fhir"><identifier><system value="{CLINIC}"/>'
        '<value value="B3"/></identifier><name><text value="{}"/></name><gender value="male"/>'
        "</Patient>"
    )
    for name in ("Trịnh Văn Xa", "Trịnh Văn Gần", "Trịnh Văn Xa"):
        body = xml.format(name).encode()
        answer = write(service, "PUT", "B3", body, content_type="application/fhir+xml")
        assert answer.json()["name"][0]["text"] == name


def test_one_number_replaces_another_of_the_same_house(service: Service) -> None:
    ids = [
        put(service, child(n, name)).json()["id"] for n, name in (("C1", "Vũ An"), ("C2", "Tạ Mơ"))
    ]
    assert "C2" not in numbers(service, "C1")
    replaced = {"type": "replaced-by", "other": {"identifier": {"system": CLINIC, "value": "C1"}}}
    answer = put(service, child("C2", "Tạ Mơ", active=False, link=[replaced]))
    assert answer.status_code == 200
    assert answer.headers["x-motem-link"] == "manual"
    golden = service.client.get(f"/fhir/R4/{answer.headers['x-motem-identity']}").json()
    references = {one["other"]["reference"] for one in golden["link"]}
    assert references == {f"Patient/{id_}" for id_ in ids}
    assert "C2" not in numbers(service, "C1")
    assert problems(pix(service, "C2")) == [
        ("error", "not-found", "sourceIdentifier Patient Identifier not found")
    ]
    asked = {"goldenResourceId": golden["id"], "matchResult": "MATCH"}
    found = service.client.get("/fhir/R4/$mdm-query-links", params=asked).json()
    assert str(found).count("MANUAL") == 2


def test_what_a_steward_has_parted_a_house_does_not_join(service: Service) -> None:
    one, other = (
        put(service, child(n, name)) for n, name in (("C3", "Hồ Lan"), ("C4", "Bùi Hương"))
    )
    named = {"goldenResourceId": one, "resourceId": other}
    told = {name: a.headers["x-motem-identity"] for name, a in named.items()}
    assert service.post("$mdm-not-duplicate", parameters(**told)).status_code == 200
    replaced = {"type": "replaced-by", "other": {"identifier": {"system": CLINIC, "value": "C3"}}}
    body = child("C4", "Bùi Hương", active=False, link=[replaced])
    answer = put(service, body, prefer="return=OperationOutcome")
    assert answer.status_code == 200
    assert [one[0] for one in problems(answer)] == ["warning", "information"]
    assert answer.headers["x-motem-identity"] == other.headers["x-motem-identity"]


def test_a_house_does_not_join_what_its_papers_part(service: Service) -> None:
    """Two birth certificates: twins, perhaps."""
    for number, paper in (("C6", "00001.GCS.01234.26"), ("C7", "00002.GCS.01234.26")):
        told = child(number, f"Lương {number}")
        told["identifier"].append({"type": BIRTH_CERTIFICATE, "value": paper})
        assert put(service, told).status_code == 201
    replaced = {"type": "replaced-by", "other": {"identifier": {"system": CLINIC, "value": "C6"}}}
    answer = put(service, child("C7", "Lương C7", active=False, link=[replaced]))
    assert answer.headers["x-motem-link"] == "single"
    assert pix(service, "C6").status_code == 200


def test_who_takes_over_must_be_known_and_of_the_same_house(service: Service) -> None:
    for system, status in ((CLINIC, 422), (HOSPITAL, 403)):
        other = {"identifier": {"system": system, "value": "nobody"}}
        link = [{"type": "replaced-by", "other": other}]
        answer = put(service, child("C5", "Mai Vy", active=False, link=link))
        assert answer.status_code == status
    assert records(service, "C5") == 0


def test_a_number_that_is_taken_back_is_marked_and_nothing_is_lost(service: Service) -> None:
    first = put(service, child("D1", "Cao Thị Bích", address=[{"text": "Láng, Hà Nội"}]))
    id_ = first.json()["id"]
    for version in ('W/"2"', 'W/"2"'):
        gone = write(service, "DELETE", "D1")
        assert (gone.status_code, gone.headers["etag"]) == (200, version)
        assert problems(gone)[0][0] == "information"
    assert pix(service, "D1").status_code == 404
    kept = service.client.get(f"/fhir/R4/Patient/{id_}").json()
    assert kept["active"] is False
    assert kept["name"][0]["text"] == "Cao Thị Bích"
    assert kept["address"][0]["text"] == "Láng, Hà Nội"
    back = put(service, child("D1", "Cao Thị Bích", active=True))
    assert back.json()["active"] is True
    assert pix(service, "D1").status_code == 200
    assert write(service, "DELETE", "D1").headers["etag"] == 'W/"4"'
    assert pix(service, "D1").status_code == 404
    assert write(service, "DELETE", "nobody").status_code == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_nobody_writes_in_the_domain_of_another(service: Service, method: str) -> None:
    assert put(service, child("E1", "Lý Thị Tư")).status_code in (200, 201)
    body = child("E1", "Kẻ Khác") if method == "PUT" else None
    for who in ("hospital", "somebody"):
        answer = write(service, method, "E1", body, who=who)
        assert answer.status_code == 403
        assert problems(answer)[0][1] == "forbidden"
        assert "E1" not in answer.text
    assert "Lý Thị Tư" in pix_name(service, "E1")


def pix_name(service: Service, number: str) -> str:
    told = pix(service, number).json()["parameter"]
    references = [one["valueReference"]["reference"] for one in told if "valueReference" in one]
    return "".join(service.client.get(f"/fhir/R4/{one}").text for one in references)


def test_a_create_in_the_domain_of_another_is_refused(service: Service) -> None:
    answer = create(service, child("E2", "Kẻ Khác"), who="hospital")
    assert answer.status_code == 403
    assert records(service, "E2") == 0


@pytest.mark.parametrize(
    ("number", "body", "status"),
    [
        ("F1", child("F2"), 400),
        ("F1", child("F1", id="te-something"), 400),
        ("F1", {"resourceType": "Bundle", "type": "collection"}, 400),
        ("F1", b"{", 400),
        ("", child("F1"), 400),
        ("a,b", child("F1"), 400),
        ("F1", child("F1", birthDate="hôm qua"), 422),
        ("F1", child("F1", modifierExtension=[{"url": "urn:x", "valueString": "y"}]), 422),
    ],
)
def test_what_does_not_fit_is_refused(
    service: Service, number: str, body: Any, status: int
) -> None:
    answer = write(service, "PUT", number, body)
    assert answer.status_code == status, answer.text
    assert {one[0] for one in problems(answer)} == {"error"}
    assert "hôm qua" not in answer.text
    assert records(service, "F1") == 0


def test_what_is_refused_is_kept_with_its_reason(service: Service) -> None:
    answer = write(service, "PUT", "F3", child("F3", birthDate="hôm qua"))
    kept = service.client.get(f"/messages/{answer.headers['x-motem-message']}").json()
    assert kept["state"] == "rejected"
    assert answer.json()["issue"][0]["expression"] == ["Patient.birthDate"]


def test_if_match_holds_only_for_the_version_that_stands(service: Service) -> None:
    put(service, child("G1", "Kim Thị Năm"))
    body = child("G1", "Kim Thị Sáu")
    assert write(service, "PUT", "G1", body, if_match='W/"7"').status_code == 412
    assert write(service, "PUT", "G1", body, if_match="seven").status_code == 400
    done = write(service, "PUT", "G1", body, if_match='W/"1"')
    assert (done.status_code, done.headers["etag"]) == (200, 'W/"2"')
    assert write(service, "PUT", "G9", child("G9"), if_match='W/"1"').status_code == 412


def test_a_conditional_create_makes_one_and_changes_nothing(service: Service) -> None:
    condition = f"identifier={CLINIC}|H1"
    first = create(service, child("H1", "Sơn Ca"), if_none_exist=condition)
    assert first.status_code == 201
    again = create(service, child("H1", "Sơn Mới"), if_none_exist=f"Patient?{condition}")
    assert (again.status_code, again.json()) == (200, first.json())
    spelled = service.client.post(
        f"/fhir/R4/Patient?identifier={CLINIC}|H1",
        content=json.dumps(child("H1", "Sơn Mới")),
        headers={"content-type": "application/json", "x-motem-system": "clinic"},
    )
    assert (spelled.status_code, spelled.json()) == (200, first.json())
    plain = create(service, child("H1", "Sơn Mới"))
    assert (plain.status_code, plain.headers["etag"]) == (200, 'W/"2"')
    assert create(service, child("H1"), if_none_exist="name=Sơn".encode().hex()).status_code == 400


def test_where_several_children_bear_the_number_nothing_is_made(service: Service) -> None:
    number = {"system": "urn:oid:2.25.998000111222333", "value": "Z"}
    for own, name in (("H2", "Ngô Một"), ("H3", "Dương Hai")):
        told = child(own, name, birthDate=f"201{own[1]}-01-02")
        told["identifier"].append(number | {"use": "secondary"})
        assert put(service, told).status_code == 201
    unless = f"identifier={number['system']}|{number['value']}"
    answer = create(service, child("H4", "Tô Ba"), if_none_exist=unless)
    assert answer.status_code == 412
    assert records(service, "H4") == 0
    asked = {"sourceIdentifier": f"{number['system']}|{number['value']}"}
    whose = service.client.get("/fhir/R4/Patient/$ihe-pix", params=asked)
    assert (whose.status_code, problems(whose)[0][1]) == (409, "multiple-matches")


def test_a_number_that_was_corrected_is_no_longer_the_childs(service: Service) -> None:
    for value in ("999326000008", "999326000017"):
        told = child("H5", "Châu Tư", birthDate="2013-01-02")
        told["identifier"].append({"system": NATIONAL, "value": value})
        assert put(service, told).status_code in (200, 201)
    assert "999326000017" in numbers(service, "H5")
    assert "999326000008" not in numbers(service, "H5")
    for value, status in (("999326000008", 404), ("999326000017", 200)):
        asked = {"sourceIdentifier": f"{NATIONAL}|{value}"}
        answer = service.client.get("/fhir/R4/Patient/$ihe-pix", params=asked)
        assert answer.status_code == status


def test_a_number_given_to_two_children_makes_two_and_then_takes_no_more(
    service: Service,
) -> None:
    first = put(service, child("H6", "Thạch Năm", birthDate="2012-03-04"))
    other = child("H6", "Kiên Sáu", birthDate="2019-05-06", gender="male")
    second = put(service, other, prefer="return=OperationOutcome")
    assert [one[0] for one in problems(second)] == ["warning", "information"]
    assert first.headers["x-motem-identity"] != second.headers["x-motem-identity"]
    assert put(service, child("H6", "Ai Bảy")).status_code == 412


@pytest.mark.parametrize("way", ["create", "update"])
def test_at_once_one_child_becomes_one_patient(service: Service, way: str) -> None:
    for turn in range(ROUNDS):
        number = f"J-{way}-{turn}"
        body = child(number, f"Trẻ {way} {turn}", birthDate=f"20{10 + turn}-02-03")
        headers = {"if_none_exist": f"identifier={CLINIC}|{number}"}

        def one(_: int, body: Any = body, headers: Any = headers) -> httpx.Response:
            return create(service, body, **headers) if way == "create" else put(service, body)

        with ThreadPoolExecutor(THREADS) as threads:
            answers = list(threads.map(one, range(THREADS)))
        assert sorted(a.status_code for a in answers) == [200] * (THREADS - 1) + [201]
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert records(service, number) == 1


def test_prefer_says_what_comes_back(service: Service) -> None:
    bare = put(service, child("K1", "Âu Cơ"), prefer="return=minimal")
    assert (bare.status_code, bare.content) == (201, b"")
    assert bare.headers["x-motem-link"] == "single"
    told = put(service, child("K1", "Âu Cơ"), prefer="return=OperationOutcome")
    assert [one[:2] for one in problems(told)] == [("information", "informational")]


def test_in_a_large_registry_what_is_new_waits_and_the_answer_says_so(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "AT_ONCE", 0)
    answer = put(service, child("L1", "Đinh Tiên"), prefer="return=OperationOutcome")
    assert answer.headers["x-motem-link"] == "pending"
    assert [one[0] for one in problems(answer)] == ["warning", "information"]
    monkeypatch.undo()
    assert service.post("$mdm-submit", parameters()).status_code == 200
    again = put(service, child("L1", "Đinh Tiên"))
    assert again.headers["x-motem-link"] == "single"


def test_fhirpy_writes_unmodified(service: Service) -> None:
    client = SyncFHIRClient(service.base, extra_headers={"X-Motem-System": "clinic"})
    body = {
        name: value for name, value in child("M1", "Phan Thị Py").items() if name != "resourceType"
    }
    patients = client.resources("Patient").search(identifier=f"{CLINIC}|M1")
    first, created = patients.get_or_create(client.resource("Patient", **body))
    assert created
    second, created = patients.get_or_create(client.resource("Patient", **body))
    assert not created
    assert first["id"] == second["id"]
    changed = {**body, "name": [{"text": "Phan Thị Mới"}]}
    third, created = patients.update(client.resource("Patient", **changed))
    assert not created
    assert (third["id"], third["name"][0]["text"]) == (first["id"], "Phan Thị Mới")
