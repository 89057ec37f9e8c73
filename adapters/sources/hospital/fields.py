"""The fields of each table: our name, the elements that carry it, and how its text is read."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from adapters.errors import PayloadError, Problem
from adapters.legacy_text import clean, fold
from adapters.sources.hospital.codes import SEXES
from adapters.sources.hospital.moments import moment

Reader: TypeAlias = Callable[[str], Any]
"""Cleaned text → JSON value, None for "not stated". Raises ValueError where it is unreadable."""

NO_VALUE = frozenset({"", "null", "none", "n/a", "-"})
CERTIFICATE_NUMBER = re.compile(r"\d{5}\.GCS\.(\d{5})\.\d{2}", re.IGNORECASE)
"""Serial, GCS, facility, year (vn_domain.md 3.2)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One thing a table says. `problem` set: an unreadable value refuses the record.

    Otherwise an unreadable value is left out and reported with the unknown fields, but for what
    `rest` still reads in it.
    """

    key: str
    elements: tuple[str, ...]
    read: Reader
    problem: Problem | None = None
    rest: Reader | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Typed:
    """What a table states under our names, and the elements whose text could not be read."""

    content: Mapping[str, Any]
    unreadable: tuple[str, ...]


def typed(row: Mapping[str, str], fields: Iterable[Field], position: str) -> Typed:
    """A row's texts as values. Raises PayloadError where a field that must be right is wrong."""
    content: dict[str, Any] = {}
    unreadable = []
    for field in fields:
        element = next((name for name in field.elements if row.get(name)), None)
        if element is None:
            continue
        try:
            value = field.read(row[element])
        except ValueError:
            if field.problem is not None:
                raise PayloadError(field.problem, position, element) from None
            unreadable.append(element)
            value = field.rest(row[element]) if field.rest else None
        if value not in (None, "", []):
            content[field.key] = value
    return Typed(content=content, unreadable=tuple(unreadable))


def cleaned(text: str) -> str:
    """Clean text; "" for what only says that there is no value."""
    # Plain ASCII, most of a table, holds nothing that could need decoding.
    result = " ".join(text.split()) if text.isascii() else clean(text)
    return "" if result.lower() in NO_VALUE else result


def as_text(text: str) -> str:
    return text


def as_code(text: str) -> str:
    return text.replace(" ", "").upper()


def as_key(text: str) -> str:
    """What becomes part of a record's key."""
    if len(text) > LONGEST_KEY:
        raise ValueError("too long for a number")
    return text


LONGEST_KEY = 200
"""Characters; the standard allows 100 for MA_BN and MA_LK, 200 for SO."""


def as_padded(length: int) -> Reader:
    """A numeric code gets back the leading zeros that a spreadsheet took."""

    def read(text: str) -> str:
        code = as_key(as_code(text.removesuffix(".0")))
        return code.zfill(length) if code.isascii() and code.isdigit() else code

    return read


def as_moment(text: str) -> str | None:
    return moment(text.replace(" ", ""))


def as_year(text: str) -> str | None:
    """The year of a date whose day or time is impossible; None where even that is uncertain."""
    month_fits = re.match(r"((?:19|20)\d\d)(?:0[1-9]|1[0-2])\d", text)
    found = month_fits or re.search(r"[-/.]((?:19|20)\d\d)$", text)
    return found[1] if found else None


def as_sex(text: str) -> str | None:
    code = text.upper().removesuffix(".0").lstrip("0")
    if code and code not in SEXES:
        raise ValueError("no code of GIOI_TINH")
    return SEXES.get(code)


def as_count(text: str) -> int | None:
    if not re.fullmatch(r"\d{1,2}(?:\.0)?", text):
        raise ValueError("no small number")
    return int(text.removesuffix(".0")) or None


def as_list(text: str) -> list[str]:
    """Card numbers; ";" stands between several."""
    return [code for code in (as_code(part) for part in re.split(r"[;,]", text)) if code]


def as_birth_grams(text: str) -> int | None:
    """Grams. A list of several children's weights, as the standard has it for twins (vn_domain.md
    4.1), tells one child's only where all are equal: otherwise none is taken, and nothing is wrong.
    """
    weights = {_number(part) for part in text.split(";") if part.strip()}
    if not weights:
        raise ValueError("no weight")
    if len(weights) > 1:
        return None
    weight = weights.pop()
    return _grams(weight * 1000 if weight < HEAVIEST_BIRTH_KG else weight, HEAVIEST_BIRTH_KG)


def as_grams_of_kilograms(text: str) -> int | None:
    """Kilograms (CAN_NANG) → grams; what no body weighs was sent in grams."""
    weight = _number(text)
    return _grams(weight if weight > HEAVIEST_KG else weight * 1000, HEAVIEST_KG)


HEAVIEST_KG = 300
HEAVIEST_BIRTH_KG = 10


