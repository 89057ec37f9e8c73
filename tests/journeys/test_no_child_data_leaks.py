"""Promise 9: no child data in logs, errors and terminals, nor in the repr of things, nor in URLs."""

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, Engine, select

from adapters.catalog import load_adapters, recognise
from adapters.contract import SourceMessage
from audit import log
from audit.event import Caller
from gateway import evaluation, linking, lookup, searching
from gateway import report as report_case
from gateway.database import printable, transaction
from gateway.registry import tables
from gateway.settings import Settings
from linkage import linker
from linkage.matcher import score
from linkage.store import IdentityStore
from tests.adapters.sources.hospital.payloads import STAY, envelope, table
from tests.commands import motem
from tests.conftest import fresh_database
from tests.journeys.conftest import asking
from tests.journeys.steps import (
    as_owner,
    connected,
    decide,
    homes,
    ingest,
    link,
    minutes,
    patients,
    registration,
    shipped,
)

NAME, MOTHER = "Quách Canary Bí Ẩn", "Khổng Canary Mẫu Thân"
NUMBER, CARD, PHONE = "998326777001", "9987654321", "0998777666"
FILE, MARK = "BNCANARY77", "bớt hình hoàng yến"
SECRETS = (*NAME.split()[:2], "Khổng", NUMBER, CARD, PHONE, FILE, "hoàng yến", "2026-03-07")
CHILD = {
    "hoTen": NAME,
    "gioiTinh": "NU",
    "ngaySinh": "2026-03-07",
    "dacDiem": MARK,
    "ghiChu": f"mẹ là {MOTHER}, {PHONE}",
    "maHoSoNoiNhan": FILE,
}
STAYED = STAY | {
    "HO_TEN": NAME,
    "MA_BN": FILE,
    "SO_CCCD": NUMBER,
    "MA_THE_BHYT": f"TE101{CARD}",
    "DIEN_THOAI": PHONE,
    "NGAY_SINH": "202603070000",
}


def main(**changes: str) -> str:
    """The child's stay, as XML1."""
    return table("XML1", **STAYED | changes)


ROSTER = "Mã cơ sở,Tên cơ sở,Số hồ sơ,Họ và tên,Ngày sinh,Giới tính,Số ĐDCN,Đặc điểm nhận dạng\n"
ROW = f"HN01,Mái ấm Mẫu,{FILE},{NAME},07/03/2026,Nữ,{NUMBER},{MARK}\n"
GOOD = {
    "police.json": minutes(CHILD),
    "civil.json": registration(24, nksHoTen=NAME, nksSoDinhDanh=NUMBER, meHoTen=MOTHER),
    "hospital.xml": envelope(main() + table("XML8", MA_LK="LK1", HO_TEN_ME=MOTHER)),
    "home.csv": (ROSTER + ROW).encode(),
}
BROKEN = {
    "police.json": minutes(CHILD | {"gioiTinh": NAME, "ngaySinh": NUMBER}, ngayLap=MOTHER),
    "civil.json": registration(25, nksHoTen=NAME, nksNgaySinh=NAME, nksSoDinhDanh=NAME),
    "cut.json": minutes(CHILD)[:-9],
    "hospital.xml": envelope(main(NGAY_SINH=NAME, GIOI_TINH=MARK)),
    "cut.xml": envelope(main())[:-40],
    "table.xml": envelope(table("XML8", MA_LK=NAME) + f"<FILEHOSO>{NAME}</FILEHOSO>"),
    "home.csv": (ROSTER + ROW.replace("07/03/2026", MOTHER).replace("Nữ", NUMBER)).encode(),
    "headless.csv": ROW.encode(),
    "unknown.txt": NAME.encode(),
    "latin.json": minutes(CHILD).decode().encode("utf-16-le"),
}


def assert_nothing_of_the_child(text: str) -> None:
    """Does not print what it found: the failure would be a leak of its own in real life."""
    assert [secret for secret in SECRETS if secret.casefold() in text.casefold()] == []


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    for folder, files in (("good", GOOD), ("broken", BROKEN)):
        (tmp_path / folder).mkdir()
        for name, content in files.items():
            (tmp_path / folder / name).write_bytes(content)
    truth = f"source,record,child\nhospital,01999/{FILE},{NAME}\nfacility,HN01/{FILE},{NAME}\n"
    (tmp_path / "truth.csv").write_text(truth, encoding="utf-8")
    (tmp_path / "strata.csv").write_text(f"child,stratum\n{NAME},x\n", encoding="utf-8")
    (tmp_path / "model.json").write_text(json.dumps({"name": NAME}), encoding="utf-8")
    (tmp_path / "wrong.csv").write_text(f"{NAME},record,child\n", encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="session")
