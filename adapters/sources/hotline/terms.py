"""What the page of intake reports says: where each field goes, its codes, what is refused."""

from adapters.errors import Problem
from adapters.formats.codes import GROUP_LIST, SEX_LIST, UNIT_LIST
from adapters.sources.hotline.fields import (
    ANSWERS,
    CHANNEL_TEXTS,
    CHANNELS,
    KINDS,
    NOT_MAPPED,
    REPORT,
)
from adapters.vocabulary import CodeList, Term, Vocabulary, spelt

SOURCED = "sourced: Mẫu 01 of NĐ 56/2017"
ASSUMED = "assumed"

ANSWER_WORDS = {"yes": "khẩn cấp · priority urgent", "no": "không khẩn cấp · priority routine"}

TERMS = (
    Term(
        name="loai",
        origin=ASSUMED,
        note="BAO_CAO_TIEP_NHAN, or nothing",
        codes=CodeList(known=KINDS),
    ),
    Term(
        name="maVuViec",
        origin=SOURCED,
        to=(
            "Patient.identifier[case-111]",
            "record id",
        ),
        note="the key; its system is assumed",
    ),
    Term(
        name="kenh",
        origin=SOURCED,
        to=("Communication.medium",),
        note="the codes are assumed",
        codes=CodeList(known=CHANNELS, meanings=CHANNEL_TEXTS),
    ),
    Term(
        name="thoiGian",
        origin=SOURCED,
        to=(
            "Communication.extension[incident-place]",
            "Communication.received",
            "Flag.period",
            "Location.address",
            "Observation(29463-7).effectiveDateTime",
            "Patient.birthDate",
            "Patient.extension[discovery].commune",
            "Patient.extension[discovery].time",
            "Patient.identifier[bien-ban-bo-roi]",
            "RelatedPerson(carer).birthDate",
            "RelatedPerson(father).birthDate",
            "RelatedPerson(mother).birthDate",
            "own time",
        ),
        note="that it stands for the time found is assumed (finders report at once, NĐ 123/2015 Đ14k1)",
    ),
    Term(
        name="noiXayRa.maXa",
        origin=SOURCED,
        to=(
            "Communication.extension[incident-place]",
            "Location.address",
            "Patient.extension[discovery].commune",
            "Patient.extension[discovery].commune-stated",
            "Patient.identifier[bien-ban-bo-roi]",
            "custodian",
        ),
        note="today's readings",
    ),
    Term(
        name="noiXayRa.diaDiem",
        origin=SOURCED,
        to=(
            "Communication.extension[incident-place]",
            "Location.address",
            "Location.name",
            "Patient.extension[discovery].place-text",
        ),
        note="noiXayRa may be this text alone",
    ),
    Term(
        name="tre.hoTen",
        origin=SOURCED,
        to=(
            "Patient.name",
            "RelatedPerson(mother)",
        ),
        note='use usual; "không rõ", "con bà …" flagged and kept; a mother named so becomes a RelatedPerson',
    ),
    Term(name="tre.ngaySinh", origin=SOURCED, to=("Patient.birthDate",)),
    Term(
        name="tre.tuoiUocLuong.giaTri",
        origin=SOURCED,
        to=("Patient.birthDate",),
        note="a range, on the day of the report",
    ),
    Term(name="tre.tuoiUocLuong.donVi", origin=SOURCED, to=("Patient.birthDate",), codes=UNIT_LIST),
    Term(name="tre.gioiTinh", origin=SOURCED, to=("Patient.gender",), codes=SEX_LIST),
    Term(
        name="tre.canNangGram",
        origin=ASSUMED,
        to=("Observation(29463-7)",),
        note="up to 150 read as kilograms",
    ),
    Term(name="tre.dacDiem", origin=ASSUMED, to=("Observation(distinguishing-mark)",)),
    Term(
        name="cha.hoTen",
        origin=SOURCED,
        to=("RelatedPerson(father).name",),
        note="cha may be this text alone",
    ),
    Term(name="cha.tuoi", origin=SOURCED, to=("RelatedPerson(father).birthDate",)),
    Term(
        name="cha.soGiayTo", origin=SOURCED, to=("RelatedPerson(father).identifier[national_id]",)
    ),
    Term(
        name="me.hoTen",
        origin=SOURCED,
        to=("RelatedPerson(mother).name",),
        note="me may be this text alone",
    ),
    Term(name="me.tuoi", origin=SOURCED, to=("RelatedPerson(mother).birthDate",)),
    Term(name="me.soGiayTo", origin=SOURCED, to=("RelatedPerson(mother).identifier[national_id]",)),
    Term(
        name="nguoiDangChamSoc.hoTen",
        origin=SOURCED,
        to=(
            "Patient.extension[carer-organization]",
            "RelatedPerson(carer).name",
        ),
        note="may be a text alone; a hospital or home by its name is carer-organization (assumed)",
    ),
    Term(name="nguoiDangChamSoc.tuoi", origin=SOURCED, to=("RelatedPerson(carer).birthDate",)),
    Term(
        name="nguoiDangChamSoc.soGiayTo",
        origin=SOURCED,
        to=("RelatedPerson(carer).identifier[national_id]",),
    ),
    Term(
        name="khanCap",
        origin=ASSUMED,
        to=("Communication.priority",),
        note="true, false, có, không, 1, 0",
        codes=CodeList(known=ANSWERS, meanings=ANSWER_WORDS),
    ),
    Term(
        name="nguoiBao.hoTen",
        origin=SOURCED,
        to=("RelatedPerson(informant).name",),
        note="label informant; nguoiBao may be this text alone",
    ),
    Term(
        name="nguoiBao.dienThoai",
        origin=SOURCED,
        to=("RelatedPerson(informant).telecom",),
        note="label informant",
    ),
    Term(
        name="nguoiBao.diaChi",
        origin=SOURCED,
        to=("RelatedPerson(informant).address",),
        note="label informant",
    ),
    Term(
        name="soBienBan",
        origin=ASSUMED,
        to=(
            "Location",
            "Patient.extension[discovery].commune",
            "Patient.extension[discovery].commune-stated",
            "Patient.extension[discovery].location",
            "Patient.extension[discovery].minutes",
            "Patient.extension[discovery].place-text",
            "Patient.extension[discovery].time",
            "Patient.identifier[bien-ban-bo-roi]",
        ),
        note="with its commune (where it happened) and its day (that of the report)",
    ),
    Term(
        name="nhom",
        origin=SOURCED,
        to=(
            "Flag",
            "Location",
            "Patient.extension[discovery].commune",
            "Patient.extension[discovery].commune-stated",
            "Patient.extension[discovery].location",
            "Patient.extension[discovery].place-text",
            "Patient.extension[discovery].time",
        ),
        note='Luật Trẻ em Đ10; a list, or text with ";"; HIV carries its label',
        codes=GROUP_LIST,
    ),
    Term(
        name="hanhDong",
        origin=SOURCED,
        to=("Observation(action-taken)",),
        note="free codes, one Observation each",
    ),
)

vocabulary = Vocabulary(
    terms=spelt(TERMS, {one.name: one.aliases for one in REPORT}),
    problems=frozenset(
        {
            Problem.DUPLICATE_KEY,
            Problem.EMPTY,
            Problem.ENCODING,
            Problem.FORBIDDEN_CHARACTER,
            Problem.MALFORMED,
            Problem.TOO_DEEP,
            Problem.TOO_LARGE,
            Problem.UNKNOWN_STRUCTURE,
            Problem.WRONG_CODE,
            Problem.WRONG_NUMBER,
            Problem.WRONG_TYPE,
        }
    ),
    unmapped=NOT_MAPPED,
    examples=("found_child.json",),
    formats=frozenset({"json"}),
)
