"""The sandbox is put back while it is served: the first state, whoever asked goes on, no log is cut."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL, Engine

from audit import verifier
from audit.checkpoint import Checkpoint
from audit.event import Action
from audit.log import events
from gateway.access import clients
from gateway.access.published import KEY_ID, private_key
from gateway.app import create_app
from gateway.client import Client as Machine
from gateway.client import Credentials
from gateway.database import Log, engine_for, open_engine, printable, settle, transaction
from gateway.ledger_keeping import verified
from gateway.migrate import migrate
from gateway.practice import CLIENTS, fill
from gateway.renewal import Renewed
from gateway.resetting import keep_log
from gateway.sample.world import World
from gateway.settings import Settings
from gateway.states import EmbeddedStates
from tests.commands import motem
from tests.conftest import TESTER, fresh_database, temporary_home
from tests.gateway.api.conftest import served
from tests.journeys.steps import minutes

PATH = "/sandbox/reset"
PATIENTS = "/fhir/R4/Patient?_summary=count"
SCOPES = {one.id: one.scopes for one in CLIENTS}


class Databases:
    """States in databases of the server of the tests, instead of embedded servers of their own."""

    def __init__(self, server: URL, template: str, folder: Path) -> None:
        self.server, self.template, self.folder = server, template, folder
        self.stack, self.number = ExitStack(), 0
        self.urls: dict[int, URL] = {}
        self.put: list[int] = []
        self.gone = threading.Event()
        self.lock = threading.Lock()

    def standing(self) -> int:
        return self.number

    def made(self, number: int) -> Settings:
        with self.lock:
            if number not in self.urls:
                fresh = fresh_database(self.server, self.template)
                self.urls[number] = self.stack.enter_context(fresh)
                engine = self.engine(number)
                fill(engine, TESTER, World(children=2, seed=5))
                engine.dispose()
        told = {"DATABASE_URL": printable(self.urls[number]), "MOTEM_ACCESS": "required"}
        return Settings.model_validate(told)

    def engine(self, number: int) -> Engine:
        return engine_for(self.urls[number], audit=Log(folder=Settings().audit_folder))

    def let_stand(self, number: int) -> None:
        self.number = number

    def put_away(self, number: int, engine: Engine) -> None:
        keep_log(engine, TESTER, self.folder / f"{number}.log")
        engine.dispose()
        self.put.append(number)
        self.gone.set()


@pytest.fixture(scope="module")
def states(
    server_url: URL, template_url: URL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Databases]:
    assert template_url.database is not None
    made = Databases(server_url, template_url.database, tmp_path_factory.mktemp("logs"))
    with made.stack:
        yield made


@pytest.fixture(scope="module")
def service(states: Databases) -> Iterator[httpx.Client]:
    with served(Renewed(states)) as client:
        yield client
        with states.lock:
            pass


def token_of(service: httpx.Client, name: str) -> dict[str, str]:
    who = Credentials(client=name, key_id=KEY_ID, scopes=SCOPES[name], key=private_key())
    http = httpx.Client(trust_env=False, timeout=60)
    with Machine(str(service.base_url).rstrip("/"), who, http=http) as machine:
        return {"Authorization": f"Bearer {machine.token()}"}


def test_it_is_as_at_first_and_whoever_asked_goes_on(
    service: httpx.Client, states: Databases
) -> None:
    token, auditor = (
        token_of(service, f"sandbox-{one}") for one in ("child-protection", "auditor")
    )
    at_first = service.get(PATIENTS, headers=token).json()["total"]
    sent = service.post(
        "/sources/police/messages",
        json=json.loads(minutes({"hoTen": "Trần Thị Gửi Thêm"})),
        headers=token,
    )
    assert sent.status_code == 201, sent.text
    assert service.get(PATIENTS, headers=token).json()["total"] == at_first + 1
    done = service.post(PATH, json={}, headers=auditor)  # A token of any client.
    assert done.status_code == 200, done.text
    told = done.json()
    assert (told["state"], told["clients"]) == (1, len(CLIENTS))
    assert told["removed"]["records"] == told["standing"]["records"] + 1
    assert service.get(PATIENTS, headers=token).json()["total"] == at_first
    assert states.gone.wait(30)
    assert states.put == [0]
    # The log of before ends whole, and the new one says how.
    ended = Checkpoint.of(told["logOfBefore"])
    engine = states.engine(1)
    with transaction(engine) as session:
        (begun,) = events(session, action=Action.SANDBOX_RESET)
    assert (begun.detail["size"], begun.detail["root"]) == (ended.size, ended.root.hex())
    assert begun.caller.who == "sandbox-auditor"
    assert verified(engine, TESTER).findings == []
    engine.dispose()
    kept = states.folder / "0.log"
    assert "sandbox:reset" in kept.read_text("utf-8")
    key = kept.with_suffix(".key").read_text("utf-8").strip()
    assert verifier.main([str(kept), "--key", key]) == 0


def test_of_two_at_once_one_is_told_to_wait_and_requests_under_way_are_answered(
    service: httpx.Client, states: Databases
) -> None:
    token = token_of(service, "sandbox-child-protection")
    is_over = threading.Event()

    def reads() -> list[int]:
        found = []
        while not is_over.is_set():
            found.append(service.get(PATIENTS, headers=token).status_code)
        return found

    before = states.number
    with ThreadPoolExecutor(6) as pool:
        reading = [pool.submit(reads) for _ in range(2)]
        resets = [pool.submit(service.post, PATH, json={}, headers=token) for _ in range(2)]
        statuses = sorted(one.result().status_code for one in resets)
        is_over.set()
        read = {status for one in reading for status in one.result()}
    assert statuses in ([200, 409], [200, 200])
    assert states.number == before + statuses.count(200)
    assert read == {200}


def test_what_an_operator_changed_of_a_shipped_client_stays_so(
    service: httpx.Client, states: Databases
) -> None:
    token = token_of(service, "sandbox-child-protection")
    ended = token_of(service, "sandbox-changes")
    engine = states.engine(states.number)
    with transaction(engine) as session:
        clients.switch(session, "sandbox-changes", TESTER, enabled=False)
        clients.set_keys(
            session, "sandbox-steward", TESTER, keys=None, keys_url="https://doi-soat.example/jwks"
        )
        changed = clients.listed(session, TESTER)
    engine.dispose()
    assert service.post(PATH, json={}, headers=token).status_code == 200
    engine = states.engine(states.number)
    with transaction(engine) as session:
        assert clients.listed(session, TESTER) == changed
    engine.dispose()
    assert service.get("/events", headers=ended).status_code == 401


def test_what_a_killed_change_left_behind_is_cleared_up(tmp_path: Path) -> None:
    own = Settings.model_validate({"MOTEM_HOME": tmp_path})
    states = EmbeddedStates(own, TESTER)
    assert states.standing() == 0
    states.clear_up()
    for number in (1, 2, 3):
        (tmp_path / f"state-{number}" / "audit").mkdir(parents=True)
    (tmp_path / "audit").mkdir()
    states.let_stand(2)
    again = EmbeddedStates(own, TESTER)
    again.clear_up()
    assert again.standing() == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["standing", "state-2", "state-3"]
    again.remove_all()
    assert not tmp_path.exists()


def test_a_state_is_removed_only_when_its_log_is_kept_also_after_a_kill() -> None:
    with temporary_home() as home:
        own = Settings.model_validate({"MOTEM_HOME": home})
        migrate(open_engine(own, role=None), TESTER)
        settle(engine := open_engine(own))
        engine.dispose()
        states = EmbeddedStates(own, TESTER)
        states.let_stand(1)  # And here it is killed, before the log was kept.
        (home / "logs").write_text("")  # There it cannot be kept either.
        states.clear_up()
        assert (home / "postgres").exists()
        (home / "logs").unlink()
        states.clear_up()
        kept = home / "logs/0.log"
        assert "database:migrate" in kept.read_text("utf-8")
        key = kept.with_suffix(".key").read_text("utf-8").strip()
        assert verifier.main([str(kept), "--key", key]) == 0
        assert not (home / "postgres").exists()


HOLD = """
import fcntl, sys, time
fcntl.flock(file := open(sys.argv[1], "a"), fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("command", [("serve", "--sandbox"), ("sandbox", "reset")])
def test_of_two_over_one_folder_the_second_refuses_until_the_first_is_dead(
    command: tuple[str, ...], tmp_path: Path, database_url: URL
) -> None:
    (tmp_path / "sandbox").mkdir()
    # Nothing of ours ends with the process: a killed one cannot clear up.
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "sandbox.lock")], stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        told = motem(database_url, *command, DATABASE_URL="", MOTEM_HOME=str(tmp_path))
        assert told.status == 1
        assert "Another process serves or removes the sandbox" in told.err
        assert (tmp_path / "sandbox").exists()
    finally:
        holder.kill()
        holder.communicate()
    own = Settings.model_validate({"MOTEM_HOME": tmp_path / "sandbox"})
    with EmbeddedStates(own, TESTER).held():
        pass


def test_nobody_else_may_and_elsewhere_there_is_none(
    service: httpx.Client, states: Databases, database_url: URL
) -> None:
    token = token_of(service, "sandbox-school")
    assert service.post(PATH, json={}).status_code == 401
    assert service.post(PATH, json={}, headers={"Authorization": "Bearer x"}).status_code == 401
    assert service.post(PATH, json={"x": 1}, headers=token).status_code == 400
    assert service.post(PATH, data={}, headers=token).status_code == 415
    assert PATH in service.get("/openapi.json").json()["paths"]
    settings = {"DATABASE_URL": printable(database_url), "MOTEM_ACCESS": "required"}
    with served(create_app(Settings.model_validate(settings))) as real:
        assert real.post(PATH, json={}, headers=token).status_code == 404
        assert PATH not in real.get("/openapi.json").json()["paths"]