def known_template(server_url: URL, template_url: URL) -> Iterator[URL]:
    """The child in the registry from four sources, linked."""
    with fresh_database(server_url, template_url.database) as url:
        with connected(url) as engine:
            assert {str(r.state) for r in ingest(engine, GOOD.values())} == {"accepted"}
            link(engine)
        yield url


@pytest.fixture
def known_url(server_url: URL, known_template: URL) -> Iterator[URL]:
    with fresh_database(server_url, known_template.database) as url:
        yield url


@pytest.fixture
def known(known_url: URL) -> Iterator[Engine]:
    with connected(known_url) as engine:
        yield engine


COMMANDS: dict[str, tuple[str, int]] = {
    "good": ("ingest {papers}/good", 0),
    "broken": ("ingest {papers}/broken", 3),
    "told": ("ingest --source facility {papers}/good/police.json {papers}/broken/headless.csv", 3),
    "link": ("link", 0),
    "report": ("report", 0),
    "evaluate": ("evaluate {papers}/truth.csv", 0),
    "requests": ("registration list", 0),
    "no request": ("registration draft --next 5", 0),
    "no platform": ("lookup --next 5", 1),
    "links": ("export links {papers}/links.csv", 0),
    "reviews": ("export reviews {papers}/reviews.csv", 0),
    "train": ("train", 1),
    "wrong model": ("link --model {papers}/model.json", 1),
    "wrong truth": ("evaluate {papers}/wrong.csv", 1),
    "unwritable": ("export links {papers}/truth.csv/links.csv", 1),
}


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_commands_say_nothing_of_a_child(
    known_url: URL, papers: Path, database_url: URL, log_format: str
) -> None:
    for name, (command, status) in COMMANDS.items():
        url = database_url if name == "good" else known_url
        arguments = command.format(papers=papers).split()
        ended = motem(url, *arguments, MOTEM_LOG_LEVEL="debug", MOTEM_LOG_FORMAT=log_format)
        assert ended.status == status, name
        assert ended.written
        assert_nothing_of_the_child(ended.written)


@pytest.mark.parametrize("command", ["good", "broken", "link", "report", "links"])
def test_a_database_that_fails_makes_no_command_speak(
    known_url: URL, database_url: URL, papers: Path, command: str
) -> None:
    """PostgreSQL's own error texts quote the rows they refuse."""
    url = database_url if command == "good" else known_url
    as_owner(
        url,
        "ALTER TABLE audit_event ADD CHECK (action = 'x') NOT VALID",
        "ALTER TABLE registry_resource ADD CHECK (body = 'x') NOT VALID",
        "ALTER TABLE registry_rejection ADD CHECK (code = 'x') NOT VALID",
    )
    arguments = COMMANDS[command][0].format(papers=papers).split()
    ended = motem(url, *arguments, MOTEM_LOG_LEVEL="debug")
    assert ended.status == 1
    assert "unexpected" in ended.err
    assert_nothing_of_the_child(ended.written)


def test_the_web_service_logs_and_answers_nothing_of_a_child(
    known_url: URL,
    known: Engine,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    for client_of_the_test in ("httpx", "httpcore"):
        caplog.set_level("ERROR", logger=client_of_the_test)
    with asking(known_url) as client:
        for path in (NUMBER, NAME, f"{NUMBER}?name={NAME}", f"x?identifier={NUMBER}", "%ff"):
            answer = client.get(f"/fhir/R4/Patient/{path}")
            assert answer.status_code == 404
            assert_nothing_of_the_child(answer.text + str(answer.headers))
        for id_ in patients(known):
            assert client.get(f"/fhir/R4/Patient/{id_}").status_code == 200
        as_owner(known_url, "ALTER TABLE audit_event ADD CHECK (action = 'x') NOT VALID")
        failed = client.get(f"/fhir/R4/Patient/{id_}")
        assert failed.status_code == 503
        assert_nothing_of_the_child(failed.text + str(failed.headers))
    ours = [r.getMessage() for r in caplog.records if r.name.startswith(("gateway", "sqlalchemy"))]
    printed = capfd.readouterr()
    assert_nothing_of_the_child("\n".join(ours) + printed.out + printed.err)


def test_serve_does_not_log_what_was_asked_for(known_url: URL) -> None:
    """A URL may hold a number or a name that somebody typed into it."""
    variables = {"DATABASE_URL": printable(known_url), "MOTEM_LOG_LEVEL": "info"}
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "serve", "--port", "0"],
        env=os.environ | variables,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    lines: list[str] = []
    try:
        for line in process.stderr:
            lines.append(line)
            if found := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
                answer = httpx.get(f"{found[1]}/fhir/R4/Patient/{NUMBER}", trust_env=False)
                assert answer.status_code == 404
                break
    finally:
        process.terminate()
        _, rest = process.communicate()
    assert lines
    assert_nothing_of_the_child("".join(lines) + rest)


