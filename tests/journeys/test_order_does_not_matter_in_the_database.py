"""Promise 3, end to end: whatever order and batches payloads came in, the children are the same."""

from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import URL, Engine, select

from gateway.sample.world import World, write
from linkage import tables
from tests.conftest import fresh_database
from tests.journeys.steps import Partition, connected, files_of, ingest, link, partition

Outcome = tuple[Partition, frozenset[tuple[str, str, float, str]]]


@pytest.fixture(scope="module")
def payloads(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("world") / "w"
    write(World(children=30, seed=9), folder)
    return files_of(folder)


def outcome(engine: Engine) -> Outcome:
    """The children, and what a steward is asked about them."""
    c = tables.review.c
    with engine.connect() as connection:
        reviews = connection.execute(select(c.left_key, c.right_key, c.weight, c.reason))
        return partition(engine), frozenset(tuple(row) for row in reviews)


@pytest.fixture(scope="module")
def at_once(server_url: URL, template_url: URL, payloads: list[bytes]) -> Outcome:
    """Taken in as they lie in their folders, and linked."""
    with fresh_database(server_url, template_url.database) as url, connected(url) as engine:
        ingest(engine, payloads)
        link(engine)
        return outcome(engine)


@pytest.fixture
def empty(database_url: URL) -> Iterator[Engine]:
    with connected(database_url) as engine:
        yield engine


def test_the_world_is_worth_linking(at_once: Outcome) -> None:
    groups, reviews = at_once
    assert len(groups) > 30
    assert sum(len(group) > 2 for group in groups) > 5
    assert reviews


def test_the_last_file_may_come_first(
    empty: Engine, payloads: list[bytes], at_once: Outcome
) -> None:
    ingest(empty, reversed(payloads))
    link(empty)
    assert outcome(empty) == at_once


@pytest.mark.parametrize("seed", [1])
def test_files_may_come_in_batches_with_a_linking_after_each(
    empty: Engine, payloads: list[bytes], at_once: Outcome, seed: int
) -> None:
    shuffled = Random(seed).sample(payloads, len(payloads))
    third = len(shuffled) // 3 + 1
    for start in range(0, len(shuffled), third):
        ingest(empty, shuffled[start : start + third])
        link(empty)
    assert outcome(empty) == at_once
