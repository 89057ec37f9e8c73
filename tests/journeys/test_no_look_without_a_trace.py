"""Promise 7: nothing of a child leaves before the log holds it; without the log, nothing leaves."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, text
from sqlalchemy.orm import Session

from audit import log
from audit.event import Action, AuditEvent, Caller, Outcome
from gateway.database import transaction
from tests.commands import Ended, motem
from tests.journeys.conftest import NAME, asking
from tests.journeys.steps import as_owner, homes, minutes, patients

FOUND = "police:00199/12/BB-CAX/2026"
NO_LOG = "REVOKE INSERT ON audit_event FROM motem_app, motem_sequencer"
NO_COMMIT = (
    "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'no commit' USING ERRCODE = '53100'; END $$",
    "CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON audit_event"
    " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()",
)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Payloads and the truth about them, as files."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "good.json").write_bytes(minutes({"hoTen": NAME, "gioiTinh": "NU"}))
    (folder / "bad.json").write_bytes(minutes({"hoTen": NAME}, ngayLap="hôm qua", phatHien=None))
    (folder / "truth.csv").write_text(
        "source,record,child\npolice,00199/12/BB-CAX/2026#1,1\n", encoding="utf-8"
    )
    return folder


def events(engine: Engine) -> list[AuditEvent]:
    with transaction(engine) as session:
        return list(log.events(session))


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command that touches children's data, and what the log must say of it."""

    arguments: tuple[str, ...]
    actions: tuple[Action, ...]
    writes: str | None = None
    status: int = 0


COMMANDS = (
    Command(
        arguments=("ingest", "{papers}/bad.json"),
        actions=(Action.MESSAGE_INGEST,),
        status=3,
    ),
    Command(arguments=("link",), actions=(Action.LINKAGE_RUN,)),
    Command(arguments=("report",), actions=(Action.REPORT_READ,)),
    Command(arguments=("registration", "list"), actions=(Action.REGISTRATION_SEARCH,)),
    Command(
        arguments=("registration", "draft", "--next", "2"),
        actions=(Action.PATIENT_SEARCH, Action.REGISTRATION_DRAFT, Action.REGISTRATION_DRAFT),
    ),
    Command(arguments=("evaluate", "{papers}/truth.csv"), actions=(Action.EVALUATION_RUN,)),
    Command(
        arguments=("export", "links", "{papers}/links.csv"),
        actions=(Action.LINKS_EXPORT,),
        writes="links.csv",
    ),
    Command(
        arguments=("why", f"{FOUND}#1", f"{FOUND}#2"),
        actions=(Action.EXPLANATION_READ, Action.EXPLANATION_READ),
    ),
    Command(arguments=("how", f"{FOUND}#1", "--json"), actions=(Action.EXPLANATION_READ,)),
    Command(
        arguments=("match", "{papers}/good.json", "--count", "1"),
        actions=(Action.MATCH_SEARCH, Action.MATCH_READ),
    ),
    Command(
        arguments=("export", "reviews", "{papers}/reviews.csv"),
        actions=(Action.REVIEW_EXPORT,),
        writes="reviews.csv",
    ),
)


def run(command: Command, url: URL, papers: Path) -> Ended:
    return motem(url, *(argument.format(papers=papers) for argument in command.arguments))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command.arguments[:2]))
def test_each_command_is_in_the_log_with_who_and_why(
    command: Command, small_url: URL, small: Engine, papers: Path
) -> None:
    before = len(events(small))
    assert run(command, small_url, papers).status == command.status
    written = events(small)[before:]
    assert tuple(event.action for event in written) == command.actions
    assert {(event.caller.system, event.caller.purpose) for event in written} == {
        ("motem-cli", "HOPERAT")
    }
    assert command.writes is None or (papers / command.writes).is_file()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command.arguments[:2]))
def test_a_command_that_cannot_be_logged_shows_and_writes_nothing(
    command: Command, small_url: URL, small: Engine, papers: Path
) -> None:
    as_owner(small_url, *NO_COMMIT)
    before, listed = rows(small), sorted(papers.iterdir())
    ended = run(command, small_url, papers)
    assert ended.status == 1
    assert ended.out == ""
    assert NAME not in ended.err
    assert sorted(papers.iterdir()) == listed
    assert rows(small) == before


