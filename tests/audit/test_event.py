"""Events: what may be said, and what may not."""

import re
from datetime import datetime

import pytest

from audit.event import Action, AuditEvent, Caller


def test_every_action_is_subject_and_verb() -> None:
    assert all(re.fullmatch(r"[a-z]+:[a-z]+", action) for action in Action)


@pytest.mark.parametrize("missing", ["who", "system", "purpose"])
def test_a_caller_without_name_system_or_purpose_is_refused(missing: str) -> None:
    with pytest.raises(ValueError, match="who, system and purpose"):
        Caller(**({"who": "a", "system": "b", "purpose": "c"} | {missing: ""}))


def test_events_have_ids_of_their_own(caller: Caller) -> None:
    ids = {AuditEvent(action=Action.PATIENT_READ, caller=caller).id for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", id_) for id_ in ids)


def test_a_time_without_a_zone_is_refused(caller: Caller) -> None:
    with pytest.raises(ValueError, match="zone"):
        AuditEvent(action=Action.PATIENT_READ, caller=caller, occurred=datetime(2026, 3, 4))  # noqa: DTZ001 (the point of the test)


@pytest.mark.parametrize("value", [1.5, None, ["a"]])
def test_detail_holds_only_what_canonical_json_keeps_exact(caller: Caller, value: object) -> None:
    with pytest.raises(ValueError, match="Detail"):
        AuditEvent(action=Action.PATIENT_READ, caller=caller, detail={"x": value})  # type: ignore[dict-item]


def test_a_number_that_canonical_json_does_not_keep_exact_is_refused() -> None:
    with pytest.raises(ValueError, match="exact"):
        AuditEvent(
            action=Action.REPORT_READ,
            caller=Caller(who="a", system="b", purpose="c"),
            detail={"count": 2**53},
        )
