"""The population database confirms a child or does not; nothing else of its answer is taken."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from adapters.errors import PayloadError, Problem
from adapters.outbound import population_lookup as lookup
from adapters.outbound import population_standin as standin
from adapters.outbound.population_lookup import SERVICE, SOAP, Asker, Question, Verdict
from adapters.profile import IdentifierKind, flag_placeholder, human_name, identifier

QUICK = settings(max_examples=100, deadline=None)
NUMBER, NAME, BORN = "999326000101", "Nguyễn Mẫu An", "2026-01-15"
QUESTION = Question(transaction_id="T-1", number=NUMBER, name=NAME, birth_date=BORN)
ASKER = Asker(service_code="DVC", officer="CB", unit="DV", account="TK")


def envelope(inner: str) -> bytes:
    """A SOAP answer with this in its body; `d:` is the service's namespace."""
    text = f'<s:Envelope xmlns:s="{SOAP}" xmlns:d="{SERVICE}"><s:Body>{inner}</s:Body></s:Envelope>'
    return text.encode()


def citizen(
    number: str = NUMBER,
    name: str = NAME,
    born: str = "<d:NgayThangNam>20260115</d:NgayThangNam>",
    transaction: str = "T-1",
) -> bytes:
    return envelope(
        f"<d:TraCuuThongTinCongDanResponse><d:MaYeuCau>{transaction}</d:MaYeuCau>"
        f"<d:CongdanCollection><d:CongDan><d:SoDinhDanh>{number}</d:SoDinhDanh>"
        f"<d:HoVaTen>{name}</d:HoVaTen><d:NgayThangNamSinh>{born}</d:NgayThangNamSinh>"
        "</d:CongDan></d:CongdanCollection></d:TraCuuThongTinCongDanResponse>"
    )


def texts(content: bytes) -> dict[str, str]:
    root = etree.fromstring(content)
    return {etree.QName(e).localname: e.text or "" for e in root.iter() if len(e) == 0}


def test_a_request_has_the_published_names_in_the_services_namespace() -> None:
    content = lookup.request(QUESTION, ASKER)
    assert texts(content) == {
        "Header": "",
        "MaYeuCau": "T-1",
        "MaDVC": "DVC",
        "MaTichHop": "037",
        "MaCanBo": "CB",
        "MaDonVi": "DV",
        "TaiKhoan": "TK",
        "SoDienThoai": "0",
        "SoDinhDanh": NUMBER,
        "HoVaTen": NAME,
        "NgayThangNam": "20260115",
    }
    operation = etree.fromstring(content).find(f"{{{SOAP}}}Body/{{{SERVICE}}}TraCuuThongTinCongDan")
    assert operation is not None


def test_of_a_year_only_the_year_is_asked() -> None:
    question = Question(transaction_id="T-1", number=NUMBER, name=NAME, birth_date="2026")
    assert texts(lookup.request(question, ASKER))["Nam"] == "2026"


def test_markup_in_a_name_stays_text() -> None:
    name = "A</HoVaTen><SoDinhDanh>&"
    question = Question(transaction_id="T-1", number=NUMBER, name=name, birth_date=BORN)
    assert texts(lookup.request(question, ASKER))["HoVaTen"] == name


@pytest.mark.parametrize(
    "change",
    [
        {"number": "99932600010"},
        {"number": "٩٩٩٣٢٦٠٠٠١٠١"},
        {"name": " "},
        {"name": "An\0"},
        {"transaction_id": ""},
        {"birth_date": "2026-13-01"},
        {"birth_date": "2026-01"},
        {"birth_date": ""},
    ],
)
def test_an_impossible_question_is_refused_without_quoting_it(change: dict[str, str]) -> None:
    good = {"transaction_id": "T-1", "number": NUMBER, "name": NAME, "birth_date": BORN}
    with pytest.raises(ValueError, match=r"^[a-zID ]+$"):
        Question(**(good | change))


@pytest.mark.parametrize(
    "content",
    [
        citizen(),
        citizen(name="NGUYEN MAU AN"),
        citizen(name="<d:Ho>Nguyễn</d:Ho><d:ChuDem>Mẫu</d:ChuDem><d:Ten>An</d:Ten>"),
        citizen(name="", born=""),
        citizen(born="<d:Nam>2026</d:Nam>"),
        citizen(born="2026-01-15"),
        envelope(
            f"<CongdanCollection><CongDan><SoDinhDanh>{NUMBER}</SoDinhDanh></CongDan></CongdanCollection>"
        ),
    ],
)
def test_the_citizen_that_was_asked_for_is_confirmed(content: bytes) -> None:
    assert lookup.answer(content, QUESTION) == lookup.Answer(
        verdict=Verdict.CONFIRMED, transaction_id="T-1"
    )


@pytest.mark.parametrize(
    "content",
    [
        citizen(number="999326000102"),
        citizen(number=""),
        citizen(name="Lê Khác"),
        citizen(born="<d:NgayThangNam>20260116</d:NgayThangNam>"),
        citizen(born="<d:NgayThangNam>hôm qua</d:NgayThangNam>"),
        citizen(born="<d:Nam>2025</d:Nam>"),
        envelope("<d:CongdanCollection/>"),
        envelope("<d:CongdanCollection><d:CongDan/></d:CongdanCollection>"),
        envelope(
            "<d:CongdanCollection>"
            + f"<d:CongDan><d:SoDinhDanh>{NUMBER}</d:SoDinhDanh></d:CongDan>" * 2
            + "</d:CongdanCollection>"
        ),
    ],
)
def test_nobody_two_or_another_citizen_is_not_confirmed(content: bytes) -> None:
    assert lookup.answer(content, QUESTION).verdict is Verdict.NOT_CONFIRMED


