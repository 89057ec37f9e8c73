"""What a hospital's record says after several papers and stays."""

from itertools import permutations
from typing import Any

from adapters import history, validation
from adapters.sources.hospital import adapter
from tests.adapters.sources.hospital.payloads import LETTER, STAY, element, read, stay, tags


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
