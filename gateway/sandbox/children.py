"""The marked children of the sandbox: made-up numbers and names that bring about each outcome."""

import json
from typing import Any

NATIONAL = "http://fhir.ehealth.gov.vn/core/sid/national_id"
CLINIC, STATION = "https://phong-kham-mau.example/benh-nhan", "https://tram-y-te-mau.example/so"
CERTAIN, ALIKE, SHARED = "999000000101", "999000000102", "999000000105"
SLOW_DOWN, AWAY, HASTY = "999000000429", "999000000503", "999000000430"
"""Always 429; always 503; 429 each other time."""


def patient(
    system: str, value: str, name: str, sex: str, born: str, national: str | None = None
) -> dict[str, Any]:
    """A Patient as a clinic or a health station sends it."""
    numbers = [{"use": "official", "system": system, "value": value}]
    if national:
        numbers.append({"system": NATIONAL, "value": national})
    return {
        "resourceType": "Patient",
        "identifier": numbers,
        "name": [{"text": name}],
        "gender": sex,
        "birthDate": born,
    }


PATIENTS = (
    # One child, known to two bodies by one number: joined, and certain to be found.
    patient(CLINIC, "PK.000101", "Trần Thị Chắc Chắn", "female", "2026-01-15", CERTAIN),
    patient(STATION, "TYT.101", "Trần Thị Chắc Chắn", "female", "2026-01-15", CERTAIN),
    # Two who may be one: a steward is asked.
    patient(CLINIC, "PK.000102", "Lê Văn Phân Vân", "male", "2026-02-03"),
    patient(STATION, "TYT.102", "Lê Văn Phân Vân", "male", "2026-02-03"),
    # Two children who bear one number, by somebody's mistake.
    patient(CLINIC, "PK.000105", "Phạm Thị Nhầm", "female", "2025-06-01", SHARED),
    patient(STATION, "TYT.105", "Đỗ Văn Lẫn", "male", "2026-03-20", SHARED),
)


def payloads() -> tuple[bytes, ...]:
    """Each Patient as a message of the source fhir."""
    return tuple(json.dumps(one, ensure_ascii=False).encode() for one in PATIENTS)
