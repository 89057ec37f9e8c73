"""What the page of citizens says: where each element goes, its codes, what is refused."""

from adapters.errors import Problem
from adapters.formats.codes import SEX_LIST
from adapters.formats.fields import Field
from adapters.sources.population.fields import CANCELLED, CITIZEN, NOT_MAPPED, REPRESENTATIVE
from adapters.vocabulary import Term, Vocabulary, spelt

SOURCED = "sourced: QCVN 109:2017/BTTTT"
ASSUMED = "assumed"

TERMS = (
    Term(
        name="SoDinhDanh",
        origin=SOURCED,
        to=(
            "Patient.identifier[national_id]",
            "RelatedPerson(mother).birthDate",
            "RelatedPerson(mother).name",
            "record id",
        ),
        note="use official: active for linkage",
    ),
    Term(
        name="HoVaTen.DayDu",
        origin=ASSUMED,
        to=("Patient.name",),
        note="formats.md; HoVaTen may be this text alone, its first syllable is the family name",
    ),
    Term(
        name="HoVaTen.Ho",
        origin=SOURCED,
        to=(
            "Patient.name",
            "RelatedPerson(mother).name",
        ),
        note='the family name as a whole ("Tôn Nữ")',
    ),
    Term(
        name="HoVaTen.ChuDem",
        origin=SOURCED,
        to=(
            "Patient.name",
            "RelatedPerson(mother).name",
        ),
    ),
    Term(
        name="HoVaTen.Ten",
        origin=SOURCED,
        to=(
            "Patient.name",
            "RelatedPerson(mother).name",
        ),
    ),
    Term(name="GioiTinh", origin=SOURCED, to=("Patient.gender",), codes=SEX_LIST),
    Term(
        name="DanToc",
        origin=SOURCED,
        to=("Patient.extension[extension-race]",),
        note="two digits, or text",
    ),
    Term(name="QuocTich", origin=SOURCED, to=("Patient.extension[patient-nationality].code",)),
    Term(
        name="NgayThangNamSinh.NgayThangNam",
        origin=SOURCED,
        to=("Patient.birthDate",),
        note="01/01: default-date, placeholder (assumed, vn_domain.md 8.4)",
    ),
    Term(
        name="NgayThangNamSinh.Nam",
        origin=SOURCED,
        to=(
            "Patient.birthDate",
            "RelatedPerson(mother).birthDate",
            "RelatedPerson(mother).name",
        ),
    ),
    Term(
        name="NoiDangKyKhaiSinh.MaDonViHanhChinh",
        origin=SOURCED,
        to=(
            "Patient.extension[birth-registered-at]",
            "custodian",
        ),
        note="code as sent, the day, today's readings",
    ),
    Term(
        name="NoiDangKyKhaiSinh.ChiTiet",
        origin=SOURCED,
        to=("Patient.extension[birth-registered-at]",),
        note="the place may be this text alone",
    ),
    Term(
        name="NoiDangKyKhaiSinh.QuocGia",
        origin=SOURCED,
        to=("Patient.extension[birth-registered-at]",),
        note="another country: no reading",
    ),
    Term(
        name="QueQuan.MaDonViHanhChinh", origin=SOURCED, to=("Patient.extension[place-of-origin]",)
    ),
    Term(name="QueQuan.ChiTiet", origin=SOURCED, to=("Patient.extension[place-of-origin]",)),
    Term(name="QueQuan.QuocGia", origin=SOURCED, to=("Patient.extension[place-of-origin]",)),
    Term(
        name="ThuongTru.MaDonViHanhChinh",
        origin=SOURCED,
        to=(
            "Patient.address",
            "custodian",
        ),
        note="use home",
    ),
    Term(
        name="ThuongTru.ChiTiet",
        origin=SOURCED,
        to=("Patient.address",),
        note="use home; without a code the communes that it names for certain",
    ),
    Term(name="ThuongTru.QuocGia", origin=SOURCED, to=("Patient.address",)),
    Term(
        name="NoiOHienTai.MaDonViHanhChinh",
        origin=SOURCED,
        to=(
            "Patient.address",
            "custodian",
        ),
        note="use temp",
    ),
    Term(name="NoiOHienTai.ChiTiet", origin=SOURCED, to=("Patient.address",), note="use temp"),
    Term(name="NoiOHienTai.QuocGia", origin=SOURCED, to=("Patient.address",)),
    Term(
        name="Cha.SoDinhDanh", origin=SOURCED, to=("RelatedPerson(father).identifier[national_id]",)
    ),
    Term(name="Cha.SoCMND", origin=SOURCED, to=("RelatedPerson(father).identifier[citizen_id]",)),
    Term(
        name="Cha.HoVaTen",
        origin=SOURCED,
        to=("RelatedPerson(father).name",),
        note="nested or plain",
    ),
    Term(
        name="Me.SoDinhDanh", origin=SOURCED, to=("RelatedPerson(mother).identifier[national_id]",)
    ),
    Term(name="Me.SoCMND", origin=SOURCED, to=("RelatedPerson(mother).identifier[citizen_id]",)),
    Term(
        name="Me.HoVaTen",
        origin=SOURCED,
        to=("RelatedPerson(mother).name",),
        note="nested or plain",
    ),
    Term(
        name="NguoiDaiDien.SoDinhDanh",
        origin=SOURCED,
        to=("RelatedPerson(guardian).identifier[national_id]",),
        note="one or several",
    ),
    Term(
        name="NguoiDaiDien.SoCMND",
        origin=SOURCED,
        to=("RelatedPerson(guardian).identifier[citizen_id]",),
    ),
    Term(name="NguoiDaiDien.HoVaTen", origin=SOURCED, to=("RelatedPerson(guardian).name",)),
    Term(
        name="SoDinhDanhCu.SoDinhDanh",
        origin=ASSUMED,
        to=("Patient.identifier[national_id]",),
        note="use old; formats.md names SoDinhDanhCu, its members are assumed, or it is this text alone",
    ),
    Term(name="SoDinhDanhCu.TuNgay", origin=ASSUMED, to=("Patient.identifier[national_id]",)),
    Term(name="SoDinhDanhCu.DenNgay", origin=ASSUMED, to=("Patient.identifier[national_id]",)),
)


def _inside(name: str, fields: tuple[Field, ...]) -> dict[str, tuple[str, ...]]:
    return {
        f"{name}.{one.name}": tuple(f"{name}.{other}" for other in one.aliases) for one in fields
    }


vocabulary = Vocabulary(
    terms=spelt(
        TERMS,
        {
            **{one.name: one.aliases for one in CITIZEN},
            **_inside("SoDinhDanhCu", CANCELLED),
            **_inside("NguoiDaiDien", REPRESENTATIVE),
        },
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
        }
    ),
    unmapped=NOT_MAPPED,
    examples=("with_parents.xml",),
    formats=frozenset({"xml"}),
)
