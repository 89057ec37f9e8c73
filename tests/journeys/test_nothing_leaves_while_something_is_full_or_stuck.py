"""Promise 7 where what breaks heals by itself: a full disk, a stuck statement, no connection left.

Each time nothing leaves meanwhile, and all goes on afterwards without anybody's repair.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import httpx
import pytest
from sqlalchemy import URL, Engine, text

from gateway.app import create_app
from gateway.database import Role, ledger_of, printable
from gateway.settings import Settings
from tests.gateway.api.conftest import served
from tests.journeys.conftest import NAME
from tests.journeys.steps import homes, minutes
from tests.ledger import audit_folder, engine_for

JSON = {"Content-Type": "application/json"}
Fault = Callable[[Engine, URL], AbstractContextManager[None]]


@contextmanager
def full_disk(_service: Engine, url: URL) -> Iterator[None]:
    """The kernel's own answer: no space left where the next checkpoint is written."""
    written = audit_folder() / f"{url.database}.new"
    written.symlink_to("/dev/full")
    yield
    written.unlink()


@contextmanager
def stuck_statement(_service: Engine, url: URL) -> Iterator[None]:
    """Somebody holds the table of the log, and the server gives up on whoever waits for it."""
    owner = engine_for(url, Role.OWNER)
    with owner.connect() as connection:
        connection.execute(text("LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE"))
        yield
    owner.dispose()


@contextmanager
def no_connection_left(service: Engine, _url: URL) -> Iterator[None]:
    with service.connect():
        yield


@contextmanager
def nobody_can_sign(service: Engine, _url: URL) -> Iterator[None]:
    """The one connection over which the log is signed is taken."""
    with ledger_of(service)._engine.connect():
        yield


FAULTS = (full_disk, stuck_statement, no_connection_left, nobody_can_sign)


def service_of(url: URL) -> tuple[Engine, AbstractContextManager[httpx.Client]]:
    """With one connection, and little patience."""
    options = {"options": "-c statement_timeout=300ms"}
    settings = {"DATABASE_URL": printable(url.update_query_dict(options)), "MOTEM_POOL_SIZE": 1}
    app = create_app(Settings.model_validate(settings))
    engine: Engine = app.state.services.engine
    for pool in (engine.pool, ledger_of(engine)._engine.pool):
        pool._timeout = 0.3  # type: ignore[attr-defined]
    return engine, served(app)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: str(fault.__name__))
def test_nothing_leaves_meanwhile_and_all_goes_on_afterwards(
    fault: Fault, small_url: URL, small: Engine
) -> None:
    child = f"/fhir/R4/Patient/{min(homes(small).values())}"
    sent = minutes({"hoTen": "Trần Thị Khác"}, soBienBan="13/BB-CAX")
    engine, asking = service_of(small_url)
    with asking as client:
        assert client.get(child).is_success
        with fault(engine, small_url):
            answers = [
                client.get(child),
                client.post("/sources/police/messages", content=sent, headers=JSON),
                client.post("/sources/police/preview", content=sent, headers=JSON),
            ]
        for answer in answers:
            assert answer.status_code == 503
            assert answer.json()["resourceType"] == "OperationOutcome"
            assert "Trần" not in answer.text
            assert NAME not in answer.text
        assert client.get(child).is_success
        assert client.post("/sources/police/messages", content=sent, headers=JSON).is_success
        assert client.get("/readyz").is_success
