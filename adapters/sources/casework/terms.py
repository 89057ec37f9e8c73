"""What the page of step reports says: where each field goes, its codes, what is refused."""

from adapters.errors import Problem
from adapters.formats.codes import SEX_LIST
from adapters.sources.casework.fields import (
    BODIES,
    COLUMNS,
    KEY_PARTS,
    KEYS,
    KINDS,
    NOT_MAPPED,
    ONLY_KNOWN,
)
from adapters.sources.casework.steps import SPELLINGS, STEPS
from adapters.vocabulary import CodeList, Term, Vocabulary, spelt

SOURCED = "sourced: formats.md, casework"
ASSUMED = "assumed"

BODY_LIST = CodeList(
    known={code: code for code in BODIES},
    meanings={
        code: f"mã của · code of a {kind}" if kind else "khác · another kind"
        for code, kind in BODIES.items()
    },
)
STEP_WORDS = {code: f"{step.vietnamese} · {step.english}" for code, step in STEPS.items()}
KEY_CODES = {system: system for system in KEYS}
KEY_WORDS = {
    "GCS": "giấy chứng sinh · birth certificate",
    "SO_DINH_DANH": "số định danh cá nhân · personal ID",
    "BIEN_BAN": "biên bản bỏ rơi · minutes",
    "HO_SO": "hồ sơ tại cơ sở · file at a house",
    "KHAI_SINH": "đăng ký khai sinh · birth registration",
    "THE_BHYT": "thẻ BHYT · insurance card",
    "VU_VIEC": "vụ việc 111 · case of hotline 111",
    "MOTEM": "mã Motem · identity given out by Motem",
}

