"""Which of our own extensions a sender may state, and in what form: others' are kept as they are."""

import re
from collections.abc import Mapping
from typing import Any

from adapters.profile import (
    EXT_BIRTH_RANGE,
    EXT_CARER,
    EXT_COMMUNE,
    EXT_DISCOVERY,
    EXT_GROUP_SIZE,
    EXT_HANDOVER,
    EXT_PLACEHOLDER,
)

OURS = "urn:motem:"
CODE, DATE, MOMENT, TEXT = "valueCode", "valueDate", "valueDateTime", "valueString"
COMMUNE = re.compile("[0-9]{5}")
WHOLE_DAY = re.compile(r"\d{4}-\d\d-\d\d")

PARTS: dict[str, dict[str, str]] = {
    EXT_DISCOVERY: {
        "time": MOMENT,
        "commune-stated": CODE,
        "commune": CODE,
        "place-type": TEXT,
        "place-text": TEXT,
        "minutes": TEXT,
        "finder": "valueReference",
    },
    EXT_HANDOVER: {
        "direction": CODE,
        "place": "valueIdentifier",
        "name": TEXT,
        "time": MOMENT,
        "file": TEXT,
    },
    EXT_BIRTH_RANGE: {"low": DATE, "high": DATE, "basis": CODE},
    EXT_COMMUNE: {"stated": CODE, "stated-on": DATE, "commune": CODE},
}
"""Extensions made of parts → part → its type."""
NEEDED: dict[str, frozenset[str]] = {
    EXT_HANDOVER: frozenset({"direction"}),
    EXT_BIRTH_RANGE: frozenset({"low", "high", "basis"}),
}
SIMPLE = {EXT_PLACEHOLDER: CODE, EXT_GROUP_SIZE: "valueInteger", EXT_CARER: TEXT}
"""Extensions with one value → its type."""
CODES: dict[str, frozenset[str]] = {
    "direction": frozenset({"given", "received"}),
    "basis": frozenset({"stated", "day-found", "reception", "estimated-age", "default-date"}),
}
COMMUNES = frozenset({"commune", "commune-stated", "stated"})


def is_foreign_or_sound(extension: Mapping[str, Any]) -> bool:
    """False for one of ours that no sender may state, or that is not in the form of profile.py."""
    url = extension.get("url", "")
    if not url.startswith(OURS):
        return True
    if url in SIMPLE:
        return SIMPLE[url] in extension
    parts = extension.get("extension", [])
    return (
        url in PARTS
        and all(_is_sound(PARTS[url], part) for part in parts)
        and {part.get("url") for part in parts} >= NEEDED.get(url, frozenset())
        and (url != EXT_BIRTH_RANGE or _is_range(parts))
    )


def _is_sound(known: Mapping[str, str], part: Mapping[str, Any]) -> bool:
    url = part.get("url", "")
    value = part.get(known.get(url, ""))
    if value is None or part.keys() != {"url", known[url]}:
        return False
    if url in COMMUNES:
        return bool(COMMUNE.fullmatch(value))
    return value in CODES[url] if url in CODES else True


def _is_range(parts: list[Mapping[str, Any]]) -> bool:
    ends = {part["url"]: part.get(DATE, "") for part in parts}
    whole = all(WHOLE_DAY.fullmatch(ends[end]) for end in ("low", "high"))
    return whole and len(parts) == 3 and bool(ends["low"] <= ends["high"])
