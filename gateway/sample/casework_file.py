"""Puts step reports into sheets with Vietnamese headings."""

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random
from typing import Any

from gateway.sample import rates
from gateway.sample.xlsx import Cell, workbook

HEADINGS = {
    "loai": "Loại phiếu",
    "soPhieu": "Số phiếu",
    "maDonVi": "Mã đơn vị",
    "tenDonVi": "Tên đơn vị",
    "loaiDonVi": "Loại đơn vị",
    "buoc": "Bước",
    "thoiGian": "Ngày thực hiện",
    "ky.tuNgay": "Từ ngày",
    "ky.denNgay": "Đến ngày",
    "tre.hoTen": "Họ tên trẻ",
    "tre.ngaySinh": "Ngày sinh",
    "tre.gioiTinh": "Giới tính",
    "ketQua": "Kết quả",
    "chuongTrinh": "Chương trình",
    "benNhan.ten": "Bên nhận",
    "benNhan.loai": "Loại bên nhận",
    "benNhan.maCoSo": "Mã bên nhận",
    "benNhan.maHoSo": "Mã hồ sơ bên nhận",
    "canCu": "Căn cứ",
    "BIEN_BAN": "Số biên bản",
    "BIEN_BAN.maXa": "Mã xã lập biên bản",
    "BIEN_BAN.ngay": "Ngày lập biên bản",
    "HO_SO": "Số hồ sơ của trẻ",
    "HO_SO.maCoSo": "Mã cơ sở giữ hồ sơ",
    "KHAI_SINH": "Số đăng ký khai sinh",
    "KHAI_SINH.maXa": "Mã xã đăng ký khai sinh",
    "SO_DINH_DANH": "Số định danh cá nhân",
    "GCS": "Số giấy chứng sinh",
    "THE_BHYT": "Số thẻ BHYT",
    "VU_VIEC": "Mã vụ việc",
    "nguoiLap": "Người lập",
}
COMMUNES = ("maDonVi", "BIEN_BAN.maXa", "KHAI_SINH.maXa")
DAYS = ("thoiGian", "BIEN_BAN.ngay", "ky.tuNgay", "ky.denNgay")


def sheet(reports: Sequence[Mapping[str, Any]], rng: Random) -> bytes:
    """A workbook of reports; `rng` must be the body's own, for its habits."""
    loose, serial = rng.random() < rates.LOST_ZEROS, rng.random() < 0.5
    rows = [_flat(report) for report in reports]
    cells = [[_cell(name, row.get(name), loose, serial) for name in HEADINGS] for row in rows]
    return workbook([["PHIẾU BÁO CÁO CÁC BƯỚC"], list(HEADINGS.values()), *cells])


def _flat(report: Mapping[str, Any]) -> dict[str, str]:
    """Members as columns, each key of the child in the columns of its system."""
    child = report.get("tre") or {}
    flat: dict[str, str] = {}
    for key in child.get("khoa", ()):
        flat[key["he"]] = key["giaTri"]
        parts = {name: key[name] for name in ("maXa", "maCoSo", "ngay") if key.get(name)}
        flat |= {f"{key['he']}.{name}": text for name, text in parts.items()}
    groups = {"tre": child, "benNhan": report.get("benNhan") or {}, "ky": report.get("ky") or {}}
    inside = {f"{group}.{k}": v for group, said in groups.items() for k, v in said.items()}
    own = {name: text for name, text in report.items() if name not in groups}
    return {name: text for name, text in (own | inside | flat).items() if name in HEADINGS}


def _cell(name: str, text: str | None, loose: bool, serial: bool) -> Cell:
    if not text:
        return None
    if name in COMMUNES and loose and text.isdecimal():
        return float(text)
    if name in DAYS:
        day = date.fromisoformat(text[:10])
        return day if serial else f"{day:%d/%m/%Y}"
    return text
