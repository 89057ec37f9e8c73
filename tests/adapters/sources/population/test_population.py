"""What the samples of citizens cannot say."""

from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import history
from adapters.contract import Reading, Resource, SourceMessage
from adapters.errors import PayloadError, Problem
from adapters.profile import EXT_COMMUNE, SYSTEMS, IdentifierKind
from adapters.sources.population import adapter
from linkage.conflicts import Conflict, conflict
from linkage.extraction import person_record
from linkage.records import PersonRecord

QUICK = settings(max_examples=100, deadline=None)
NUMBER, OLD, OTHER = "999326000101", "998326000102", "999326000103"
NAME = "<HoVaTen>Nguyễn Mẫu An</HoVaTen>"
SAMPLE = f"<CongDan><SoDinhDanh>{NUMBER}</SoDinhDanh>{NAME}<GioiTinh>2</GioiTinh></CongDan>"


def collection(people: str, at: str = "2026-10-01") -> bytes:
    text = f'<CongdanCollection ThoiDiemDuLieu="{escape(at)}">{people}</CongdanCollection>'
    return text.encode()


def read(people: str, at: str = "2026-10-01") -> Reading:
    return adapter.read(SourceMessage(source="population", content=collection(people, at)))


def resources(people: str, at: str = "2026-10-01") -> list[Resource]:
    (statement,) = read(people, at).statements
    return list(adapter.convert(statement).resources)


def citizen(inner: str, number: str = NUMBER) -> str:
    return f"<CongDan><SoDinhDanh>{number}</SoDinhDanh>{inner}</CongDan>"


def person(inner: str, number: str = NUMBER) -> PersonRecord:
    return person_record(
        number, f"population:{number}", "population", resources(citizen(inner, number))
    )


def test_the_number_is_an_active_one_for_linkage_and_a_cancelled_number_is_not() -> None:
    record = person(f"{NAME}<SoDinhDanhCu>{OLD}</SoDinhDanhCu>")
    assert record.active_ids == (NUMBER,)
    assert record.personal_ids == (OLD, NUMBER)


def test_a_cancelled_number_does_not_set_its_successor_apart_and_another_number_does() -> None:
    new = person(f"{NAME}<SoDinhDanhCu>{OLD}</SoDinhDanhCu>")
    assert conflict(person(NAME, OLD), new) is None
    assert conflict(person(NAME, OTHER), new) is Conflict.TWO_ACTIVE_IDS


def test_linkage_gets_the_mother_the_birth_and_the_home_that_the_child_lives_in() -> None:
    record = person(
        "<NgayThangNamSinh><NgayThangNam>2024-02-09</NgayThangNam></NgayThangNamSinh>"
        f"<Me><SoDinhDanh>{OTHER}</SoDinhDanh><HoVaTen>Trần Thị Mẫu</HoVaTen></Me>"
        "<NoiOHienTai><ChiTiet>Trung tâm bảo trợ trẻ em Mẫu, phường Láng</ChiTiet></NoiOHienTai>"
    )
    assert record.birth_firm
    assert record.mother_ids == (OTHER,)
    assert record.mothers
    assert record.homes == ("trung tam bao tro tre em mau",)


def test_a_later_collection_that_no_longer_names_a_cancelled_number_keeps_it_as_old() -> None:
    earlier = read(citizen(f"<SoDinhDanhCu>{OLD}</SoDinhDanhCu>"), "2026-01-01").statements
    later = read(citizen(NAME), "2026-10-01").statements
    pairs = [(s, adapter.convert(s)) for s in [*later, *earlier]]
    composed = history.compose(history.by_time(pairs))
    uses = {i["value"]: i["use"] for i in history.patient_of(composed.resources)["identifier"]}
    assert uses == {NUMBER: "official", OLD: "old"}


