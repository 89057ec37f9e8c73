"""Which resources speak of HIV: they carry its label (Luật phòng, chống HIV/AIDS 2006, Điều 30)."""

import re
from typing import Any

_CODE = re.compile(r"(?:B2[0-4]|Z21)(?:\.\d+)?", re.IGNORECASE)
"""ICD-10 B20-B24 and Z21."""
_WORD = re.compile(r"\b(?:hiv|aids)\b", re.IGNORECASE)


def is_about_hiv(value: Any) -> bool:
    """Whether any code, or any word of any text, inside a FHIR element says so."""
    if isinstance(value, dict):
        return any(map(is_about_hiv, value.values())) or (
            "icd" in str(value.get("system", "")).lower()
            and _CODE.fullmatch(str(value.get("code", ""))) is not None
        )
    if isinstance(value, list):
        return any(map(is_about_hiv, value))
    return isinstance(value, str) and _WORD.search(value) is not None
