"""What speaks of HIV, and what only looks so."""

from typing import Any

import pytest

from adapters.formats.sensitivity import hiv_labels, is_about_hiv, remarks
from adapters.profile import Label

ICD10 = "http://hl7.org/fhir/sid/icd-10"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"code": {"coding": [{"system": ICD10, "code": "B20"}]}}, True),
        ({"code": {"coding": [{"system": ICD10, "code": "z21"}]}}, True),
        ({"code": {"coding": [{"system": ICD10, "code": "B24.1"}]}}, True),
        ({"code": {"coding": [{"system": ICD10, "code": "B25"}]}}, False),
        ({"code": {"coding": [{"system": ICD10, "code": "Z76.1"}]}}, False),
        ({"identifier": [{"system": "urn:x:a", "value": "Z21"}]}, False),
        ({"code": {"text": "mẹ nhiễm HIV"}}, True),
        ({"note": [{"text": "con của mẹ có AIDS."}]}, True),
        ({"valueString": "chivas"}, False),
        ({"code": {"coding": [{"system": ICD10, "code": "Z20.6"}]}}, True),
        ({"code": {"coding": [{"system": ICD10, "code": "R75"}]}}, True),
        ({"code": {"coding": [{"system": ICD10, "code": "R750x"}]}}, False),
        ({"code": {"coding": [{"system": ICD10, "code": "Z20"}]}}, False),
        ({"code": {"coding": [{"system": ICD10}]}}, False),
        ({}, False),
    ],
)
def test_codes_and_words_tell(value: dict[str, Any], expected: bool) -> None:
    assert is_about_hiv(value) is expected


@pytest.mark.parametrize(
    "text",
    [
        "mẹ nhiễm HIV",
        "me nhiem hiv",
        "HIV(+), đang điều trị",
        "xét nghiệm HIV-1 âm tính",
        "anti-HIV dương tính",
        "antiHIV (-)",
        "bé bị H.I.V",
        "HIV/AIDS",
        "giai đoạn AIDS",
        "mẹ đang uống ARV",
        "nhiễm SIDA",
        "bệnh si-đa",
        "mẹ nhiễm H.",
        "con của người có H",
        "Hội chứng suy giảm miễn dịch mắc phải",
        "vi rút gây suy giảm miễn dịch ở người",
        "virus gay suy giam mien dich o nguoi",
    ],
)
def test_words_of_the_disease_tell_with_and_without_marks(text: str) -> None:
    assert is_about_hiv(text)
    assert is_about_hiv(text.upper())


@pytest.mark.parametrize(
    "text",
    [
        "quần áo sida, chăn sida",
        "hearing aids both ears",
        "visual aids",
        "nhiễm H. pylori",
        "nhiễm H.pylori",
        "nhiễm H1N1",
        "nhiễm H. influenzae",
        "có H và K đi cùng",
        "suy giảm miễn dịch bẩm sinh",
        "chivas",
        "Archivo",
        "khăn xanh, thẻ ghi HV 12",
        "raids",
        "Z21",
        "",
    ],
)
def test_what_only_looks_like_it_is_no_secret(text: str) -> None:
    assert not is_about_hiv(text)


def test_each_remark_is_labelled_by_its_own_words() -> None:
    told = remarks("police", "belonging", ["khăn xanh", "sổ khám HIV"])
    labels = [[label["code"] for label in one["meta"].get("security", ())] for one in told]
    assert labels == [[], [Label.HIV]]
    assert hiv_labels(None, ["a", {"text": "b"}], "") == []