@pytest.mark.parametrize(
    ("code", "told", "again"),
    [
        ("s:Server", "Server", True),
        ("Server.ServerProxy.ServiceFailed", "Server.ServerProxy.ServiceFailed", True),
        ("s:Client", "Client", False),
        ("Client.Auth", "Client.Auth", False),
        ("", None, True),
        (f"Lỗi {NUMBER}", None, True),
    ],
)
def test_a_fault_tells_its_code_and_never_its_sentence(
    code: str, told: str | None, again: bool
) -> None:
    content = envelope(
        f"<s:Fault><faultcode>{code}</faultcode><faultstring>{NAME}</faultstring></s:Fault>"
    )
    found = lookup.answer(content, QUESTION)
    assert (found.verdict, found.fault_code) == (Verdict.FAULT, told)
    assert found.worth_retrying is again
    assert NAME not in repr(found)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem.EMPTY),
        (b"<html/>", Problem.UNKNOWN_STRUCTURE),
        (b"busy", Problem.MALFORMED),
        (envelope(""), Problem.UNKNOWN_STRUCTURE),
        (envelope("<d:KetQua>OK</d:KetQua>"), Problem.UNKNOWN_STRUCTURE),
        (envelope("<a/><b/>"), Problem.UNKNOWN_STRUCTURE),
        (citizen(transaction="T-2"), Problem.WRONG_IDENTIFIER),
        (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>" + citizen(), Problem.DOCTYPE),
        (envelope("<a>" * 100), Problem.TOO_DEEP),
        (b" " * 2_000_000 + citizen(), Problem.TOO_LARGE),
    ],
)
def test_what_is_no_answer_to_this_question_proves_nothing(
    content: bytes, problem: Problem
) -> None:
    with pytest.raises(PayloadError) as caught:
        lookup.answer(content, QUESTION)
    assert caught.value.rejection.problem == problem


@QUICK
@given(content=st.binary(max_size=100) | st.text(max_size=100).map(envelope))
def test_no_bytes_bring_anything_but_a_payload_error_or_ever_confirm(content: bytes) -> None:
    try:
        verdict = lookup.answer(content, QUESTION).verdict
    except PayloadError:
        return
    assert verdict is not Verdict.CONFIRMED


def test_nothing_that_is_asked_or_answered_can_be_printed() -> None:
    printed = repr(QUESTION) + repr(ASKER) + repr(lookup.answer(citizen(), QUESTION))
    for secret in (NUMBER, NAME, BORN, "CB", "TK"):
        assert secret not in printed


def golden(**elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [identifier(IdentifierKind.PERSONAL_ID, NUMBER)],
        "name": [human_name(NAME)],
        "birthDate": BORN,
    } | elements


@pytest.mark.parametrize(
    ("change", "born"),
    [
        ({}, BORN),
        ({"birthDate": "2026"}, "2026"),
        ({"birthDate": "2026-01"}, "2026"),
        (
            {
                "birthDate": "2026-01-01",
                "_birthDate": {"extension": [flag_placeholder("default-date")]},
            },
            "2026",
        ),
    ],
)
def test_a_golden_patient_is_asked_about_as_far_as_its_birth_is_known(
    change: dict[str, Any], born: str
) -> None:
    question = lookup.question_about(golden(**change), "T-1")
    assert question == Question(transaction_id="T-1", number=NUMBER, name=NAME, birth_date=born)


@pytest.mark.parametrize(
    "change",
    [
        {"identifier": []},
        {"identifier": [identifier(IdentifierKind.PERSONAL_ID, NUMBER, use="old")]},
        {"identifier": [identifier(IdentifierKind.PERSONAL_ID, "123")]},
        {"identifier": [identifier(IdentifierKind.STUDENT, NUMBER)]},
        {"name": [human_name("bé bỏ rơi", "anonymous", "nameless")]},
        {"birthDate": None},
    ],
)
def test_a_child_without_number_name_or_birth_cannot_be_asked_about(change: dict[str, Any]) -> None:
    assert lookup.question_about(golden(**change), "T-1") is None


@pytest.mark.parametrize("born", [BORN, "2026"])
def test_the_stand_in_understands_questions_and_its_answers_are_understood(born: str) -> None:
    question = Question(transaction_id="T-1", number=NUMBER, name=NAME, birth_date=born)
    asked = standin.asked(lookup.request(question, ASKER))
    assert asked == question
    assert lookup.answer(standin.found(asked), question).verdict is Verdict.CONFIRMED
    assert lookup.answer(standin.nobody(asked), question).verdict is Verdict.NOT_CONFIRMED
    assert lookup.answer(standin.fault("Server.Busy"), question).fault_code == "Server.Busy"


@pytest.mark.parametrize(
    "content",
    [b"", b"<a/>", citizen(), lookup.request(QUESTION, ASKER).replace(NUMBER.encode(), b"1")],
)
def test_the_stand_in_refuses_what_is_no_question(content: bytes) -> None:
    with pytest.raises(PayloadError):
        standin.asked(content)
