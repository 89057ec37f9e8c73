"""What the page of rosters says: where each column goes, its codes, what is refused."""

from adapters.errors import Problem
from adapters.formats.codes import GROUP_LIST, SEX_LIST
from adapters.sources.facility.fields import COLUMNS
from adapters.vocabulary import Term, Vocabulary, spelt

SOURCED = "sourced: formats.md, facility"
ASSUMED = "assumed"

TERMS = (
    Term(
        name="Mã cơ sở",
        origin=SOURCED,
        to=(
            "EpisodeOfCare.managingOrganization",
            "Organization",
            "Patient.identifier[patient-internal-id]",
            "custodian",
            "record id",
        ),
        note="part of the key",
    ),
    Term(name="Tên cơ sở", origin=SOURCED, to=("Organization.name",)),
    Term(
        name="Số hồ sơ",
        origin=SOURCED,
        to=(
            "Patient.identifier[patient-internal-id]",
            "record id",
        ),
        note="part of the key",
    ),
    Term(
        name="Họ và tên",
        origin=SOURCED,
        to=(
            "Patient.name",
            "RelatedPerson(mother)",
        ),
        note='use official; placeholders flagged, a mother in "con bà …" becomes a RelatedPerson',
    ),
    Term(
        name="Tên gọi khác",
        origin=SOURCED,
        to=("Patient.name",),
        note='";" between several; usual, or nickname where one syllable',
    ),
    Term(name="Ngày sinh", origin=SOURCED, to=("Patient.birthDate",), note="rules below"),
    Term(
        name="Ngày sinh ước tính",
        origin=SOURCED,
        to=("Patient.birthDate",),
        note="anything but an explicit no",
    ),
    Term(name="Giới tính", origin=SOURCED, to=("Patient.gender",), codes=SEX_LIST),
    Term(name="Dân tộc", origin=SOURCED, to=("Patient.extension[extension-race]",)),
    Term(
        name="Ngày tiếp nhận",
        origin=SOURCED,
        to=(
            "EpisodeOfCare.period",
            "Flag.period",
            "Observation(29463-7).effectiveDateTime",
            "Patient.birthDate",
            "Patient.identifier[patient-internal-id]",
            "own time",
        ),
    ),
    Term(
        name="Nơi chuyển đến",
        origin=SOURCED,
        to=(
            "EpisodeOfCare.extension[handover].name",
            "EpisodeOfCare.extension[handover].place",
        ),
    ),
    Term(
        name="Mã nơi chuyển",
        origin=SOURCED,
        to=("EpisodeOfCare.extension[handover].place",),
        note="what body it is, the name decides",
    ),
    Term(
        name="Mã hồ sơ nơi chuyển", origin=SOURCED, to=("EpisodeOfCare.extension[handover].file",)
    ),
    Term(name="Số biên bản", origin=SOURCED, to=("Patient.identifier[bien-ban-bo-roi]",)),
    Term(name="Mã xã lập biên bản", origin=SOURCED, to=("Patient.identifier[bien-ban-bo-roi]",)),
    Term(name="Số giấy chứng sinh", origin=SOURCED, to=("Patient.identifier[giay-chung-sinh]",)),
    Term(
        name="Số ĐDCN",
        origin=SOURCED,
        to=("Patient.identifier[national_id]",),
        note="zeros and words flagged; lost zeros come back from 10 digits on",
    ),
    Term(
        name="Số thẻ BHYT",
        origin=SOURCED,
        to=("Patient.identifier[insurance_number]",),
        note="zeros and words flagged; lost zeros of a short number come back from 8 on",
    ),
    Term(
        name="Nhóm hoàn cảnh",
        origin=SOURCED,
        to=("Flag",),
        note='";" between several; one Flag each, from reception',
        codes=GROUP_LIST,
    ),
    Term(
        name="Cân nặng khi tiếp nhận",
        origin=SOURCED,
        to=("Observation(29463-7)",),
        note="up to 150 read as kilograms",
    ),
    Term(name="Đặc điểm nhận dạng", origin=SOURCED, to=("Observation(distinguishing-mark)",)),
    Term(name="Nhóm chăm sóc", origin=SOURCED, to=("EpisodeOfCare.type",)),
    Term(name="Người chăm sóc chính", origin=SOURCED, to=("EpisodeOfCare.careManager",)),
    Term(
        name="Ngày rời",
        origin=SOURCED,
        to=(
            "EpisodeOfCare.period",
            "EpisodeOfCare.status",
            "Patient.extension[handover].time",
        ),
    ),
    Term(
        name="Nơi đến",
        origin=SOURCED,
        to=(
            "Patient.extension[handover].name",
            "Patient.extension[handover].time",
        ),
        note="a name only",
    ),
    Term(name="Sức chứa cơ sở", origin=SOURCED, note="kept in the message only"),
    Term(name="STT", origin=ASSUMED, note="an order of arrival: dropped"),
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
    examples=("roster.csv",),
    formats=frozenset({"csv", "xlsx"}),
)
