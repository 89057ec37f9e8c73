"""Bulk exports as HL7 Bulk Data Access 2.0 says, against a service that asks for tokens."""

import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, Engine, text, update

from audit.event import Action, AuditEvent
from audit.log import append, events
from gateway import exporting
from gateway.access.tables import client
from gateway.database import transaction
from gateway.fhir.bulk import NO_CHILD
from gateway.fhir.parameters import TYPES
from tests.conftest import TESTER
from tests.gateway.access.machines import bearing, client_of, guarded, registered, token_of
from tests.journeys.steps import as_owner

FHIR = "/fhir/R4"
LATER = {"Prefer": "respond-async"}
ALL = ("system/*.rs",)
CLIENTS = [
    client_of("register", "child-protection", "CHILDPROT", provinces=("*",), scopes=ALL),
    client_of("other", "child-protection", "CHILDPROT", provinces=("*",), scopes=ALL),
    client_of("police", "police", "CHILDPROT", provinces=("*",), scopes=ALL),
    client_of(
        *("two", "facility", "CHILDPROT", "TREAT"), body="home:CB05", per_request=True, scopes=ALL
    ),
]
OF_CHILDREN, SYSTEM = f"{FHIR}/Patient/$export", f"{FHIR}/$export"


@pytest.fixture(scope="module")
def strict(kept_url: URL, kept: Engine) -> Iterator[httpx.Client]:
    registered(kept, *CLIENTS)
    with guarded(kept_url) as service:
        yield service


@pytest.fixture(scope="module")
def headers(strict: httpx.Client) -> dict[str, str]:
    return bearing(token_of(strict, "register", "system/*.rs")) | LATER


