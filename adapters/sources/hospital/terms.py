"""What the page of hospitals says: where each element and place goes, codes, what is refused."""

from dataclasses import replace

from adapters.errors import Problem
from adapters.formats.codes import SEX_WORDS
from adapters.sources.hospital.adt_fields import FIELDS as PLACES
from adapters.sources.hospital.adt_terms import ADT_TERMS, HELD, STAY_WORDS
from adapters.sources.hospital.codes import (
    DIED,
    DISCHARGES,
    INPATIENT_KINDS,
    SEXES,
    TABLE_NUMBERS,
    USED,
    WITHHELD,
)
from adapters.sources.hospital.fields import FIELDS, UNUSED
from adapters.vocabulary import CodeList, Term, Vocabulary, spelt

SOURCED = "sourced: QĐ 130, 4750, 3176, 1931/QĐ-BYT, TT 22/2025"
ASSUMED = "assumed"

SEX_CODES = CodeList(known=SEXES, meanings=SEX_WORDS)
TABLES = {table: table for table in (*USED, *sorted(WITHHELD))} | TABLE_NUMBERS
"""Withheld tables are codes too, so that a site's file cannot make others of them."""
TABLE_WORDS = {
    "XML0": "trạng thái khám chữa bệnh · check-in",
    "XML1": "tổng hợp · summary of a stay",
    "XML7": "giấy ra viện · discharge paper",
    "XML8": "tóm tắt hồ sơ bệnh án · case summary",
    "XML9": "giấy chứng sinh · birth certificate",
    "XML13": "giấy chuyển tuyến · transfer letter",
    "XML6": "HIV/AIDS · counted, never opened",
    "XML15": "bệnh lao · tuberculosis: counted, never opened",
}
KINDS_OF_STAY = dict.fromkeys(sorted(INPATIENT_KINDS), "IMP")
DISCHARGE_CODES = {code: code for code in DISCHARGES}
DEATHS = dict.fromkeys(sorted(DIED), "true")
DEATH_WORDS = {"true": "tử vong · died"}
ELEMENT, PLACE = r"[A-Za-z_][\w.-]*", r"[A-Z][A-Z0-9]{2}-[1-9]\d{0,2}"
FIXED = frozenset(
    {"LOAIHOSO", "MACSKCB", "MRG-1", "MRG-7", "MSH-4", "MSH-9.2", "NK1-2", "NK1-3", "NK1-33"}
)
"""Looked up before anything is renamed, or in segments that repeat."""

