"""What speaks of HIV, and what only looks so."""

from typing import Any

import pytest

from adapters.formats.sensitivity import is_about_hiv

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
        ({}, False),
    ],
)
def test_codes_and_words_tell(value: dict[str, Any], expected: bool) -> None:
    assert is_about_hiv(value) is expected
