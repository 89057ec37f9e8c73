"""Keys of a source are locked one by one, and the whole source where there are many."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from gateway.database import transaction
from gateway.registry.statements import MOST_LOCKS, lock

FEW = ["a", "b"]
MANY = [f"key {number}" for number in range(MOST_LOCKS + 1)]


def waits(engine: Engine, held: Sequence[str], wanted: Sequence[str], source: str = "s") -> bool:
    """Whether who wants some keys has to wait for who holds some of source `s`."""
    with transaction(engine) as holder, transaction(engine) as other:
        lock(holder, "s", held)
        other.execute(text("SET LOCAL lock_timeout = '100ms'"))
        try:
            lock(other, source, wanted)
        except OperationalError:
            other.rollback()
            return True
    return False


@pytest.mark.parametrize(
    ("held", "wanted", "is_waiting"),
    [
        (FEW, ["b"], True),
        (FEW, ["c"], False),
        (FEW, MANY, True),
        (MANY, ["c"], True),
        (MANY, [], False),
    ],
)
def test_only_who_wants_the_same_waits(
    engine: Engine, held: list[str], wanted: list[str], is_waiting: bool
) -> None:
    assert waits(engine, held, wanted) is is_waiting


def test_another_source_does_not_wait(engine: Engine) -> None:
    assert not waits(engine, MANY, FEW, source="t")


def test_many_keys_take_few_locks(engine: Engine) -> None:
    count = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
    with transaction(engine) as session:
        lock(session, "s", MANY)
        assert session.scalar(count) == 1
