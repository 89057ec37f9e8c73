"""Tests of what the later sources write, as their receivers see it."""

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from lxml import etree

from adapters.formats import hl7
from gateway.sample import witnesses
from gateway.sample.fhir import PARTNERS
from gateway.sample.world import World, write
from tests.gateway.sample.reading import entries, payloads, table

END = date(2026, 10, 31)
Key = tuple[str, str]


def child_of(world: Path) -> dict[Key, str]:
    return {(row["source"], row["record"]): row["child"] for row in table(world / "truth.csv")}


def cells(path: Path) -> list[list[str]]:
    if path.suffix == ".csv":
        text = path.read_text(encoding="utf-8-sig")
        delimiter = ";" if text.split("\n")[0].count(";") > 3 else ","
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    sheet = openpyxl.load_workbook(path).worksheets[0]
    rows = sheet.iter_rows(values_only=True)
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("removed", ["fhir", "education", "population", "hospital_hl7"])
def test_a_source_draws_from_random_numbers_of_its_own(
    removed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(children=40, seed=8, all_sources=True)
    write(world, tmp_path / "whole")
    fewer = {kind: papers for kind, papers in witnesses.WITNESSES.items() if kind != removed}
    monkeypatch.setattr(witnesses, "WITNESSES", fewer)
    write(world, tmp_path / "fewer")
    for kind in fewer:
        whole = [path.read_bytes() for path in sorted((tmp_path / "whole" / kind).rglob("*.*"))]
        rest = [path.read_bytes() for path in sorted((tmp_path / "fewer" / kind).rglob("*.*"))]
        assert (kind, whole) == (kind, rest)
        assert whole
    assert not (tmp_path / "fewer" / removed).exists()


def test_callers_mostly_know_no_name_and_often_no_sex(world: Path) -> None:
    found = [report for report in entries(world, "hotline") if report["nhom"][0] == "ABANDONED"]
    named = [report for report in found if report["tre"]["hoTen"]]
    unknown = [report for report in found if report["tre"]["gioiTinh"] == "KHONG_RO"]
    assert len(named) < len(found) / 2
    assert len(found) / 5 < len(unknown) < len(found) / 2
    assert any(report["tre"]["tuoiUocLuong"] for report in found)


def minutes_made(world: Path) -> dict[str, datetime]:
    """Child → time of its first minutes."""
    truth, made = child_of(world), dict[str, datetime]()
    for minutes in entries(world, "police"):
        key = f"{minutes['donViLap']['maXa']}/{minutes['soBienBan']}/{minutes['ngayLap'][:4]}"
        for one in minutes["tre"]:
            time = datetime.fromisoformat(minutes["ngayLap"])
            child = truth["police", f"{key}#{one['stt']}"]
            made[child] = min(time, made.get(child, time))
    return made


def test_calls_come_hours_before_or_after_the_minutes(world: Path) -> None:
    truth, made = child_of(world), minutes_made(world)
    hours = [
        (datetime.fromisoformat(report["thoiGian"]) - made[child]).total_seconds() / 3600
        for report in entries(world, "hotline")
        if (child := truth["hotline", report["maVuViec"]]) in made
    ]
    assert -48 < min(hours) < 0 < max(hours) < 24 * 5


def test_one_case_number_tells_of_one_child(world: Path) -> None:
    assert all(isinstance(report["tre"], dict) for report in entries(world, "hotline"))


def citizens(world: Path) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Date of the file, and texts by element."""
    for path in payloads(world, "population"):
        root = etree.parse(path).getroot()
        for citizen in root:
            texts: dict[str, list[str]] = defaultdict(list)
            for element in citizen.iter(etree.Element):
                texts[etree.QName(element).localname].append(element.text or "")
            yield str(root.get("ThoiDiemDuLieu")), texts


def test_a_citizen_has_the_number_of_an_earlier_registration(world: Path) -> None:
    registered: dict[str, list[date]] = defaultdict(list)
    truth = child_of(world)
    for entry in entries(world, "civil_status"):
        key = f"{entry['noiDangKy']['maXa']}/{entry['quyenSo']}/{entry['so']}"
        day = datetime.strptime(entry["ngayDangKy"], "%d.%m.%Y").date()  # noqa: DTZ007
        registered[truth["civil_status", key]].append(day)
    checked = 0
    for sent, texts in citizens(world):
        child = truth.get(("population", texts["SoDinhDanh"][0]))
        if child is not None:
            assert min(registered[child]).isoformat() <= sent
            checked += 1
    assert checked > 300


def test_cancelled_numbers_belong_to_the_same_child(world: Path) -> None:
    truth = child_of(world)
    replaced = [
        (texts["SoDinhDanh"][0], old)
        for _, texts in citizens(world)
        for old in texts["SoDinhDanhCu"]
    ]
    assert len(replaced) > 5
    for number, old in replaced:
        assert truth["population", number] == truth["population", old]


def test_citizens_have_whole_dates_or_years_and_placeholders(world: Path) -> None:
    every = [texts for _, texts in citizens(world)]
    assert any(texts["Nam"] for texts in every)
    assert any("Không xác định" in texts["Cha"] for texts in every)
    assert any(texts["SoDinhDanh"][0][4] == "9" for texts in every), "no mother of the 1990s"


def lists(world: Path) -> list[list[list[str]]]:
    return [cells(path) for path in payloads(world, "education")]


def test_student_lists_hold_the_traps_of_the_ministrys_export(world: Path) -> None:
    every = lists(world)
    seen = {cell for rows in every for row in rows for cell in row}
    assert {"36", "36.0"} & seen
    assert any(cell.endswith(".0") and len(cell) > 10 for cell in seen), "no number as float"
    assert any("Thông tin cha" in {cell.strip() for cell in row} for rows in every for row in rows)
    # Days come as text, as a serial number, and as a date cell.
    assert any(cell.count("/") == 2 and len(cell) == 10 for cell in seen)
    assert any(cell.isdecimal() and 40_000 < int(cell) < 47_000 for cell in seen if len(cell) == 5)
    assert any(cell.endswith("00:00:00") for cell in seen)


def test_pupils_are_five_or_older(world: Path) -> None:
    born = Counter(
        cell[-4:]
        for rows in lists(world)
        for row in rows
        for cell in row
        if cell.count("/") == 2 and len(cell) == 10
    )
    # A typing error moves a year by one.
    assert max(born) <= str(END.year - 4)


def test_some_pupils_stand_in_two_lists_of_one_number(world: Path) -> None:
    text = json.dumps(lists(world), ensure_ascii=False)
    assert "Chuyển đi" in text
    assert "Chuyển đến kỳ 1" in text


def test_step_reports_name_children_by_keys_or_not_at_all(world: Path) -> None:
    reports = list(entries(world, "casework"))
    about = [report["tre"]["khoa"] for report in reports if "tre" in report]
    systems = {key["he"] for keys in about for key in keys}
    zero = [report for report in reports if report["buoc"] == "BAO_CAO_KHONG"]
    assert systems >= {"BIEN_BAN", "HO_SO", "KHAI_SINH", "SO_DINH_DANH", "GCS", "VU_VIEC"}
    assert 0.02 < sum(not keys for keys in about) / len(about) < 0.25
    assert zero
    assert not any("tre" in report for report in zero)


def test_steps_come_after_the_minutes(world: Path) -> None:
    truth, made = child_of(world), minutes_made(world)
    checked = 0
    for report in entries(world, "casework"):
        child = truth.get(("casework", f"{report['maDonVi']}/{report['soPhieu']}"))
        if child in made:
            assert datetime.fromisoformat(report["thoiGian"]) >= made[child]
            checked += 1
    assert checked > 100


def test_some_bodies_report_steps_in_sheets(world: Path) -> None:
    sheets = [path for path in payloads(world, "casework") if path.suffix == ".xlsx"]
    assert sheets
    assert "Số phiếu" in cells(sheets[0])[1]


def test_each_partner_writes_only_its_own_domain(world: Path) -> None:
    domains = {partner.domain for partner in PARTNERS.values()}
    keys = [key for source, key in child_of(world) if source == "fhir"]
    assert {key.partition("|")[0] for key in keys} == domains


def test_patients_come_in_every_form_some_without_a_name(world: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in payloads(world, "fhir")]
    assert any("data-absent-reason" in text for text in texts)
    assert any(text.startswith("{") and '"Bundle"' in text for text in texts)
    assert any("<Bundle " in text for text in texts)
    assert any("<Patient xmlns" in text for text in texts)
    assert any("Con bà" in text for text in texts)


def messages(world: Path) -> Iterator[hl7.Message]:
    for path in payloads(world, "hospital_hl7"):
        for message in hl7.messages(path.read_bytes()):
            assert isinstance(message, hl7.Message)
            yield message


def test_messages_tell_of_stays_persons_and_merges(world: Path) -> None:
    events = Counter(message.segments[0].text(9, 2) for message in messages(world))
    assert set(events) == {"A01", "A04", "A08", "A28", "A31", "A40"}


def test_a_merge_names_two_numbers_of_one_child(world: Path) -> None:
    truth = child_of(world)
    merges = 0
    for message in messages(world):
        named = {segment.name: segment for segment in message.segments}
        if "MRG" in named:
            house = named["MSH"].text(4)
            both = [named["PID"].text(3), named["MRG"].text(1)]
            assert both[0] != both[1]
            assert len({truth["hospital", f"{house}/{number}"] for number in both}) == 1
            merges += 1
    assert merges > 3


def test_control_numbers_are_unique_for_their_sender(world: Path) -> None:
    sent = Counter(
        (head.text(4), head.text(10), message.raw)
        for message in messages(world)
        for head in message.segments[:1]
    )
    # A file that is sent twice repeats its messages byte for byte.
    assert len({numbered[:2] for numbered in sent}) == len(sent)


def test_messages_of_a_file_stand_in_the_order_of_their_times(world: Path) -> None:
    for path in payloads(world, "hospital_hl7"):
        found = [m for m in hl7.messages(path.read_bytes()) if isinstance(m, hl7.Message)]
        times = [message.segments[1].text(2) for message in found]
        assert all(first <= second for first, second in pairwise(times))


def test_some_hospitals_send_messages_only_and_some_beside_their_xml(world: Path) -> None:
    houses = {message.segments[0].text(4) for message in messages(world)}
    xml = "".join(path.read_text(encoding="utf-8") for path in (world / "hospital").rglob("*.xml"))
    beside = {house for house in houses if f"<MACSKCB>{house}</MACSKCB>" in xml}
    assert beside
    assert houses - beside
