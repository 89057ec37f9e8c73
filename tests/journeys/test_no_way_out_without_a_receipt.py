"""Promise 7, for every route and every command: without a signed event nothing leaves."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from click import Command
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, StreamingResponse
from sqlalchemy import URL, Engine, text

from audit.tlog_proof import Proof
from gateway import cli
from gateway.api.disclosure import EVENT_HEADER, PUBLIC, PUBLIC_UNDER, Disclosure
from gateway.app import create_app
from gateway.database import printable
from gateway.settings import Settings
from tests.commands import motem
from tests.gateway.api.conftest import served
from tests.journeys.conftest import NAME, asking
from tests.journeys.steps import as_owner, homes, minutes
from tests.ledger import audit_folder

FOUND = "police:00199/12/BB-CAX/2026"


def no_anchor(url: URL) -> None:
    """As after a backup was restored without what was signed last."""
    (audit_folder() / f"{url.database}.checkpoint").unlink()


def no_insert(url: URL) -> None:
    as_owner(url, "REVOKE INSERT ON audit_event FROM motem_app, motem_sequencer")


def no_leaf(url: URL) -> None:
    """Events are committed, and nobody can sign them."""
    as_owner(url, "REVOKE INSERT ON audit_leaf FROM motem_sequencer")


JSON = {"Content-Type": "application/json"}
BROKEN = (no_anchor, no_insert, no_leaf)
every_fault = pytest.mark.parametrize("broken", BROKEN, ids=lambda fault: fault.__name__)


def ids(engine: Engine) -> dict[str, str]:
    """What can stand in a path, of the child whom nobody may see unseen."""
    with engine.connect() as connection:
        message = connection.scalar(text("SELECT min(id) FROM registry_message"))
        event = connection.scalar(text("SELECT event_id FROM audit_leaf WHERE seq = 1"))
    child = homes(engine)[f"{FOUND}#1"]
    return {
        **{"message_id": str(message), "event": str(event), "resource_id": str(event)},
        **{
            "child": child,
            "id_": child,
            "patient_id": child,
            "version": "1",
            "source": "police",
            "path": "0/000.p/1",
            "code": "not-found",
        },
        "request_id": "01M82DNMD155S3HBB81QBBXKCB",
        **{"export_id": "01m82dnmd155s3hbb81qbbxkcb", "kind": "Patient", "number": "1"},
        **{"client_id": "nobody", "user_id": "nobody", "finding": str(event)},
        "override_id": "01M82DNMD155S3HBB81QBBXKCB",
    }


def paths(url: URL) -> Iterator[tuple[str, str]]:
    """Method and path of every route."""
    app = create_app(Settings.model_validate({"DATABASE_URL": printable(url)}))
    for path, methods in app.openapi()["paths"].items():
        yield from ((method, path) for method in methods)
    app.state.services.engine.dispose()


def is_public(path: str) -> bool:
    return path in PUBLIC or path.startswith(PUBLIC_UNDER)


def ask(client: httpx.Client, method: str, path: str, known: dict[str, str]) -> httpx.Response:
    content = minutes({"hoTen": NAME}) if path.startswith("/sources") else b"{}"
    return client.request(method, path.format(**known), headers=JSON, content=content)


def test_each_answer_names_an_event_that_can_be_proved(small_url: URL, small: Engine) -> None:
    known, shown = ids(small), 0
    with asking(small_url) as client:
        for method, path in paths(small_url):
            answer = ask(client, method, path, known)
            assert answer.status_code != 500, path
            if is_public(path) or not answer.is_success:
                continue
            proof = client.get(f"/audit/proof/{answer.headers[EVENT_HEADER]}")
            assert proof.is_success, path
            assert Proof.parsed(proof.text).index > 0
            shown += 1
    assert shown >= 10


def test_a_replay_without_effect_names_its_event(small_url: URL, small: Engine) -> None:
    """All that it wrote was taken back but that."""
    with asking(small_url) as client:
        bad = minutes({"hoTen": NAME}, ngayLap="hôm qua", phatHien=None)
        sent = client.post("/sources/police/messages", content=bad, headers=JSON)
        message = sent.json()["message"]
        answer = client.post(f"/messages/{message}/replay?dryRun=true")
        assert answer.status_code == 200
        assert client.get(f"/audit/proof/{answer.headers[EVENT_HEADER]}").is_success


def test_a_tree_that_lacks_a_part_is_told_as_such(small_url: URL, small: Engine) -> None:
    known = ids(small)
    with asking(small_url) as client:
        as_owner(
            small_url,
            "ALTER TABLE audit_leaf DISABLE TRIGGER USER",
            "DELETE FROM audit_leaf WHERE seq = 0",
        )
        answer = client.get(f"/audit/proof/{known['event']}")
    assert answer.status_code == 503
    assert answer.json()["resourceType"] == "OperationOutcome"
    ended = motem(small_url, "audit", "proof", known["event"])
    assert (ended.status, ended.out) == (1, "")
    assert "unexpected" not in ended.err


@every_fault
def test_nothing_leaves_by_any_path_once_the_log_cannot_be_signed(
    broken: Callable[[URL], None], small_url: URL, small: Engine
) -> None:
    known = ids(small)
    with asking(small_url) as client:
        broken(small_url)
        for method, path in paths(small_url):
            answer = ask(client, method, path, known)
            assert NAME not in answer.text, path
            assert is_public(path) or not answer.is_success, path
        assert client.get(f"/fhir/R4/Patient/{known['child']}").status_code == 503
        if broken is not no_insert:  # Nothing waits there to be signed, and nothing could.
            assert client.get("/readyz").status_code == 503


def test_a_route_that_forgets_the_log_lets_nothing_out() -> None:
    app = FastAPI()
    app.get("/whole")(lambda: PlainTextResponse(NAME))
    app.get("/parts")(lambda: StreamingResponse(iter([NAME, NAME])))
    app.get("/refused")(lambda: PlainTextResponse(NAME, status_code=422))
    app.add_middleware(Disclosure)
    with served(app) as client:
        for path in ("/whole", "/parts", "/refused"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert answer.json()["resourceType"] == "OperationOutcome"
            assert NAME not in answer.text


TOUCHING: dict[str, tuple[str, ...]] = {
    "sources": (),
    "report": (),
    "ingest": ("{papers}/good.json",),
    "messages list": (),
    "messages show": ("{message_id}",),
    "messages errors": (),
    "messages replay": ("--source", "police"),
    "link": (),
    "evaluate": ("{papers}/truth.csv",),
    "decide": ("--not-same", f"{FOUND}#1", f"{FOUND}#2", "--reason", "twins"),
    "why": (f"{FOUND}#1", f"{FOUND}#2"),
    "how": (f"{FOUND}#1",),
    "match": ("{papers}/good.json",),
    "train": ("--output", "{papers}/model.json"),
    "model list": (),
    "model blocking": (),
    "export links": ("{papers}/links.csv",),
    "export reviews": ("{papers}/reviews.csv",),
    "export decisions": ("{papers}/decisions.csv",),
    "registration list": (),
    "receiver list": (),
    "receiver lost": (),
    "receiver add": ("https://partner.example/", "--name", "x"),
    "registration draft": ("--next", "2"),
    "client list": (),
    "break-glass list": (),
    "user list": (),
    "audit who-saw": ("{child}",),
    "audit what-did": ("tester",),
    "audit search": (),
    "audit report": ("--from", "2026-11-01", "--to", "2026-11-30"),
    "audit incident": ("--from", "2026-11-01", "--to", "2026-11-30"),
    "audit export": ("{papers}/log.txt",),
}
"""What of a child, or of the log, each command shows or writes."""
SHOWING_NOTHING = {
    "migrate": "changes tables; its own event is in test_migrate.py",
    "sample": "made-up data, no database",
    "serve": "every route is asked above",
    "mllp": "acknowledges and shows nothing",
    "db url": "no data",
    "db stop": "no data",
    "check": "asks another service, and shows codes only",
    "sandbox reset": "removes made-up data",
    "sandbox population": "a stand-in for somebody else's database",
    "policy show": "rules",
    "policy check": "rules",
    "audit keys": "public keys",
    "audit witness": "no database",
    "audit proof": "hashes",
    "audit verify": "sequence numbers and ids of events; must work on a broken log",
    "audit declare-gap": "must work on a broken log",
}
ELSEWHERE = {
    "undecide": "needs a decision; as decide",
    "messages withdraw": "needs a refused message; as replay",
    **dict.fromkeys(("model show", "model diff", "model add", "model activate", "model report"),
                    "tests/gateway/test_modelling.py; as model list"),
    **dict.fromkeys(("lookup", "registration send", "registration refresh"),
                    "tests/journeys/test_what_goes_out.py: ask another system first"),
    **dict.fromkeys(("registration show", "registration withdraw"), "needs a request; as list"),
    **dict.fromkeys(("audit findings", "audit take", "audit assign", "audit close"), "tests/gateway/test_findings.py"),
    **dict.fromkeys(("receiver stop", "receiver again", "receiver replay"),
                    "needs a receiver; as add"),
    **dict.fromkeys(("client add", "client show", "client disable", "client key"),
                    "tests/gateway/cli/test_clients.py; as client list"),
    **dict.fromkeys(("user add", "user show", "user role", "user disable"),
                    "tests/gateway/cli/test_users.py; as user list"),
    **dict.fromkeys(("break-glass show", "break-glass review"),
                    "needs an emergency access; as break-glass list"),
    "export consumer": "tests/gateway/test_consumers.py: needs a registered machine",
    "audit reconcile": "needs a log of pgaudit; accounts and minutes only",
    "audit erase": "removes; as the owner",
    "audit rotate": "a public key",
}  # fmt: skip


def leaves(command: Any, *path: str) -> Iterator[str]:
    inner: dict[str, Command] = getattr(command, "commands", {})
    if not inner:
        yield " ".join(path)
    for name, one in inner.items():
        yield from leaves(one, *path, name)


def test_every_command_is_tried_or_says_why_not() -> None:
    named = [*TOUCHING, *SHOWING_NOTHING, *ELSEWHERE]
    assert sorted(named) == sorted(leaves(typer.main.get_command(cli.build())))


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    (tmp_path / "good.json").write_bytes(minutes({"hoTen": NAME, "gioiTinh": "NU"}))
    truth = "source,record,child\npolice,00199/12/BB-CAX/2026#1,1\n"
    (tmp_path / "truth.csv").write_text(truth, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", TOUCHING)
def test_no_command_shows_or_writes_anything_once_the_log_cannot_be_signed(
    command: str, small_url: URL, small: Engine, papers: Path
) -> None:
    known, before = ids(small), sorted(papers.iterdir())
    no_leaf(small_url)
    words = [word.format(papers=papers, **known) for word in TOUCHING[command]]
    ended = motem(small_url, *command.split(), *words)
    assert ended.status == 1
    assert ended.out == ""
    assert NAME not in ended.err
    assert sorted(papers.iterdir()) == before
