"""Payloads that no adapter can read, so that ingest has something to refuse."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from gateway.sample.facility import COLUMNS
from gateway.sample.xlsx import workbook


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """A payload with one fault, in the folder of its source."""

    source: str
    ending: str
    fault: str
    content: bytes
    form: str = ""
    """What tells the folder of a source's second format."""

    @property
    def folder(self) -> str:
        return f"{self.source}_{self.form}" if self.form else self.source


Fault = Callable[[Random, int], Broken]


def broken(rng: Random, number: int, faults: Sequence[Fault]) -> Broken:
    """A broken payload; `number` keeps its business key apart from all others."""
    return rng.choice(faults)(rng, number)


def _minutes(number: int) -> dict[str, object]:
    return {
        "loai": "BIEN_BAN_TRE_BI_BO_ROI",
        "soBienBan": f"{90000 + number}/BB-UBND",
        "ngayLap": "2026-03-04T08:30:00+07:00",
        "donViLap": {"maXa": "00199", "ten": "UBND phường Láng", "loai": "UBND_XA"},
        "phatHien": {"thoiGian": "2026-03-04T05:10:00+07:00", "maXa": "00199"},
        "tre": [{"stt": 1, "gioiTinh": "NU"}],
    }


def _entry(number: int) -> dict[str, object]:
    return {
        "so": str(90000 + number),
        "quyenSo": "09/2026",
        "ngayDangKy": "04.03.2026",
        "loaiDangKy": "DANG_KY_MOI",
        "noiDangKy": {"maXa": "00199", "ten": "UBND phường Láng"},
        "nksHoTen": "Nguyễn Văn Sai",
        "nksGioiTinh": 1,
        "nksNgaySinh": "01.02.2026",
    }


def _truncated_json(rng: Random, number: int) -> Broken:
    whole = json.dumps([_minutes(number)], ensure_ascii=False).encode()
    cut = whole[: rng.randint(len(whole) // 2, len(whole) - 10)].decode(errors="ignore").encode()
    return Broken(source="police", ending="json", fault="truncated-json", content=cut)


def _bad_minutes_date(_: Random, number: int) -> Broken:
    """Its find has no time either: with one, the child would be taken."""
    wrong = _minutes(number) | {"ngayLap": "2026-13-45T08:30:00+07:00", "phatHien": None}
    return Broken(
        source="police", ending="json", fault="wrong-date", content=json.dumps([wrong]).encode()
    )


def _truncated_lines(rng: Random, number: int) -> Broken:
    whole = json.dumps(_entry(number)).encode()
    cut = whole[: rng.randint(len(whole) // 2, len(whole) - 10)] + b"\n"
    return Broken(source="civil_status", ending="json", fault="truncated-json", content=cut)


def _register_in_legacy_code_page(_: Random, number: int) -> Broken:
    """Text in Windows-1258, which is not UTF-8."""
    text = json.dumps(_entry(number) | {"nksHoTen": "Nguyên Văn Sai"}, ensure_ascii=False)
    return Broken(
        source="civil_status",
        ending="json",
        fault="wrong-encoding",
        content=text.encode("cp1258", errors="ignore"),
    )


def _envelope(content: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?><GIAMDINHHS><THONGTINDONVI><MACSKCB>01999</MACSKCB>'
        "</THONGTINDONVI><THONGTINHOSO><DANHSACHHOSO><HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO>"
        f"<NOIDUNGFILE>{content}</NOIDUNGFILE></FILEHOSO></HOSO></DANHSACHHOSO></THONGTINHOSO>"
        "</GIAMDINHHS>"
    ).encode()


def _stay(file: str) -> str:
    return (
        f"<TONG_HOP><MA_LK>sai.{file}</MA_LK><MA_BN>{file}</MA_BN><HO_TEN>Vô danh</HO_TEN>"
        "<NGAY_SINH>202603040000</NGAY_SINH><GIOI_TINH>2</GIOI_TINH>"
        "<NGAY_VAO>202603041200</NGAY_VAO><MA_CSKCB>01999</MA_CSKCB></TONG_HOP>"
    )


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _broken_base64(_: Random, number: int) -> Broken:
    damaged = _encoded(_stay(f"SAI{number}"))[:-7] + "?!*"
    return Broken(
        source="hospital", ending="xml", fault="broken-base64", content=_envelope(damaged)
    )


def _cut_document(_: Random, number: int) -> Broken:
    cut = _encoded(_stay(f"SAI{number}")[:-20])
    return Broken(source="hospital", ending="xml", fault="malformed-inner", content=_envelope(cut))


def _endless_file_number(_: Random, number: int) -> Broken:
    wrong = _encoded(_stay(f"SAI{number}" * 70))
    return Broken(
        source="hospital", ending="xml", fault="wrong-identifier", content=_envelope(wrong)
    )


def _paper_of_no_stay(_: Random, number: int) -> Broken:
    """A discharge paper that names neither the stay nor the patient."""
    paper = f"<MA_LK/><MA_YTE/><SO_LUU_TRU>SAI{number}</SO_LUU_TRU><HO_TEN_ME>Sai</HO_TEN_ME>"
    root = "CHI_TIEU_DU_LIEU_GIAY_RA_VIEN"
    wrong = _envelope(_encoded(f"<{root}>{paper}</{root}>"))
    return Broken(source="hospital", ending="xml", fault="missing-value", content=wrong)


def _roster_without_header(_: Random, number: int) -> Broken:
    text = f"XX01;Mái ấm;{number};Nguyễn Văn Sai;;01/01/2026;;Nam\n"
    return Broken(source="facility", ending="csv", fault="missing-header", content=text.encode())


def _cut_workbook(_: Random, number: int) -> Broken:
    whole = workbook([[*COLUMNS], ["XX01", "Mái ấm", f"SAI{number}", "Nguyễn Văn Sai"]])
    return Broken(
        source="facility", ending="xlsx", fault="cut-workbook", content=whole[: len(whole) // 2]
    )


FAULTS: tuple[Fault, ...] = (
    _truncated_json,
    _bad_minutes_date,
    _truncated_lines,
    _register_in_legacy_code_page,
    _broken_base64,
    _cut_document,
    _endless_file_number,
    _paper_of_no_stay,
    _roster_without_header,
    _cut_workbook,
)
