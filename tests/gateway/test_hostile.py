"""Hostile payloads through the real command: refused with a clear reason, kept, and cheap."""

from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, select
from typer.testing import CliRunner

from adapters.catalog import load_adapters
from adapters.contract import SourceMessage
from adapters.errors import Problem
from audit.event import Caller
from gateway.cli import build
from gateway.database import printable, transaction
from gateway.ingest import deliver
from gateway.registry.tables import message, rejection
from tests.adapters.formats.bounded import BYTES, SECONDS, cost
from tests.adapters.formats.workbook import MAIN, packed
from tests.ledger import engine_for

MILLION = 1_000_000
ANY_SOURCE = {
    "no bytes": (b"", Problem.EMPTY),
    "not UTF-8": ("Trẻ bị bỏ rơi, họ tên Hà".encode("utf-16-le"), Problem.ENCODING),
}
MARKUP = {
    **ANY_SOURCE,
    "NUL": (b"<GIAMDINHHS>\0</GIAMDINHHS>", Problem.FORBIDDEN_CHARACTER),
    "entities": (
        b'<!DOCTYPE GIAMDINHHS [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><GIAMDINHHS>&b;</GIAMDINHHS>',
        Problem.DOCTYPE,
    ),
    "depth": (b"<GIAMDINHHS>" + b"<a>" * MILLION, Problem.TOO_DEEP),
    "elements": (b"<GIAMDINHHS>" + b"<a/>" * 3 * MILLION + b"</GIAMDINHHS>", Problem.TOO_LARGE),
}
OBJECTS = {
    **ANY_SOURCE,
    "NUL": (b'{"loai": "\0"}', Problem.FORBIDDEN_CHARACTER),
    "depth": (b"[" * 10 * MILLION, Problem.TOO_DEEP),
    "objects": (b"[" + b"{}," * 3 * MILLION + b"{}]", Problem.TOO_LARGE),
}
HEADER = "Mã cơ sở,Số hồ sơ,Họ và tên,Ngày tiếp nhận\n".encode()
ZEROS = f'<worksheet xmlns="{MAIN}">{"<c/>" * 10 * MILLION}</worksheet>'
SHEETS = {
    **ANY_SOURCE,
    "NUL": (HEADER + b"a\0b", Problem.FORBIDDEN_CHARACTER),
    "giant field": (HEADER + b'HN01,1,"' + b"x" * 15 * MILLION, Problem.MALFORMED),
    "separators": (HEADER + b"," * 15 * MILLION, Problem.TOO_LARGE),
    "zip bomb": (packed({"xl/worksheets/sheet1.xml": ZEROS}), Problem.TOO_LARGE),
}
HOSTILE = {
    (source, name): case
    for source, cases in {
        "hospital": MARKUP,
        "police": OBJECTS,
        "civil_status": OBJECTS,
        "facility": SHEETS,
    }.items()
    for name, case in cases.items()
}


@pytest.mark.parametrize("case", HOSTILE, ids=" ".join)
def test_the_command_refuses_it_keeps_it_and_says_why(
    case: tuple[str, str],
    tmp_path: Path,
    engine: Engine,
    database_url: URL,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, (content, problem) = case[0], HOSTILE[case]
    monkeypatch.setenv("DATABASE_URL", printable(database_url))
    file = tmp_path / "payload"
    file.write_bytes(content)
    result = CliRunner().invoke(build(), ["ingest", "--source", source, str(file)])
    assert result.exit_code == 3
    assert problem.value in result.stdout
    with transaction(engine) as session:
        # What is large is kept in parts, which all are refused.
        columns = (message.c.state, message.c.content)
        query = select(*columns).where(message.c.content.is_not(None)).order_by(message.c.part)
        kept = session.execute(query).all()
        assert {one.state for one in kept} == {"rejected"}
        assert b"".join(one.content for one in kept) == content
        assert set(session.scalars(select(rejection.c.code))) == {problem}


@pytest.mark.parametrize("case", HOSTILE, ids=" ".join)
def test_it_costs_less_than_a_second_and_100_megabytes(
    case: tuple[str, str], database_url: URL, caller: Caller
) -> None:
    """The use case in a process of its own: connecting, reading, refusing and keeping the bytes."""
    source, adapter = case[0], load_adapters()[case[0]]

    def take(content: bytes) -> None:
        engine = engine_for(database_url)
        deliver(engine, SourceMessage(source=source, content=content), adapter, caller)

    found = cost(take, HOSTILE[case][0])
    assert found.seconds < SECONDS
    assert found.extra_bytes < BYTES
