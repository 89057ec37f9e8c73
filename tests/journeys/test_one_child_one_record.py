"""Promise 1: every accepted record is in exactly one identity, whatever arrives again."""

import csv
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, Engine, func, select

from audit import log
from audit.event import Action
from gateway.database import transaction
from gateway.registry import tables
from tests.commands import motem
from tests.conftest import fresh_database
from tests.journeys.steps import (
    connected,
    files_of,
    homes,
    ingest,
    link,
    partition,
    patients,
    versions,
)

IDENTITY_EVENTS = (Action.IDENTITY_CREATE, Action.IDENTITY_LINK, Action.IDENTITY_SPLIT)


def record_keys(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(select(tables.record.c.key)))


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (tables.message, tables.statement, tables.record, tables.resource)
        }


def identity_events(engine: Engine) -> int:
    with transaction(engine) as session:
        return sum(len(list(log.events(session, action=action))) for action in IDENTITY_EVENTS)


@pytest.fixture
def empty(database_url: URL) -> Iterator[Engine]:
    with connected(database_url) as engine:
        yield engine


def test_every_accepted_record_is_in_exactly_one_identity(
    linked_url: URL, linked: Engine, world: Path, tmp_path: Path
) -> None:
    assert motem(linked_url, "export", "links", tmp_path / "links.csv").status == 0
    with (tmp_path / "links.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["source", "record", "identity", "decision"]
    exported = [f"{source}:{record}" for source, record, _, _ in rows]
    assert len(exported) == len(set(exported)) > 150
    assert set(exported) == record_keys(linked) == homes(linked).keys()
    identities = {identity for _, _, identity, _ in rows}
    assert 60 <= len(identities) < len(rows)
    with (world / "truth.csv").open(encoding="utf-8", newline="") as file:
        true = {f"{row['source']}:{row['record']}" for row in csv.DictReader(file)}
    assert len(true & set(exported)) > 0.95 * len(true)


def test_each_child_is_read_over_http_with_all_its_records(
    client: httpx.Client, linked: Engine
) -> None:
    found: list[str] = []
    for identity in sorted(set(homes(linked).values())):
        answer = client.get(f"/fhir/R4/Patient/{identity}")
        assert answer.status_code == 200
        child = answer.json()
        assert child["id"] == identity
        assert child["active"] is True
        found += [link["other"]["reference"] for link in child["link"]]
    assert sorted(found) == sorted(f"Patient/{id_}" for id_ in patients(linked, of_records=True))


def test_linking_again_changes_nothing(linked: Engine) -> None:
    before = versions(linked), identity_events(linked), homes(linked)
    assert identity_events(linked) > 0
    assert link(linked).moved == 0
    assert (versions(linked), identity_events(linked), homes(linked)) == before


def test_what_comes_again_makes_no_second_record_and_no_second_child(
    linked: Engine, world: Path
) -> None:
    before = counts(linked), versions(linked), identity_events(linked), homes(linked)
    results = ingest(linked, files_of(world))
    assert all(result.repeated for result in results)
    assert link(linked).moved == 0
    assert (counts(linked), versions(linked), identity_events(linked), homes(linked)) == before


def test_the_same_words_in_other_bytes_make_no_second_record(linked: Engine, world: Path) -> None:
    """JSON with another space, XML with a line more: another message, but the same records."""
    before = versions(linked), homes(linked)
    some = set(files_of(world / "police", world / "civil_status"))  # Some were sent twice.
    again = [content + b"\n" for content in some]
    results = ingest(linked, again)
    assert results
    assert not any(result.repeated for result in results)
    assert {record.change for result in results for record in result.records} == {"unchanged"}
    assert (versions(linked), homes(linked)) == before


def test_in_parallel_no_second_record_is_made(empty: Engine, linked: Engine, world: Path) -> None:
    """Four deliver the same files at once, each in another order."""
    payloads = files_of(world)

    def deliver(seed: int) -> None:
        ingest(empty, Random(seed).sample(payloads, len(payloads)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(deliver, range(4)))
    assert record_keys(empty) == record_keys(linked)
    assert counts(empty)["registry_message"] == counts(linked)["registry_message"]
    assert counts(empty)["registry_statement"] == counts(linked)["registry_statement"]
    assert len(partition(empty)) == len(record_keys(empty)) == len(patients(empty))
    link(empty)
    assert partition(empty) == partition(linked)


def test_two_linkings_at_once_are_one_after_the_other(
    server_url: URL, linked_template: URL, world: Path
) -> None:
    """Beside them more arrives; every record is in one identity with a golden Patient."""
    with (
        fresh_database(server_url, linked_template.database) as url,
        connected(url) as engine,
        ThreadPoolExecutor(3) as pool,
    ):
        resent = [content + b"\n" for content in files_of(world / "police")]
        work: list[Future[Any]] = [
            pool.submit(link, engine),
            pool.submit(link, engine),
            pool.submit(ingest, engine, resent),
        ]
        for done in work:
            done.result()
        assert record_keys(engine) == homes(engine).keys()
        standing = {id_ for id_, child in patients(engine).items() if child["active"]}
        assert standing == set(homes(engine).values())