TERMS = (
    Term(
        name="LOAIHOSO",
        origin=SOURCED,
        to=("required",),
        note="which table it is, where the inner root does not say it",
        codes=CodeList(known=TABLES, meanings=TABLE_WORDS),
    ),
    Term(
        name="MACSKCB",
        origin=SOURCED,
        to=(
            "Encounter.identifier[dot-dieu-tri]",
            "Encounter.serviceProvider",
            "Organization",
            "Patient.identifier[giay-chung-sinh]",
            "Patient.identifier[patient-internal-id]",
            "custodian",
            "record id",
        ),
        note="the facility, where the record has no MA_CSKCB",
    ),
    Term(
        name="MA_BN",
        origin=SOURCED,
        to=(
            "Patient.identifier[patient-internal-id]",
            "record id",
        ),
        note="use usual, assigner the hospital; the key",
    ),
    Term(
        name="MA_HSBA",
        origin=SOURCED,
        to=("Patient.identifier[patient-internal-id]",),
        note="use secondary",
    ),
    Term(
        name="HO_TEN",
        origin=SOURCED,
        to=(
            "Flag",
            "Patient.birthDate",
            "Patient.name",
            "RelatedPerson(mother).birthDate",
            "RelatedPerson(mother).identifier[national_id]",
        ),
        note="official; placeholders flagged, below",
    ),
    Term(
        name="SO_CCCD",
        origin=SOURCED,
        to=(
            "Patient.identifier[national_id]",
            "RelatedPerson(mother).identifier[national_id]",
        ),
        note="by form: 12 digits personal ID; 10 or 11 the same with its zeros back (assumed); 9 the old card; letters and 6–8 digits passport",
    ),
    Term(
        name="MA_THE_BHYT",
        origin=SOURCED,
        to=("Patient.identifier[insurance_number]",),
        note='";" between several, one identifier each',
    ),
    Term(
        name="NGAY_SINH",
        origin=SOURCED,
        to=(
            "Patient.birthDate",
            "RelatedPerson(mother).birthDate",
            "RelatedPerson(mother).identifier[national_id]",
        ),
        note="year, month or day; the time as patient-birthTime",
    ),
    Term(
        name="GIOI_TINH",
        origin=SOURCED,
        to=("Patient.gender",),
        note="3 is unknown, empty is absent",
        codes=SEX_CODES,
    ),
    Term(name="MA_DANTOC", origin=SOURCED, to=("Patient.extension[extension-race]",)),
    Term(name="DIA_CHI", origin=SOURCED, to=("Patient.address",)),
    Term(
        name="MAXA_CU_TRU",
        origin=SOURCED,
        to=("Patient.address",),
        note="as sent with its day and today's readings",
    ),
    Term(name="MA_THE_TAM", origin=SOURCED, to=("Patient.identifier[bhyt-tam]",)),
    Term(
        name="MA_LK",
        origin=SOURCED,
        to=(
            "Condition.encounter",
            "Encounter.identifier[dot-dieu-tri]",
            "record id",
        ),
        note="also the Encounter's role",
    ),
    Term(
        name="MA_CSKCB",
        origin=SOURCED,
        to=(
            "Condition.encounter",
            "Encounter.identifier[dot-dieu-tri]",
            "Encounter.serviceProvider",
            "Organization.identifier[hospital]",
            "Organization.name",
            "Patient.identifier[patient-internal-id]",
            "custodian",
            "record id",
        ),
    ),
    Term(
        name="NGAY_VAO",
        origin=SOURCED,
        to=(
            "Condition.recordedDate",
            "Encounter.class",
            "Encounter.period",
            "Flag.period",
            "Observation(29463-7).effectiveDateTime",
            "Patient.address",
            "own time",
        ),
    ),
    Term(
        name="NGAY_RA",
        origin=SOURCED,
        to=(
            "Condition.recordedDate",
            "Encounter.class",
            "Encounter.period",
            "Encounter.status",
            "own time",
        ),
    ),
    Term(
        name="MA_LOAI_KCB",
        origin=SOURCED,
        to=("Encounter.class",),
        note="03, 04, 06, 09 inpatient; without it inpatient where the stay lasts overnight (assumed)",
        codes=CodeList(known=KINDS_OF_STAY, meanings=STAY_WORDS),
    ),
    Term(name="LY_DO_VV", origin=SOURCED, to=("Encounter.reasonCode",)),
    Term(name="CHAN_DOAN_RV", origin=SOURCED, to=("Condition.code",)),
    Term(
        name="MA_BENH_CHINH",
        origin=SOURCED,
        to=("Condition.code",),
        note="ICD-10 as sent; Z76.1 is Flag ABANDONED, codes of HIV (B20–B24, Z21, R75, Z20.6, …) label HIV",
    ),
    Term(
        name="MA_NOI_DI",
        origin=SOURCED,
        to=(
            "Encounter.hospitalization.origin",
            "Encounter.identifier[giay-chuyen-tuyen]",
            "Organization",
        ),
    ),
    Term(
        name="MA_NOI_DEN",
        origin=SOURCED,
        to=(
            "Encounter.hospitalization.destination",
            "Organization",
        ),
    ),
    Term(
        name="GIAY_CHUYEN_TUYEN",
        origin=SOURCED,
        to=(
            "Encounter.identifier[giay-chuyen-tuyen]",
            "Encounter.identifier[so-chuyen-tuyen]",
        ),
        note="assigner MA_NOI_DI; XML13: MA_NOI_DI, else the facility",
    ),
    Term(
        name="KET_QUA_DTRI",
        origin=SOURCED,
        to=("Patient.deceasedBoolean",),
        codes=CodeList(known=DEATHS, meanings=DEATH_WORDS),
    ),
    Term(
        name="MA_LOAI_RV",
        origin=SOURCED,
        to=("Encounter.hospitalization.dischargeDisposition",),
        codes=CodeList(known=DISCHARGE_CODES, meanings=DISCHARGES),
    ),
    Term(
        name="GHI_CHU",
        origin=ASSUMED,
        to=(
            "Flag",
            "Patient.identifier[bien-ban-bo-roi]",
        ),
        note='read for signs of abandonment and "biên bản <number>"',
    ),
    Term(
        name="CAN_NANG",
        origin=SOURCED,
        to=("Observation(29463-7)",),
        note="kg, comma or point; more than 300 is grams (assumed)",
    ),
    Term(
        name="CAN_NANG_CON",
        origin=SOURCED,
        to=("Observation(8339-4)",),
        note="below 10 is kg (assumed); a list counts only where all are equal; in XML1 only of an infant",
    ),
    Term(name="HO_TEN_CHA", origin=SOURCED, to=("RelatedPerson(father).name",)),
    Term(name="HO_TEN_ME", origin=SOURCED, to=("RelatedPerson(mother).name",)),
    Term(name="NGUOI_GIAM_HO", origin=SOURCED, to=("RelatedPerson(guardian)",)),
    Term(name="MA_CHA", origin=SOURCED, to=("RelatedPerson(father).identifier[insurance_number]",)),
    Term(name="MA_ME", origin=SOURCED, to=("RelatedPerson(mother).identifier[insurance_number]",)),
    Term(
        name="NGAY_CT",
        origin=SOURCED,
        to=("own time",),
        note="of a certificate; of other papers where no other time is known",
    ),
    Term(
        name="SO_CHUYENTUYEN",
        origin=SOURCED,
        to=("Encounter.identifier[so-chuyen-tuyen]",),
        note="the letter's number where GIAY_CHUYEN_TUYEN is empty",
    ),
    Term(
        name="MA_GCS",
        origin=SOURCED,
        to=(
            "Organization",
            "Patient.identifier[giay-chung-sinh]",
            "custodian",
            "record id",
        ),
        note="the key; assigner the hospital where it has not the national form",
    ),
    Term(name="QUYEN_SO", origin=SOURCED, note="kept in the statement"),
    Term(name="HO_TEN_CON", origin=SOURCED, to=("Patient.name",), note="usual: the name intended"),
    Term(name="GIOI_TINH_CON", origin=SOURCED, to=("Patient.gender",), codes=SEX_CODES),
    Term(
        name="NGAY_SINH_CON",
        origin=SOURCED,
        to=(
            "Observation(8339-4).effectiveDateTime",
            "Patient.birthDate",
            "own time",
        ),
    ),
    Term(
        name="NOI_SINH_CON",
        origin=SOURCED,
        to=("Patient.extension[patient-birthPlace]",),
        note="of a find outside a facility the discovery",
    ),
    Term(name="TINH_TRANG_CON", origin=SOURCED, to=("Observation(state-at-birth)",)),
    Term(
        name="SO_CON",
        origin=SOURCED,
        to=(
            "Patient.extension[reported-together]",
            "Patient.multipleBirthBoolean",
        ),
        note="2 or more",
    ),
    Term(
        name="HO_TEN_NND",
        origin=SOURCED,
        to=(
            "Patient.name",
            "RelatedPerson(mother).name",
        ),
        note="the mother; of a foundling the carer (assumed)",
    ),
    Term(name="NGAYSINH_NND", origin=SOURCED, to=("RelatedPerson(mother).birthDate",)),
    Term(name="SO_CCCD_NND", origin=SOURCED, to=("RelatedPerson(mother).identifier[national_id]",)),
    Term(name="NOI_CU_TRU_NND", origin=SOURCED, to=("RelatedPerson(mother).address",)),
    Term(
        name="MA_THE_NND",
        origin=SOURCED,
        to=("RelatedPerson(mother).identifier[insurance_number]",),
    ),
    Term(
        name="MA_BHXH_NND",
        origin=SOURCED,
        to=("RelatedPerson(mother).identifier[insurance_number]",),
    ),
)


