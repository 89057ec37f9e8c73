"""A table in a consumer's own columns: what the client may see, harmless to a spreadsheet, and logged."""

import csv
import hashlib
import io
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL, Engine, text

from audit.event import Action
from audit.log import events
from gateway.admission import Entrance
from gateway.consumers import (
    BOM,
    MARKED,
    Consumer,
    Tally,
    WrongMappingError,
    csv_of,
    harmless,
    load_consumer,
    row_of,
)
from gateway.database import Role, printable, transaction
from gateway.handing_over import table
from gateway.settings import Settings
from tests.commands import Ended, motem
from tests.gateway.access.machines import client_of, registered
from tests.journeys.steps import as_owner
from tests.ledger import engine_for

SHIPPED = Path("docs/consumers/child-register.toml")
CLIENTS = [
    client_of("register", "child-protection", "CHILDPROT", provinces=("*",)),
    client_of("so-04", "child-protection", "CHILDPROT", provinces=("04",)),
    client_of("police", "police", "CHILDPROT", provinces=("*",)),
]


@pytest.fixture(scope="module", autouse=True)
def machines(kept: Engine) -> None:
    registered(kept, *CLIENTS)


def handed(url: URL, folder: Path, client: str, mapping: Path = SHIPPED) -> tuple[Ended, str]:
    out = folder / f"{client}.csv"
    ended = motem(url, "export", "consumer", str(mapping), str(out), "--client", client)
    return ended, out.read_bytes().decode() if out.exists() else ""


def rows_in(content: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.removeprefix(BOM), newline="")))


def test_the_shipped_example_gives_every_child_in_its_columns(
    kept_url: URL, kept: Engine, tmp_path: Path
) -> None:
    ended, content = handed(kept_url, tmp_path, "register")
    assert ended.status == 0, ended.err
    assert (tmp_path / "register.csv").stat().st_mode & 0o077 == 0
    rows = rows_in(content)
    with kept.connect() as connection:
        children = connection.scalars(text("SELECT DISTINCT identity_id FROM linkage_record")).all()
    assert {row["MA_HO_SO"] for row in rows} == set(children)
    assert {row["GIOI_TINH"] for row in rows} <= {"1", "2", "3", "9"}
    assert {row["CON_HIEU_LUC"] for row in rows} == {"1"}
    dates = {len(row["NGAY_SINH"]) for row in rows}
    assert dates <= {0, 4, 7, 10}
    assert any(row["SO_DINH_DANH"].startswith("99") for row in rows)


def test_a_client_gets_what_it_may_see_and_the_log_has_each_child(
    kept_url: URL, kept: Engine, tmp_path: Path
) -> None:
    _, whole = handed(kept_url, tmp_path, "register")
    _, part = handed(kept_url, tmp_path, "so-04")
    assert 0 < len(rows_in(part)) < len(rows_in(whole))
    with transaction(kept) as session:
        *_, event = (one for one in events(session) if one.action is Action.EXPORT_READ)
    assert event.caller.system == "so-04"
    assert event.caller.purpose == "CHILDPROT"
    assert event.detail["sha256"] == hashlib.sha256(part.encode()).hexdigest()
    assert {one.identity for one in event.seen} == {row["MA_HO_SO"] for row in rows_in(part)}


def test_it_is_the_same_however_many_are_looked_at_at_a_time(kept_url: URL) -> None:
    settings = Settings.model_validate({"DATABASE_URL": printable(kept_url)})
    engine = engine_for(kept_url, Role.CALLER)
    entrance, mapping = Entrance(settings, engine), load_consumer(SHIPPED)
    whole, pieces = (
        table(engine, entrance, mapping, "so-04", "tester", most=most) for most in (1000, 7)
    )
    engine.dispose()
    assert whole.text == pieces.text
    assert whole.rows > 7


def test_who_may_not_export_gets_no_table(kept_url: URL, tmp_path: Path) -> None:
    for client in ("police", "nobody"):
        ended, content = handed(kept_url, tmp_path, client)
        assert (ended.status, content) == (1, "")
        assert "unexpected" not in ended.err


def test_nothing_is_written_once_the_log_cannot_be_signed(kept_url: URL, tmp_path: Path) -> None:
    as_owner(kept_url, "REVOKE INSERT ON audit_leaf FROM motem_sequencer")
    ended, content = handed(kept_url, tmp_path, "register")
    as_owner(kept_url, "GRANT INSERT ON audit_leaf TO motem_sequencer")
    assert (ended.status, content) == (1, "")


def consumer(**changes: Any) -> Consumer:
    told = {
        "name": "x",
        "version": "1",
        "status": "proposal",
        "column": [{"name": "A", "path": "id"}],
    }
    return Consumer.model_validate(told | changes)


CHILD = {"id": "te-1", "gender": "female", "name": [{"text": "A"}, {"text": "B"}]}


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ({"path": "name.text"}, "A"),
        ({"path": "name.text", "join": "; "}, "A; B"),
        ({"path": ["alias", "id"]}, "te-1"),
        ({"path": "gender", "codes": "sex"}, "2"),
        ({"path": "id", "codes": "sex"}, ""),
        ({"path": "id", "codes": "sex", "otherwise": "9"}, "9"),
        ({"path": "birthDate", "required": True}, ""),
    ],
)
def test_a_cell(column: dict[str, Any], cell: str) -> None:
    tally = Tally()
    made = consumer(column=[{"name": "A"} | column], codes={"sex": {"female": "2"}})
    assert row_of(made, CHILD, tally) == [cell]
    assert tally.unmapped["A"] == (column.get("codes") == "sex" and column["path"] == "id")
    assert tally.missing["A"] == bool(column.get("required"))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "law"},
        {"type": "Patients"},
        {"column": []},
        {"column": [{"name": "A", "path": "name[0]"}]},
        {"column": [{"name": "A", "path": "id"}, {"name": "A", "path": "id"}]},
        {"column": [{"name": "A", "path": "id", "codes": "none"}]},
        {"column": [{"name": "A", "path": "id", "colour": "red"}]},
    ],
)
def test_a_file_that_makes_no_sense_is_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"."):
        consumer(**changes)
    file = tmp_path / "x.toml"
    for content in ("name = ", 'name = "x"', None):
        if content is not None:
            file.write_text(content, encoding="utf-8")
        with pytest.raises(WrongMappingError):
            load_consumer(file if content else tmp_path / "none.toml")


CELLS = st.text() | st.builds(
    lambda mark, rest: mark + rest,
    st.sampled_from([*sorted(MARKED), " =", "\u200b@", "\u3000=", "a;=", "a\r\n+", "\t=", "\0="]),
    st.text(),
)


@given(cells=st.lists(CELLS, min_size=1, max_size=3))
def test_no_cell_is_carried_out_and_none_is_lost(cells: list[str]) -> None:
    made = consumer(column=[{"name": f"C{n}", "path": "id"} for n in range(len(cells))])
    content = csv_of(made, [cells])
    assert content.startswith(BOM)
    _, row = csv.reader(io.StringIO(content.removeprefix(BOM), newline=""))
    for cell, told in zip(cells, row, strict=True):
        assert told.replace("'", "") == cell.replace("'", "")
        for part in re.split(r"[;\t\r\n]", told):
            shown = [sign for sign in part if unicodedata.category(sign)[0] not in "ZC"]
            assert not MARKED.intersection(shown[:1])
        assert harmless(cell) == told
