"""A preview shows what a payload would become, and keeps nothing of it."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import log
from audit.event import Action, Caller
from gateway.ingest import draft
from gateway.preview import Preview, preview
from gateway.registry import tables
from tests.fake_source import ADAPTER, fake_message

GIRL = {"id": "k1", "name": "Nguyễn Thị Thử", "sex": "female"}


def previewed(session: Session, caller: Caller, *lines: dict[str, Any]) -> Preview:
    return preview(session, draft(fake_message(*lines), ADAPTER), caller)


def test_each_record_is_shown_with_its_place_and_its_resources(
    session: Session, caller: Caller
) -> None:
    found = previewed(session, caller, GIRL, GIRL | {"id": "~2"})
    assert [(one.position, one.keyed) for one in found.records] == [
        ("line 1", True),
        ("line 2", False),
    ]
    assert found.records[0].resources[0]["name"][0]["text"] == "Nguyễn Thị Thử"
    assert found.left_out == {"adult": 1}


def test_all_that_would_be_refused_is_told(session: Session, caller: Caller) -> None:
    bad = [GIRL | {"id": kind, "bad": kind} for kind in ("read", "convert", "mistake")]
    found = previewed(session, caller, GIRL, *bad)
    assert len(found.records) == 1
    assert sorted(one.position for one in found.rejections) == ["line 2", "line 3", "line 4"]


def test_nothing_is_stored_and_only_that_somebody_asked_is_written_down(
    session: Session, caller: Caller
) -> None:
    previewed(session, caller, GIRL)
    for table in set(tables.metadata.sorted_tables) - {tables.veil}:
        assert session.scalar(select(func.count()).select_from(table)) == 0
    (event,) = log.events(session, action=Action.MESSAGE_PREVIEW)
    assert event.detail == {"source": "fake", "records": 1}


def test_a_preview_is_not_shown_in_a_repr(session: Session, caller: Caller) -> None:
    assert "Thử" not in repr(previewed(session, caller, GIRL))