@pytest.mark.parametrize(
    "inner",
    [
        f"<SoDinhDanhCu>{OLD}</SoDinhDanhCu><SoDinhDanhCu>{OTHER}</SoDinhDanhCu>",
        f"<SoDinhDanhCu>{OTHER}</SoDinhDanhCu><SoDinhDanhCu>{OLD}</SoDinhDanhCu>",
        f"<SoDinhDanhCu><So>{OLD}</So></SoDinhDanhCu><SoDinhDanhCu>{OTHER}</SoDinhDanhCu>",
        f"<SoDinhDanhCu><SoDinhDanh>{OLD}</SoDinhDanh><SoDinhDanh>{OTHER}</SoDinhDanh></SoDinhDanhCu>",
    ],
)
def test_cancelled_numbers_may_be_written_in_several_ways_and_any_order(inner: str) -> None:
    (patient,) = resources(citizen(inner))
    assert {i["value"] for i in patient["identifier"] if i["use"] == "old"} == {OLD, OTHER}
    reference = f"<SoDinhDanhCu>{OLD}</SoDinhDanhCu><SoDinhDanhCu>{OTHER}</SoDinhDanhCu>"
    same = read(citizen(reference)).statements[0].content_hash
    assert read(citizen(inner)).statements[0].content_hash == same


@pytest.mark.parametrize(
    ("name", "family", "given_names"),
    [
        ("<HoVaTen>Lê An</HoVaTen>", "Lê", ["An"]),
        ("<HoVaTen><Ho>Lê</Ho><Ten>An</Ten></HoVaTen>", "Lê", ["An"]),
        ("<HoVaTen><Ho>Lê</Ho><ChuDem/><Ten>An</Ten></HoVaTen>", "Lê", ["An"]),
        ("<HoVaTen><Ten>An</Ten><Ho>Lê</Ho></HoVaTen>", "Lê", ["An"]),
        (
            "<HoVaTen><Ho>Âu Dương</Ho><ChuDem>Gia</ChuDem><Ten>Bảo</Ten></HoVaTen>",
            "Âu Dương",
            ["Gia", "Bảo"],
        ),
    ],
)
def test_a_name_may_be_plain_or_in_parts(name: str, family: str, given_names: list[str]) -> None:
    (patient,) = resources(citizen(name))
    assert patient["name"][0]["family"] == family
    assert patient["name"][0]["given"] == given_names
    assert not read(citizen(name)).unknown_fields


@pytest.mark.parametrize(
    ("sent", "gender"),
    [("1", "male"), ("2", "female"), ("0", "unknown"), ("", None), ("Nữ", "female")],
)
def test_a_sex_that_is_not_known_differs_from_one_that_is_not_stated(
    sent: str, gender: str | None
) -> None:
    (patient,) = resources(citizen(f"<GioiTinh>{sent}</GioiTinh>"))
    assert patient.get("gender") == gender


@pytest.mark.parametrize(
    ("born", "date"),
    [
        ("<NgayThangNam>2026-01-15</NgayThangNam>", "2026-01-15"),
        ("<NgayThangNam>20260115</NgayThangNam>", "2026-01-15"),
        ("<Nam>2026</Nam>", "2026"),
        ("2026-01-15", "2026-01-15"),
        ("2026", "2026"),
        ("<NgayThangNam/><Nam>2026</Nam>", "2026"),
    ],
)
def test_a_birth_is_a_day_or_a_year(born: str, date: str) -> None:
    (patient,) = resources(citizen(f"<NgayThangNamSinh>{born}</NgayThangNamSinh>"))
    assert patient["birthDate"] == date
    assert "_birthDate" not in patient


@pytest.mark.parametrize(
    ("at", "effective"),
    [
        ("2026-10-01", "2026-10-01T00:00:00+07:00"),
        ("01/10/2026", "2026-10-01T00:00:00+07:00"),
        ("2026-10-01T08:30:00", "2026-10-01T08:30:00+07:00"),
        ("2026-10-01T08:30:00Z", "2026-10-01T08:30:00+00:00"),
    ],
)
def test_the_time_of_the_data_is_the_statements_own(at: str, effective: str) -> None:
    (statement,) = read(SAMPLE, at).statements
    assert statement.effective
    assert statement.effective.isoformat() == effective


@pytest.mark.parametrize("at", ["", "hôm qua", "9999"])
def test_without_a_time_a_grown_up_is_told_by_the_arrival(at: str) -> None:
    child, grown = (
        read(citizen(f"<NgayThangNamSinh><Nam>{year}</Nam></NgayThangNamSinh>"), at)
        for year in (2010, 1950)
    )
    assert [statement.effective for statement in child.statements] == [None]
    assert (grown.statements, grown.left_out) == ([], {"adult": 1})


