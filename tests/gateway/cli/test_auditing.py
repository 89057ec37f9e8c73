"""`motem audit`: an auditor's questions, each of which is in the log itself."""

import csv
import hashlib
import json
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

import audit
from audit.event import Action, AuditEvent, Caller, Outcome
from gateway.database import transaction
from tests.commands import Ended, motem

ONE, TWO = "te-01jd0000000000000000000001", "te-01jd0000000000000000000002"
RECORD, OTHER = ONE.removeprefix("te-"), TWO.removeprefix("te-")
DOCTOR = Caller(who="bs.hoa", system="ward-7", purpose="TREAT")
TODAY = ("--from", "2020-01-01", "--to", "2100-01-01")


def written(engine: Engine, *events: AuditEvent) -> None:
    for one in events:
        with transaction(engine) as session:
            audit.append(session, one)


@pytest.fixture
def log(engine: Engine, caller: Caller) -> None:
    """Two records come together; a doctor reads one before, and fails to read the other after."""
    event = AuditEvent
    written(
        engine,
        event(action=Action.RECORD_CREATE, caller=caller, record=RECORD, identity=ONE),
        event(action=Action.RECORD_CREATE, caller=caller, record=OTHER, identity=TWO),
        event(action=Action.PATIENT_READ, caller=DOCTOR, identity=TWO, detail={"version": 1}),
        event(
            action=Action.IDENTITY_LINK,
            caller=caller,
            record=OTHER,
            identity=ONE,
            detail={"from": TWO},
        ),
        event(action=Action.PATIENT_READ, caller=DOCTOR, record=OTHER, outcome=Outcome.REFUSED),
        event(
            action=Action.PATIENT_READ,
            caller=Caller(who="=cmd|calc", system="+odd", purpose="TREAT"),
            record=OTHER,
            withheld=("name",),
            detail={"version": 2},
        ),
    )


def asked(url: URL, *arguments: object) -> Ended:
    ended = motem(url, "audit", *arguments)
    assert ended.status == 0, ended.err
    return ended


def told(url: URL, *arguments: object) -> object:
    return json.loads(asked(url, *arguments, "--json").out)


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("named", [ONE, TWO, RECORD, OTHER])
def test_who_saw_follows_the_child_through_its_merge(database_url: URL, named: str) -> None:
    found = told(database_url, "who-saw", named)
    assert isinstance(found, dict)
    assert (found["child"], found["records"]) == (ONE, [RECORD, OTHER])
    actions = [one["event"]["action"] for one in found["looks"]]
    assert actions == [
        *("record:create", "record:create", "patient:read", "identity:link"),
        *("patient:read", "patient:read"),
    ]
    shown = asked(database_url, "who-saw", named).out
    assert "bs.hoa" in shown
    assert f"Child: {ONE}" in shown


@pytest.mark.usefixtures("log")
def test_each_question_is_in_the_log_before_its_answer(database_url: URL, engine: Engine) -> None:
    asked(database_url, "who-saw", OTHER)
    asked(database_url, "what-did", "bs.hoa")
    asked(database_url, "search", "--child", ONE, "--action", "patient:read")
    asked(database_url, "report", *TODAY)
    asked(database_url, "incident", *TODAY)
    with transaction(engine) as session:
        found = list(audit.events(session, action=Action.AUDIT_READ))
    assert [one.detail["question"] for one in found] == [
        *("who-saw", "search", "search", "report", "incident"),
    ]
    assert [one.identity for one in found] == [ONE, None, ONE, None, None]
    assert found[1].detail["who"] == "bs.hoa"
    assert [one.identity for one in found[4].seen] == [ONE]


@pytest.mark.usefixtures("log")
def test_an_unknown_child_is_said_and_its_name_is_kept_nowhere(
    database_url: URL, engine: Engine
) -> None:
    ended = motem(database_url, "audit", "who-saw", "998000000001")
    assert (ended.status, ended.err) == (1, "motem: There is nothing here.\n")
    with transaction(engine) as session:
        (event,) = audit.events(session, action=Action.AUDIT_READ)
    assert event.outcome is Outcome.FAILURE
    assert "998000000001" not in repr(event)


