"""`motem user`: people are let in, shown, given a role and switched off; each is an event."""

from sqlalchemy import URL, Engine

import audit
from audit.event import Action
from gateway.database import transaction
from tests.commands import Ended, motem

ADD = (
    *("user", "add", "an", "--name", "Trần Văn An", "--role", "child-protection"),
    *("--province", "01", "--purpose", "CHILDPROT"),
)


def refused(ended: Ended) -> bool:
    return ended.status == 1 and "unexpected" not in ended.err


def test_a_person_from_the_first_day_to_the_last(database_url: URL, engine: Engine) -> None:
    assert motem(database_url, *ADD).status == 0
    assert refused(motem(database_url, *ADD)), "there is one already"
    assert refused(motem(database_url, "user", "role", "nobody", "auditor"))
    assert motem(database_url, "user", "role", "an", "auditor").status == 0
    shown = motem(database_url, "user", "show", "an").out
    assert "auditor" in shown
    assert "Trần Văn An" in shown
    assert motem(database_url, "user", "disable", "an").status == 0
    assert "không" in motem(database_url, "user", "list").out
    with transaction(engine) as session:
        acts = [
            one.action
            for action in (Action.USER_ADD, Action.USER_CHANGE)
            for one in audit.events(session, action=action)
        ]
    assert acts == [Action.USER_ADD, Action.USER_CHANGE, Action.USER_CHANGE]


def test_who_is_none_is_refused(database_url: URL) -> None:
    for changes in (
        ("--purpose", "WHATEVER"),
        ("--province", "Hà Nội"),
        ("--subject", "known to no provider"),
        ("--body", "moon:1"),
    ):
        assert refused(motem(database_url, *ADD, *changes)), changes
