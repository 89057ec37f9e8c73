"""Who belonged where: followed through merges and splits, and led on from what was retired."""

from audit.event import Action, AuditEvent, Caller
from audit.membership import Membership, Move, move_of

CALLER = Caller(who="a", system="b", purpose="HOPERAT")


def moves(*told: tuple[str, str]) -> Membership:
    """(record, identity) at places 0, 1, 2…"""
    return Membership(
        Move(place=place, record=record, identity=identity)
        for place, (record, identity) in enumerate(told)
    )


def test_a_record_is_where_it_was_last_put() -> None:
    membership = moves(("r1", "i1"), ("r2", "i2"), ("r2", "i1"), ("r2", "i2"))
    assert [membership.identity_of("r2", place) for place in range(4)] == [None, "i2", "i1", "i2"]
    assert membership.records_of("i1") == {"r1"}
    assert membership.ever_in(["i1"]) == {"r1", "r2"}
    assert membership.ever_of(["r2"]) == {"i1", "i2"}


def test_a_retired_identity_leads_on_to_where_its_founder_is() -> None:
    membership = moves(("r1", "i1"), ("r2", "i2"), ("r3", "i3"), ("r2", "i1"), ("r3", "i1"))
    assert membership.records_of("i2") == frozenset()
    assert {membership.child_of(id_) for id_ in ("r1", "r3", "i1", "i2", "i3")} == {"i1"}


def test_before_anything_was_told_and_of_what_is_unknown_there_is_nothing() -> None:
    membership = moves(("r1", "i1"))
    assert membership.identity_of("r1", -1) is None
    assert membership.child_of("i9") is None
    assert membership.identity_of("r9") is None


def test_only_events_with_a_record_and_an_identity_say_who_belongs_where() -> None:
    created = AuditEvent(action=Action.RECORD_CREATE, caller=CALLER, record="r", identity="i")
    assert move_of(7, created) == Move(place=7, record="r", identity="i")
    read = AuditEvent(action=Action.RECORD_READ, caller=CALLER, record="r", identity="i")
    run = AuditEvent(action=Action.IDENTITY_LINK, caller=CALLER, identity="i")
    assert move_of(0, read) is None
    assert move_of(0, run) is None
