"""Tests of gateway.sample.legacy_fonts."""

import pytest

from adapters.legacy_text import clean
from gateway.sample.legacy_fonts import to_tcvn3, to_vni

NAMES = ("Nguyễn Văn Đức", "Trương Đình Quý", "Phạm Thị Hường", "Võ Hoàng Phước", "Lê Thị Mỹ Dung")


def test_published_examples() -> None:
    """vn_domain.md 8.6."""
    assert to_tcvn3("Nguyễn Văn Đức") == "NguyÔn V¨n §øc"
    assert to_vni("Trương Đình Quý") == "Tröông Ñình Quyù"


@pytest.mark.parametrize("name", NAMES)
def test_adapters_read_both_fonts_back(name: str) -> None:
    assert clean(to_tcvn3(name)) == name
    assert clean(to_vni(name)) == name


def test_tcvn3_has_no_capitals_with_tones() -> None:
    assert to_tcvn3("Ánh") == to_tcvn3("ánh")