TERMS = (
    Term(name="loai", origin=SOURCED, note="PHIEU_BUOC, or nothing", codes=CodeList(known=KINDS)),
    Term(
        name="soPhieu",
        origin=SOURCED,
        to=(
            "Task.identifier[phieu-buoc]",
            "record id",
        ),
        note="part of the key",
    ),
    Term(
        name="maDonVi",
        origin=SOURCED,
        to=(
            "Patient.identifier[bien-ban-bo-roi]",
            "Task.identifier[phieu-buoc]",
            "Task.owner",
            "custodian",
            "record id",
        ),
        note="part of the key",
    ),
    Term(
        name="tenDonVi",
        origin=SOURCED,
        to=("Task.owner",),
        note="decides what the code means where loaiDonVi is missing",
    ),
    Term(
        name="loaiDonVi",
        origin=SOURCED,
        to=(
            "Patient.identifier[bien-ban-bo-roi]",
            "Task.owner",
            "custodian",
        ),
        note="UBND_XA is in formats.md, the other codes assumed",
        codes=BODY_LIST,
    ),
    Term(
        name="buoc",
        origin=SOURCED,
        to=("required",),
        codes=CodeList(known=SPELLINGS, meanings=STEP_WORDS),
    ),
    Term(
        name="thoiGian",
        origin=SOURCED,
        to=(
            "Patient.deceasedDateTime",
            "Patient.extension[handover].time",
            "Task.authoredOn",
            "Task.executionPeriod",
            "own time",
        ),
    ),
    Term(
        name="ky.tuNgay", origin=ASSUMED, to=("Task.executionPeriod",), note="in place of thoiGian"
    ),
    Term(
        name="ky.denNgay", origin=ASSUMED, to=("Task.executionPeriod",), note="in place of thoiGian"
    ),
    Term(
        name="tre.hoTen",
        origin=SOURCED,
        to=("Patient.name",),
        note="use usual; placeholders flagged",
    ),
    Term(
        name="tre.ngaySinh",
        origin=SOURCED,
        to=("Patient.birthDate",),
        note="01/01: default-date, placeholder",
    ),
    Term(name="tre.gioiTinh", origin=SOURCED, to=("Patient.gender",), codes=SEX_LIST),
    Term(
        name="ketQua",
        origin=SOURCED,
        to=(
            "Task.meta.security",
            "Task.output",
        ),
        note="output result",
    ),
    Term(
        name="chuongTrinh",
        origin=ASSUMED,
        to=("Task.output",),
        note='output programme ("Mẹ đỡ đầu", "Địa chỉ tin cậy"…)',
    ),
    Term(
        name="benNhan.ten",
        origin=SOURCED,
        to=(
            "Patient.extension[handover].file",
            "Patient.extension[handover].name",
            "Patient.extension[handover].place",
            "Patient.extension[handover].time",
            "Task.output",
        ),
        note="output recipient; in steps that hand the child over also the handover. benNhan may be this text alone",
    ),
    Term(
        name="benNhan.loai",
        origin=ASSUMED,
        to=("Patient.extension[handover].place",),
        codes=BODY_LIST,
    ),
    Term(
        name="benNhan.maCoSo",
        origin=ASSUMED,
        to=(
            "Patient.extension[handover].place",
            "Patient.extension[handover].time",
        ),
    ),
    Term(name="benNhan.maHoSo", origin=ASSUMED, to=("Patient.extension[handover].file",)),
    Term(name="canCu", origin=SOURCED, to=("Task.basedOn",)),
    Term(
        name="tre.khoa.he",
        origin=SOURCED,
        to=(
            "Patient.identifier[bien-ban-bo-roi]",
            "Patient.identifier[case-111]",
            "Patient.identifier[giay-chung-sinh]",
            "Patient.identifier[insurance_number]",
            "Patient.identifier[motem]",
            "Patient.identifier[national_id]",
            "Patient.identifier[patient-internal-id]",
            "Patient.identifier[so-khai-sinh]",
        ),
        note="which number it is: keys below",
        codes=CodeList(known=KEY_CODES, meanings=KEY_WORDS),
    ),
    Term(
        name="tre.khoa.giaTri",
        origin=SOURCED,
        to=(
            "Patient.identifier[bien-ban-bo-roi]",
            "Patient.identifier[case-111]",
            "Patient.identifier[giay-chung-sinh]",
            "Patient.identifier[insurance_number]",
            "Patient.identifier[motem]",
            "Patient.identifier[national_id]",
            "Patient.identifier[patient-internal-id]",
            "Patient.identifier[so-khai-sinh]",
        ),
    ),
    Term(
        name="tre.khoa.maXa",
        origin=SOURCED,
        to=(
            "Patient.identifier[bien-ban-bo-roi]",
            "Patient.identifier[so-khai-sinh]",
        ),
    ),
    Term(name="tre.khoa.ngay", origin=SOURCED, to=("Patient.identifier[bien-ban-bo-roi]",)),
    Term(name="tre.khoa.maCoSo", origin=SOURCED, to=("Patient.identifier[patient-internal-id]",)),
    Term(name="tre.khoa.tenCoSo", origin=ASSUMED, to=("Patient.identifier[patient-internal-id]",)),
    Term(
        name="tre.khoa.GCS",
        origin=ASSUMED,
        to=("Patient.identifier[giay-chung-sinh]",),
        note="a column",
    ),
    Term(
        name="tre.khoa.SO_DINH_DANH",
        origin=ASSUMED,
        to=("Patient.identifier[national_id]",),
        note="a column",
    ),
    Term(
        name="tre.khoa.BIEN_BAN",
        origin=ASSUMED,
        to=("Patient.identifier[bien-ban-bo-roi]",),
        note="a column",
    ),
    Term(
        name="tre.khoa.BIEN_BAN.maXa",
        origin=ASSUMED,
        to=("Patient.identifier[bien-ban-bo-roi]",),
        note="a column",
    ),
    Term(
        name="tre.khoa.BIEN_BAN.ngay",
        origin=ASSUMED,
        to=("Patient.identifier[bien-ban-bo-roi]",),
        note="a column",
    ),
    Term(
        name="tre.khoa.HO_SO",
        origin=ASSUMED,
        to=("Patient.identifier[patient-internal-id]",),
        note="a column",
    ),
    Term(
        name="tre.khoa.HO_SO.maCoSo",
        origin=ASSUMED,
        to=("Patient.identifier[patient-internal-id]",),
        note="a column",
    ),
    Term(
        name="tre.khoa.HO_SO.tenCoSo",
        origin=ASSUMED,
        to=("Patient.identifier[patient-internal-id]",),
        note="a column",
    ),
    Term(
        name="tre.khoa.KHAI_SINH",
        origin=ASSUMED,
        to=("Patient.identifier[so-khai-sinh]",),
        note="a column",
    ),
    Term(
        name="tre.khoa.KHAI_SINH.maXa",
        origin=ASSUMED,
        to=("Patient.identifier[so-khai-sinh]",),
        note="a column",
    ),
    Term(
        name="tre.khoa.THE_BHYT",
        origin=ASSUMED,
        to=("Patient.identifier[insurance_number]",),
        note="a column",
    ),
    Term(
        name="tre.khoa.VU_VIEC",
        origin=ASSUMED,
        to=("Patient.identifier[case-111]",),
        note="a column",
    ),
    Term(name="tre.khoa.MOTEM", origin=ASSUMED, to=("Patient.identifier[motem]",), note="a column"),
)

_KEY = "tre.khoa"
_HELD = {
    f"{_KEY}.{system}.{part}": (
        frozenset({f"{_KEY}.{part}"}),
        frozenset({f"{_KEY}.{system}.{part}".removesuffix(".giaTri")}),
    )
    for system in KEYS
    for part in ("giaTri", *KEY_PARTS)
}
"""A key comes as an object of a list, or as columns named by its system."""

vocabulary = Vocabulary(
    terms=spelt(TERMS, {one.name: one.aliases for one in COLUMNS}),
    problems=frozenset(
        {
            Problem.DUPLICATE_KEY,
            Problem.EMPTY,
            Problem.ENCODING,
            Problem.FORBIDDEN_CHARACTER,
            Problem.MALFORMED,
            Problem.MISSING_HEADER,
            Problem.MISSING_VALUE,
            Problem.TOO_DEEP,
            Problem.TOO_LARGE,
            Problem.UNKNOWN_STRUCTURE,
            Problem.WRONG_CODE,
            Problem.WRONG_IDENTIFIER,
            Problem.WRONG_NUMBER,
            Problem.WRONG_TYPE,
        }
    ),
    unmapped=(
        *NOT_MAPPED,
        *(name for one in ONLY_KNOWN for name in one.spellings if name not in NOT_MAPPED),
    ),
    examples=("handover_and_placement.json", "dotted_columns.csv"),
    formats=frozenset({"json", "csv", "xlsx"}),
    held=_HELD | {f"{_KEY}.{system}.he": () for system in KEYS},
    told_apart={_KEY: ("he", "giaTri")},
)
