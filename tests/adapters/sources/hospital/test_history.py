"""What a hospital's record says after several papers and stays."""

from itertools import permutations
from typing import Any

import pytest

from adapters import history, validation
from adapters.sources.hospital import adapter
from tests.adapters.sources.hospital.payloads import (
    LETTER,
    STAY,
    element,
    encoded,
    envelope,
    filed,
    read,
    stay,
    table,
    tags,
)


def _composed(*documents: str) -> dict[str, Any]:
    """Type → the record's only resource of it (the last, where there are several)."""
    pairs = [
        (statement, adapter.convert(statement))
        for document in documents
        for statement in read(document).statements
    ]
    resources = history.compose(history.by_time(pairs)).resources
    for resource in resources:
        validation.validated(resource)
    return {resource["resourceType"]: resource for resource in resources}


LETTER_PAPER = element("CHI_TIEU_GIAYCHUYENTUYEN", LETTER | {"NGAY_RA": "202603101530"})
DISCHARGE = element(
    "CHI_TIEU_DU_LIEU_GIAY_RA_VIEN",
    {"MA_LK": "LK1", "MA_YTE": "BN1", "NGAY_RA": "202603101530", "HO_TEN_ME": "Lê Thị Đào"},
).replace("<MA_LK>", "<MA_CSKCB>01999</MA_CSKCB><MA_LK>")
CHECK_IN = element("CHI_TIEU_TRANG_THAI_KCB", STAY | {"NGAY_RA": ""})


def test_papers_complete_a_stay_in_any_order() -> None:
    papers = (stay(MA_NOI_DI="02998"), LETTER_PAPER, DISCHARGE, CHECK_IN)
    outcomes = [_composed(*order) for order in permutations(papers)]
    for outcome in outcomes:
        encounter = outcome["Encounter"]
        assert (encounter["status"], encounter["class"]["code"]) == ("finished", "IMP")
        ways = encounter["hospitalization"]
        assert ways["origin"]["reference"].endswith("02998")
        assert ways["destination"]["reference"].endswith("79998")
        assert outcome["RelatedPerson"]["name"][0]["text"] == "Lê Thị Đào"
        assert [i["value"] for i in outcome["Patient"]["identifier"]] == ["BN1"]


def test_a_reception_time_stays_one_when_a_later_stay_repeats_it() -> None:
    first = stay(HO_TEN="Bệnh viện Mẫu", NGAY_SINH="202603060900")
    later = stay(
        MA_LK="LK2", NGAY_SINH="202603060900", NGAY_VAO="202605010900", NGAY_RA="202605020900"
    )
    child = _composed(first, later)["Patient"]
    assert tags(child) == {"placeholder-birth-date"}
    assert [name["text"] for name in child["name"]] == ["Nguyễn Thị An", "Bệnh viện Mẫu"]


def test_a_birth_date_found_out_later_is_none() -> None:
    first = stay(HO_TEN="Bệnh viện Mẫu", NGAY_SINH="202603060900")
    later = stay(MA_LK="LK2", NGAY_SINH="20260301", NGAY_VAO="202605010900", NGAY_RA="202605020900")
    child = _composed(first, later)["Patient"]
    assert (child["birthDate"], tags(child)) == ("2026-03-01", set())
    assert "_birthDate" not in child


def _names(child: dict[str, Any]) -> list[tuple[str, str, bool]]:
    return [(n["text"], n["use"], history.is_placeholder(n)) for n in child["name"]]


def _summary(**said: str) -> str:
    """XML8 in a message of its own."""
    paper = element(
        "CHI_TIEU_DU_LIEU_TOM_TAT_HO_SO_BENH_AN", {"MA_LK": "LK1", "MA_CSKCB": "01999"} | said
    )
    return envelope(filed("XML8", encoded(paper))).decode()


@pytest.mark.parametrize("relation", ["HO_TEN_ME", "HO_TEN_CHA", "NGUOI_GIAM_HO"])
def test_a_parents_name_is_no_name_of_the_child_whichever_message_tells_it(relation: str) -> None:
    papers = (stay(HO_TEN="Trần Thị Mẹ"), _summary(**{relation: "TRAN THI ME"}))
    for order in permutations(papers):
        child = _composed(*order)["Patient"]
        assert _names(child) == [("Trần Thị Mẹ", "temp", True)]
        assert tags(child) == {"placeholder-name"}


def test_in_one_message_or_in_two_the_child_is_told_alike() -> None:
    own, told = stay(HO_TEN="Trần Thị Mẹ"), {"HO_TEN_ME": "Trần Thị Mẹ"}
    paper = table("XML8", MA_LK="LK1", MA_CSKCB="01999", **told)
    together = envelope(filed("XML1", encoded(own)) + paper).decode()
    assert _composed(together)["Patient"] == _composed(own, _summary(**told))["Patient"]


def test_a_name_of_its_own_stands_before_the_mothers_name_of_another_stay() -> None:
    first = stay(HO_TEN="Nguyễn Văn An")
    later = stay(MA_LK="LK2", HO_TEN="Trần Thị Mẹ", NGAY_VAO="202605010900", NGAY_RA="202605020900")
    for order in permutations((first, later, _summary(HO_TEN_ME="Trần Thị Mẹ"))):
        child = _composed(*order)["Patient"]
        assert _names(child)[0] == ("Nguyễn Văn An", "official", False)
        assert ("Trần Thị Mẹ", True) in [(text, flagged) for text, _, flagged in _names(child)]
        assert tags(child) == set()


def test_another_name_than_the_parents_stays_the_childs() -> None:
    child = _composed(stay(), _summary(HO_TEN_ME="Trần Thị Mẹ"))["Patient"]
    assert (_names(child), tags(child)) == ([("Nguyễn Thị An", "official", False)], set())
