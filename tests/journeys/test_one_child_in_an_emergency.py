"""Breaking the glass: one child and nothing else, for an hour at most; then nothing, and a review."""

import os
import pwd
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, Engine, text

import audit
from audit.event import Action
from gateway import acting, showing
from gateway.access.policy import Asking, Right, Subject, load_policy, rows_of
from gateway.database import Role, transaction
from gateway.registry import resources
from tests.commands import motem
from tests.conftest import TESTER, fresh_database
from tests.gateway.access.machines import bearing, client_of, guarded, registered, token_of
from tests.journeys.steps import as_owner, connected
from tests.ledger import engine_for

READS = ("system/*.rs", "motem/break-glass")
REASON = "Cấp cứu: Nguyễn Thị Mẫu, cần biết dị ứng thuốc"
OPEN = {"code": "treatment", "reason": REASON}
HOSPITAL = Subject(client="hospital", role="hospital", body="hospital:04105")


@pytest.fixture(scope="module")
def engine(server_url: URL, linked_template: URL) -> Iterator[Engine]:
    told = {"body": "hospital:04105", "scopes": READS}
    with (
        fresh_database(server_url, linked_template.database) as url,
        connected(url) as engine,
    ):
        registered(
            engine,
            client_of("hospital", "hospital", "TREAT", "BTG", **told),
            client_of("other", "hospital", "TREAT", "BTG", **told),
            client_of("police", "police", "CHILDPROT", "BTG", scopes=READS),
            client_of("auditor", "auditor", "HOPERAT", scopes=("motem/audit",)),
        )
        yield engine


@pytest.fixture(scope="module")
def service(engine: Engine) -> Iterator[httpx.Client]:
    with guarded(engine.url) as client:
        yield client


@pytest.fixture(scope="module")
def records(engine: Engine) -> dict[str, Any]:
    """Record → its source, labels and child."""
    query = text(
        "SELECT record_id, source, key, identity_id, founding_id, sensitivity"
        " FROM linkage_record"
        " ORDER BY record_id"
    )
    with engine.connect() as connection:
        return {row.record_id: row for row in connection.execute(query)}


@pytest.fixture(scope="module")
def children(records: Mapping[str, Any]) -> list[str]:
    """Not sealed, those of most sources first: of these the hospital sees only parts."""
    found: dict[str, list[Any]] = {}
    for row in records.values():
        found.setdefault(row.identity_id, []).append(row)
    plain = [
        (-len({row.source for row in rows} | {row.source == "hotline" for row in rows}), id_)
        for id_, rows in found.items()
        if not any("sealed-adoption" in row.sensitivity for row in rows)
        and any(row.source == "hotline" for row in rows)
    ]
    return [id_ for _, id_ in sorted(plain)]


@pytest.fixture(scope="module")
def tokens(service: httpx.Client) -> dict[str, dict[str, str]]:
    def token(client: str, *scopes: str) -> dict[str, str]:
        return bearing(token_of(service, client, " ".join(scopes)))

    return {
        "daily": token("hospital", *READS, "purpose/TREAT"),
        "emergency": token("hospital", *READS, "purpose/BTG"),
        "other": token("other", *READS, "purpose/BTG"),
        "police": token("police", *READS, "purpose/BTG"),
        "auditor": token("auditor", "motem/audit"),
    }