def begun(
    service: httpx.Client, headers: Mapping[str, str], path: str = OF_CHILDREN, **asked: str
) -> str:
    """The address at which an export can be asked about."""
    told = {f"_{name}": value for name, value in asked.items()}
    answer = service.get(path, params=told, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.headers["content-location"]


def ended(service: httpx.Client, headers: Mapping[str, str], address: str) -> httpx.Response:
    until = time.monotonic() + 60
    while (answer := service.get(address, headers=headers)).status_code in (202, 429):
        assert time.monotonic() < until
        time.sleep(0.6)
    return answer


def manifest(
    service: httpx.Client, headers: Mapping[str, str], path: str = OF_CHILDREN, **asked: str
) -> Any:
    answer = ended(service, headers, begun(service, headers, path, **asked))
    assert answer.status_code == 200, answer.text
    return answer.json()


def fetched(
    service: httpx.Client, headers: Mapping[str, str], told: Any
) -> dict[str, list[dict[str, Any]]]:
    """Type → its resources; no export is left behind."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in told["output"]:
        answer = service.get(one["url"], headers=headers)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/fhir+ndjson"
        lines = [json.loads(line) for line in answer.text.splitlines()]
        assert {line["resourceType"] for line in lines} == {one["type"]}
        found.setdefault(one["type"], []).extend(lines)
    return found


def let_go(service: httpx.Client, headers: Mapping[str, str], told: Any) -> None:
    address = told["output"][0]["url"].rsplit("/", 2)[0]
    assert service.delete(address, headers=headers).status_code == 202


def counts(engine: Engine) -> dict[str, int]:
    query = text(
        "SELECT type, count(*) FROM registry_resource WHERE is_current AND type <> 'Patient'"
        " GROUP BY type ORDER BY type"
    )
    children = text("SELECT count(DISTINCT identity_id) FROM linkage_record")
    with engine.connect() as connection:
        found = {row[0]: row[1] for row in connection.execute(query)}
        return found | {"Patient": connection.scalar(children) or 0}


@pytest.mark.parametrize("path", [OF_CHILDREN, SYSTEM])
def test_all_that_stands_is_exported_once(
    strict: httpx.Client, headers: dict[str, str], kept: Engine, path: str
) -> None:
    told = manifest(strict, headers, path)
    found = fetched(strict, headers, told)
    wanted = counts(kept)
    if path == OF_CHILDREN:
        wanted = {kind: count for kind, count in wanted.items() if kind not in NO_CHILD}
    assert hidden_by_labels(kept, wanted) == {kind: len(some) for kind, some in found.items()}
    for some in found.values():
        assert len({one["id"] for one in some}) == len(some)
    assert all(one["id"].startswith("te-") for one in found["Patient"])
    let_go(strict, headers, told)


def hidden_by_labels(engine: Engine, wanted: dict[str, int]) -> dict[str, int]:
    """Without what the rule of this office does not show (HIV, a sealed adoption)."""
    query = text(
        "SELECT type, count(*) FROM registry_resource r WHERE is_current AND type <> 'Patient'"
        " AND EXISTS (SELECT FROM registry_record o WHERE o.id = r.record_id"
        " AND (r.sensitivity || o.sensitivity) && '{HIV,sealed-adoption,R}'::text[])"
        " GROUP BY type"
    )
    with engine.connect() as connection:
        hidden = {row[0]: row[1] for row in connection.execute(query)}
    return {kind: count - hidden.get(kind, 0) for kind, count in wanted.items()}


def test_the_manifest_says_what_the_standard_asks_for(
    strict: httpx.Client, headers: dict[str, str]
) -> None:
    answer = ended(strict, headers, begun(strict, headers, type="Patient,Task"))
    told = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["expires"].endswith("GMT")
    assert told.keys() >= {"transactionTime", "request", "requiresAccessToken", "output", "error"}
    assert told["requiresAccessToken"] is True
    assert told["request"].endswith("/fhir/R4/Patient/$export?_type=Patient%2CTask")
    assert {one["type"] for one in told["output"]} == {"Patient", "Task"}
    assert told["error"] == []
    let_go(strict, headers, told)


def test_what_is_asked_for_in_parameters_is_the_same(
    strict: httpx.Client, headers: dict[str, str]
) -> None:
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "_type", "valueString": "Patient"},
            {"name": "_typeFilter", "valueString": "Patient?gender=female"},
            {"name": "_outputFormat", "valueString": "application/fhir+ndjson"},
        ],
    }
    answer = strict.post(OF_CHILDREN, json=body, headers=headers)
    assert answer.status_code == 202
    assert answer.json()["resourceType"] == "OperationOutcome"
    told = ended(strict, headers, answer.headers["content-location"]).json()
    girls = fetched(strict, headers, told)["Patient"]
    assert {one["gender"] for one in girls} == {"female"}
    let_go(strict, headers, told)


def test_several_filters_of_a_type_are_alternatives_and_nobody_comes_twice(
    strict: httpx.Client, headers: dict[str, str]
) -> None:
    filters = "Patient?gender=female,Patient?gender=female%2Cmale,Task?status=completed"
    told = manifest(strict, headers, type="Patient,Task", typeFilter=filters)
    found = fetched(strict, headers, told)
    ids = [one["id"] for one in found["Patient"]]
    assert {one["gender"] for one in found["Patient"]} == {"female", "male"}
    assert len(ids) == len(set(ids))
    assert {one["status"] for one in found.get("Task", ())} <= {"completed"}
    let_go(strict, headers, told)


def test_records_of_sources_come_where_a_tag_names_them(
    strict: httpx.Client, headers: dict[str, str]
) -> None:
    told = manifest(strict, headers, type="Patient", typeFilter="Patient?_tag:not=golden")
    found = fetched(strict, headers, told)["Patient"]
    assert sum(not one["id"].startswith("te-") for one in found) > 60
    let_go(strict, headers, told)


def test_a_number_that_is_asked_for_stands_nowhere_in_plain_text(
    strict: httpx.Client, headers: dict[str, str], kept: Engine
) -> None:
    query = text(
        "SELECT s.value, s.qualifier FROM registry_search s WHERE s.type = 'Patient' AND s.listed"
        " AND s.parameter = 'identifier' AND s.qualifier LIKE '%national_id' ORDER BY s.id LIMIT 1"
    )
    with kept.connect() as connection:
        value, _ = connection.execute(query).one()
    filter_ = f"Patient?identifier={value}"
    told = manifest(strict, headers, type="Patient", typeFilter=filter_)
    assert len(fetched(strict, headers, told)["Patient"]) == 1
    assert value not in told["request"]
    with kept.connect() as connection:
        rows = connection.scalar(text("SELECT string_agg(e::text, ' ') FROM registry_export e"))
        log = connection.scalar(
            text("SELECT count(*) FROM audit_event WHERE body LIKE :told"), {"told": f"%{value}%"}
        )
    assert value not in (rows or "")
    assert log == 0
    let_go(strict, headers, told)
    again = told["request"].partition("?")[2]
    answer = strict.get(f"{OF_CHILDREN}?{again}", headers=headers)  # As it is, it can be repeated.
    repeated = ended(strict, headers, answer.headers["content-location"]).json()
    assert len(fetched(strict, headers, repeated)["Patient"]) == 1
    let_go(strict, headers, repeated)


def test_elements(strict: httpx.Client, headers: dict[str, str]) -> None:
    told = manifest(
        strict, headers, type="Patient,Task", elements="gender,Patient.birthDate,Task.code"
    )
    found = fetched(strict, headers, told)
    assert not any("name" in one for one in found["Patient"])
    assert any("birthDate" in one for one in found["Patient"])
    assert all("SUBSETTED" in json.dumps(one["meta"]) for one in found["Task"])
    let_go(strict, headers, told)


WRONG = [
    ({"_type": "Patients"}, "_type"),
    ({"_since": "yesterday"}, "_since"),
    ({"_outputFormat": "text/csv"}, "_outputFormat"),
    ({"_typeFilter": "Patient?famly=x"}, "_typeFilter"),
    ({"_typeFilter": "Patient?_count=3"}, "_typeFilter"),
    ({"_typeFilter": "Patient"}, "_typeFilter"),
    ({"_type": "Task", "_typeFilter": "Patient?gender=male"}, "_typeFilter"),
    ({"_elements": "na me"}, "_elements"),
    ({"patient": "Patient/1"}, None),
    ({"includeAssociatedData": "LatestProvenanceResources"}, None),
]


@pytest.mark.parametrize(("asked", "expression"), WRONG)
def test_what_cannot_be_heeded_is_refused(
    strict: httpx.Client, headers: dict[str, str], asked: dict[str, str], expression: str | None
) -> None:
    answer = strict.get(OF_CHILDREN, params=asked, headers=headers)
    assert answer.status_code == 400
    (issue,) = answer.json()["issue"]
    assert issue.get("expression", [None]) == [expression]


ODD = [
    {"name": "_typeFilter", "valueString": "Patient?name=\ud800"},
    {"name": "_typeFilter", "valueString": "Patient?name=\0"},
    {"name": "_since", "valueInteger": 3},
    3,
]


@pytest.mark.parametrize("odd", ODD)
def test_parameters_that_can_be_no_text_are_refused(
    strict: httpx.Client, headers: dict[str, str], odd: Any
) -> None:
    body = json.dumps({"resourceType": "Parameters", "parameter": [odd]})  # Escapes all of them.
    kind = headers | {"Content-Type": "application/fhir+json"}
    answer = strict.post(OF_CHILDREN, content=body, headers=kind)
    assert answer.status_code == 400, answer.text
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_what_is_not_known_is_left_out_where_the_client_wishes_it(
    strict: httpx.Client, headers: dict[str, str]
) -> None:
    lenient = headers | {"Prefer": "respond-async, handling=lenient"}
    asked = {"_type": "Task", "includeAssociatedData": "x"}
    answer = strict.get(OF_CHILDREN, params=asked, headers=lenient)
    assert answer.status_code == 202
    address = answer.headers["content-location"]
    assert strict.delete(address, headers=headers).status_code == 202


def test_it_is_made_in_the_background_or_not_at_all(
    strict: httpx.Client, headers: dict[str, str]
) -> None:
    without = {"Authorization": headers["Authorization"]}
    answer = strict.get(OF_CHILDREN, headers=without)
    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.fixture
def held_back(strict: httpx.Client, headers: dict[str, str], kept_url: URL) -> Iterator[str]:
    """An export that does not go on."""
    address = begun(strict, headers, type="Task")
    assert ended(strict, headers, address).status_code == 200
    id_ = address.rpartition("/")[2]
    as_owner(
        kept_url,
        f"UPDATE registry_export SET state = 'running', polled = NULL, due = due + '1 day'::interval"
        f" WHERE id = '{id_}'",
    )
    yield address
    strict.delete(address, headers=headers)


def test_how_far_it_is_can_be_asked_but_not_all_the_time(
    strict: httpx.Client, headers: dict[str, str], held_back: str
) -> None:
    first = strict.get(held_back, headers=headers)
    assert first.status_code == 202
    assert 0 < len(first.headers["x-progress"]) <= 100
    assert int(first.headers["retry-after"]) > 0
    soon = strict.get(held_back, headers=headers)
    assert soon.status_code == 429
    assert int(soon.headers["retry-after"]) > 0
    assert soon.json()["resourceType"] == "OperationOutcome"


def test_a_file_is_there_once_the_export_is_whole(
    strict: httpx.Client, headers: dict[str, str], held_back: str
) -> None:
    assert strict.get(f"{held_back}/Task/1", headers=headers).status_code == 404


def test_what_was_let_go_is_gone(strict: httpx.Client, headers: dict[str, str]) -> None:
    address = begun(strict, headers, type="Patient")
    (file, *_) = ended(strict, headers, address).json()["output"]
    assert strict.get(file["url"], headers=headers).status_code == 200
    assert strict.delete(address, headers=headers).status_code == 202
    for answer in (
        strict.get(address, headers=headers),
        strict.get(file["url"], headers=headers),
        strict.delete(address, headers=headers),
    ):
        assert answer.status_code == 404


def test_only_whose_it_is_gets_it_and_only_with_a_token_that_covers_it(
    strict: httpx.Client, headers: dict[str, str]
) -> None:
    address = begun(strict, headers, type="Patient")
    told = ended(strict, headers, address).json()
    (file, *_) = told["output"]
    other = bearing(token_of(strict, "other", "system/*.rs"))
    narrow = bearing(token_of(strict, "register", "system/Task.rs"))
    for path in (address, file["url"]):
        assert strict.get(path).status_code == 401
        assert strict.get(path, headers=other).status_code == 404
    assert strict.delete(address, headers=other).status_code == 404
    assert strict.get(file["url"], headers=narrow).status_code == 403
    let_go(strict, headers, told)


def test_who_may_not_export_gets_no_export(strict: httpx.Client) -> None:
    police = bearing(token_of(strict, "police", "system/*.rs")) | LATER
    assert strict.get(OF_CHILDREN, headers=police).status_code == 403
    narrow = bearing(token_of(strict, "register", "system/Task.rs")) | LATER
    assert strict.get(f"{OF_CHILDREN}?_type=Patient", headers=narrow).status_code == 403
    assert strict.get(OF_CHILDREN, headers=LATER).status_code == 401


def test_too_many_at_once(strict: httpx.Client, headers: dict[str, str], kept_url: URL) -> None:
    addresses = [begun(strict, headers, type="Task") for _ in range(3)]
    for address in addresses:
        ended(strict, headers, address)
    as_owner(
        kept_url, "UPDATE registry_export SET state = 'running', due = due + '1 day'::interval"
    )
    answer = strict.get(f"{OF_CHILDREN}?_type=Task", headers=headers)
    for address in addresses:
        strict.delete(address, headers=headers)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


def move(engine: Engine, *provinces: str) -> None:
    """Register the client for other provinces."""
    with transaction(engine) as session:
        session.execute(
            update(client).where(client.c.id == "register").values(provinces=list(provinces))
        )
        append(session, AuditEvent(action=Action.CLIENT_CHANGE, caller=TESTER))


def test_a_file_is_made_by_the_rights_of_the_moment(
    strict: httpx.Client, headers: dict[str, str], kept: Engine
) -> None:
    told = manifest(strict, headers, type="Patient")
    before = fetched(strict, headers, told)["Patient"]
    move(kept, "04")
    narrowed = [strict.get(one["url"], headers=headers).text for one in told["output"]]
    move(kept)
    none = [strict.get(one["url"], headers=headers) for one in told["output"]]
    move(kept, "*")
    assert 0 < sum(len(one.splitlines()) for one in narrowed) < len(before)
    assert [(one.status_code, one.text) for one in none] == [(200, "")] * len(none)
    let_go(strict, headers, told)


def test_the_log_has_the_hash_of_what_left(
    strict: httpx.Client, headers: dict[str, str], kept: Engine
) -> None:
    told = manifest(strict, headers, type="Patient")
    (file, *_) = told["output"]
    answer = strict.get(file["url"], headers=headers)
    with transaction(kept) as session:
        found = [one for one in events(session) if one.id == answer.headers["x-audit-event"]]
    (event,) = found
    assert event.action is Action.EXPORT_READ
    assert event.detail["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert event.detail["count"] == len(answer.text.splitlines())
    assert event.caller.who == "register"
    shown = {json.loads(line)["id"] for line in answer.text.splitlines()}
    assert {one.identity for one in event.seen} == shown
    let_go(strict, headers, told)


def test_every_type_can_be_exported(strict: httpx.Client, headers: dict[str, str]) -> None:
    address = begun(strict, headers, SYSTEM, type=",".join(TYPES))
    assert strict.delete(address, headers=headers).status_code == 202


def test_what_was_listed_for_one_purpose_is_shown_for_no_other(strict: httpx.Client) -> None:
    own = bearing(token_of(strict, "two", "system/*.rs")) | LATER
    cares, treats = ({"X-Purpose-Of-Use": purpose} for purpose in ("CHILDPROT", "TREAT"))
    address = begun(strict, own | cares)
    assert strict.get(address, headers=own | treats).status_code == 404
    assert strict.delete(address, headers=own | treats).status_code == 404
    told = ended(strict, own | cares, address).json()
    for one in told["output"]:
        assert strict.get(one["url"], headers=own | treats).status_code == 404
    assert strict.delete(address, headers=own | cares).status_code == 202


def test_of_those_asked_for_at_once_no_more_begin_than_may(engine: Engine) -> None:
    """Nobody lists them here, so that none comes to its end."""

    def begins(_: int) -> bool:
        try:
            with transaction(engine) as session:
                exporting.begin(session, TESTER, [], address="http://a/$export", only_children=True)
        except exporting.TooManyError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(begins, range(16))) == exporting.MOST_AT_ONCE
