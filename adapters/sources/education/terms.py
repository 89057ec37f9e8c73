"""What the page of student lists says: where each column goes, its codes, what is refused."""

from adapters.errors import Problem
from adapters.formats.codes import SEX_LIST
from adapters.sources.education.fields import COLUMNS, STATUSES
from adapters.vocabulary import CodeList, Term, Vocabulary, spelt

SOURCED = "sourced: csdl.moet.gov.vn, vn_domain.md 6"
ASSUMED = "assumed"

STATUS_WORDS = {
    "DANG_HOC": "đang học · attends",
    "CHUYEN_DEN": "chuyển đến · came from another school",
    "CHUYEN_DI": "chuyển đi · went to another school",
    "THOI_HOC": "thôi học · left school",
    "BO_HOC": "bỏ học · dropped out",
    "TAM_NGHI": "tạm nghỉ · pauses",
    "HOC_LAI": "nghỉ học xin học lại · comes back",
}

TERMS = (
    Term(
        name="Trường",
        origin=SOURCED,
        to=(
            "Organization.name",
            "Patient.extension[enrolment].name",
        ),
    ),
    Term(
        name="Mã trường",
        origin=SOURCED,
        to=(
            "Organization",
            "Patient.extension[enrolment].school",
            "custodian",
        ),
        note="formats.md",
    ),
    Term(name="Lớp", origin=SOURCED, to=("Patient.extension[enrolment].class",)),
    Term(
        name="Mã định danh Bộ GD&ĐT",
        origin=SOURCED,
        to=(
            "Patient.identifier[ma-hoc-sinh]",
            "record id",
        ),
        note="of 12 digits, and without a number in the two columns of IDs, also the personal ID",
    ),
    Term(
        name="Họ tên",
        origin=SOURCED,
        to=(
            "Patient.name",
            "RelatedPerson(mother)",
        ),
        note='"con bà …" and the like flagged, the mother becomes a RelatedPerson',
    ),
    Term(
        name="Ngày sinh",
        origin=SOURCED,
        to=("Patient.birthDate",),
        note="with its precision; 01/01: default-date, placeholder (assumed)",
    ),
    Term(name="Giới tính", origin=SOURCED, to=("Patient.gender",), codes=SEX_LIST),
    Term(name="Dân tộc", origin=SOURCED, to=("Patient.extension[extension-race]",)),
    Term(
        name="Mã dân tộc",
        origin=SOURCED,
        to=("Patient.extension[extension-race]",),
        note="where Dân tộc is empty",
    ),
    Term(name="Quốc tịch", origin=SOURCED, to=("Patient.extension[patient-nationality].code",)),
    Term(
        name="Trạng thái",
        origin=SOURCED,
        to=("Patient.extension[enrolment].status",),
        codes=CodeList(known=STATUSES, meanings=STATUS_WORDS),
    ),
    Term(name="Tỉnh/TP", origin=SOURCED, to=("Patient.address",)),
    Term(name="Huyện", origin=SOURCED, to=("Patient.address",)),
    Term(name="Xã/Phường", origin=SOURCED, to=("Patient.address",)),
    Term(
        name="Mã xã",
        origin=SOURCED,
        to=("Patient.address",),
        note="formats.md; as sent with both readings",
    ),
    Term(name="Thôn/Xóm", origin=SOURCED, to=("Patient.address",)),
    Term(
        name="Nơi sinh",
        origin=SOURCED,
        to=("Patient.extension[patient-birthPlace]",),
        note='"không rõ" flagged',
    ),
    Term(name="Chỗ ở hiện nay", origin=SOURCED, to=("Patient.address",)),
    Term(name="Loại khuyết tật", origin=SOURCED, to=("Flag",), note='"không" states none'),
    Term(
        name="Số ĐDCN",
        origin=SOURCED,
        to=("Patient.identifier[national_id]",),
        note="not 12 digits, or zeros: kept and flagged",
    ),
    Term(
        name="Số CCCD",
        origin=SOURCED,
        to=("Patient.identifier[national_id]",),
        note="where Số ĐDCN is empty",
    ),
    Term(
        name="Tên cha", origin=SOURCED, to=("RelatedPerson(father)",), note='"không rõ" is nobody'
    ),
    Term(name="Năm sinh cha", origin=SOURCED, to=("RelatedPerson(father).birthDate",)),
    Term(name="Tên mẹ", origin=SOURCED, to=("RelatedPerson(mother)",), note='"không rõ" is nobody'),
    Term(name="Năm sinh mẹ", origin=SOURCED, to=("RelatedPerson(mother).birthDate",)),
    Term(name="STT", origin=SOURCED, note="kept in the message only"),
    Term(name="Mã lớp", origin=SOURCED, note="kept in the message only"),
    Term(name="Khối", origin=ASSUMED, note="kept in the message only"),
    Term(name="Mã tỉnh", origin=ASSUMED, note="kept in the message only"),
    Term(name="Mã huyện", origin=ASSUMED, note="kept in the message only"),
    Term(name="SĐT liên hệ", origin=SOURCED, note="kept in the message only"),
    Term(name="Tôn giáo", origin=ASSUMED, note="kept in the message only"),
    Term(name="Nghề nghiệp cha", origin=SOURCED, note="kept in the message only"),
    Term(name="Nghề nghiệp mẹ", origin=SOURCED, note="kept in the message only"),
)

vocabulary = Vocabulary(
    terms=spelt(TERMS, {one.name: one.aliases for one in COLUMNS}),
    problems=frozenset(
        {
            Problem.EMPTY,
            Problem.ENCODING,
            Problem.FORBIDDEN_CHARACTER,
            Problem.MALFORMED,
            Problem.MISSING_HEADER,
            Problem.TOO_LARGE,
            Problem.UNKNOWN_STRUCTURE,
        }
    ),
    examples=("student_list.csv",),
    formats=frozenset({"csv", "xlsx"}),
)
