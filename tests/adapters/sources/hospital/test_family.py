"""Who is told of as mother, father, guardian or carer."""

from typing import Any

import pytest

from adapters.sources.hospital.abandonment import is_abandoned
from tests.adapters.sources.hospital.payloads import (
    CERTIFICATE,
    envelope,
    filed,
    read,
    resources,
    stay,
    table,
)


def _family(content: str) -> dict[str, Any]:
    return {person["id"]: person for person in resources(envelope(content), "RelatedPerson")}


def test_a_certificate_tells_the_mother() -> None:
    said = {"HO_TEN_NND": "Lê Thị Đào", "SO_CCCD_NND": "999300012345", "NGAYSINH_NND": "20000102"}
    mother = _family(table("XML9", **CERTIFICATE | said))["related-mother"]
    assert mother["name"][0]["text"] == "Lê Thị Đào"
    assert mother["identifier"][0]["value"] == "999300012345"
    assert mother["birthDate"] == "2000-01-02"


def test_who_brings_a_found_child_up_is_not_its_mother() -> None:
    found = {"HO_TEN_NND": "Lê Thị Đào", "NOI_SINH_CON": "trẻ bị bỏ rơi tại chợ Mẫu"}
    assert _family(table("XML9", **CERTIFICATE | found)).keys() == {"related-carer"}


@pytest.mark.parametrize("name", ["Bệnh viện Mẫu", "không rõ", "36"])
def test_a_name_of_nobody_makes_no_mother(name: str) -> None:
    assert _family(table("XML9", **CERTIFICATE, HO_TEN_NND=name)) == {}


def test_a_childs_name_may_tell_its_mother() -> None:
    family = _family(filed("XML1", stay(HO_TEN="CB Trần Thị Cúc")))
    assert family["related-mother"]["name"][0]["text"] == "Trần Thị Cúc"


def test_discharge_papers_tell_the_family() -> None:
    family = _family(
        table("XML7", MA_LK="LK1", HO_TEN_CHA="Nguyễn Văn Bình", MA_ME="9980000012")
        + table("XML8", MA_LK="LK2", NGUOI_GIAM_HO="Lê Văn Dũng")
    )
    assert family.keys() == {"related-father", "related-mother", "related-guardian"}
    assert family["related-mother"]["identifier"][0]["value"] == "9980000012"


@pytest.mark.parametrize(
    ("fields", "abandoned"),
    [
        ({}, False),
        ({"MA_BENH_CHINH": "Z76.1"}, True),
        ({"MA_BENH_CHINH": "Z76.2"}, False),
        ({"LY_DO_VV": "trẻ bị bỏ rơi"}, True),
        ({"GHI_CHU": "không bị bỏ rơi"}, False),
        ({"HO_TEN": "Bệnh viện Mẫu"}, True),
        ({"HO_TEN": "Bé bỏ rơi"}, True),
        ({"HO_TEN": "Vô danh"}, False),
        ({"MA_LOAI_RV": "3"}, False),
    ],
)
def test_signs_of_abandonment(fields: dict[str, str], abandoned: bool) -> None:
    (statement,) = read(envelope(filed("XML1", stay(**fields)))).statements
    assert is_abandoned(statement.content) is abandoned
    flags = resources(envelope(filed("XML1", stay(**fields))), "Flag")
    assert [flag["id"] for flag in flags] == (["flag-abandoned"] if abandoned else [])
