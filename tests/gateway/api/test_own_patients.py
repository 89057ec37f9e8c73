"""Writing of Patients by the id given out here: what is one's own, what is read only, what stays."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fhirpy import SyncFHIRClient
from sqlalchemy import URL

from tests.gateway.api.operating import (
    CLINIC,
    FHIR,
    Service,
    agreed,
    patient,
    problems,
)


@pytest.fixture(scope="module")
def service(server_url: URL, template_url: URL, tmp_path_factory: Any) -> Iterator[Service]:
    with agreed(server_url, template_url, tmp_path_factory.mktemp("site")) as service:
        yield service


def made(service: Service, number: str, name: str) -> dict[str, Any]:
    """A new Patient of the clinic, as it is served."""
    told = patient(
        identifier=[{"use": "official", "system": CLINIC, "value": number}],
        name=[{"text": name}],
        gender="female",
        birthDate="2024-05-06",
        managingOrganization={"display": "Phòng khám mẫu"},
        address=[{"text": "Láng, Hà Nội"}],
    )
    answer = service.post("Patient", told, x_motem_system="clinic")
    assert answer.status_code == 201, answer.text
    served: dict[str, Any] = answer.json()
    return served


def write(
    service: Service, method: str, id_: str, body: Any = None, who: str = "clinic", **more: str
) -> httpx.Response:
    headers = FHIR | {"x-motem-system": who} | {n.replace("_", "-"): v for n, v in more.items()}
    content = None if body is None else json.dumps(body)
    return service.client.request(
        method, f"/fhir/R4/Patient/{id_}", content=content, headers=headers
    )


def test_what_was_read_goes_back_and_only_what_changed_changes(service: Service) -> None:
    first = made(service, "P1", "Phạm Thị Một")
    same = write(service, "PUT", first["id"], first)
    assert (same.status_code, same.headers["etag"]) == (200, 'W/"1"'), same.text
    assert same.json() == first
    for version, name in ((2, "Phạm Thị Hai"), (3, "Phạm Thị Ba"), (4, "Phạm Thị Hai")):
        standing = service.client.get(f"/fhir/R4/Patient/{first['id']}").json()
        standing["name"] = [{"text": name}]
        answer = write(service, "PUT", first["id"], standing)
        assert (answer.status_code, answer.headers["etag"]) == (200, f'W/"{version}"')
        assert answer.headers["location"].endswith(f"/{first['id']}/_history/{version}")
        assert answer.headers["x-motem-link"] == "single"
        assert answer.json()["name"][0]["text"] == name
        assert answer.json()["address"] == first["address"]


def test_what_is_not_stated_is_no_more(service: Service) -> None:
    first = made(service, "P9", "Tạ Mơ")
    brief = {name: first[name] for name in ("resourceType", "id", "identifier", "name")}
    answer = write(service, "PUT", first["id"], {**brief, "name": [{"text": "Tạ Mây"}]})
    assert answer.json()["name"] == [{"text": "Tạ Mây"}]
    assert not answer.json().keys() & {"birthDate", "address", "gender"}
    golden = service.client.get(f"/fhir/R4/{answer.headers['x-motem-identity']}").json()
    assert not golden.keys() & {"birthDate", "address", "gender"}
    past = service.client.get(f"/fhir/R4/Patient/{first['id']}/_history/1").json()
    assert past["birthDate"] == first["birthDate"]


def test_what_was_read_as_xml_goes_back_too(service: Service) -> None:
    first = made(service, "P10", "Trịnh Văn Xa")
    path = f"/fhir/R4/Patient/{first['id']}"
    xml = {"accept": "application/fhir+xml", "x-motem-system": "clinic"}
    served = service.client.get(path, headers=xml).text
    typed = xml | {"content-type": "application/fhir+xml"}
    for name, version in (("Trịnh Văn Xa", 1), ("Trịnh Văn Gần", 2)):
        body = served.replace("Trịnh Văn Xa", name).encode()
        answer = service.client.put(path, content=body, headers=typed)
        assert (answer.status_code, answer.headers["etag"]) == (200, f'W/"{version}"'), answer.text
    assert service.client.get(path).json()["name"][0]["text"] == "Trịnh Văn Gần"


def test_taken_back_is_marked_and_all_versions_stay(service: Service) -> None:
    first = made(service, "P2", "Cao Thị Bích")
    for _ in range(2):
        gone = write(service, "DELETE", first["id"])
        assert (gone.status_code, gone.headers["etag"]) == (200, 'W/"2"')
    path = f"/fhir/R4/Patient/{first['id']}"
    assert service.client.get(path).json()["active"] is False
    assert service.client.get(f"{path}/_history/1").json() == first


def test_if_match_holds_for_the_version_that_stands(service: Service) -> None:
    first = made(service, "P3", "Kim Thị Năm")
    for method, body in (("PUT", first), ("DELETE", None)):
        assert write(service, method, first["id"], body, if_match='W/"7"').status_code == 412
        assert write(service, method, first["id"], body, if_match="one").status_code == 400
    assert write(service, "DELETE", first["id"], if_match='W/"1"').status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_is_not_ones_own_is_not_there_to_be_written(service: Service, method: str) -> None:
    """Another house's Patient and an id that nobody has are answered alike."""
    first = made(service, f"P4{method}", "Lý Thị Tư")
    answers = [
        write(
            service, method, id_, {**first, "id": id_} if method == "PUT" else None, who="hospital"
        )
        for id_ in (first["id"], "01jbz400000000000000000000")
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert problems(answers[0]) == problems(answers[1])
    golden = f"te-{first['id']}"
    told = {**first, "id": golden} if method == "PUT" else None
    assert write(service, method, golden, told).status_code == 405
    assert service.client.get(f"/fhir/R4/Patient/{first['id']}").json() == first


def test_what_does_not_fit_changes_nothing(service: Service) -> None:
    first = made(service, "P5", "Mai Vy")
    other = [{"use": "official", "system": CLINIC, "value": "P6"}]
    tagged = {"meta": {"tag": [{"code": "SUBSETTED"}]}}
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"id": "another"}, 400),
        ({"identifier": other}, 400),
        ({"identifier": []}, 400),
        (tagged, 422),
        ({"birthDate": "hôm qua"}, 422),
    ]
    for changes, status in wrong:
        answer = write(service, "PUT", first["id"], {**first, **changes})
        assert answer.status_code == status, (changes, answer.text)
    bare = {name: value for name, value in first.items() if name != "id"}
    assert write(service, "PUT", first["id"], bare).status_code == 400
    assert service.client.get(f"/fhir/R4/Patient/{first['id']}").json() == first