def test_the_log_of_accesses_holds_nothing_of_a_child(known_url: URL, papers: Path) -> None:
    motem(known_url, "ingest", papers / "broken")
    motem(known_url, "evaluate", papers / "truth.csv")
    with connected(known_url) as engine, transaction(engine) as session:
        written = [json.dumps(dataclasses.asdict(e), default=str) for e in log.events(session)]
    assert len(written) > 10
    assert_nothing_of_the_child("\n".join(written))


def test_who_asks_for_a_number_does_not_write_it_into_the_log(known_url: URL) -> None:
    with asking(known_url) as client:
        client.get(f"/fhir/R4/Patient/{NUMBER}")
    with connected(known_url) as engine, transaction(engine) as session:
        *_, last = log.events(session)
    assert_nothing_of_the_child(json.dumps(dict(last.detail)))


URL_ELEMENTS = re.compile(r'"(?:reference|url|system|id|fullUrl)":\s*"([^"]*)"')


def test_no_id_reference_or_url_of_a_resource_holds_child_data(known: Engine) -> None:
    with known.connect() as connection:
        bodies = list(connection.scalars(select(tables.resource.c.body)))
    texts = [text for body in bodies for text in URL_ELEMENTS.findall(body)]
    assert len(texts) > 50
    assert_nothing_of_the_child("\n".join(texts))


def shown(engine: Engine, caller: Caller, papers: Path) -> Iterator[Any]:
    """One of each thing that holds a child's data on its way through."""
    for source, adapter in load_adapters().items():
        contents = [*GOOD.values(), *BROKEN.values()]
        messages = [SourceMessage(source=source, content=c, name="payload") for c in contents]
        yield from messages
        for message in messages:
            if recognise(message, load_adapters()) == source:
                try:
                    reading = adapter.read(message)
                except Exception as error:
                    yield error
                    continue
                yield reading
                yield from reading.statements
                yield from reading.rejections
                yield from (adapter.convert(statement) for statement in reading.statements)
    yield from ingest(engine, BROKEN.values())
    with transaction(engine) as session:
        store = IdentityStore(session)
        records = list(store.records())
        yield from records
        members = list(store.memberships())
        yield from members
        yield store
        yield from score(records, shipped(), -50)
        yield linker.link(records, shipped())
        yield shipped()
        yield linking.link(session, shipped(), caller)
        yield from linking.links(session, caller)
        yield from linking.reviews(session, caller)
        yield report_case.report(session, caller)
        yield evaluation.evaluate(session, papers / "truth.csv", caller)
        for id_ in patients(engine):
            yield lookup.read(session, "Patient", id_, caller)
            yield lookup.read_history(session, "Patient", id_, [], caller)
        yield searching.find(session, "Patient", [("name", NAME), ("_count", "1")], caller)
        yield from log.events(session)


def test_the_repr_of_nothing_holds_child_data(known: Engine, caller: Caller, papers: Path) -> None:
    one, two, three, _ = sorted(homes(known))
    decide(known, (one, two, "same"), (two, three, "same"), (one, three, "not-same"))
    leaking, kinds = set[str](), set[str]()
    for thing in shown(known, caller, papers):
        kinds.add(type(thing).__name__)
        text = repr(thing)
        if any(secret.casefold() in text.casefold() for secret in SECRETS):
            leaking.add(type(thing).__name__)
    assert kinds >= {
        "PersonRecord",
        "ScoredPair",
        "OpenReview",
        "Link",
        "IngestResult",
        "Statement",
    }
    assert leaking == set()


def test_settings_do_not_show_the_password() -> None:
    settings = Settings.model_validate({"DATABASE_URL": f"postgresql://u:{NUMBER}@h/d"})
    assert_nothing_of_the_child(repr(settings))
