"""Names and numbers as FHIR elements, placeholders flagged."""

import pytest

from adapters.formats import evidence
from adapters.profile import EXT_PLACEHOLDER, SYSTEMS, IdentifierKind, Tag


def reason(element: dict[str, object]) -> object:
    extensions = element.get("extension", [])
    assert isinstance(extensions, list)
    return next((e["valueCode"] for e in extensions if e["url"] == EXT_PLACEHOLDER), None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Nguyễn Bảo An", None),
        ("Võ Danh", None),
        ("Trần Thị Bé", None),
        ("không rõ", "nameless"),
        ("vô danh", "nameless"),
        ("Bé bỏ rơi", "nameless"),
        ("chưa có tên", "nameless"),
        ("be gai", "nameless"),
        ("Con bà Lê Thị Mẫu", "parent-name"),
        ("Bệnh viện Mẫu", "facility-name"),
    ],
)
def test_a_placeholder_name_is_kept_and_flagged(text: str, why: str | None) -> None:
    made = evidence.name(text, "temp")
    assert made["text"] == text
    assert reason(made) == why
    assert ("family" in made) == (why is None)


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        (IdentifierKind.INSURANCE, "TE1010000000024", None),
        (IdentifierKind.INSURANCE, "TE1010000000000", "no-number"),
        (IdentifierKind.INSURANCE, "0", "no-number"),
        (IdentifierKind.BIRTH_CERTIFICATE, "Chưa có", "no-number"),
        (IdentifierKind.FILE, "ABC", None),
        (IdentifierKind.MINUTES, "12/BB-CAX", None),
    ],
)
def test_what_is_no_number_is_kept_and_flagged(
    kind: IdentifierKind, value: str, why: str | None
) -> None:
    made = evidence.number(kind, value)
    assert made["value"] == value
    assert reason(made) == why


@pytest.mark.parametrize(
    ("value", "why"),
    [("998326000024", None), ("12345", "wrong-form"), ("đang làm", "no-number")],
)
def test_a_personal_id_has_twelve_digits(value: str, why: str | None) -> None:
    assert reason(evidence.personal_id(value)) == why


@pytest.mark.parametrize(
    ("value", "kind", "found"),
    [
        ("998090000001", "cccd", IdentifierKind.PERSONAL_ID),
        ("998 090 000 001", "hochieu", IdentifierKind.PERSONAL_ID),
        ("998456789", None, IdentifierKind.OLD_ID_CARD),
        ("C9980000", "hochieu", IdentifierKind.PASSPORT),
        ("9984", "cmnd", IdentifierKind.OLD_ID_CARD),
    ],
)
def test_a_paper_is_told_by_its_form_then_by_its_name(
    value: str, kind: str | None, found: IdentifierKind
) -> None:
    assert evidence.paper(value, kind)["system"] == SYSTEMS[found]


@pytest.mark.parametrize("value", ["00012.GCS.01234.26", "00012gcs0123426", "00012 GCS 01234 26"])
def test_a_certificate_number_has_one_form(value: str) -> None:
    assert evidence.certificate(value) == "00012.GCS.01234.26"


def test_the_name_is_a_placeholder_only_where_no_name_is_real() -> None:
    real, none = evidence.name("Trần An", "usual"), evidence.name("vô danh", "official")
    assert evidence.tags([none], {}) == [Tag.PLACEHOLDER_NAME]
    assert evidence.tags([none, real], {}) == []
    assert evidence.tags([], {}, unkeyed=True) == [Tag.UNKEYED]


def test_the_mother_in_a_placeholder_is_kept() -> None:
    assert evidence.parent_in("Con bà Lê Thị Mẫu") == ("mother", "Lê Thị Mẫu")
    assert evidence.parent_in("Trần An") is None
    assert evidence.parent_in(None) is None
