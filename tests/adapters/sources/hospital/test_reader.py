"""Keys, episodes, times, who is left out, and that one bad table spoils no other."""

import pytest

from adapters import validation
from adapters.errors import PayloadError, Problem
from adapters.sources.hospital import adapter
from tests.adapters.sources.hospital.payloads import (
    CERTIFICATE,
    LETTER,
    STAY,
    element,
    encoded,
    envelope,
    filed,
    read,
    stay,
    table,
)

ADULT = {"NGAY_SINH": "200803060000", "HO_TEN": "TRẦN THỊ CÚC", "SO_CCCD": "999190012345"}


def _keys(content: bytes | str) -> list[str | None]:
    return [statement.record_id for statement in read(content).statements]


@pytest.mark.parametrize("kind", ["XML1", "xml1", " XML 1 ", "Xml_01", "1", "", "TONG_HOP", "XML7"])
@pytest.mark.parametrize("form", ["base64", "bom", "nested", "cdata", "escaped", "urlsafe"])
def test_a_table_is_found_in_every_wrapping(kind: str, form: str) -> None:
    text = stay(HO_TEN="Đỗ Văn Ý")
    content = {
        "base64": encoded(text),
        "bom": "\n" + encoded("\ufeff" + text)[:60] + "\r\n " + encoded("\ufeff" + text)[60:],
        "nested": text,
        "cdata": f'<![CDATA[<?xml version="1.0" encoding="utf-16"?>{text}]]>',
        "escaped": text.replace("<", "&lt;"),
        "urlsafe": encoded(text).replace("+", "-").replace("/", "_").rstrip("="),
    }[form]
    reading = read(envelope(filed(kind, content)))
    assert [s.record_id for s in reading.statements] == ["01999/BN1"]
    assert reading.statements[0].kind == "XML1"
    assert reading.rejections == ()


def test_each_table_has_the_key_or_the_episode_of_its_format() -> None:
    content = envelope(
        table("XML1", **STAY)
        + table("XML0", **STAY)
        + table("XML7", MA_LK="LK1", MA_YTE="BN1")
        + table("XML8", MA_LK="LK1", HO_TEN_ME="Lê Thị Đào")
        + table("XML13", **LETTER)
        + table("XML9", **CERTIFICATE)
    )
    assert [(s.kind, s.record_id, s.episode) for s in read(content).statements] == [
        ("XML1", "01999/BN1", "01999|LK1"),
        ("XML0", "01999/BN1", "01999|LK1"),
        ("XML7", None, "01999|LK1"),
        ("XML8", None, "01999|LK1"),
        ("XML13", None, "01999|LK1"),
        ("XML9", "01999/GCS/00998.GCS.01999.26", None),
    ]


def test_a_certificate_never_joins_the_stay_of_its_episode() -> None:
    content = envelope(
        table("XML1", **STAY) + table("XML9", **CERTIFICATE | {"MA_LK": STAY["MA_LK"]})
    )
    stay_of_child, certificate = read(content).statements
    assert stay_of_child.episode == "01999|LK1"
    assert certificate.episode is None
    assert "stay" not in certificate.content


def test_the_records_own_facility_goes_before_the_senders() -> None:
    content = envelope(
        table("XML1", **STAY | {"MA_CSKCB": "1998"}) + table("XML7", MA_LK="LK1"), sender="01001"
    )
    assert [s.episode for s in read(content).statements] == ["01998|LK1"] * 2


@pytest.mark.parametrize("sender_last", [False, True])
def test_the_sender_answers_where_the_record_names_nobody(sender_last: bool) -> None:
    head = "<THONGTINDONVI><MACSKCB>1999</MACSKCB></THONGTINDONVI>"
    body = f"<HOSO>{filed('XML1', stay(MA_CSKCB=''))}</HOSO>"
    content = f"<GIAMDINHHS>{body + head if sender_last else head + body}</GIAMDINHHS>"
    assert _keys(content) == ["01999/BN1"]


