"""A vendor's own names and codes, told in the site's file, are taken by every door like ours."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, select

from adapters.catalog import load_adapters
from adapters.contract import SourceMessage
from gateway.app import create_app
from gateway.database import printable, transaction
from gateway.registry import tables
from gateway.settings import Settings
from tests.adapters.formats.workbook import workbook
from tests.commands import motem
from tests.gateway.api.conftest import served

VENDOR = "his-mau"
SITE = f"""
[[dialect]]
source = "hospital"
system = "{VENDOR}"
[dialect.fields]
HO_TEN = ["TEN_BENH_NHAN"]
NGAY_SINH = ["NGAYSINH_BN"]
PID-22 = ["ZPD-4"]
[dialect.codes]
LOAIHOSO = {{ TONGHOP = "XML1" }}
GIOI_TINH = {{ G = "2" }}
PID-8 = {{ GAI = "F" }}
"PID-3.5" = {{ MABN = "MR" }}
NK1-3 = {{ ME = "MTH" }}

[[dialect]]
source = "police"
system = "{VENDOR}"
[dialect.fields]
"soBienBan" = ["SoBB"]
"donViLap.maXa" = ["CoQuan.MaXa"]
"tre.hoTen" = ["tre.TenTre"]
[dialect.codes."tre.gioiTinh"]
G = "Nữ"

[[dialect]]
source = "facility"
[dialect.fields]
"Mã cơ sở" = ["Ký hiệu nhà"]
"Số hồ sơ" = ["Mã sổ"]
"Họ và tên" = ["Tên cháu"]
[dialect.codes]
"Giới tính" = {{ "Cháu gái" = "Nữ" }}
"Nhóm hoàn cảnh" = {{ "Bỏ rơi" = "ABANDONED" }}

