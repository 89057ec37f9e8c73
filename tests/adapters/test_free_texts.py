"""Whatever source says it: a free text that speaks of HIV is labelled, and the child is not."""

import io
import json
from typing import Any

import pytest

from adapters.catalog import load_adapters
from adapters.contract import Resource, SourceMessage
from adapters.profile import Label
from tests.adapters.sources.hospital.adt_payloads import adt, pid, pv1, segment
from tests.adapters.sources.hospital.payloads import CERTIFICATE, element, envelope, filed, stay

ADAPTERS = load_adapters()
TEXT = "mẹ nhiễm HIV"
TIME = "2026-03-04T08:30:00+07:00"


def as_json(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


def as_csv(**cells: str) -> bytes:
    text = io.StringIO()
    text.write(",".join(cells) + "\n" + ",".join(cells.values()) + "\n")
    return text.getvalue().encode()


MINUTES = {"soBienBan": "1/BB", "ngayLap": TIME, "donViLap": {"maXa": "00199"}}
REPORT = {"loai": "BAO_CAO_TIEP_NHAN", "maVuViec": "111-1", "kenh": "111", "thoiGian": TIME}
STEP = {"loai": "PHIEU_BUOC", "soPhieu": "1", "maDonVi": "00199", "buoc": "SANG_LOC_SUC_KHOE"}
ROSTER = {"Mã cơ sở": "HN01", "Số hồ sơ": "1", "Họ và tên": "Bé Thử", "Ngày sinh": "2026"}
PUPIL = {"Mã định danh Bộ GD&ĐT": "998", "Họ tên": "Bé Thử", "Ngày sinh": "2018", "Lớp": "1A"}
PATIENT = {"resourceType": "Patient", "id": "p", "identifier": [{"system": "urn:x", "value": "1"}]}
NOTE = {
    "resourceType": "Condition",
    "subject": {"reference": "Patient/p"},
    "code": {"text": TEXT},
}
SAID: tuple[tuple[str, bytes], ...] = (
    ("police", as_json(MINUTES | {"tre": [{"stt": 1, "tinhTrang": TEXT}]})),
    ("police", as_json(MINUTES | {"tre": [{"stt": 1, "dacDiem": TEXT}]})),
    ("police", as_json(MINUTES | {"tre": [{"stt": 1, "taiSan": ["khăn", TEXT]}]})),
    ("hotline", as_json(REPORT | {"tre": {"dacDiem": TEXT}})),
    ("hotline", as_json(REPORT | {"tre": {"gioiTinh": "NU"}, "hanhDong": ["x", TEXT]})),
    ("casework", as_json(STEP | {"thoiGian": TIME, "tre": {"gioiTinh": "NU"}, "ketQua": TEXT})),
    ("facility", as_csv(**ROSTER, **{"Đặc điểm nhận dạng": TEXT})),
    ("facility", as_csv(**ROSTER, **{"Nhóm chăm sóc": TEXT})),
    ("education", as_csv(**PUPIL, **{"Loại khuyết tật": TEXT})),
    ("hospital", adt(pid(), pv1(), segment("PV2", {3: f"^{TEXT}"}))),
    ("hospital", adt(pid(), pv1(), segment("DG1", {3: f"J18^{TEXT}"}))),
    (
        "hospital",
        envelope(filed("XML9", element("GIAYCHUNGSINH", CERTIFICATE | {"TINH_TRANG_CON": TEXT}))),
    ),
    ("hospital", envelope(filed("XML1", stay(LY_DO_VV=TEXT)))),
    ("hospital", envelope(filed("XML1", stay(CHAN_DOAN_RV=TEXT)))),
    (
        "fhir",
        as_json(
            {
                "resourceType": "Bundle",
                "type": "collection",
                "entry": [{"resource": PATIENT}, {"resource": NOTE}],
            }
        ),
    ),
)


def converted(source: str, content: bytes) -> list[Resource]:
    adapter = ADAPTERS[source]
    (statement,) = adapter.read(SourceMessage(source=source, content=content)).statements
    return list(adapter.convert(statement).resources)


@pytest.mark.parametrize(("source", "content"), SAID)
def test_what_holds_the_text_is_labelled_and_the_child_is_not(source: str, content: bytes) -> None:
    found = converted(source, content)
    labelled = [
        one
        for one in found
        if Label.HIV in [label["code"] for label in one.get("meta", {}).get("security", ())]
    ]
    holding = [one for one in found if TEXT in json.dumps(one, ensure_ascii=False)]
    assert labelled == holding
    assert len(labelled) == 1
    assert labelled[0]["resourceType"] not in ("Patient", "Organization", "Location")


@pytest.mark.parametrize(("source", "content"), SAID)
def test_other_words_in_its_place_are_no_secret(source: str, content: bytes) -> None:
    harmless = "mẹ nhiễm cúm"
    told = content.replace(TEXT.encode(), harmless.encode())
    told = told.replace(json.dumps(TEXT)[1:-1].encode(), json.dumps(harmless)[1:-1].encode())
    assert told != content
    assert str(Label.HIV) not in json.dumps(converted(source, told))
