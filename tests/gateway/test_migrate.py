"""Migrations: complete, repeatable, safe side by side, and right about rights."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Engine, MetaData, text

import audit
import audit.tables
import gateway.access.tables
import gateway.registry.change_tables
import gateway.registry.export_tables
import gateway.registry.outbound_tables
import gateway.registry.tables
import linkage.tables
from audit.event import Action, AuditEvent, Caller
from gateway import backfill, subscription_history
from gateway.database import Role, printable, transaction
from gateway.errors import NotMigratedError, RolesMissingError
from gateway.ledger_keeping import verified
from gateway.migrate import _config, migrate, newest, require_newest
from gateway.migrations.comparison import compared
from gateway.migrations.roles import GRANTS, TableSet, become_owner
from tests.gateway.test_delivery import subscribed
from tests.ledger import audit_folder, engine_for

TABLES: dict[TableSet, MetaData] = {
    TableSet.REGISTRY: gateway.registry.tables.metadata,
    TableSet.LINKAGE: linkage.tables.metadata,
    TableSet.AUDIT: audit.tables.metadata,
    TableSet.OUTBOUND: gateway.registry.outbound_tables.metadata,
    TableSet.CHANGES: gateway.registry.change_tables.metadata,
    TableSet.EXPORTS: gateway.registry.export_tables.metadata,
    TableSet.ACCESS: gateway.access.tables.metadata,
}


OWN_RIGHTS = {
    "registry_receiver": TableSet.RECEIVERS,
    "audit_pending": TableSet.QUEUE,
    **dict.fromkeys(
        ("audit_leaf", "audit_tile", "audit_checkpoint", "audit_refused"), TableSet.LEDGER
    ),
    **dict.fromkeys(("audit_finding", "audit_finding_state"), TableSet.FINDINGS),
    "registry_veil": TableSet.KEYS,
    "access_override": TableSet.OVERRIDES,
}


@pytest.fixture
def empty(empty_database_url: URL) -> Iterator[Engine]:
    engine = engine_for(empty_database_url, None)
    yield engine
    engine.dispose()


@pytest.fixture
def owner(database_url: URL) -> Iterator[Engine]:
    engine = engine_for(database_url, None)
    yield engine
    engine.dispose()


def test_models_and_migrations_agree(owner: Engine) -> None:
    with owner.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_server_default": True, "include_object": compared}
        )
        # Alembic takes several, as env.py gives it; its types know only one.
        assert compare_metadata(context, list(TABLES.values())) == []  # type: ignore[arg-type]


def test_migrating_twice_does_nothing_the_second_time(empty: Engine, caller: Caller) -> None:
    assert migrate(empty, caller).before is None
    assert migrate(empty, caller).before == newest()
    with transaction(empty) as session:
        assert [event.action for event in audit.events(session)] == [Action.DATABASE_MIGRATE]


def test_several_migrations_at_once_are_one(empty: Engine, caller: Caller) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: migrate(empty, caller), range(4)))
    assert sorted(migration.before or "" for migration in done) == ["", *[newest()] * 3]


def test_an_unmigrated_database_is_recognised(empty: Engine, caller: Caller) -> None:
    with pytest.raises(NotMigratedError, match="motem migrate"):
        require_newest(empty)
    migrate(empty, caller)
    require_newest(empty)


def test_all_tables_belong_to_the_owner_role(owner: Engine) -> None:
    with owner.connect() as connection:
        owners = connection.scalars(
            text("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        ).all()
    assert owners == [Role.OWNER]


@pytest.mark.parametrize("role", [Role.APP, Role.CALLER, Role.LINKAGE, Role.AUDIT, Role.SEQUENCER])
def test_each_role_has_the_rights_in_the_table_and_no_others(owner: Engine, role: Role) -> None:
    question = text("SELECT has_table_privilege(:role, :table, :right)")
    for tables, metadata in TABLES.items():
        for table in metadata.tables:
            allowed = GRANTS[OWN_RIGHTS.get(table, tables)].get(role, "").split(", ")
            for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
                with owner.connect() as connection:
                    answer = connection.scalar(
                        question, {"role": role, "table": table, "right": right}
                    )
                assert answer is (right in allowed), (table, right)


@pytest.mark.parametrize(
    "tables", [TableSet.AUDIT, TableSet.LEDGER, TableSet.FINDINGS, TableSet.OUTBOUND]
)
def test_what_is_append_only_is_open_to_no_change_by_any_role(tables: TableSet) -> None:
    rights = ", ".join(GRANTS[tables].values())
    assert not {"UPDATE", "DELETE", "TRUNCATE"} & set(rights.split(", "))


@pytest.fixture
def hosted(server_url: URL, empty_database_url: URL) -> Iterator[URL]:
    """A login as hosted servers give: it may make neither roles nor databases."""
    login = "motem_test_hosted"
    with psycopg.connect(printable(server_url), autocommit=True) as connection:
        connection.execute(f"DROP ROLE IF EXISTS {login}".encode())
        connection.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'made-up'".encode())
        with psycopg.connect(printable(empty_database_url), autocommit=True) as inside:
            inside.execute(f"GRANT CREATE ON SCHEMA public TO {login}".encode())
            yield empty_database_url.set(username=login, password="made-up")
            inside.execute(f"REVOKE ALL ON SCHEMA public FROM {login}".encode())
        connection.execute(f"DROP ROLE {login}".encode())


@pytest.mark.usefixtures("template_url")  # The four roles exist.
def test_a_login_that_may_make_no_roles_is_given_the_sql_that_helps(
    hosted: URL, empty_database_url: URL, caller: Caller
) -> None:
    engine = engine_for(hosted, None)
    with pytest.raises(RolesMissingError, match="CREATE ROLE motem_app NOLOGIN;") as caught:
        migrate(engine, caller)
    advice = [line.strip() for line in str(caught.value).splitlines()[1:]]
    with psycopg.connect(printable(empty_database_url), autocommit=True) as administrator:
        for statement in advice:
            if not statement.startswith("CREATE ROLE"):
                administrator.execute(statement.encode())
    assert migrate(engine, caller).after == newest()
    engine.dispose()


DECISION = (
    "INSERT INTO linkage_decision (id, left_key, right_key, verdict, author, reason, custodian,"
    " withdrawn_by) VALUES (:id, 'a:1', 'b:2', 'same', 'steward', 'made up', 'shared', :by)"
)


def test_decisions_of_before_stand_and_those_withdrawn_are_so_by_a_row_of_their_own(
    empty: Engine, caller: Caller
) -> None:
    migrate(empty, caller)
    standing = text("SELECT id, verdict, withdraws, left_id FROM linkage_decision ORDER BY made_at")
    with empty.begin() as connection:
        config = _config(connection)
        command.downgrade(config, "0006")
        connection.execute(text(DECISION), [{"id": "1", "by": None}, {"id": "2", "by": "x"}])
        command.upgrade(config, "0007")
        kept = connection.execute(standing).all()
        assert {row[:2] for row in kept if row.withdraws is None} == {("1", "same"), ("2", "same")}
        assert [row.verdict for row in kept if row.withdraws == "2"] == ["withdrawn"]
        assert {row.left_id for row in kept} == {"unknown"}
        command.downgrade(config, "0006")
        told = connection.execute(text("SELECT id, withdrawn_by FROM linkage_decision ORDER BY id"))
        assert [(row.id, row.withdrawn_by is not None) for row in told] == [
            ("1", False),
            ("2", True),
        ]


def test_events_of_before_the_ledger_are_signed_into_it_and_it_says_so(
    database_url: URL, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "AT_ONCE", 2)
    engine = engine_for(database_url, None)
    with transaction(engine) as session:
        written = AuditEvent(
            action=Action.PATIENT_READ, caller=caller, record="r1", detail={"n": 1}
        )
        audit.append(session, AuditEvent(action=Action.REPORT_READ, caller=caller))
        audit.append(session, written)
    with engine.begin() as connection:
        become_owner(connection)
        command.downgrade(_config(connection), "0010")
    anchor = audit_folder() / f"{database_url.database}.checkpoint"
    anchor.unlink()
    assert migrate(engine, caller).before == "0010"
    with transaction(engine) as session:
        _, _, _, read, told = audit.events(session)
    assert replace(read, unit=None) == replace(written, unit=None)
    assert (told.action, told.detail["events"]) == (Action.AUDIT_BACKFILL, 3)
    assert verified(engine, caller).findings == []
    engine.dispose()


def test_a_subscription_of_before_has_the_version_that_stood_then(
    database_url: URL, engine: Engine, caller: Caller
) -> None:
    id_ = subscribed(engine, caller, "http://localhost:9/", header=["Authorization: its-own"])
    owner = engine_for(database_url, None)
    with owner.begin() as connection:
        become_owner(connection)
        command.downgrade(_config(connection), "0025")
    assert migrate(owner, caller).before == "0025"
    owner.dispose()
    with transaction(engine) as session:
        (kept,) = subscription_history.read_history(session, caller, id_, ()).versions
    assert (kept.number, kept.method, kept.is_on) == (1, "POST", True)
    assert kept.terms.headers == ()


LOOKED_UP = {
    "linkage_record": "block_keys && ARRAY['a']",
    "registry_resource": "is_current AND type = 'Patient' AND id = 'a'",
    "registry_statement": "source = 'police' AND base_key = 'a'",
}


@pytest.mark.parametrize("table", LOOKED_UP)
def test_row_security_leaves_nothing_in_the_plans_of_the_service_itself(
    engine: Engine, table: str
) -> None:
    """Where a condition stood, an index whose operator is not leakproof (&&) could not be used."""
    question = text(f"EXPLAIN SELECT * FROM {table} WHERE {LOOKED_UP[table]}")
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(connection.execute(question).scalars())
    assert "Index" in plan
    assert "motem." not in plan
    assert "InitPlan" not in plan


def test_every_table_of_child_data_is_under_row_security(owner: Engine) -> None:
    """Also for their owner; and no role may go around it."""
    labelled = text(
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS held FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid WHERE a.attname = 'custodian'"
        " AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
    )
    passing = text("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'motem\\_%' AND rolbypassrls")
    with owner.connect() as connection:
        held = {row.relname: row.held for row in connection.execute(labelled)}
        assert connection.scalar(passing) == 0
    assert len(held) > 10
    assert all(held.values()), held
