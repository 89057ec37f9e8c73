"""Steps of a journey: payloads in, records linked, what came out of it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, select, text
from sqlalchemy.orm import Session

import audit
from adapters.catalog import addressed, load_adapters
from adapters.contract import SourceMessage
from audit.event import Action, AuditEvent
from gateway import golden, linking
from gateway.cli.files import payload_files
from gateway.database import Role, transaction
from gateway.ingest import IngestResult, deliver_many
from gateway.linking import LinkReport
from gateway.registry import tables
from linkage import assertions
from linkage import tables as linkage_tables
from linkage.assertions import Said
from linkage.model import MatchModel, load
from linkage.standing import Decision
from tests.conftest import TESTER
from tests.ledger import engine_for

Partition = frozenset[frozenset[str]]
"""The keys of the records of each identity."""
shipped = cache(load)


@contextmanager
def connected(url: URL) -> Iterator[Engine]:
    """The application's engine; nobody stays connected, so that the database can be copied."""
    engine = engine_for(url)
    try:
        yield engine
    finally:
        engine.dispose()


def files_of(*paths: Path) -> list[bytes]:
    """The payloads among files and folders."""
    return [file.read_bytes() for file in payload_files(paths)]


def minutes(*children: dict[str, Any], **changes: Any) -> bytes:
    """Police minutes of some children who were found together."""
    told = {
        "loai": "BIEN_BAN_TRE_BI_BO_ROI",
        "soBienBan": "12/BB-CAX",
        "ngayLap": "2026-03-04T08:30:00+07:00",
        "donViLap": {"maXa": "00199", "ten": "Công an phường Láng", "loai": "CONG_AN_XA"},
        "phatHien": {
            "thoiGian": "2026-03-04T05:10:00+07:00",
            "maXa": "00199",
            "diaDiem": "cổng chùa Láng",
            "loaiNoi": "CHUA",
        },
        "tre": [{"stt": number, **child} for number, child in enumerate(children, start=1)],
    }
    return json.dumps(told | changes, ensure_ascii=False).encode()


def registration(number: int, **changes: Any) -> bytes:
    """One birth registration of an abandoned child, at the office of commune 00199."""
    told = {
        "so": str(number),
        "quyenSo": "01/2026",
        "ngayDangKy": "15.03.2026",
        "loaiDangKy": "DANG_KY_MOI",
        "noiDangKy": {"maXa": "00199", "ten": "UBND phường Láng"},
        "nksHoTen": "Nguyễn Bảo An",
        "nksGioiTinh": 2,
        "nksNgaySinh": "04.03.2026",
        "nksNoiSinhDVHC": "00199",
        "nksLoaiKhaiSinh": "Trẻ bị bỏ rơi",
        "bbSo": "12/BB-CAX",
        "bbMaXa": "00199",
        "bbNgay": "04.03.2026",
    }
    return json.dumps(told | changes, ensure_ascii=False).encode()


def ingest(engine: Engine, payloads: Iterable[bytes]) -> list[IngestResult]:
    """Take payloads in as `motem ingest` does."""
    adapters = load_adapters()
    sent = (SourceMessage(source="", content=content, name="payload") for content in payloads)
    return list(deliver_many(engine, (addressed(one, adapters) for one in sent), TESTER))


def link(engine: Engine, model: MatchModel | None = None) -> LinkReport:
    """Link as `motem link` does, with the model that ships unless another is given."""
    with transaction(engine) as session:
        return linking.link(session, model or shipped(), TESTER)


def homes(engine: Engine) -> dict[str, str]:
    """Record key → identity."""
    c = linkage_tables.record.c
    with engine.connect() as connection:
        return {
            row.key: row.identity_id for row in connection.execute(select(c.key, c.identity_id))
        }


def partition(engine: Engine) -> Partition:
    groups: dict[str, set[str]] = {}
    for key, identity in homes(engine).items():
        groups.setdefault(identity, set()).add(key)
    return frozenset(map(frozenset, groups.values()))


def patients(engine: Engine, *, of_records: bool = False) -> dict[str, dict[str, Any]]:
    """Id → Patient that stands now: the golden ones, or those of the records."""
    c = tables.resource.c
    kind = c.record_id.is_not(None) if of_records else c.record_id.is_(None)
    query = select(c.id, c.body).where(c.type == "Patient", c.is_current, kind)
    with engine.connect() as connection:
        return {row.id: json.loads(row.body) for row in connection.execute(query)}


def versions(engine: Engine) -> list[tuple[str, str, int]]:
    """Type, id and number of every version of every resource."""
    c = tables.resource.c
    query = select(c.type, c.id, c.version_id).order_by(c.type, c.id, c.version_id)
    with engine.connect() as connection:
        return [(row.type, row.id, row.version_id) for row in connection.execute(query)]


def project_all(engine: Engine) -> int:
    """Recompute every golden Patient; how many have changed."""
    with transaction(engine) as session:
        return golden.project(session, list(patients(engine)))


def decide(engine: Engine, *decisions: Decision) -> list[str]:
    """Keep a steward's decisions as they are, contradictions too, and link nothing; their ids."""
    ids = []
    with transaction(engine) as session:
        for left, right, verdict in decisions:
            pair = [known for key in (left, right) if (known := assertions.find(session, key))]
            said = Said(verdict=verdict, author="steward", reason="made up")
            ids.append(assertions.add(session, pair, said, None))
        _told(session, Action.DECISION_MAKE)
    return ids


def withdraw(engine: Engine, ids: Sequence[str]) -> None:
    with transaction(engine) as session:
        for id_ in ids:
            said = Said(verdict="withdrawn", author="steward", reason="made up")
            assertions.withdraw(session, id_, said)
        _told(session, Action.DECISION_WITHDRAW)


def _told(session: Session, action: Action) -> None:
    """Nothing is committed without an event."""
    audit.append(session, AuditEvent(action=action, caller=TESTER))


def as_owner(url: URL, *statements: str) -> None:
    """Run SQL as the owner of the tables."""
    owner = engine_for(url, Role.OWNER)
    with owner.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    owner.dispose()