@pytest.mark.parametrize(
    ("document", "key", "episode"),
    [
        (stay(), "01999/BN1", "01999|LK1"),
        (element("CHI_TIEU_TRANG_THAI_KCB", STAY), "01999/BN1", "01999|LK1"),
        (element("CHI_TIEU_GIAYCHUYENTUYEN", LETTER), None, "01999|LK1"),
        (element("DU_LIEU_GIAY_CHUNG_SINH", CERTIFICATE), "01999/GCS/00998.GCS.01999.26", None),
        (
            "<HSDLGCS>" + element("GIAYCHUNGSINH", {"MA_GCS": "00998.gcs.79998.26"}) + "</HSDLGCS>",
            "79998/GCS/00998.GCS.79998.26",
            None,
        ),
        (
            "<CHI_TIEU_DU_LIEU_GIAY_CHUNG_SINH><DSACH_GIAYCHUNGSINH>"
            + element("DU_LIEU_GIAY_CHUNG_SINH", CERTIFICATE)
            + "</DSACH_GIAYCHUNGSINH></CHI_TIEU_DU_LIEU_GIAY_CHUNG_SINH>",
            "01999/GCS/00998.GCS.01999.26",
            None,
        ),
        (f"<HOSO>{stay()}</HOSO>", "01999/BN1", "01999|LK1"),
        (f"<X><Y>{stay()}</Y></X>", "01999/BN1", "01999|LK1"),
        (f"<X>{filed('XML1', encoded(stay()))}</X>", "01999/BN1", "01999|LK1"),
    ],
)
def test_a_table_may_be_a_file_of_its_own(
    document: str, key: str | None, episode: str | None
) -> None:
    (statement,) = read(document).statements
    assert (statement.record_id, statement.episode) == (key, episode)


@pytest.mark.parametrize(
    "paper",
    [
        table("XML7", MA_LK="LK1", HO_TEN_ME="Lê Thị Đào"),
        table("XML8", MA_LK="LK1", HO_TEN_ME="Lê Thị Đào"),
        table("XML13", MA_LK="LK1", HO_TEN="Nguyễn Thị An"),
        filed("XML1", "<TONG_HOP><MA_LK>LK1</MA_LK></TONG_HOP>"),
    ],
)
def test_a_paper_without_any_facility_is_refused_alone(paper: str) -> None:
    reading = read(envelope(paper, filed("XML1", stay()), sender=""))
    (rejection,) = reading.rejections
    assert (rejection.problem, rejection.element) == (Problem.MISSING_VALUE, "MA_CSKCB")
    assert [s.record_id for s in reading.statements] == ["01999/BN1"]


@pytest.mark.parametrize(
    "told",
    [
        filed("XML1", stay(MA_CSKCB="")),
        table("XML0", **STAY | {"MA_CSKCB": ""}),
        table("XML9", HO_TEN_CON="Lê Bình", NGAY_SINH_CON="20260304"),
        filed("XML9", "<HSDLGCS><GIAYCHUNGSINH><SO>7</SO></GIAYCHUNGSINH></HSDLGCS>"),
    ],
)
def test_a_child_without_any_facility_is_accepted_unkeyed(told: str) -> None:
    reading = read(envelope(told, sender=""))
    (statement,) = reading.statements
    assert (reading.rejections, statement.episode, statement.unkeyed) == ((), None, True)
    assert statement.record_id == f"~{statement.content_hash[:12]}"
    assert read(envelope(told, sender="")).statements == reading.statements
    conversion = adapter.convert(statement)
    assert (conversion.custodian, conversion.province) == ("hospital:unknown", None)
    for resource in conversion.resources:
        validation.validated(resource)
        assert "assigner" not in str(resource)


def test_place_and_time_are_enough() -> None:
    (statement,) = read(
        envelope(filed("XML1", "<TONG_HOP><NGAY_VAO>20260306</NGAY_VAO></TONG_HOP>"))
    ).statements
    assert statement.unkeyed
    assert statement.record_id == f"~{statement.content_hash[:12]}"


def test_an_unkeyed_record_has_the_same_key_each_time() -> None:
    content = envelope(table("XML1", **STAY | {"MA_BN": ""}))
    assert _keys(content) == _keys(content)
    assert _keys(content) != _keys(envelope(table("XML1", **STAY | {"MA_BN": "", "CAN_NANG": "3"})))


def test_a_table_that_says_nothing_is_refused() -> None:
    reading = read(envelope(filed("XML1", "<TONG_HOP><STT>1</STT></TONG_HOP>")))
    assert [r.problem for r in reading.rejections] == [Problem.UNKNOWN_STRUCTURE]


@pytest.mark.parametrize("kind", ["XML7", "XML8"])
def test_a_paper_of_no_stay_and_no_patient_is_refused(kind: str) -> None:
    (rejection,) = read(envelope(table(kind, HO_TEN_ME="Lê Thị Đào"))).rejections
    assert (rejection.problem, rejection.element) == (Problem.MISSING_VALUE, "MA_LK")


