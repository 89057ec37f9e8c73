"""What the page of the minutes says: where each field goes, its codes, what is refused."""

from adapters.errors import Problem
from adapters.formats.codes import SEX_LIST, UNIT_LIST
from adapters.sources.police.fields import (
    CHILD,
    KINDS,
    MAKERS,
    MINUTES,
    NOT_MAPPED,
    PLACE_TYPES,
    RECEIVERS,
)
from adapters.vocabulary import CodeList, Term, Vocabulary, spelt

SOURCED = "sourced: NĐ 123/2015 Đ14k1"
ASSUMED = "assumed"

MAKER_WORDS = {
    "CONG_AN_XA": "công an xã · commune police",
    "UBND_XA": "UBND xã · commune People's Committee",
}
PLACE_WORDS = {
    "BENH_VIEN": "bệnh viện · hospital",
    "CHUA": "chùa · pagoda",
    "DUONG_PHO": "đường phố · street",
    "CHO": "chợ · market",
    "NHA_DAN": "nhà dân · private house",
    "TRAM_Y_TE": "trạm y tế · health station",
    "CO_SO_BTXH": "cơ sở bảo trợ xã hội · social-protection facility",
    "KHAC": "khác · other",
}
RECEIVER_WORDS = {
    "CO_SO_Y_TE": "cơ sở y tế · hospital or health station",
    "CO_SO_BTXH": "cơ sở bảo trợ xã hội · social-protection facility",
    "CA_NHAN": "cá nhân · a person: a name only",
}