def rows(engine: Engine) -> list[int]:
    """How many rows stand in each table."""
    tables = "registry_message", "registry_record", "registry_resource", "audit_event"
    with engine.connect() as connection:
        return [
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in tables
        ]


def test_a_model_that_cannot_be_logged_is_not_written(linked_url: URL, tmp_path: Path) -> None:
    as_owner(linked_url, NO_LOG)
    ended = motem(linked_url, "train", "--output", tmp_path / "model.json")
    assert ended.status == 1
    assert list(tmp_path.iterdir()) == []


def test_the_training_of_a_model_is_in_the_log(
    linked_url: URL, linked: Engine, tmp_path: Path
) -> None:
    assert motem(linked_url, "train", "--output", tmp_path / "model.json").status == 0
    assert events(linked)[-1].action is Action.MODEL_TRAIN


NOBODY = "te-00000000000000000000000000"
"""An id of our form that nobody has."""


def asked(small: Engine) -> dict[str, Outcome]:
    """Ids of a record, of a child, and of nobody → how the log says that reading them ended."""
    named = {
        id_
        for of_records in (True, False)
        for id_, patient in patients(small, of_records=of_records).items()
        if NAME in json.dumps(patient, ensure_ascii=False)
    }
    assert len(named) == 2
    return dict.fromkeys(sorted(named), Outcome.SUCCESS) | {NOBODY: Outcome.FAILURE}


def test_each_read_is_in_the_log_with_who_and_why(small_url: URL, small: Engine) -> None:
    with asking(small_url) as client:
        for id_, outcome in asked(small).items():
            before = len(events(small))
            headers = {"X-Motem-System": "ward-7", "X-Purpose-Of-Use": "TREAT"}
            answer = client.get(f"/fhir/R4/Patient/{id_}", headers=headers)
            assert answer.is_success is (outcome is Outcome.SUCCESS)
            (event,) = events(small)[before:]
            assert event.action is Action.PATIENT_READ
            assert event.outcome is outcome
            assert id_ in (event.record, event.identity, event.detail.get("asked"))
            assert (event.caller.system, event.caller.purpose) == ("ward-7", "TREAT")
            assert event.caller.who.startswith("unauthenticated:127.0.0.1")


@pytest.mark.parametrize("broken", [(NO_LOG,), NO_COMMIT], ids=["no-log", "no-commit"])
def test_a_read_that_cannot_be_logged_discloses_nothing(
    broken: tuple[str, ...], small_url: URL, small: Engine
) -> None:
    """Not even whether there is such a child: all answers are alike."""
    with asking(small_url) as client:
        assert NAME in client.get(f"/fhir/R4/Patient/{next(iter(asked(small)))}").text
        as_owner(small_url, *broken)
        named = {"X-Request-Id": "one"}  # Else each error has an id of its own.
        answers = [client.get(f"/fhir/R4/Patient/{id_}", headers=named) for id_ in asked(small)]
    assert {answer.status_code for answer in answers} == {503}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["resourceType"] == "OperationOutcome"
    assert all("etag" not in answer.headers for answer in answers)


def transactions(engine: Engine, table: str, condition: str = "true") -> set[str]:
    """The transactions that wrote the rows."""
    with engine.connect() as connection:
        return set(connection.scalars(text(f"SELECT xmin::text FROM {table} WHERE {condition}")))


def test_the_event_is_written_in_the_transaction_of_what_it_tells(small: Engine) -> None:
    message = transactions(small, "registry_message")
    assert len(message) == 1
    assert message == transactions(small, "audit_event", "action = 'message:ingest'")
    assert message == transactions(small, "audit_event", "action = 'record:create'")
    assert message == transactions(small, "registry_resource", "version_id = 1")
    linked = transactions(small, "linkage_record")
    assert linked == transactions(small, "audit_event", "action = 'linkage:run'")


def test_what_is_rolled_back_leaves_no_event(small: Engine, caller: Caller) -> None:
    before = events(small)
    with Session(small) as session:
        log.append(session, AuditEvent(action=Action.LINKS_EXPORT, caller=caller))
        session.rollback()
    assert events(small) == before
    assert homes(small)