@pytest.fixture
def opened(
    service: httpx.Client, tokens: dict[str, dict[str, str]], children: list[str]
) -> Iterator[dict[str, Any]]:
    answer = service.post(
        "/break-glass", json={"child": children[0], **OPEN}, headers=tokens["emergency"]
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/break-glass/{answer.json()['id']}"
    yield answer.json()
    service.post(f"/break-glass/{answer.json()['id']}/end", json={}, headers=tokens["emergency"])


def found(service: httpx.Client, headers: dict[str, str], path: str) -> list[dict[str, Any]]:
    answer = service.get(f"/fhir/R4/{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    return [entry["resource"] for entry in answer.json().get("entry", ())]


def records_in(told: Any) -> set[str]:
    """Ids of all Patients that an answer refers to, or is."""
    if isinstance(told, list):
        return set().union(*map(records_in, told))
    if not isinstance(told, dict):
        return set()
    own = {told["id"]} if told.get("resourceType") == "Patient" else set()
    reference = told.get("reference")
    if isinstance(reference, str) and reference.startswith("Patient/"):
        own |= {reference.removeprefix("Patient/").partition("/")[0]}
    return own | records_in(list(told.values()))


def test_without_it_nothing_is_read_for_this_purpose(
    service: httpx.Client, tokens: dict[str, dict[str, str]], children: list[str]
) -> None:
    answer = service.get(f"/fhir/R4/Patient/{children[0]}", headers=tokens["emergency"])
    assert answer.status_code == 403
    (issue,) = answer.json()["issue"]
    assert issue["details"]["coding"][0]["code"] == "nothing-open"


def test_one_child_is_whole_and_nothing_else_is_there(
    service: httpx.Client,
    tokens: dict[str, dict[str, str]],
    records: dict[str, Any],
    children: list[str],
    opened: dict[str, Any],
) -> None:
    child, headers = opened["child"], tokens["emergency"]
    own = {id_ for id_, row in records.items() if row.identity_id == child}
    golden = service.get(f"/fhir/R4/Patient/{child}", headers=headers)
    assert records_in(golden.json()["link"]) == own
    daily = service.get(f"/fhir/R4/Patient/{child}", headers=tokens["daily"]).json()
    assert records_in(daily["link"]) < own, "the hospital sees a part of it every day"
    foreign = {row.source: row for row in records.values() if row.identity_id != child}
    for id_ in [*own, *(row.record_id for row in foreign.values()), *children[1:4]]:
        answer = service.get(f"/fhir/R4/Patient/{id_}", headers=headers)
        assert answer.status_code == (200 if id_ in own else 404), records.get(id_)
    mine = own | {child} | {records[id_].founding_id for id_ in own}  # Those that led to it too.
    for path in (
        "Patient?_count=500",
        "Patient?_tag:not=golden&_count=500",
        "Observation?_include=Observation:subject&_count=500",
        "Patient?_has:Observation:patient:code:missing=false&_revinclude=Observation:patient",
        "Observation?patient.gender=female,male&_count=500",
        f"Patient/{child}/$everything?_count=500",
        "Patient/_history?_count=500",
    ):
        answer = service.get(f"/fhir/R4/{path}", headers=headers)
        if answer.status_code == 200:
            assert records_in(answer.json()) <= mine, path
    assert records_in(found(service, headers, "Patient?_count=500")) == own | {child}


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/fhir/R4/Patient/$match"), ("GET", "/fhir/R4/$export"), ("GET", "/clients")],
)
def test_it_opens_no_other_door(
    service: httpx.Client,
    tokens: dict[str, dict[str, str]],
    opened: dict[str, Any],
    method: str,
    path: str,
) -> None:
    headers = tokens["emergency"]
    answer = service.request(method, path, headers=headers, json={} if method == "POST" else None)
    assert answer.status_code == 403
    assert service.get(f"/fhir/R4/Patient/{opened['child']}", headers=tokens["other"]).is_error


def asking_for(child: str) -> Asking:
    return Asking(
        policy=load_policy(),
        subject=HOSPITAL,
        right=Right.BREAK_GLASS,
        purpose="BTG",
        child=child,
    )


def test_the_database_alone_shows_nothing_else(
    engine: Engine, records: dict[str, Any], children: list[str]
) -> None:
    child = children[0]
    own = {id_ for id_, row in records.items() if row.identity_id == child}
    web = engine_for(engine.url, Role.CALLER)
    try:
        with acting.request() as request:
            request.rows = rows_of(asking_for(child))
            with transaction(web) as session:

                def ids(query: str) -> set[str]:
                    return set(session.scalars(text(query)))

                assert ids("SELECT record_id FROM linkage_record") == own
                assert ids("SELECT id FROM registry_record") == own
                about = "SELECT record_id FROM registry_resource WHERE record_id IS NOT NULL"
                assert ids(about) == own
                patients = "SELECT id FROM registry_resource WHERE type = 'Patient'"
                led = {records[id_].founding_id for id_ in own}
                assert ids(patients) == own | {child} | led
                assert ids("SELECT id FROM registry_search WHERE type = 'Patient'") <= (
                    own | led | {child}
                )
                assert ids("SELECT id FROM access_override") == set()
    finally:
        web.dispose()


def test_the_program_alone_shows_nothing_else(
    engine: Engine, records: dict[str, Any], children: list[str]
) -> None:
    child = children[0]
    with acting.request() as request, transaction(engine) as session:
        request.subject = asking_for(child)
        every = resources.patients(session, records)
        told = showing.texts(session, TESTER, [every[id_] for id_ in records])
        golden = [one for id_ in children if (one := resources.read(session, "Patient", id_))]
        shown = showing.texts(session, TESTER, golden)
    for row, said in zip(records.values(), told, strict=True):
        assert (said is not None) == (row.identity_id == child)
    assert [one is not None for one in shown] == [id_ == child for id_ in children]


def test_a_sealed_adoption_is_not_there(
    service: httpx.Client, tokens: dict[str, dict[str, str]], records: dict[str, Any]
) -> None:
    sealed = next(
        row.identity_id for row in records.values() if "sealed-adoption" in row.sensitivity
    )
    answers = [
        service.post("/break-glass", json={"child": id_, **OPEN}, headers=tokens["emergency"])
        for id_ in (sealed, "te-01m82dnmd155s3hbb81qbbxkcb")
    ]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].json()["issue"] == answers[1].json()["issue"]


