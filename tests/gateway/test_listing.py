"""An export is listed once and whole: whoever is killed, writes meanwhile, or commits late."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, Engine, select

from audit.event import Action, AuditEvent, Caller
from audit.log import append, events
from gateway import exporting
from gateway.access import clients
from gateway.admission import Entrance
from gateway.database import printable, settle, transaction
from gateway.exporting import EndedError
from gateway.ingest import deliver, ingest
from gateway.listing import ATTEMPTS, Lister
from gateway.registry import changes, export_tables, exports, resources
from gateway.registry.changes import Change, Kind
from gateway.registry.exports import Owner, State, Step
from gateway.settings import Settings
from tests.conftest import TESTER, fresh_database
from tests.fake_source import ADAPTER, fake_message
from tests.gateway.access.machines import client_of, registered
from tests.ledger import engine_for

LATER = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


def in_an_hour() -> datetime:
    """When no lease of today's holds any more."""
    return now() + LATER


def lister(engine: Engine, most: int = 2, clock: Callable[[], datetime] = now) -> Lister:
    told = Settings.model_validate({"DATABASE_URL": printable(engine.url)})
    return Lister(engine, Entrance(told, engine), most, clock)


def child(engine: Engine, key: str, **more: Any) -> str:
    """The id of its record."""
    said = {"id": key, "name": key, "sex": "female", "grams": 3000} | more
    return deliver(engine, fake_message(said), ADAPTER, TESTER).records[0].reference.split("/")[1]


@pytest.fixture
def children(engine: Engine) -> list[str]:
    return [child(engine, f"k{number}") for number in range(7)]


def begun(engine: Engine, **asked: str) -> str:
    with transaction(engine) as session:
        return exporting.begin(
            session,
            TESTER,
            [(f"_{name}", value) for name, value in asked.items()],
            address="http://motem.example/fhir/R4/Patient/$export",
            only_children=True,
        )


def listed(engine: Engine, id_: str, most: int = 2) -> list[tuple[str, str]]:
    """Type and id of all that is in the files, once it is listed."""
    one = lister(engine, most)
    while one.go_on():
        pass
    with transaction(engine) as session:
        found, files = exporting.how_far(session, TESTER, id_)
        assert found.state is State.DONE
        pages = [exporting.page(session, TESTER, id_, f.kind, f.number) for f in files]
    told = [orjson.loads(line) for page in pages for line in page.content.splitlines()]
    assert all(len(page.content.splitlines()) <= most for page in pages)
    return [(one["resourceType"], one["id"]) for one in told]


def time_of(engine: Engine, id_: str) -> str:
    with transaction(engine) as session:
        found = exports.find(session, id_)
    assert found is not None
    return found.begun.isoformat()


def goldens(found: Sequence[tuple[str, str]]) -> list[str]:
    return [id_ for kind, id_ in found if kind == "Patient"]


def test_each_resource_is_listed_once(engine: Engine, children: list[str]) -> None:
    found = listed(engine, begun(engine))
    assert len(found) == len(set(found))
    kinds = [kind for kind, _ in found]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "Patient": 7,
        "Observation": 7,
        "Provenance": 7,
    }
    assert all(id_.startswith("te-") for id_ in goldens(found))


