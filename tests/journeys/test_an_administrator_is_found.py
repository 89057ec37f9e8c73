"""Promise 8: what an administrator of the database builds into it, or puts there, is found or stops all."""

from collections.abc import Mapping

import pytest
from sqlalchemy import URL, Engine, text

from gateway.errors import NotSignedError
from tests.audit.breaking import checked, in_tree, look, look_only, unguarded

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
    engine: Engine, database_url: URL, built: str, look_at: object
) -> None:
    look(engine)
    before = in_tree(engine)
    with unguarded(database_url) as administrator, administrator.begin() as connection:
        for statement in BUILT_IN[built]:
            connection.execute(text(statement))
    with pytest.raises(NotSignedError):
        look_at(engine)
    assert in_tree(engine) == before
