"""Code lists that several sources share: sex, units of age, the 14 groups of children."""

from collections.abc import Iterable

from adapters.formats.values import plain
from adapters.vocabulary import CodeList

SEXES = {
    "Nam": "male",
    "Trai": "male",
    "M": "male",
    "male": "male",
    "1": "male",
    "Nữ": "female",
    "Gái": "female",
    "F": "female",
    "female": "female",
    "2": "female",
    "0": "unknown",
    "3": "unknown",
    "Không rõ": "unknown",
    "Không biết": "unknown",
    "Chưa xác định": "unknown",
    "unknown": "unknown",
}
"""Spelling → FHIR gender. Mẫu 01 of NĐ 56/2017 says Nam, Nữ, Không biết (vn_domain.md 2.2)."""
SEX_WORDS = {
    "male": "nam · male",
    "female": "nữ · female",
    "unknown": "không rõ · not known",
    "other": "khác · other",
}
SEX_LIST = CodeList(known=SEXES, meanings=SEX_WORDS)
UNITS = {"NGAY": "NGAY", "THANG": "THANG", "NAM": "NAM", "TUOI": "NAM"}
"""Units of an estimated age: days, months, years."""
UNIT_LIST = CodeList(
    known=UNITS,
    meanings={"NGAY": "ngày · days", "THANG": "tháng · months", "NAM": "năm, tuổi · years"},
)
GROUPS = {
    "ORPHAN_BOTH": "Trẻ em mồ côi cả cha và mẹ",
    "ABANDONED": "Trẻ em bị bỏ rơi",
    "NO_SUPPORT": "Trẻ em không nơi nương tựa",
    "DISABILITY": "Trẻ em khuyết tật",
    "HIV": "Trẻ em nhiễm HIV/AIDS",
    "LAW_CONFLICT": "Trẻ em vi phạm pháp luật",
    "DRUG": "Trẻ em nghiện ma túy",
    "DROPOUT_WORK": "Trẻ em phải bỏ học kiếm sống chưa hoàn thành phổ cập giáo dục trung học cơ sở",
    "VIOLENCE": "Trẻ em bị tổn hại nghiêm trọng về thể chất và tinh thần do bị bạo lực",
    "EXPLOITED": "Trẻ em bị bóc lột",
    "SEX_ABUSE": "Trẻ em bị xâm hại tình dục",
    "TRAFFICKED": "Trẻ em bị mua bán",
    "ILL_POOR": "Trẻ em mắc bệnh hiểm nghèo hoặc bệnh phải điều trị dài ngày",
    "MIGRANT_UNACC": "Trẻ em di cư, lánh nạn, tị nạn",
}
"""The 14 groups of Luật Trẻ em 2016 Điều 10 (vn_domain.md section 1)."""
GROUP_OF = {plain(spelling): code for code, text in GROUPS.items() for spelling in (code, text)}
"""A group's code or name, as `plain` spells it → its code."""
GROUP_LIST = CodeList(
    known={spelling: code for code, text in GROUPS.items() for spelling in (code, text)},
    meanings=GROUPS,
)


def group_codes(stated: Iterable[str]) -> tuple[list[str], bool]:
    """Codes of the groups named, sorted; and whether all names were known. ";" parts them too."""
    parts = [part for text in stated for part in text.split(";") if part.strip()]
    found = [GROUP_OF.get(plain(part)) for part in parts]
    return sorted({code for code in found if code}), None not in found