class Ended:
    """A clock at which the process ends when it is looked at for the n-th time."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def __call__(self) -> datetime:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return now()


@pytest.mark.parametrize("looks", [5, 23])
def test_a_kill_costs_one_page_and_nothing_is_lost_or_listed_twice(
    looks: int, database_url: URL, engine: Engine, children: list[str]
) -> None:
    id_ = begun(engine)
    engine.dispose()  # A process that is forked must not share connections.

    def work() -> None:
        own = engine_for(database_url)
        one = lister(own, 2, Ended(looks))
        while one.go_on():
            pass

    process = get_context("fork").Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    with transaction(engine) as session:
        halfway = exports.find(session, id_)
    assert halfway is not None
    assert halfway.state is State.RUNNING
    assert halfway.found > 0
    assert not lister(engine).go_on()  # Somebody may still be at it.
    again = lister(engine, 2, in_an_hour)
    while again.go_on():
        pass
    found = listed(engine, id_)
    assert len(found) == len(set(found)) == 21


def test_two_who_list_the_same_page_list_it_once(engine: Engine, children: list[str]) -> None:
    id_ = begun(engine)
    one, other = lister(engine), lister(engine, 2, in_an_hour)
    with transaction(engine) as session:
        taken = exports.take_due(session, now(), now() + LATER)
    assert taken is not None
    assert not one.go_on()  # It is taken.
    page = one._page(taken)
    assert other.go_on()
    with transaction(engine) as session:
        one._keep(session, taken, page)  # Too late.
    assert len(listed_in_an_hour(engine, id_)) == 21


def listed_in_an_hour(engine: Engine, id_: str) -> list[tuple[str, str]]:
    again = lister(engine, 2, in_an_hour)
    while again.go_on():
        pass
    return listed(engine, id_)


def test_since_the_last_one_is_what_changed_and_nothing_else(
    engine: Engine, children: list[str]
) -> None:
    first = begun(engine)
    assert len(goldens(listed(engine, first))) == 7
    child(engine, "k3", name="Đặng Văn Mới")
    child(engine, "new")
    second = begun(engine, since=time_of(engine, first))
    found = listed(engine, second)
    kinds = [kind for kind, _ in found]
    assert kinds.count("Patient") == 2
    third = begun(engine, since=time_of(engine, second))
    assert listed(engine, third) == []


def test_what_a_client_may_see_newly_because_records_moved_is_listed(
    engine: Engine, children: list[str]
) -> None:
    """Whoever sees its own children only sees more where a record comes to one of them."""
    first = begun(engine)
    listed(engine, first)
    moved = Change(kind=Kind.IDENTITY, identity="te-x", after={"te-x": [children[2]]})
    with transaction(engine) as session:
        changes.add(session, [moved], now())
        append(session, AuditEvent(action=Action.IDENTITY_LINK, caller=TESTER))
    found = listed(engine, begun(engine, since=time_of(engine, first), type="Observation,Patient"))
    (observation,) = found
    with transaction(engine) as session:
        kept = resources.read_many(session, found)
    assert kept[observation].record_id == children[2]


def test_what_is_committed_late_is_not_missed(engine: Engine, children: list[str]) -> None:
    """It was written before the first export began, and committed after that had ended."""
    with transaction(engine) as late:
        said = {"id": "late", "name": "Muộn", "sex": "male"}
        (record,) = ingest(late, fake_message(said), ADAPTER, TESTER).records
        first = begun(engine)
        seen = goldens(listed(engine, first))
    assert record.identity not in seen
    child(engine, "k1", name="Ai khác")
    assert record.identity in goldens(listed(engine, begun(engine, since=time_of(engine, first))))


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(st.sampled_from(["open", "write", "close", "export"]), min_size=4, max_size=9)
)
def test_a_chain_of_exports_misses_nothing(steps: list[str], shared_chain: "Chain") -> None:
    shared_chain.run(steps)


class Chain:
    """A consumer that exports now and then, while others write and some of them commit late."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.number = engine, 0
        self.last: str | None = None
        self.held: set[str] = set()
        self.written: set[str] = set()

    def run(self, steps: Sequence[str]) -> None:
        with_open: list[Any] = []
        for step in steps:
            if step == "open":
                manager = transaction(self.engine)
                with_open.append((manager, manager.__enter__()))
                self._write(with_open[-1][1])
            elif step == "write":
                with transaction(self.engine) as session:
                    self._write(session)
            elif step == "close" and with_open:
                with_open.pop(0)[0].__exit__(None, None, None)
            elif step == "export":
                self.export()
        for manager, _ in with_open:
            manager.__exit__(None, None, None)
        self.export()
        assert self.held >= self.written

    def _write(self, session: Any) -> None:
        self.number += 1
        message = fake_message({"id": f"c{self.number}", "name": f"Bé {self.number}"})
        (record,) = ingest(session, message, ADAPTER, TESTER).records
        self.written.add(record.identity)

    def export(self) -> None:
        since = {"since": time_of(self.engine, self.last)} if self.last else {}
        id_ = begun(self.engine, type="Patient", **since)
        self.held |= set(goldens(listed(self.engine, id_, 100)))
        self.last = id_


@pytest.fixture(scope="module")
def shared_chain(server_url: URL, template_url: URL) -> Iterator[Chain]:
    with fresh_database(server_url, template_url.database) as url:
        engine = engine_for(url)
        yield Chain(engine)
        engine.dispose()


def owned(engine: Engine, client: str | None, begin: datetime) -> str:
    """An export of a client, as it would have asked for it."""
    owner = Owner(
        client=client, who=client or "x", system=client or "x", purpose="CHILDPROT", policy=None
    )
    with transaction(engine) as session:
        id_ = exports.add(
            session,
            owner,
            request="",
            steps=[Step(kind="Patient")],
            elements=(),
            since=None,
            begun=begin,
            expires=begin + LATER,
        )
        append(session, AuditEvent(action=Action.EXPORT_BEGIN, caller=TESTER))
    return id_


def state_of(engine: Engine, id_: str) -> tuple[str, str | None]:
    c = export_tables.export.c
    with transaction(engine) as session:
        row = session.execute(select(c.state, c.why).where(c.id == id_)).one()
    return row.state, row.why


def test_who_is_switched_off_meanwhile_gets_nothing(
    engine: Engine, children: list[str], caller: Caller
) -> None:
    registered(engine, client_of("so-01", "child-protection", "CHILDPROT", provinces=("*",)))
    id_ = owned(engine, "so-01", now())
    one = lister(engine)
    assert one.go_on()
    with transaction(engine) as session:
        clients.switch(session, "so-01", caller, enabled=False)
    assert one.go_on()
    assert state_of(engine, id_) == ("failed", "forbidden")
    assert not one.go_on()


def test_what_fails_again_and_again_is_given_up_and_said_so(
    engine: Engine, children: list[str]
) -> None:
    id_ = begun(engine)
    with transaction(engine) as session:
        exports.put(session, id_, attempts=ATTEMPTS)
    assert lister(engine).go_on()
    assert state_of(engine, id_) == ("failed", "exception")
    with pytest.raises(EndedError), transaction(engine) as session:
        exporting.how_far(session, TESTER, id_)


def test_what_is_over_is_removed(engine: Engine, children: list[str]) -> None:
    id_ = begun(engine)
    listed(engine, id_)
    late = lister(engine, 2, lambda: now() + timedelta(days=2))
    assert not late.go_on()
    with transaction(engine) as session:
        assert exports.find(session, id_) is None
        assert exports.file_of(session, id_, 1) is None


def test_every_child_in_a_file_is_in_the_log_before_it_leaves(
    engine: Engine, children: list[str]
) -> None:
    found = listed(engine, begun(engine, type="Patient"))
    settle(engine)
    with transaction(engine) as session:
        told = [one for one in events(session) if one.action is Action.EXPORT_READ]
    assert {seen.identity for one in told for seen in one.seen} == set(goldens(found))
    assert {seen.record for one in told for seen in one.seen} == set(children)
