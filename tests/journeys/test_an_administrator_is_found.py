"""Promise 8: what an administrator of the database builds into it, or puts there, is found or stops all."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import URL, Connection, Engine, text

import audit
from audit import finding_store, queries
from audit.event import Action, AuditEvent
from audit.queries import Wanted
from audit.reconciliation import occurrences
from gateway.access import refusals
from gateway.database import Role, transaction
from gateway.errors import NotSignedError
from gateway.ledger_keeping import verified
from tests.audit.breaking import CALLER, checked, in_tree, look, look_only, unguarded
from tests.ledger import engine_for

SWALLOWED = """
CREATE FUNCTION swallow() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN {0} END $$;
CREATE TRIGGER a_swallow {1} EXECUTE FUNCTION swallow();
"""
HIDES = "IF NOT EXISTS (SELECT 1 FROM audit_event e WHERE e.id = NEW.{0}) THEN RETURN NULL; END IF;"
BUILT_IN: Mapping[str, tuple[str, ...]] = {
    "events are swallowed": (
        SWALLOWED.format(
            "IF NEW.body LIKE '%patient:read%' THEN RETURN NULL; END IF; RETURN NEW;",
            "BEFORE INSERT ON audit_event FOR EACH ROW",
        ),
        *(
            f"CREATE FUNCTION hide_{table}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {HIDES.format(column)} RETURN NEW; END $$;"
            f" CREATE TRIGGER a_hide BEFORE INSERT ON {table} FOR EACH ROW"
            f" EXECUTE FUNCTION hide_{table}()"
            for table, column in (("audit_pending", "id"), ("audit_leaf", "event_id"))
        ),
    ),
    "events are taken away again": (
        SWALLOWED.format(
            "DELETE FROM audit_leaf WHERE event_id IN (SELECT id FROM newly);"
            " DELETE FROM audit_pending WHERE id IN (SELECT id FROM newly);"
            " DELETE FROM audit_event WHERE id IN (SELECT id FROM newly); RETURN NULL;",
            "AFTER INSERT ON audit_event REFERENCING NEW TABLE AS newly FOR EACH STATEMENT",
        ),
    ),
}


@pytest.mark.parametrize("built", BUILT_IN)
@pytest.mark.parametrize("look_at", [look_only, look], ids=["reading", "writing"])
def test_nothing_is_shown_where_the_database_takes_the_event_away(
    engine: Engine, database_url: URL, built: str, look_at: Callable[[Engine], object]
) -> None:
    look(engine)
    before = in_tree(engine)
    with unguarded(database_url) as administrator, administrator.begin() as connection:
        for statement in BUILT_IN[built]:
            connection.execute(text(statement))
    with pytest.raises(NotSignedError):
        look_at(engine)
    assert in_tree(engine) == before


def put(connection: Connection, id_: str, **told: object) -> None:
    """An event that somebody without a key writes, and marks as refused by itself."""
    body = json.dumps(
        {"action": "patient:read", "detail": {}, "id": id_, "outcome": "success"} | told
    )
    connection.execute(
        text(
            "INSERT INTO audit_event (id, body, salt, commitment, signature) VALUES (:i, :b, '', '', '')"
        ),
        {"i": id_, "b": body},
    )
    connection.execute(text("INSERT INTO audit_refused (id, alarm) VALUES (:i, :i)"), {"i": id_})


def test_an_event_put_in_by_hand_answers_no_question_and_is_found(
    engine: Engine, database_url: URL
) -> None:
    look(engine)
    now = round(datetime.now(UTC).timestamp() * 1_000_000)
    told = {"who": "framed", "system": "s", "purpose": "TREAT", "occurred": now, "identity": "i9"}
    with unguarded(database_url) as administrator, administrator.begin() as connection:
        put(connection, "put", **told, detail={"refused": "put"})
    day = timedelta(days=1)
    since, until = datetime.now(UTC) - day, datetime.now(UTC) + day
    with transaction(engine) as session:
        assert queries.search(session, Wanted(who="framed")) == []
        assert not queries.is_known(session, "who", "framed")
        assert queries.counted(session, "who", since, until).keys() >= {"tester"}
        assert "framed" not in queries.counted(session, "who", since, until)
        assert "framed" not in finding_store.shown_by_day(session, since, until)
        assert finding_store.last_before(session, ["framed"], until) == {}
        assert now not in set(occurrences(session, since, until))
    assert ("REFUSED", "put") in found(engine)


def test_a_text_taken_away_under_an_erasure_that_somebody_made_up_is_found(
    engine: Engine, database_url: URL
) -> None:
    (id_,) = look(engine)
    detail = {"refused": "tomb", "events": id_}
    with unguarded(database_url) as administrator, administrator.begin() as connection:
        put(connection, "tomb", action="audit:erase", detail=detail)
        connection.execute(
            text(
                "UPDATE audit_event SET body = NULL, salt = NULL, erased_by = 'tomb' WHERE id = :i"
            ),
            {"i": id_},
        )
    assert ("ERASED", id_) in found(engine)


def found(engine: Engine) -> set[tuple[str, str | None]]:
    return {(one.code, one.id) for one in checked(engine).findings}


GUARDS = {
    "a policy": "ALTER TABLE audit_leaf ENABLE ROW LEVEL SECURITY",
    "a rule": "CREATE RULE hide AS ON INSERT TO audit_pending DO INSTEAD NOTHING",
    "a trigger": "CREATE TRIGGER more BEFORE INSERT ON audit_pending EXECUTE FUNCTION audit_refuse()",
    "a trigger taken away": "DROP TRIGGER audit_finding_refuse_change ON audit_finding",
    "a trigger switched off": "ALTER TABLE audit_tile DISABLE TRIGGER audit_tile_refuse_change",
    "a view": "ALTER TABLE audit_refused RENAME TO other;"
    " CREATE VIEW audit_refused AS SELECT * FROM other WHERE false;"
    " GRANT SELECT ON audit_refused TO motem_app",
}


@pytest.mark.parametrize("what", GUARDS)
def test_whatever_stands_between_the_log_and_whoever_asks_is_found(
    engine: Engine, database_url: URL, what: str
) -> None:
    look(engine)
    assert found(engine) == set()
    owner = engine_for(database_url, Role.OWNER)
    with owner.begin() as connection:
        connection.execute(text(GUARDS[what]))
    assert ("GUARD", None) in found(engine)
    owner.dispose()


PLACED = (
    "INSERT INTO linkage_record (record_id, key, source, founding_id, identity_id, decision, content,"
    " block_keys, changed, custodian, event) SELECT :id, :id, 's', 'te-' || :id, 'te-' || :id,"
    " 'pending', '', '{}', false, 'c', current_setting('motem.event')"
)
MOVED = {
    "to another child": "UPDATE linkage_record SET identity_id = 'te-b' WHERE record_id = 'a'",
    "away": "DELETE FROM linkage_record WHERE record_id = 'a'",
    "in": PLACED.replace(":id", "'c'"),
}


@pytest.mark.parametrize("how", MOVED)
def test_a_record_that_somebody_moved_by_hand_is_found(
    engine: Engine, database_url: URL, how: str
) -> None:
    with transaction(engine) as session:
        for id_ in ("a", "b"):
            session.execute(text(PLACED.replace(":id", f"'{id_}'")))
            created = AuditEvent(
                action=Action.RECORD_CREATE, caller=CALLER, record=id_, identity=f"te-{id_}"
            )
            audit.append(session, created)
    assert verified(engine, CALLER).findings == []
    owner = engine_for(database_url, Role.OWNER)
    with owner.begin() as connection:
        connection.execute(
            text(
                "SELECT set_config('motem.event', (SELECT event_id FROM audit_leaf WHERE seq = 0), true)"
            )
        )
        assert connection.execute(text(MOVED[how])).rowcount == 1
    (one,) = verified(engine, CALLER).findings
    assert (one.code, one.id) == ("IDENTITY", "c" if how == "in" else "a")
    owner.dispose()


def test_a_refusal_that_the_database_swallows_is_no_answer(
    engine: Engine, database_url: URL
) -> None:
    owner = engine_for(database_url, Role.OWNER)
    with owner.begin() as connection:
        swallowing = ("RETURN NULL;", "BEFORE INSERT ON access_refusal FOR EACH ROW")
        connection.execute(text(SWALLOWED.format(*swallowing)))
    with pytest.raises(NotSignedError), transaction(engine) as session:
        refusals.refuse(session, Action.ACCESS_REFUSE, "somebody", "why")
    owner.dispose()
