"""Codes of the health XML family and what they mean, as tables."""

from adapters.formats.sensitivity import hiv_labels, is_code_of_hiv
from adapters.profile import Label

USED = ("XML0", "XML1", "XML7", "XML8", "XML9", "XML13")
WITHHELD = frozenset({"XML6", "XML15"})
"""HIV care and tuberculosis: never taken in by default (vn_domain.md 4.1)."""

ROOTS = {
    "CHI_TIEU_TRANG_THAI_KCB": "XML0",
    "TONG_HOP": "XML1",
    "CHI_TIEU_DU_LIEU_GIAY_RA_VIEN": "XML7",
    "CHI_TIEU_DU_LIEU_TOM_TAT_HO_SO_BENH_AN": "XML8",
    "CHI_TIEU_DU_LIEU_GIAY_CHUNG_SINH": "XML9",
    "DU_LIEU_GIAY_CHUNG_SINH": "XML9",
    "HSDLGCS": "XML9",
    "GIAYCHUNGSINH": "XML9",
    "CHI_TIEU_GIAYCHUYENTUYEN": "XML13",
    "CHI_TIEU_HO_SO_BENH_AN_CHAM_SOC_VA_DIEU_TRI_HIV_AIDS": "XML6",
    "CHI_TIEU_DIEU_TRI_BENH_LAO": "XML15",
}
"""Root of a table document, or its rows without a root → the table.

The roots of XML6 and XML15 are assumed.
"""

ROWS = {"XML9": frozenset({"DU_LIEU_GIAY_CHUNG_SINH", "GIAYCHUNGSINH"})}
"""Elements that each hold one record of a table; other tables are one record as a whole."""

TABLE_NUMBERS = {"61": "XML9"}
"""Document types outside XML0-15: 61 is the certificate of TT 22/2025 (vn_domain.md 4.3)."""

SEXES = {"1": "male", "2": "female", "3": "unknown", "NAM": "male", "NỮ": "female"}
"""GIOI_TINH. 3 "chưa xác định" is a statement, an empty element is none."""

INPATIENT_KINDS = frozenset({"03", "04", "06", "09"})
"""MA_LOAI_KCB (QĐ 824/QĐ-BYT, Phụ lục 1) where the patient stays; the others are visits."""

DISCHARGES = {
    "1": "Ra viện",
    "2": "Chuyển tuyến theo yêu cầu chuyên môn",
    "3": "Trốn viện",
    "4": "Xin ra viện",
    "5": "Chuyển tuyến theo yêu cầu người bệnh",
}
DIED = frozenset({"5", "8"})
"""KET_QUA_DTRI: died in the hospital, or before arrival."""

BORN_HERE = "Z38"
"""ICD-10 Z38: liveborn infant, by place of birth."""
BORN_TOGETHER = frozenset({"Z383", "Z384", "Z385", "Z386", "Z387", "Z388"})
"""ICD-10 Z38.3-Z38.8: liveborn infant, twin or other multiple."""
FOUNDLING = frozenset({"Z761"})
"""ICD-10 Z76.1, health supervision and care of foundling."""


def labels_of(code: str | None, *texts: str | None) -> list[Label]:
    """Sensitivity labels: HIV, where the code of ICD-10 or a text says so."""
    return [Label.HIV] if is_code_of_hiv(code) else hiv_labels(*texts)


MERGED_PROVINCES = {
    old: new
    for new, olds in {
        "08": "02",
        "15": "10",
        "19": "06",
        "24": "27",
        "25": "17 26",
        "31": "30",
        "33": "34",
        "37": "35 36",
        "44": "45",
        "48": "49",
        "51": "62",
        "52": "64",
        "56": "58",
        "66": "54",
        "68": "60 67",
        "75": "70",
        "79": "74 77",
        "80": "72",
        "82": "87",
        "86": "83 84",
        "91": "89",
        "92": "93 94",
        "96": "95",
    }.items()
    for old in olds.split()
}
UNMERGED = frozenset({"01", "04", "11", "12", "14", "20", "22", "38", "40", "42", "46"})
PROVINCES = UNMERGED | frozenset(MERGED_PROVINCES.values())


def province_of(facility: str) -> str | None:
    """Today's province of MA_CSKCB, whose first two digits are a province code, old or new.

    The merge kept every surviving code inside its new province (vn_domain.md 3.3), so both
    readings agree.
    """
    code = facility[:2]
    code = MERGED_PROVINCES.get(code, code)
    return code if code in PROVINCES else None
