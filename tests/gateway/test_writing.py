"""Writing together, where the process dies amid it, and how much of it the log tells."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine, text

import audit
from adapters.catalog import load_adapters
from adapters.contract import Domains, Resource
from audit.event import Action
from gateway.database import printable, transaction
from gateway.feed import Feed
from gateway.write_entries import Entry
from gateway.writing import write
from tests.conftest import TESTER, fresh_database
from tests.ledger import engine_for

CLINIC = "https://phong-kham-mau.example/benh-nhan"
BASE = "http://127.0.0.1/fhir/R4"
DYING = """
import os, signal, sys
from sqlalchemy import make_url
from tests.gateway.test_writing import BASE, entries, feed_on
from tests.ledger import engine_for
from gateway.writing import write

def die(session):
    os.kill(os.getpid(), signal.SIGKILL)

write(feed_on(engine_for(make_url(sys.argv[1]))), entries(), base=BASE, reads=[die])
"""
"""All is written when the kill comes, and nothing is committed."""


@pytest.fixture(scope="module")
def engine(server_url: URL, template_url: URL) -> Iterator[Engine]:
    with fresh_database(server_url, template_url.database) as url:
        engine = engine_for(url)
        yield engine
        engine.dispose()


def feed_on(engine: Engine) -> Feed:
    domains = Domains(own=frozenset({CLINIC}))
    return Feed(engine=engine, adapter=load_adapters()["fhir"], domains=domains, caller=TESTER)


def entries() -> list[Entry]:
    child: Resource = {
        "resourceType": "Patient",
        "identifier": [{"use": "official", "system": CLINIC, "value": "K1"}],
        "name": [{"text": "Lê Thị Kim"}],
    }
    seen: Resource = {
        "resourceType": "Condition",
        "subject": {"reference": "urn:uuid:1"},
        "code": {"text": "sốt"},
    }
    return [
        Entry(method="POST", kind="Patient", url="urn:uuid:1", resource=child),
        Entry(method="POST", kind="Condition", resource=seen),
    ]


def rows(engine: Engine) -> dict[str, int]:
    names = text(
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind = 'r' AND nspname = 'public' AND relname NOT LIKE 'audit%'"
    )
    with engine.connect() as connection:
        found = sorted(connection.scalars(names))
        return {one: connection.scalar(text(f'SELECT count(*) FROM "{one}"')) or 0 for one in found}


def test_who_dies_amid_it_leaves_nothing(engine: Engine) -> None:
    before = rows(engine)
    told = [sys.executable, "-c", DYING, printable(engine.url)]
    died = subprocess.run(told, check=False, capture_output=True)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert rows(engine) == before
    written, _ = write(feed_on(engine), entries(), base=BASE)
    assert [one.is_new for one in written] == [True, True]
    after = rows(engine)
    assert after["registry_record"] == before["registry_record"] + 1
    with transaction(engine) as session:
        told_of = list(audit.events(session, action=Action.RECORD_CREATE))
        assert [one.record for one in told_of] == [written[0].id]
        seen = {
            one.detail.get("resource") for one in audit.events(session, action=Action.RESOURCE_READ)
        }
        assert written[1].id in seen
