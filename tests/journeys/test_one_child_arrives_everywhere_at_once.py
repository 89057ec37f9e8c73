"""Concurrent arrivals of one child, beside linkings: in the end one identity, and all ids lead to it."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import URL, Engine, select

from gateway.ingest import IngestResult
from gateway.sample.world import World, write
from linkage import tables
from tests.conftest import fresh_database
from tests.journeys.steps import (
    Partition,
    connected,
    files_of,
    homes,
    ingest,
    link,
    minutes,
    partition,
    patients,
    registration,
)

DOORS, LINKERS = 4, 2
CHILDREN = 10
NAMES = ("Bảo An", "Gia Hân", "Tuệ Lâm", "Minh Khôi", "Thảo Vy")


def told(number: int) -> list[bytes]:
    """One child, by the police and by the register; both say it twice, and the register corrects."""
    papers, name = f"{100 + number}/BB-CAX", f"Nguyễn {NAMES[number % len(NAMES)]}"
    found = minutes({"gioiTinh": "NU"}, soBienBan=papers)
    entry = {"bbSo": papers, "nksHoTen": name}
    corrected = {**entry, "nksHoTen": f"{name} Anh", "ngayDangKy": "16.03.2026"}
    registered = registration(100 + number, **entry)
    return [found, found, registered, registered, registration(100 + number, **corrected)]


def arrive(engine: Engine, payloads: Sequence[bytes]) -> int:
    """By several doors at once, while linkings run; how many linkings there were.

    What fails in any of them fails here.
    """
    with ThreadPoolExecutor(DOORS + LINKERS) as pool:
        taking = [pool.submit(ingest, engine, payloads[door::DOORS]) for door in range(DOORS)]
        linking = [pool.submit(link_until, engine, taking) for _ in range(LINKERS)]
        for taken in taking:
            taken.result()
        return sum(one.result() for one in linking)


def link_until(engine: Engine, ended: Sequence[Future[list[IngestResult]]]) -> int:
    runs = 0
    while not runs or not all(one.done() for one in ended):
        link(engine)
        runs += 1
    return runs


def assert_every_id_leads_to_a_child(engine: Engine) -> None:
    """Whatever id was given out, it stands, or leads in one step to one that does."""
    c = tables.record.c
    with engine.connect() as connection:
        rows = connection.execute(select(c.founding_id, c.identity_id)).all()
    leads = {row.founding_id: row.identity_id for row in rows}
    assert all(leads[leads[identity]] == leads[identity] for identity in leads)
    golden = patients(engine)
    assert golden.keys() == leads.keys()
    for identity, child in golden.items():
        assert child["active"] == (leads[identity] == identity)
        if not child["active"]:
            (led,) = child["link"]
            assert led["type"] == "replaced-by"
            assert led["other"]["reference"] == f"Patient/{leads[identity]}"


@pytest.mark.parametrize("seed", range(2))
def test_a_child_who_arrives_by_several_doors_at_once_is_one_identity(
    database_url: URL, seed: int
) -> None:
    payloads = [payload for number in range(CHILDREN) for payload in told(number)]
    with connected(database_url) as engine:
        runs = arrive(engine, Random(seed).sample(payloads, len(payloads)))
        assert runs >= LINKERS
        link(engine)
        groups = partition(engine)
        assert {len(group) for group in groups} == {2}
        assert len(groups) == CHILDREN
        assert len(patients(engine)) == 2 * CHILDREN
        assert_every_id_leads_to_a_child(engine)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("world") / "w"
    write(World(children=15, seed=9, all_sources=True), folder)
    return files_of(Path(folder))


@pytest.fixture(scope="module")
def one_after_the_other(server_url: URL, template_url: URL, world: list[bytes]) -> Partition:
    with fresh_database(server_url, template_url.database) as url, connected(url) as engine:
        ingest(engine, world)
        link(engine)
        return partition(engine)


def test_all_sources_at_once_beside_linkings_are_the_same_children(
    database_url: URL, world: list[bytes], one_after_the_other: Partition
) -> None:
    with connected(database_url) as engine:
        arrive(engine, Random(1).sample(world, len(world)))
        report = link(engine)
        assert partition(engine) == one_after_the_other
        assert max(map(len, one_after_the_other)) > 2
        assert report.identities == len(set(homes(engine).values()))
        assert_every_id_leads_to_a_child(engine)
        assert link(engine).moved == 0