[[dialect]]
source = "population"
system = "{VENDOR}"
[dialect.fields]
GioiTinh = ["Phai"]
"HoVaTen.DayDu" = ["HoVaTen.VietDayDu"]
"""

XML = """<GIAMDINHHS><THONGTINDONVI><MACSKCB>01999</MACSKCB></THONGTINDONVI><HOSO><FILEHOSO>
<LOAIHOSO>{kind}</LOAIHOSO><NOIDUNGFILE><BANG><MA_LK>LK-1</MA_LK><MA_BN>BN-1</MA_BN>
<{name}>Nguyễn Bảo An</{name}><{born}>202603040000</{born}><GIOI_TINH>{sex}</GIOI_TINH>
<NGAY_VAO>202603050900</NGAY_VAO></BANG></NOIDUNGFILE></FILEHOSO></HOSO></GIAMDINHHS>"""
CITIZEN = """<CongdanCollection ThoiDiemDuLieu="2026-10-01"><CongDan><SoDinhDanh>999326000101</SoDinhDanh>
<HoVaTen><{name}>Phạm Thị Mẫu</{name}></HoVaTen><{sex}>2</{sex}></CongDan></CongdanCollection>"""
HL7 = "\r".join(
    [
        "MSH|^~\\&|HIS|01999|||20260304091600||ADT^A08|1|P|2.5",
        "PID|1||BN77^^^^{number}||Lê^Mẫu||20260304|{sex}||||||||||||||{people}",
        "NK1|1|Lê^Mai|{mother}",
        "ZPD|1|||{elsewhere}",
        "",
    ]
)
ROWS = [
    ["HN01", "023/26", "Nguyễn Bảo An", "{sex}", "20/03/2026", "{group}"],
    ["HN01", "024/26", "Trần Bảo Vy", "{sex}", "21/03/2026", ""],
]
OURS = ["Mã cơ sở", "Số hồ sơ", "Họ và tên", "Giới tính", "Ngày tiếp nhận", "Nhóm hoàn cảnh"]
THEIRS = ["Ký hiệu nhà", "Mã sổ", "Tên cháu", *OURS[3:]]


def rows(head: list[str], sex: str, group: str) -> list[list[str]]:
    return [head, *([cell.format(sex=sex, group=group) for cell in row] for row in ROWS)]


def csv(table: list[list[str]]) -> bytes:
    return "\n".join(",".join(row) for row in table).encode()


def minutes(number: str, maker: str, name: str, sex: str) -> bytes:
    child = {"stt": 1, name: "Nguyễn Thị Mẫu", "gioiTinh": sex}
    found = {"thoiGian": "2026-03-04T05:10:00+07:00", "maXa": "00199"}
    made = {number: "12/BB", "ngayLap": "2026-03-04", maker: {"maXa": "00199"}}
    return json.dumps({**made, "phatHien": found, "tre": [child]}).encode()


JSON, SHEET = "application/json", "application/octet-stream"
PAYLOADS = {
    "XML": (
        "hospital",
        "application/xml",
        XML.format(kind="XML1", name="HO_TEN", born="NGAY_SINH", sex="2").encode(),
        XML.format(kind="TongHop", name="TEN_BENH_NHAN", born="NGAYSINH_BN", sex="G").encode(),
    ),
    "citizens": (
        "population",
        "application/xml",
        CITIZEN.format(name="DayDu", sex="GioiTinh").encode(),
        CITIZEN.format(name="VietDayDu", sex="Phai").encode(),
    ),
    "HL7": (
        "hospital",
        "application/hl7-v2",
        HL7.format(number="MR", sex="F", people="12", mother="MTH", elsewhere="").encode(),
        HL7.format(number="MABN", sex="Gái", people="", mother="Mẹ", elsewhere="12").encode(),
    ),
    "JSON": (
        "police",
        JSON,
        minutes("soBienBan", "donViLap", "hoTen", "2"),
        minutes("SoBB", "CoQuan", "TenTre", "g"),
    ),
    "CSV": (
        "facility",
        "text/csv",
        csv(rows(OURS, "Nữ", "ABANDONED")),
        csv(rows(THEIRS, "Cháu gái", "Bỏ rơi")),
    ),
    "XLSX": (
        "facility",
        SHEET,
        workbook(rows(OURS, "Nữ", "ABANDONED")),
        workbook(rows(THEIRS, "cháu gái", "bỏ rơi")),
    ),
}
of_every_format = pytest.mark.parametrize("form", PAYLOADS)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(SITE, encoding="utf-8")
    return path


def resources(source: str, content: bytes) -> list[Any]:
    """What the source's page says of the payload, without the site's file."""
    adapter = load_adapters()[source]
    statements = adapter.read(SourceMessage(source=source, content=content)).statements
    return [list(adapter.convert(statement).resources) for statement in statements]


@of_every_format
def test_over_http_it_becomes_what_our_own_spelling_becomes(
    database_url: URL, site: Path, form: str
) -> None:
    source, kind, ours, theirs = PAYLOADS[form]
    settings = {"DATABASE_URL": printable(database_url), "MOTEM_SITE": str(site)}
    headers = {"Content-Type": kind, "X-Motem-System": VENDOR}
    with served(create_app(Settings.model_validate(settings))) as client:
        shown = client.post(f"/sources/{source}/preview", content=theirs, headers=headers).json()
        taken = client.post(f"/sources/{source}/messages", content=theirs, headers=headers)
    assert [one["resources"] for one in shown["records"]] == resources(source, ours)
    assert shown["unknownFields"] == {}
    assert taken.status_code == 201
    assert len(taken.json()["records"]) == len(shown["records"])


@of_every_format
def test_a_file_of_the_vendor_is_recognised_and_taken(
    database_url: URL, engine: Engine, site: Path, tmp_path: Path, form: str
) -> None:
    source, _, ours, theirs = PAYLOADS[form]
    (tmp_path / "payload").write_bytes(theirs)
    ended = motem(
        database_url, "ingest", tmp_path / "payload", "--system", VENDOR, MOTEM_SITE=str(site)
    )
    assert ended.status == 0, ended.written
    with transaction(engine) as session:
        kept = session.scalars(select(tables.record.c.source)).all()
    assert kept == [source] * len(resources(source, ours))


@pytest.mark.parametrize("form", ["JSON", "CSV", "XLSX"])
def test_whom_the_file_does_not_name_is_not_understood(
    database_url: URL, tmp_path: Path, form: str
) -> None:
    (tmp_path / "payload").write_bytes(PAYLOADS[form][3])
    ended = motem(database_url, "ingest", tmp_path / "payload", "--system", VENDOR)
    assert ended.status == 3
    assert "unknown-structure" in ended.written


def test_nothing_starts_with_a_wrong_spelling(database_url: URL, tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text('[[dialect]]\nsource = "police"\nfields = { hoTenn = ["x"] }', "utf-8")
    ended = motem(database_url, "sources", MOTEM_SITE=str(path))
    assert ended.status != 0
    assert 'dialect 1, fields."hoTenn"' in ended.written
    assert "không có trường này" in ended.written
