"""Read of Patient over HTTP."""

import json

import httpx
import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.patient import Patient
from sqlalchemy import URL, Engine, text

from audit import log
from audit.event import Action, Outcome
from gateway.database import Role, transaction
from gateway.ingest import RecordResult
from tests.ledger import engine_for


def test_a_source_patient_is_served_as_it_is_stored(
    client: httpx.Client, child: RecordResult
) -> None:
    answer = client.get(f"/fhir/R4/{child.reference}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert answer.headers["etag"] == 'W/"1"'
    Patient.model_validate_json(answer.content)
    assert answer.json()["name"][0]["text"] == "Nguyễn Thị Thử"
    assert answer.json()["meta"]["versionId"] == "1"


def test_the_golden_patient_leads_to_its_sources(client: httpx.Client, child: RecordResult) -> None:
    golden = client.get(f"/fhir/R4/Patient/{child.identity}").json()
    assert golden["id"] == child.identity
    assert golden["link"] == [{"other": {"reference": child.reference}, "type": "seealso"}]


def test_a_read_is_in_the_log_with_who_system_and_purpose(
    client: httpx.Client, child: RecordResult, engine: Engine
) -> None:
    headers = {"X-Motem-System": "ward-7", "X-Purpose-Of-Use": "TREAT"}
    client.get(f"/fhir/R4/{child.reference}", headers=headers)
    wrong = {"X-Motem-System": "bad system!"}
    assert client.get(f"/fhir/R4/Patient/{child.identity}", headers=wrong).status_code == 400
    client.get(f"/fhir/R4/Patient/{child.identity}")
    with transaction(engine) as session:
        first, second = log.events(session, action=Action.PATIENT_READ)
    assert (first.record, first.caller.system, first.caller.purpose) == (
        child.record,
        "ward-7",
        "TREAT",
    )
    assert (second.identity, second.caller.system) == (child.identity, "unnamed")


@pytest.mark.parametrize(
    "patient_id",
    ["unknown", "te-unknown", "%00", "a%00b", "%ff", "x" * 65, "đ", "%2e%2e", "' OR 1=1", "a%2Fb"],
)
def test_what_is_not_there_is_404_in_two_languages(client: httpx.Client, patient_id: str) -> None:
    answer = client.get(f"/fhir/R4/Patient/{patient_id}")
    assert answer.status_code == 404
    OperationOutcome.model_validate_json(answer.content)
    assert answer.json()["issue"][0]["details"]["text"] == "Không tìm thấy."


def test_asking_in_vain_is_in_the_log(client: httpx.Client, engine: Engine) -> None:
    client.get("/fhir/R4/Patient/nobody")
    with transaction(engine) as session:
        (event,) = log.events(session, action=Action.PATIENT_READ)
    assert event.outcome is Outcome.FAILURE


def test_a_wrong_method_is_an_operation_outcome(client: httpx.Client) -> None:
    answer = client.post("/fhir/R4/Patient/x")
    assert answer.status_code == 405
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_nothing_is_disclosed_where_the_commit_fails(
    client: httpx.Client, child: RecordResult, database_url: URL
) -> None:
    """House style, trap 1: a commit that fails must never look like success."""
    _break_commits(database_url)
    answer = client.get(f"/fhir/R4/{child.reference}")
    assert answer.status_code == 503
    assert "Nguyễn" not in answer.text
    assert json.loads(answer.text)["issue"][0]["code"] == "transient"


def _break_commits(database_url: URL) -> None:
    """From now on every transaction that writes to the log fails at its commit."""
    owner = engine_for(database_url, Role.OWNER)
    with owner.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'no commit' USING ERRCODE = '53100'; END $$"
            )
        )
        connection.execute(
            text(
                "CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON audit_event"
                " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()"
            )
        )
    owner.dispose()
