"""What the page of birth registrations says: where each field goes, codes, what is refused."""

from adapters.errors import Problem
from adapters.formats.codes import SEX_WORDS
from adapters.sources.civil_status.fields import NOT_MAPPED, REGISTRATION, REGISTRATIONS, SEXES
from adapters.vocabulary import CodeList, Term, Vocabulary, spelt

SOURCED = "sourced: CV 1437/BTP-CNTT"
ASSUMED = "assumed"

REGISTRATION_WORDS = {
    "DANG_KY_MOI": "đăng ký mới · first registration",
    "DANG_KY_LAI": "đăng ký lại · registered again",
    "CAI_CHINH": "cải chính · corrected",
    "NHAN_CON_NUOI": "nhận con nuôi · adopted: label sealed-adoption",
}

TERMS = (
    Term(
        name="so",
        origin=SOURCED,
        to=(
            "Patient.identifier[so-khai-sinh]",
            "record id",
        ),
        note="part of the key",
    ),
    Term(
        name="quyenSo",
        origin=SOURCED,
        to=(
            "Patient.identifier[so-khai-sinh]",
            "record id",
        ),
        note="part of the key",
    ),
    Term(
        name="ngayDangKy",
        origin=SOURCED,
        to=(
            "Location.address",
            "Patient.birthDate",
            "Patient.extension[discovery].commune",
            "Patient.extension[patient-birthPlace]",
            "Patient.identifier[so-khai-sinh]",
            "own time",
        ),
    ),
    Term(
        name="loaiDangKy",
        origin=SOURCED,
        to=(
            "Patient.birthDate",
            "Patient.identifier[so-khai-sinh]",
            "Patient.meta.security",
            "RelatedPerson(father).meta.security",
            "RelatedPerson(mother).meta.security",
            "RelatedPerson(requester).meta.security",
        ),
        note="NHAN_CON_NUOI: label sealed-adoption; with it or CAI_CHINH the day is not the number's; the "
        "codes are assumed",
        codes=CodeList(known=REGISTRATIONS, meanings=REGISTRATION_WORDS),
    ),
    Term(
        name="noiDangKy.maXa",
        origin=SOURCED,
        to=(
            "Organization",
            "Patient.identifier[bien-ban-bo-roi]",
            "Patient.identifier[so-khai-sinh]",
            "custodian",
            "record id",
        ),
        note="part of the key; as an object assumed",
    ),
    Term(
        name="noiDangKy.ten",
        origin=ASSUMED,
        to=("Organization.name",),
        note="where the commune's own name is not known",
    ),
    Term(
        name="ghiChu",
        origin=SOURCED,
        to=(
            "Flag",
            "Location",
            "Patient.extension[discovery].commune",
            "Patient.extension[discovery].location",
            "Patient.extension[discovery].minutes",
            "Patient.extension[discovery].time",
        ),
        note='"Trẻ bị bỏ rơi" counts as nksLoaiKhaiSinh',
    ),
    Term(
        name="nksHoTen",
        origin=SOURCED,
        to=("Patient.name",),
        note="use official; earlier names stay as old",
    ),
    Term(
        name="nksGioiTinh",
        origin=SOURCED,
        to=("Patient.gender",),
        codes=CodeList(known=SEXES, meanings=SEX_WORDS),
    ),
    Term(
        name="nksNgaySinh",
        origin=SOURCED,
        to=(
            "Flag.period",
            "Patient.birthDate",
            "Patient.extension[discovery].time",
        ),
        note="with its precision; basis by the rule below",
    ),
    Term(
        name="nksNoiSinh",
        origin=SOURCED,
        to=(
            "Location.address",
            "Location.name",
            "Patient.extension[discovery].place-text",
            "Patient.extension[patient-birthPlace]",
        ),
        note="of an abandoned child the place found",
    ),
    Term(
        name="nksNoiSinhDVHC",
        origin=SOURCED,
        to=(
            "Location.address",
            "Patient.extension[discovery].commune",
            "Patient.extension[discovery].commune-stated",
            "Patient.extension[patient-birthPlace]",
        ),
        note="of an abandoned child the commune found",
    ),
    Term(name="nksNoiCuTru", origin=ASSUMED, to=("Patient.address",)),
    Term(name="nksDanToc", origin=SOURCED, to=("Patient.extension[extension-race]",)),
    Term(name="nksQuocTich", origin=SOURCED, to=("Patient.extension[patient-nationality].code",)),
    Term(
        name="nksLoaiKhaiSinh",
        origin=SOURCED,
        to=(
            "Flag",
            "Location",
            "Patient.birthDate",
            "Patient.extension[discovery].commune",
            "Patient.extension[discovery].commune-stated",
            "Patient.extension[discovery].location",
            "Patient.extension[discovery].minutes",
            "Patient.extension[discovery].place-text",
            "Patient.extension[discovery].time",
        ),
        note='"Trẻ bị bỏ rơi": discovery and Flag ABANDONED',
    ),
    Term(
        name="nksSoDinhDanh",
        origin=ASSUMED,
        to=("Patient.identifier[national_id]",),
        note="not 12 digits: kept and flagged",
    ),
    Term(
        name="nksSoGiayChungSinh",
        origin=ASSUMED,
        to=(
            "Flag.period",
            "Patient.birthDate",
            "Patient.extension[discovery].time",
            "Patient.identifier[giay-chung-sinh]",
        ),
    ),
    Term(name="meHoTen", origin=SOURCED, to=("RelatedPerson(mother).name",)),
    Term(name="meNgaySinh", origin=SOURCED, to=("RelatedPerson(mother).birthDate",)),
    Term(
        name="meLoaiGiayToTuyThan",
        origin=SOURCED,
        to=("RelatedPerson(mother).identifier[citizen_id]",),
        note="decides where the number's form does not",
    ),
    Term(
        name="meSoGiayToTuyThan",
        origin=SOURCED,
        to=(
            "RelatedPerson(mother).identifier[citizen_id]",
            "RelatedPerson(mother).identifier[national_id]",
        ),
    ),
    Term(name="meNoiCuTru", origin=SOURCED, to=("RelatedPerson(mother).address",)),
    Term(name="chaHoTen", origin=SOURCED, to=("RelatedPerson(father).name",)),
    Term(name="chaNgaySinh", origin=SOURCED, to=("RelatedPerson(father).birthDate",)),
    Term(
        name="chaLoaiGiayToTuyThan",
        origin=SOURCED,
        to=("RelatedPerson(father).identifier[citizen_id]",),
        note="decides where the number's form does not",
    ),
    Term(
        name="chaSoGiayToTuyThan",
        origin=SOURCED,
        to=("RelatedPerson(father).identifier[citizen_id]",),
    ),
    Term(name="chaNoiCuTru", origin=SOURCED, to=("RelatedPerson(father).address",)),
    Term(name="nycHoTen", origin=SOURCED, to=("RelatedPerson(requester).name",)),
    Term(name="nycNgaySinh", origin=SOURCED, to=("RelatedPerson(requester).birthDate",)),
    Term(
        name="nycLoaiGiayToTuyThan",
        origin=SOURCED,
        to=("RelatedPerson(requester).identifier[citizen_id]",),
        note="decides where the number's form does not",
    ),
    Term(
        name="nycSoGiayToTuyThan",
        origin=SOURCED,
        to=("RelatedPerson(requester).identifier[citizen_id]",),
    ),
    Term(name="nycNoiCuTru", origin=SOURCED, to=("RelatedPerson(requester).address",)),
    Term(name="nycQuanHe", origin=SOURCED, to=("RelatedPerson(requester).relationship",)),
    Term(name="nycTenCoSo", origin=ASSUMED, to=("Patient.extension[carer-organization]",)),
    Term(
        name="bbSo",
        origin=ASSUMED,
        to=(
            "Patient.extension[discovery].minutes",
            "Patient.identifier[bien-ban-bo-roi]",
        ),
    ),
    Term(
        name="bbMaXa",
        origin=ASSUMED,
        to=(
            "Location",
            "Patient.extension[discovery].commune",
            "Patient.extension[discovery].location",
            "Patient.identifier[bien-ban-bo-roi]",
        ),
        note="else the registering commune",
    ),
    Term(
        name="bbNgay",
        origin=ASSUMED,
        to=(
            "Flag.period",
            "Patient.birthDate",
            "Patient.extension[discovery].time",
            "Patient.identifier[bien-ban-bo-roi]",
        ),
        note="without ngayDangKy it tells whether the birth is the day found",
    ),
)

vocabulary = Vocabulary(
    terms=spelt(TERMS, {one.name: one.aliases for one in REGISTRATION}),
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
            Problem.WRONG_IDENTIFIER,
            Problem.WRONG_NUMBER,
            Problem.WRONG_TYPE,
        }
    ),
    unmapped=NOT_MAPPED,
    examples=("abandoned.json",),
    formats=frozenset({"json"}),
)