def test_a_letter_of_no_stay_still_speaks_of_a_child() -> None:
    (statement,) = read(envelope(table("XML13", HO_TEN="Vô danh", NGAY_SINH="2026"))).statements
    assert statement.unkeyed
    assert statement.episode is None


@pytest.mark.parametrize(
    ("fields", "time"),
    [
        ({}, "2026-03-10T15:30:00+07:00"),
        ({"NGAY_RA": ""}, "2026-03-06T09:00:00+07:00"),
        ({"NGAY_RA": "202600000000"}, "2026-03-06T09:00:00+07:00"),
        ({"NGAY_RA": "20260310"}, "2026-03-10T00:00:00+07:00"),
        ({"NGAY_RA": "", "NGAY_VAO": ""}, None),
    ],
)
def test_a_stays_own_time_is_its_end_else_its_beginning(
    fields: dict[str, str], time: str | None
) -> None:
    (statement,) = read(envelope(filed("XML1", stay(**fields)))).statements
    assert (statement.effective.isoformat() if statement.effective else None) == time


def test_an_adult_and_the_papers_of_that_stay_are_counted_and_left_out() -> None:
    reading = read(
        envelope(
            filed("XML1", stay(**ADULT)) + table("XML7", MA_LK="LK1", MA_YTE="BN1"),
            table("XML8", MA_LK="LK1", HO_TEN_ME="x y"),
            filed("XML1", stay(MA_LK="LK2", MA_BN="BN2")),
        )
    )
    assert [s.record_id for s in reading.statements] == ["01999/BN2"]
    assert reading.left_out == {"adult": 1, "adult-part": 2}


@pytest.mark.parametrize(
    ("born", "kept"),
    [
        ("200803060000", False),  # eighteen today
        ("200803070000", True),  # eighteen tomorrow
        ("200800000000", True),  # eighteen this year, perhaps not yet
        ("200700000000", False),
        ("", True),
        ("000000000000", True),
    ],
)
def test_only_who_is_surely_eighteen_is_an_adult(born: str, kept: bool) -> None:
    assert bool(read(envelope(filed("XML1", stay(NGAY_SINH=born)))).statements) is kept


@pytest.mark.parametrize(("born", "kept"), [("195001010000", False), ("201501010000", True)])
def test_without_a_time_a_grown_up_is_told_by_the_arrival(born: str, kept: bool) -> None:
    told = stay(NGAY_SINH=born, NGAY_VAO="", NGAY_RA="")
    assert bool(read(envelope(filed("XML1", told))).statements) is kept


def test_the_mothers_record_completes_her_childs_certificate() -> None:
    mother = stay(**ADULT, MA_LK="LK9")
    (child,) = read(envelope(filed("XML1", mother) + table("XML9", **CERTIFICATE))).statements
    assert child.content["mother"] == "TRẦN THỊ CÚC"
    assert child.content["mother_paper"] == "999190012345"
    assert child.content["mother_born"] == "2008-03-06"


def test_a_stranger_completes_nothing() -> None:
    named = CERTIFICATE | {"HO_TEN_NND": "Lê Thị Đào"}
    (child,) = read(envelope(filed("XML1", stay(**ADULT)) + table("XML9", **named))).statements
    assert "mother_paper" not in child.content


def test_withheld_tables_are_counted_and_never_opened() -> None:
    reading = read(
        envelope(
            filed("XML1", stay())
            + filed("XML6", "%%%")
            + filed(" xml 15 ", "")
            + filed(
                "", "<CHI_TIEU_DIEU_TRI_BENH_LAO><MA_LK>LK1</MA_LK></CHI_TIEU_DIEU_TRI_BENH_LAO>"
            )
        )
    )
    assert reading.left_out == {"XML6": 1, "XML15": 2}
    assert len(reading.statements) == 1
    assert reading.rejections == ()


def test_unused_tables_are_ignored_unread() -> None:
    reading = read(envelope(filed("XML1", stay()) + filed("XML4", "%%%") + filed("XML14", "")))
    assert (len(reading.statements), reading.rejections, reading.left_out) == (1, (), {})