@pytest.mark.usefixtures("log")
def test_a_guardian_is_told_bodies_times_and_purposes_but_no_names(database_url: URL) -> None:
    asked(database_url, "who-saw", ONE)  # Of which the guardian is told only that it was withheld.
    shown = asked(database_url, "who-saw", ONE, "--guardian").out
    for words in ("ward-7", "điều trị", "xem", "cơ quan"):
        assert words in shown
    assert "nhật ký: 1 dòng" in shown
    for secret in ("bs.hoa", RECORD, OTHER, "audit:read", "từ chối ·"):
        assert secret not in shown
    form = told(database_url, "who-saw", ONE, "--guardian")
    assert isinstance(form, dict)
    assert [row[3] for row in form["rows"]].count("xem · viewed") == 2


@pytest.mark.usefixtures("log")
def test_csv_runs_nothing_and_its_manifest_recognises_it(database_url: URL, tmp_path: Path) -> None:
    path = tmp_path / "answer.csv"
    asked(database_url, "search", "--action", "patient:read", "--csv", path)
    content = path.read_bytes()
    rows = list(csv.reader(content.decode("utf-8-sig").splitlines()))
    assert [row[1:3] for row in rows[1:]] == [
        ["'=cmd|calc", "'+odd"],
        ["bs.hoa", "ward-7"],
        ["bs.hoa", "ward-7"],
    ]
    manifest = json.loads((tmp_path / "answer.csv.manifest.json").read_text("utf-8"))
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["count"] == 3
    assert manifest["query"]["question"] == "search"
    # The database's migration, six events, and the question itself.
    assert manifest["checkpoint"].splitlines()[1] == "8"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("log")
def test_what_an_account_did_and_what_a_search_finds(database_url: URL) -> None:
    def found(*arguments: object) -> list[str]:
        rows = told(database_url, *arguments)
        assert isinstance(rows, list)
        return [row["event"]["outcome"] for row in rows]

    assert found("what-did", "bs.hoa") == ["refused", "success"]
    assert found("search", "--system", "ward-7", "--outcome", "refused") == ["refused"]
    assert found("search", "--purpose", "TREAT", "--child", ONE, "--who", "bs.hoa") == [
        "refused",
        "success",
    ]
    assert found("search", "--child", "te-01jd0000000000000000000009") == []
    assert found("what-did", "bs.hoa", "--to", "2021-01-01") == []


@pytest.mark.usefixtures("log")
def test_a_report_counts_and_an_incident_names_what_was_touched(database_url: URL) -> None:
    report = told(database_url, "report", *TODAY)
    assert isinstance(report, dict)
    assert report["counts"]["action"]["patient:read"] == 3
    assert report["counts"]["who"]["bs.hoa"] == 2
    found = told(database_url, "incident", *TODAY, "--system", "ward-7")
    assert isinstance(found, dict)
    (child,) = found["children"]
    assert (child["child"], child["shown"], child["changed"]) == (ONE, 1, 0)
    assert (child["who"], child["withheld"], found["refused"]) == (["bs.hoa"], [], 1)
    found = told(database_url, "incident", *TODAY)
    assert isinstance(found, dict)
    (child,) = found["children"]
    assert child["records"] == [RECORD, OTHER]
    assert child["versions"] == [f"{OTHER}/2"]


@pytest.mark.parametrize("period", [[], ["--from", "2026-01-02", "--to", "2026-01-01"]])
def test_a_report_wants_a_period(database_url: URL, period: list[str]) -> None:
    assert motem(database_url, "audit", "report", *period).status == 2
    assert motem(database_url, "audit", "incident", *period).status == 2


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("option", ["--who", "--system", "--purpose"])
def test_what_the_log_never_heard_of_is_not_kept_in_it(
    database_url: URL, engine: Engine, option: str
) -> None:
    """Somebody may type a child's number where an account belongs."""
    asked(database_url, "search", option, "998000000001")
    if option != "--purpose":
        asked(database_url, "incident", *TODAY, option, "998000000001")
    with transaction(engine) as session:
        found = list(audit.events(session, action=Action.AUDIT_READ))
    assert all(one.detail[option.removeprefix("--")] == "?" for one in found)
    assert "998000000001" not in repr(found)