def test_nobody_tells_us_versions_times_or_origins(service: Service) -> None:
    first = made(service, "P7", "Hồ Lan")
    meta = {"versionId": "99", "lastUpdated": "2020-01-01T00:00:00Z", "source": "urn:other"}
    answer = write(service, "PUT", first["id"], {**first, "gender": "male", "meta": meta})
    assert (answer.status_code, answer.headers["etag"]) == (200, 'W/"2"')
    assert answer.json()["gender"] == "male"
    assert answer.json()["meta"]["versionId"] == "2"
    assert answer.json()["meta"].get("source") == first["meta"].get("source")


def test_fhirpy_updates_and_deletes(service: Service) -> None:
    first = made(service, "P8", "Vũ An")
    fhirpy = SyncFHIRClient(service.base, extra_headers={"x-motem-system": "clinic"})
    found = fhirpy.reference("Patient", first["id"]).to_resource()
    found["name"] = [{"text": "Vũ Ân"}]
    found.save()
    assert (
        service.client.get(f"/fhir/R4/Patient/{first['id']}").json()["name"][0]["text"] == "Vũ Ân"
    )
    found.delete()  # type: ignore[no-untyped-call]  # fhirpy has it so
    assert service.client.get(f"/fhir/R4/Patient/{first['id']}").json()["active"] is False


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_who_has_no_domain_of_its_own_owns_nobody(service: Service, method: str) -> None:
    """Else what two such senders wrote would be each other's."""
    told = patient(identifier=[{"system": "urn:test:nobodys", "value": "N1"}], gender="female")
    id_ = service.post("Patient", told, x_motem_system="first").json()["id"]
    read = service.client.get(f"/fhir/R4/Patient/{id_}").json()
    for who in ("first", "second"):
        answer = write(service, method, id_, read if method == "PUT" else None, who=who)
        assert (answer.status_code, problems(answer)[0][1]) == (404, "not-found")