WRONG: Mapping[str, tuple[dict[str, Any], int]] = {
    "no reason": ({"reason": "gấp"}, 400),
    "blanks": ({"reason": " " * 40}, 400),
    "unknown code": ({"code": "curiosity"}, 400),
    "too long": ({"minutes": 61}, 400),
    "no time": ({"minutes": 0}, 400),
    "nobody": ({"child": "nobody"}, 404),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_not_opened(
    service: httpx.Client, tokens: dict[str, dict[str, str]], children: list[str], kind: str
) -> None:
    changes, status = WRONG[kind]
    asked = {"child": children[0], **OPEN} | changes
    answer = service.post("/break-glass", json=asked, headers=tokens["emergency"])
    assert answer.status_code == status
    assert REASON not in answer.text
    headers = tokens["emergency"]
    assert service.get(f"/fhir/R4/Patient/{children[0]}", headers=headers).status_code == 403


def test_who_may_not_and_who_has_one_open_opens_none(
    service: httpx.Client,
    tokens: dict[str, dict[str, str]],
    children: list[str],
    opened: dict[str, Any],
) -> None:
    asked = {"child": children[1], **OPEN}
    refused = {"police": 403, "daily": 403, "auditor": 403, "emergency": 409}
    for name, status in refused.items():
        answer = service.post("/break-glass", json=asked, headers=tokens[name])
        assert answer.status_code == status, name
    ended = service.post(f"/break-glass/{opened['id']}/end", json={}, headers=tokens["other"])
    assert ended.status_code == 404, "it is not theirs"


def test_it_ends_by_itself_and_by_hand(
    service: httpx.Client, tokens: dict[str, dict[str, str]], engine: Engine, opened: dict[str, Any]
) -> None:
    path, headers = f"/fhir/R4/Patient/{opened['child']}", tokens["emergency"]
    until = datetime.fromisoformat(opened["until"])
    assert timedelta(minutes=55) < until - datetime.now(UTC) <= timedelta(minutes=60)
    assert service.get(path, headers=headers).status_code == 200
    with transaction(engine) as session:
        audit.append(session, audit.AuditEvent(action=Action.DATABASE_MIGRATE, caller=TESTER))
        session.execute(text("UPDATE access_override SET until = now() - interval '1 second'"))
    assert service.get(path, headers=headers).status_code == 403
    asked = {"child": opened["child"], **OPEN}
    again = service.post("/break-glass", json=asked, headers=headers).json()
    assert service.get(path, headers=headers).status_code == 200
    end = f"/break-glass/{again['id']}/end"
    assert service.post(end, json={}, headers=headers).status_code == 200
    assert service.get(path, headers=headers).status_code == 403
    assert service.post(end, json={}, headers=headers).status_code == 404


def test_a_review_is_owed_at_once_and_only_somebody_else_closes_it(
    service: httpx.Client, tokens: dict[str, dict[str, str]], engine: Engine, opened: dict[str, Any]
) -> None:
    path, auditor = f"/break-glass/{opened['id']}", tokens["auditor"]
    listed = service.get("/break-glass", headers=auditor)
    (mine,) = [one for one in listed.json()["overrides"] if one["id"] == opened["id"]]
    assert (mine["who"], mine["reviewed"]) == ("hospital", False)
    assert REASON not in listed.text
    assert service.get(path, headers=auditor).json()["reason"] == REASON
    told = {"outcome": "false-alarm", "reason": "đúng là cấp cứu"}
    assert service.post(f"{path}/review", json=told, headers=tokens["emergency"]).status_code == 403
    with engine.connect() as connection:
        kept = connection.scalar(
            text("SELECT string_agg(access_override::text, '') FROM access_override")
        )
        events = connection.scalar(text("SELECT string_agg(body, '') FROM audit_event"))
    assert "Nguyễn Thị Mẫu" not in str(kept) + str(events)
    assert service.post(f"{path}/review", json=told, headers=auditor).status_code == 200
    assert service.post(f"{path}/review", json=told, headers=auditor).status_code == 409
    assert service.get(path, headers=auditor).json()["reviewed"] is True
    with transaction(engine) as session:
        begun = list(audit.events(session, action=Action.OVERRIDE_OPEN))
        looked = list(audit.events(session, action=Action.OVERRIDE_REVIEW))
    assert opened["id"] in {one.id for one in begun}
    assert looked[-1].detail["override"] == opened["id"]
    assert looked[-1].caller.who == "auditor"


def test_nobody_closes_the_review_of_its_own(
    service: httpx.Client, engine: Engine, opened: dict[str, Any]
) -> None:
    with transaction(engine) as session:
        audit.append(session, audit.AuditEvent(action=Action.DATABASE_MIGRATE, caller=TESTER))
    as_owner(
        engine.url,
        "ALTER TABLE audit_finding DISABLE TRIGGER USER",
        f"UPDATE audit_finding SET who = '{_account()}' WHERE id = '{opened['finding']}'",
        "ALTER TABLE audit_finding ENABLE TRIGGER USER",
    )
    told = ("break-glass", "review", opened["id"], "--outcome", "unclear", "--reason", "x")
    own = motem(engine.url, *told)
    assert own.status == 1
    assert "somebody else" in own.err
    assert REASON in motem(engine.url, "break-glass", "show", opened["id"]).out.replace("\n", "")


def _account() -> str:
    return pwd.getpwuid(os.getuid()).pw_name


def test_it_follows_the_child_through_a_merge(
    service: httpx.Client,
    tokens: dict[str, dict[str, str]],
    engine: Engine,
    records: dict[str, Any],
    children: list[str],
    opened: dict[str, Any],
) -> None:
    """The last test of the module: what it joins stays joined."""
    child, headers = opened["child"], tokens["emergency"]
    keys = {
        row.identity_id: row.key
        for row in sorted(records.values(), key=lambda row: row.record_id, reverse=True)
    }
    joined = motem(
        engine.url, "decide", keys[child], keys[children[-1]], "--same", "--reason", "test"
    )
    assert joined.status == 0, joined.err
    with engine.connect() as connection:
        query = text("SELECT identity_id FROM linkage_record WHERE founding_id = :child")
        now = connection.scalar(query, {"child": child})
        query = text("SELECT record_id FROM linkage_record WHERE identity_id = :now")
        own = set(connection.scalars(query, {"now": now}))
    assert {records[id_].identity_id for id_ in own} > {child}, "they were two, and are one"
    answer = service.get(f"/fhir/R4/Patient/{now}", headers=headers)
    assert records_in(answer.json()["link"]) == own
    assert service.get(f"/fhir/R4/Patient/{child}", headers=headers).status_code == 200