def test_one_bad_table_spoils_no_other() -> None:
    good = filed("XML1", stay())
    bad = filed("XML1", encoded(stay(MA_BN="9" * 201)))
    reading = read(envelope(good, good + bad, filed("XML7", "%%%") + good))
    assert len(reading.statements) == 3
    assert [(r.problem, r.position.partition("DANHSACHHOSO")[2]) for r in reading.rejections] == [
        (Problem.MALFORMED, "/HOSO[3]/FILEHOSO[1]/NOIDUNGFILE"),
        (Problem.WRONG_IDENTIFIER, "/HOSO[2]/FILEHOSO[2]/NOIDUNGFILE"),
    ]
    assert [r.excerpt for r in reading.rejections] == [
        b"%%%",
        encoded(stay(MA_BN="9" * 201)).encode(),
    ]


@pytest.mark.parametrize(
    ("element", "text"),
    [("GIOI_TINH", "9"), ("NGAY_SINH", "x"), ("NGAY_VAO", "20260230"), ("NGAY_RA", "x")],
)
def test_an_unreadable_side_value_loses_no_child(element: str, text: str) -> None:
    reading = read(envelope(filed("XML1", stay(**{element: text}))))
    assert [s.record_id for s in reading.statements] == ["01999/BN1"]
    assert reading.rejections == ()
    assert reading.unknown_fields == {f"XML1/{element} (unreadable)": 1}


def test_a_grown_up_with_an_impossible_birthday_becomes_no_child() -> None:
    reading = read(envelope(filed("XML1", stay(NGAY_SINH="199002300000"))))
    assert (reading.statements, reading.left_out) == ((), {"adult": 1})


def test_one_bad_certificate_spoils_no_other() -> None:
    rows = [CERTIFICATE, CERTIFICATE | {"SO": "9" * 201}, CERTIFICATE | {"SO": "7"}]
    inner = "".join(element("GIAYCHUNGSINH", row) for row in rows)
    reading = read(envelope(filed("61", f"<HSDLGCS>{inner}</HSDLGCS>")))
    assert [s.record_id for s in reading.statements] == [
        "01999/GCS/00998.GCS.01999.26",
        "01999/GCS/7",
    ]
    (rejection,) = reading.rejections
    assert rejection.position.endswith("/NOIDUNGFILE//GIAYCHUNGSINH[2]")
    assert rejection.element == "SO"


def test_unknown_and_unreadable_fields_are_reported_by_name() -> None:
    reading = read(envelope(filed("XML1", stay(COT_MOI="1", CAN_NANG="nặng", T_BNTT="5"))))
    assert reading.unknown_fields == {"XML1/COT_MOI": 1, "XML1/CAN_NANG (unreadable)": 1}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem.EMPTY),
        (b"<CongdanCollection/>", Problem.UNKNOWN_STRUCTURE),
        (b"<GIAMDINHHS><HOSO>", Problem.MALFORMED),
        (b"<!DOCTYPE GIAMDINHHS><GIAMDINHHS/>", Problem.DOCTYPE),
    ],
)
def test_a_file_that_is_not_this_sources_is_refused_whole(content: bytes, problem: Problem) -> None:
    with pytest.raises(PayloadError) as refusal:
        read(content)
    assert refusal.value.rejection.problem is problem


def test_an_envelope_of_nothing_is_no_error() -> None:
    reading = read(envelope())
    assert (reading.statements, reading.rejections) == ((), ())


def test_a_bomb_inside_base64_is_refused_alone() -> None:
    laughs = (
        '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><TONG_HOP><MA_BN>&b;</MA_BN></TONG_HOP>'
    )
    deep = "<TONG_HOP>" + "<a>" * 5000
    reading = read(
        envelope(
            filed("XML1", encoded(laughs)) + filed("XML1", encoded(deep)) + filed("XML1", stay())
        )
    )
    assert [r.problem for r in reading.rejections] == [Problem.DOCTYPE, Problem.TOO_DEEP]
    assert len(reading.statements) == 1


def test_a_key_longer_than_the_standard_allows_is_refused() -> None:
    (rejection,) = read(envelope(filed("XML1", stay(MA_BN="9" * 201)))).rejections
    assert (rejection.problem, rejection.element) == (Problem.WRONG_IDENTIFIER, "MA_BN")


def test_the_same_number_in_lower_case_is_the_same_certificate() -> None:
    lower = CERTIFICATE | {"SO": " 00998.gcs.01999.26 "}
    assert _keys(envelope(table("XML9", **lower))) == _keys(envelope(table("XML9", **CERTIFICATE)))


def test_nothing_of_a_child_shows_in_a_repr() -> None:
    reading = read(envelope(filed("XML1", stay()) + filed("XML1", stay(GIOI_TINH="7"))))
    shown = repr(reading)
    assert all(secret not in shown for secret in ("Nguyễn", "BN1", "LK1"))
