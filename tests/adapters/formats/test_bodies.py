"""What kind of body a code or a name means."""

import pytest

from adapters.formats import bodies
from adapters.profile import PlaceKind


@pytest.mark.parametrize(
    ("code", "name", "kinds"),
    [
        ("01234", "Bệnh viện Mẫu", [PlaceKind.HOSPITAL]),
        ("01234", "bv da khoa mau", [PlaceKind.HOSPITAL]),
        ("00199", "Trạm y tế phường Láng", [PlaceKind.HOSPITAL]),
        ("00199", "UBND phường Láng", [PlaceKind.COMMUNE]),
        ("00199", "Công an P. Láng", [PlaceKind.COMMUNE]),
        ("00199", "Phường Láng", [PlaceKind.COMMUNE]),
        ("00199", None, [PlaceKind.HOSPITAL, PlaceKind.COMMUNE]),
        ("00199", "bà nội", [PlaceKind.HOSPITAL, PlaceKind.COMMUNE]),
        ("HN02", "Mái ấm Khác", [PlaceKind.HOME]),
        ("HN02", None, [PlaceKind.HOME]),
        ("01234", "Trung tâm bảo trợ xã hội Mẫu", [PlaceKind.HOME]),
        (None, "Bệnh viện Mẫu", []),
    ],
)
def test_the_name_of_a_body_decides_what_its_code_means(
    code: str | None, name: str | None, kinds: list[PlaceKind]
) -> None:
    assert [place.kind for place in bodies.places(code, name)] == kinds


@pytest.mark.parametrize(
    ("name", "is_house"),
    [
        ("Bệnh viện Mẫu", True),
        ("Trạm y tế phường Láng", True),
        ("Mái ấm Mẫu", True),
        ("Trung tâm Bảo trợ xã hội 4", True),
        ("Nguyễn Thị Mai", False),
        ("bà ngoại", False),
    ],
)
def test_a_house_is_told_from_a_person(name: str, is_house: bool) -> None:
    assert bodies.names_house(name) is is_house