_ELEMENTS = {one.elements[0]: one.elements[1:] for table in FIELDS.values() for one in table}
_USED = {name for table in FIELDS.values() for one in table for name in one.elements}
_PLACES = {one.elements[0]: one.elements[1:] for one in PLACES}


def _spelling(term: Term) -> str:
    """What a site's file may write in place of it: an element, or a place as a whole."""
    if term.name in FIXED or "/" in term.name or "." in term.name:
        return ""
    return PLACE if "-" in term.name else ELEMENT


_NAMES = frozenset(term.name for term in (*TERMS, *ADT_TERMS))
_OF_TABLES = {
    f"{table}:{one.key}": (frozenset(one.elements) & _NAMES,)
    for table, fields in FIELDS.items()
    for one in fields
}
_OF_PLACES = {f"ADT:{one.key}": (frozenset(one.elements) & _NAMES,) for one in PLACES}
_OWN = ("table", "facility", "cancelled", "replaces", "replaced_by")

vocabulary = Vocabulary(
    terms=tuple(
        replace(term, spelling=_spelling(term))
        for term in spelt((*TERMS, *ADT_TERMS), _ELEMENTS | _PLACES)
    ),
    problems=frozenset(
        {
            Problem.DOCTYPE,
            Problem.EMPTY,
            Problem.ENCODING,
            Problem.FORBIDDEN_CHARACTER,
            Problem.MALFORMED,
            Problem.MISSING_VALUE,
            Problem.TOO_DEEP,
            Problem.TOO_LARGE,
            Problem.UNKNOWN_STRUCTURE,
            Problem.WRONG_CODE,
            Problem.WRONG_IDENTIFIER,
        }
    ),
    unmapped=tuple(sorted(UNUSED - _USED)),
    examples=("foundling_brought_in.xml", "adt_foundling.hl7"),
    formats=frozenset({"xml", "hl7"}),
    held=_OF_TABLES
    | _OF_PLACES
    | {key: (frozenset(names),) for key, names in HELD.items()}
    | {"named_after": (frozenset({"HO_TEN"}),)}
    | dict.fromkeys(_OWN, ()),
)