@pytest.mark.parametrize(
    ("at", "readings"),
    [("2025-06-30", ["00008", "00025"]), ("", ["00008", "00025"])],
)
def test_a_commune_code_keeps_all_its_readings_on_the_day_of_the_data(
    at: str, readings: list[str]
) -> None:
    place = "<ThuongTru><MaDonViHanhChinh>00007</MaDonViHanhChinh></ThuongTru>"
    (patient,) = resources(citizen(place), at)
    (commune,) = patient["address"][0]["extension"]
    assert commune["url"] == EXT_COMMUNE
    assert [p["valueCode"] for p in commune["extension"] if p["url"] == "commune"] == readings


@pytest.mark.parametrize("code", ["01", "001", "1", "abc", "123456"])
def test_a_code_that_is_no_communes_is_noted_and_never_taken_for_one(code: str) -> None:
    place = f"<ThuongTru><MaDonViHanhChinh>{code}</MaDonViHanhChinh></ThuongTru>"
    reading = read(citizen(place))
    assert reading.unknown_fields == {"ThuongTru.MaDonViHanhChinh: wrong-identifier": 1}
    assert "ThuongTru.MaDonViHanhChinh" not in reading.statements[0].content


@pytest.mark.parametrize("who", ["Cha", "Me", "NguoiDaiDien"])
@pytest.mark.parametrize(
    "inner",
    [
        "<HoVaTen>Trần Thị Mẫu</HoVaTen>",
        "<HoVaTen><Ho>Trần</Ho><ChuDem>Thị</ChuDem><Ten>Mẫu</Ten></HoVaTen>",
        "Trần Thị Mẫu",
    ],
)
def test_a_relative_may_be_nested_or_plain(who: str, inner: str) -> None:
    roles = {"Cha": "related-father", "Me": "related-mother", "NguoiDaiDien": "related-guardian"}
    _, relative = resources(citizen(f"<{who}>{inner}</{who}>"))
    assert relative["id"] == roles[who]
    assert relative["name"][0]["text"] == "Trần Thị Mẫu"
    assert not read(citizen(f"<{who}>{inner}</{who}>")).unknown_fields


def test_the_mothers_own_record_in_another_name_does_not_complete_her() -> None:
    mother = citizen("<HoVaTen>Khác Tên</HoVaTen><NgayThangNamSinh>1992</NgayThangNamSinh>", OLD)
    child = citizen(f"<Me><SoDinhDanh>{OLD}</SoDinhDanh><HoVaTen>Trần Mẫu</HoVaTen></Me>")
    (statement,) = read(child + mother).statements
    assert statement.content["Me.HoVaTen"] == "Trần Mẫu"
    assert "Me.NgaySinh" not in statement.content


def test_the_mothers_own_record_gives_her_name_and_of_a_default_date_the_year() -> None:
    born = "<NgayThangNamSinh>1992-01-01</NgayThangNamSinh>"
    mother = citizen(f"<HoVaTen>Trần Mẫu</HoVaTen>{born}", OLD)
    (statement,) = read(citizen(f"<Me><SoDinhDanh>{OLD}</SoDinhDanh></Me>") + mother).statements
    assert statement.content["Me.HoVaTen"] == "Trần Mẫu"
    assert statement.content["Me.NgaySinh"] == "1992"


@pytest.mark.parametrize("number", ["", "000000000000", "chưa có"])
def test_what_stands_for_no_number_is_no_key(number: str) -> None:
    people = citizen(NAME, number) + citizen("<HoVaTen>Lê Mẫu</HoVaTen>", number)
    statements = read(people).statements
    assert len({statement.record_id for statement in statements}) == 2
    assert all(statement.unkeyed for statement in statements)


def test_the_same_citizen_in_another_order_of_elements_keeps_key_and_content() -> None:
    turned = f"<CongDan><GioiTinh>2</GioiTinh>{NAME}<SoDinhDanh>{NUMBER}</SoDinhDanh></CongDan>"
    one, other = read(SAMPLE).statements[0], read(turned).statements[0]
    assert (one.record_id, one.content_hash) == (other.record_id, other.content_hash)


