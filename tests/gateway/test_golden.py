"""Golden Patients are stored projections: versioned, changed only when they say something else."""

import json
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway.golden import project
from gateway.ingest import RecordResult, ingest
from gateway.registry import tables
from linkage.tables import record as linkage_record
from tests.fake_source import ADAPTER, fake_message


def two_records(session: Session, caller: Caller) -> tuple[RecordResult, RecordResult]:
    lines = [{"id": k, "name": "Nguyễn Thị Thử", "numbers": [f"99800000000{k}"]} for k in "12"]
    first, second = ingest(session, fake_message(*lines), ADAPTER, caller).records
    return first, second


def join(session: Session, record: RecordResult, identity: str) -> None:
    """What linking does: the record moves to another identity."""
    c = linkage_record.c
    session.execute(
        update(linkage_record).where(c.record_id == record.record).values(identity_id=identity)
    )


def golden(session: Session, identity: str) -> dict[str, Any]:
    c = tables.resource.c
    query = select(c.body).where(c.type == "Patient", c.id == identity, c.is_current)
    found: dict[str, Any] = json.loads(session.execute(query).scalar_one())
    return found


def test_projecting_again_changes_nothing(session: Session, caller: Caller) -> None:
    first, second = two_records(session, caller)
    assert project(session, [first.identity, second.identity]) == 0


def test_a_joined_identity_speaks_for_both_and_the_retired_one_leads_to_it(
    session: Session, caller: Caller
) -> None:
    first, second = two_records(session, caller)
    join(session, second, first.identity)
    assert project(session, [first.identity, second.identity]) == 2
    child = golden(session, first.identity)
    assert len(child["identifier"]) == len(child["link"]) == 2
    assert child["meta"]["versionId"] == "2"
    retired = golden(session, second.identity)
    assert (retired["active"], retired["link"][0]["type"]) == (False, "replaced-by")
    assert retired["link"][0]["other"]["reference"] == f"Patient/{first.identity}"


def test_a_split_brings_both_sides_back(session: Session, caller: Caller) -> None:
    first, second = two_records(session, caller)
    before = golden(session, second.identity)
    join(session, second, first.identity)
    project(session, [first.identity, second.identity])
    join(session, second, second.identity)
    assert project(session, [first.identity, second.identity]) == 2
    after = golden(session, second.identity)
    assert after | {"meta": None} == before | {"meta": None}
    assert after["meta"]["versionId"] == "3"


def test_an_id_that_never_was_is_ignored(session: Session) -> None:
    assert project(session, ["te-nobody"]) == 0