def _number(text: str) -> float:
    match = re.fullmatch(r"(\d{1,6}(?:[.,]\d{1,4})?) ?(?:k?g|gram)?", text.strip().lower())
    if match is None:
        raise ValueError("no weight")
    return float(match[1].replace(",", "."))


def _grams(grams: float, most_kilograms: int) -> int | None:
    if grams > most_kilograms * 1000:
        raise ValueError("no body weighs that")
    return round(grams) or None


def as_certificate(text: str) -> str | None:
    """A certificate number; the national form in upper case, any other as written."""
    if fold(text) in NO_CERTIFICATE:
        return None
    compact = as_code(text)
    return compact if CERTIFICATE_NUMBER.fullmatch(compact) else as_key(text)


NO_CERTIFICATE = frozenset({"0", "chua cap", "chua co", "khong", "khong co"})

_WHO = (
    Field(key="name", elements=("HO_TEN",), read=as_text),
    Field(key="born", elements=("NGAY_SINH",), read=as_moment, rest=as_year),
    Field(key="sex", elements=("GIOI_TINH",), read=as_sex),
    Field(key="paper", elements=("SO_CCCD",), read=as_code),
    Field(key="ethnicity", elements=("MA_DANTOC",), read=as_padded(2)),
    Field(key="address", elements=("DIA_CHI",), read=as_text),
    Field(key="commune", elements=("MAXA_CU_TRU",), read=as_padded(5)),
    Field(key="cards", elements=("MA_THE_BHYT",), read=as_list),
    Field(key="temporary_card", elements=("MA_THE_TAM",), read=as_code),
)
_STAY = (
    Field(
        key="facility", elements=("MA_CSKCB",), read=as_padded(5), problem=Problem.WRONG_IDENTIFIER
    ),
    Field(key="stay", elements=("MA_LK",), read=as_key, problem=Problem.WRONG_IDENTIFIER),
    Field(key="admitted", elements=("NGAY_VAO",), read=as_moment),
    Field(key="discharged", elements=("NGAY_RA",), read=as_moment),
    Field(key="stay_kind", elements=("MA_LOAI_KCB",), read=as_padded(2)),
    Field(key="reason", elements=("LY_DO_VV", "LY_DO_VNT"), read=as_text),
    Field(key="diagnosis", elements=("CHAN_DOAN_RV", "CHAN_DOAN_VAO"), read=as_text),
    Field(key="disease", elements=("MA_BENH_CHINH",), read=as_code),
    Field(key="sent_by", elements=("MA_NOI_DI",), read=as_padded(5)),
    Field(key="sent_to", elements=("MA_NOI_DEN",), read=as_padded(5)),
    Field(key="letter", elements=("GIAY_CHUYEN_TUYEN",), read=as_text),
    Field(key="result", elements=("KET_QUA_DTRI",), read=as_code),
    Field(key="discharge", elements=("MA_LOAI_RV",), read=as_code),
    Field(key="note", elements=("GHI_CHU",), read=as_text),
)
_FILES = (
    Field(key="file", elements=("MA_BN", "MA_YTE"), read=as_key, problem=Problem.WRONG_IDENTIFIER),
    Field(key="case_file", elements=("MA_HSBA", "SO_LUU_TRU"), read=as_text),
)
_PARENTS = (
    Field(key="father", elements=("HO_TEN_CHA",), read=as_text),
    Field(key="mother", elements=("HO_TEN_ME",), read=as_text),
    Field(key="guardian", elements=("NGUOI_GIAM_HO",), read=as_text),
    Field(key="father_insurance", elements=("MA_CHA",), read=as_code),
    Field(key="mother_insurance", elements=("MA_ME",), read=as_code),
)
_ISSUED = (Field(key="issued", elements=("NGAY_CT",), read=as_moment),)
_WEIGHTS = (
    Field(key="weight", elements=("CAN_NANG",), read=as_grams_of_kilograms),
    Field(key="birth_weight", elements=("CAN_NANG_CON",), read=as_birth_grams),
)