TERMS = (
    Term(
        name="loai",
        origin=ASSUMED,
        note="BIEN_BAN_TRE_BI_BO_ROI, or nothing",
        codes=CodeList(known=KINDS),
    ),
    Term(
        name="soBienBan",
        origin=ASSUMED,
        to=(
            "Patient.extension[discovery].minutes",
            "Patient.identifier[bien-ban-bo-roi]",
            "record id",
        ),
        note="minutes carry a number; part of the key",
    ),
    Term(
        name="ngayLap",
        origin=ASSUMED,
        to=(
            "Patient.identifier[bien-ban-bo-roi]",
            "own time",
            "record id",
        ),
        note="minutes carry a date; part of the key. The identifier's period.start",
    ),
    Term(
        name="donViLap.maXa",
        origin=ASSUMED,
        to=(
            "Organization",
            "Patient.identifier[bien-ban-bo-roi]",
            "custodian",
            "record id",
        ),
        note="part of the key; the identifier's assigner",
    ),
    Term(
        name="donViLap.ten",
        origin=SOURCED,
        to=("Organization.name",),
        note="where the commune's own name is not known",
    ),
    Term(
        name="donViLap.loai",
        origin=ASSUMED,
        note="kept in the message only",
        codes=CodeList(known=MAKERS, meanings=MAKER_WORDS),
    ),
    Term(
        name="phatHien.thoiGian",
        origin=SOURCED,
        to=(
            "Flag.period",
            "Location.address",
            "Observation(29463-7).effectiveDateTime",
            "Patient.birthDate",
            "Patient.extension[discovery].commune",
            "Patient.extension[discovery].time",
        ),
    ),
    Term(
        name="phatHien.maXa",
        origin=SOURCED,
        to=(
            "Location.address",
            "Patient.extension[discovery].commune",
            "Patient.extension[discovery].commune-stated",
            "Patient.extension[discovery].location",
        ),
        note="today's readings at the day found; missing: the communes named in diaDiem, else the maker's",
    ),
    Term(
        name="phatHien.diaDiem",
        origin=SOURCED,
        to=(
            "Location.address",
            "Location.name",
            "Patient.extension[discovery].place-text",
        ),
    ),
    Term(
        name="phatHien.loaiNoi",
        origin=ASSUMED,
        to=(
            "Location.type",
            "Patient.extension[discovery].place-type",
        ),
        codes=CodeList(known=PLACE_TYPES, meanings=PLACE_WORDS),
    ),
    Term(
        name="nguoiPhatHien.hoTen",
        origin=SOURCED,
        to=("RelatedPerson(finder).name",),
        note="label informant",
    ),
    Term(
        name="nguoiPhatHien.loaiGiayTo",
        origin=SOURCED,
        to=("RelatedPerson(finder).identifier[citizen_id]",),
        note="decides where the number's form does not",
    ),
    Term(
        name="nguoiPhatHien.soGiayTo",
        origin=SOURCED,
        to=(
            "RelatedPerson(finder).identifier[citizen_id]",
            "RelatedPerson(finder).identifier[national_id]",
        ),
        note="12 digits personal ID, 9 the old card",
    ),
    Term(name="nguoiPhatHien.noiCuTru", origin=SOURCED, to=("RelatedPerson(finder).address",)),
    Term(
        name="banGiao.loai",
        origin=SOURCED,
        to=("Patient.extension[handover].place",),
        note="not stated: both readings of the code",
        codes=CodeList(known=RECEIVERS, meanings=RECEIVER_WORDS),
    ),
    Term(name="banGiao.maCoSo", origin=SOURCED, to=("Patient.extension[handover].place",)),
    Term(name="banGiao.ten", origin=SOURCED, to=("Patient.extension[handover].name",)),
    Term(name="banGiao.thoiGian", origin=SOURCED, to=("Patient.extension[handover].time",)),
    Term(
        name="banGiao.maHoSoNoiNhan",
        origin=ASSUMED,
        to=("Patient.extension[handover].file",),
        note="only where the minutes name one child",
    ),
    Term(
        name="tre.stt",
        origin=ASSUMED,
        to=("record id",),
        note="part of the key; the only child needs none",
    ),
    Term(
        name="tre.hoTen",
        origin=ASSUMED,
        to=(
            "Patient.name",
            "RelatedPerson(mother)",
        ),
        note='use temp; "không rõ", "bé bỏ rơi", "con bà …" flagged and kept; a mother named so becomes a RelatedPerson',
    ),
    Term(name="tre.gioiTinh", origin=SOURCED, to=("Patient.gender",), codes=SEX_LIST),
    Term(
        name="tre.ngaySinh",
        origin=ASSUMED,
        to=("Patient.birthDate",),
        note="equal to the day found: basis day-found; 01/01: default-date, placeholder",
    ),
    Term(
        name="tre.tuoiUocLuong.giaTri",
        origin=ASSUMED,
        to=("Patient.birthDate",),
        note="a range, basis estimated-age (rule below)",
    ),
    Term(name="tre.tuoiUocLuong.donVi", origin=ASSUMED, to=("Patient.birthDate",), codes=UNIT_LIST),
    Term(
        name="tre.canNangGram",
        origin=ASSUMED,
        to=("Observation(29463-7)",),
        note="grams; up to 150 read as kilograms",
    ),
    Term(name="tre.dacDiem", origin=SOURCED, to=("Observation(distinguishing-mark)",)),
    Term(name="tre.tinhTrang", origin=SOURCED, to=("Observation(state-when-found)",)),
    Term(name="tre.soGiayChungSinh", origin=ASSUMED, to=("Patient.identifier[giay-chung-sinh]",)),
    Term(
        name="tre.maHoSoNoiNhan",
        origin=ASSUMED,
        to=("Patient.extension[handover].file",),
        note="siblings have a file each",
    ),
    Term(
        name="tre.taiSan",
        origin=SOURCED,
        to=("Observation(belonging)",),
        note="a list, one Observation each",
    ),
)

vocabulary = Vocabulary(
    terms=spelt(
        TERMS,
        {
            **{one.name: one.aliases for one in MINUTES},
            **{f"tre.{one.name}": tuple(f"tre.{other}" for other in one.aliases) for one in CHILD},
        },
    ),
    problems=frozenset(
        {
            Problem.DUPLICATE_KEY,
            Problem.EMPTY,
            Problem.ENCODING,
            Problem.FORBIDDEN_CHARACTER,
            Problem.MALFORMED,
            Problem.MISSING_VALUE,
            Problem.TOO_DEEP,
            Problem.TOO_LARGE,
            Problem.WRONG_CODE,
            Problem.WRONG_DATE,
            Problem.WRONG_IDENTIFIER,
            Problem.WRONG_NUMBER,
            Problem.WRONG_TYPE,
        }
    ),
    unmapped=(*NOT_MAPPED, *(f"tre.{name}" for name in NOT_MAPPED)),
    examples=("newborn_at_pagoda.json",),
    formats=frozenset({"json"}),
)