def test_religion_marriage_and_blood_group_are_not_kept() -> None:
    inner = "<TonGiao>05</TonGiao><TinhTrangHonNhan>1</TinhTrangHonNhan><NhomMau>01</NhomMau>"
    reading = read(citizen(inner))
    assert set(reading.statements[0].content) == {"SoDinhDanh", "ThoiDiemDuLieu"}
    assert not reading.unknown_fields


def test_an_element_that_nobody_knows_is_reported() -> None:
    assert read(citizen("<MauMat>nâu</MauMat>")).unknown_fields == {"MauMat": 1}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem.EMPTY),
        (b"<CongdanCollection><CongDan>", Problem.MALFORMED),
        (b"<CongDan/>", Problem.UNKNOWN_STRUCTURE),
        (b"<a><CongDan><Ho>x</Ho></CongDan></a>", Problem.UNKNOWN_STRUCTURE),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><CongdanCollection/>', Problem.DOCTYPE),
        (b"<CongdanCollection>\xff</CongdanCollection>", Problem.ENCODING),
        (b"<CongdanCollection>" + b"<a>" * 100, Problem.TOO_DEEP),
    ],
)
def test_what_is_no_collection_is_refused(content: bytes, problem: Problem) -> None:
    with pytest.raises(PayloadError) as caught:
        adapter.read(SourceMessage(source="population", content=content))
    assert caught.value.rejection.problem == problem


def test_a_refused_citizen_keeps_its_bytes_and_spoils_nobody() -> None:
    reading = read("<CongDan><La>999</La></CongDan>" + SAMPLE)
    (rejection,) = reading.rejections
    assert rejection.excerpt == b"<CongDan><La>999</La></CongDan>"
    assert "999" not in repr(rejection)
    assert [statement.record_id for statement in reading.statements] == [NUMBER]


@QUICK
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(collection))
def test_no_bytes_bring_anything_but_a_payload_error(content: bytes) -> None:
    message = SourceMessage(source="population", content=content)
    adapter.recognises(message)
    try:
        reading = adapter.read(message)
    except PayloadError:
        return
    assert all(adapter.convert(statement).custodian for statement in reading.statements)


WHOLE = (Path(__file__).parent / "samples/foundling_in_a_home.xml").read_bytes()


@QUICK
@given(cut=st.integers(0, len(WHOLE)), length=st.integers(0, 40), noise=st.binary(max_size=8))
def test_a_damaged_collection_is_read_or_refused(cut: int, length: int, noise: bytes) -> None:
    damaged = WHOLE[:cut] + noise + WHOLE[cut + length :]
    try:
        reading = adapter.read(SourceMessage(source="population", content=damaged))
    except PayloadError:
        return
    assert all(adapter.convert(statement).resources for statement in reading.statements)


TAGS = st.sampled_from(
    [
        "SoDinhDanh",
        "SoDinhDanhCu",
        "HoVaTen",
        "Ho",
        "Ten",
        "GioiTinh",
        "DanToc",
        "NgayThangNamSinh",
        "NgayThangNam",
        "Nam",
        "Cha",
        "Me",
        "NguoiDaiDien",
        "ThuongTru",
        "QueQuan",
        "MaDonViHanhChinh",
        "ChiTiet",
        "QuocGia",
        "SoCMND",
    ]
)
TEXTS = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x1EF9), max_size=14
) | st.sampled_from(
    [NUMBER, OLD, "2026-01-15", "1990", "00199", "36", "0", "Nguyễn An", "NguyÔn V¨n §øc"]
)
TREES = st.recursive(
    TEXTS.map(escape),
    lambda inner: st.lists(st.tuples(TAGS, inner), max_size=5).map(
        lambda pairs: "".join(f"<{tag}>{text}</{tag}>" for tag, text in pairs)
    ),
    max_leaves=15,
)


@QUICK
@given(trees=st.lists(TREES, max_size=4))
def test_any_citizen_is_read_converted_or_refused(trees: list[str]) -> None:
    reading = read("".join(f"<CongDan>{tree}</CongDan>" for tree in trees))
    told = len(reading.statements) + len(reading.rejections) + sum(reading.left_out.values())
    assert told == len(trees)
    for statement in reading.statements:
        patient = history.patient_of(adapter.convert(statement).resources)
        systems = {identifier["system"] for identifier in patient.get("identifier", ())}
        assert systems <= {SYSTEMS[IdentifierKind.PERSONAL_ID]}