FIELDS: Mapping[str, tuple[Field, ...]] = {
    "XML0": (*_FILES, *_WHO, *_STAY),
    "XML1": (*_FILES, *_WHO, *_STAY, *_WEIGHTS),
    "XML7": (*_FILES, *_WHO, *_STAY, *_PARENTS, *_ISSUED),
    "XML8": (*_FILES, *_WHO, *_STAY, *_PARENTS, *_ISSUED),
    "XML13": (
        *_WHO,
        *_STAY,
        *_ISSUED,
        Field(key="letter_book", elements=("SO_CHUYENTUYEN",), read=as_text),
    ),
    "XML9": (
        Field(
            key="facility",
            elements=("MA_CSKCB",),
            read=as_padded(5),
            problem=Problem.WRONG_IDENTIFIER,
        ),
        Field(
            key="certificate",
            elements=("MA_GCS", "SO"),
            read=as_certificate,
            problem=Problem.WRONG_IDENTIFIER,
        ),
        Field(key="book", elements=("QUYEN_SO",), read=as_text),
        Field(key="name", elements=("HO_TEN_CON", "TEN_CON"), read=as_text),
        Field(key="sex", elements=("GIOI_TINH_CON",), read=as_sex),
        Field(key="born", elements=("NGAY_SINH_CON",), read=as_moment, rest=as_year),
        Field(key="birth_place", elements=("NOI_SINH_CON",), read=as_text),
        Field(key="condition_at_birth", elements=("TINH_TRANG_CON",), read=as_text),
        Field(key="children", elements=("SO_CON",), read=as_count),
        Field(key="birth_weight", elements=("CAN_NANG_CON",), read=as_birth_grams),
        Field(key="temporary_card", elements=("MA_THE_TAM",), read=as_code),
        Field(key="mother", elements=("HO_TEN_NND", "HOTEN_NND"), read=as_text),
        Field(key="mother_born", elements=("NGAYSINH_NND", "NGAY_SINH_NND"), read=as_moment),
        Field(key="mother_paper", elements=("SO_CCCD_NND", "SO_GIAYTO_NND"), read=as_code),
        Field(key="mother_address", elements=("NOI_CU_TRU_NND",), read=as_text),
        Field(key="mother_card", elements=("MA_THE_NND",), read=as_code),
        Field(key="mother_insurance", elements=("MA_BHXH_NND",), read=as_code),
        Field(key="father", elements=("HO_TEN_CHA", "HOTEN_CHA"), read=as_text),
        Field(key="note", elements=("GHI_CHU",), read=as_text),
        *_ISSUED,
    ),
}
"""Table → its fields. Spellings are aliases in `elements`; the first that is filled counts."""

_UNUSED = """
    MA_LK MA_BN MAXA_CU_TRU
    CAP_LAN_DAU CHAN_DOAN_VAO CHUCDANH_NGUOI_HT DAU_HIEU_LS DIEN_THOAI DOCUMENT_TYPE DU_PHONG
    GT_THE_DEN GT_THE_TU HOTEN_NGUOI_HT HUONG_DIEU_TRI LAN_SINH LOAI_GIAYTO_NND LY_DO_VNT
    MAHUYEN_CU_TRU MATINH_CU_TRU MA_BENH_CHINH MA_BENH_KT MA_BENH_YHCT MA_BS MA_CT MA_DANTOC_NND
    MA_DICH_VU MA_DINHCHI_THAI MA_DKBD MA_DOITUONG_KCB MA_KHOA MA_KHOA_RV MA_KHUVUC MA_LYDO_CT
    MA_LY_DO_VNT MA_NGHE_NGHIEP MA_NOI_CAP MA_NOI_DEN MA_NOI_DI MA_PTTT_QT MA_QUOCTICH MA_TAI_NAN
    MA_THUOC MA_TTDV MA_TTDV_NND MA_VAT_TU NAM_NAM_LIEN_TUC NAM_QT NGAYCAP_CCCD_NND NGAYCAP_NND
    NGAY_CONCHET NGAY_CT NGAY_MIEN_CCT NGAY_SINHCON NGAY_TAI_KHAM NGAY_TTOAN NGAY_VAO_NOI_TRU
    NGAY_YL NGUOI_DAI_DIEN NGUOI_DO_DE NGUOI_GHI_PHIEU NGUYENNHAN_DINHCHI NHOM_MAU NHOM_MAU_CON
    NOICAP_CCCD_NND NOICAP_NND PHUONGTIEN_VC PP_DIEUTRI PP_DIEU_TRI QT_BENHLY QUA_TRINH_BENH
    SINHCON_DUOI32TUAN SINHCON_PHAUTHUAT SO_CONCHET SO_CON_SONG SO_HOSO SO_NGAY_DTRI SO_SERI STT
    TEKT TEN_BS TEN_DICHVU TEN_DICH_VU TEN_DICH_VU_KT TEN_THUOC TEN_THUOC_DV TEN_VAT_TU THANG_QT
    THOIGIAN_DINHCHI TOMTAT_KQ TOMTAT_KQ_CLS TUOI_THAI T_BHTT T_BHTT_GDV T_BNCCT T_BNTT
    T_NGUONKHAC T_THUOC T_TONGCHI_BH T_TONGCHI_BV T_VTYT
"""
UNUSED = frozenset(_UNUSED.split())
"""Fields of the standard that are not taken in: money, drugs, staff, what serves no purpose here.

Every element that stands neither here nor in a table of FIELDS is reported as unknown.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownElements:
    """Element names of one table."""

    used: frozenset[str]
    unused: frozenset[str]


@cache
def known_elements(table: str) -> KnownElements:
    used = frozenset(element for field in FIELDS[table] for element in field.elements)
    return KnownElements(used=used, unused=UNUSED - used)
