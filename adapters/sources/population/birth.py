"""What a citizen's birth date is worth, and who is a grown-up at the time of the data."""

from collections.abc import Mapping
from typing import Any

from adapters.formats import births
from adapters.formats.births import Birth


def birth_of(content: Mapping[str, Any]) -> Birth | None:
    """As stated, a day or a year; 01/01 is what stands where only the year was known.

    In a real register 99.9 % of such dates were years only (vn_domain.md 8.4).
    """
    stated = content.get("NgayThangNamSinh.NgayThangNam") or content.get("NgayThangNamSinh.Nam")
    return births.reported(stated, None, None, None)


def is_adult(content: Mapping[str, Any]) -> bool:
    """Surely 18 or more at ThoiDiemDuLieu, without it when the data came."""
    return births.is_adult(birth_of(content), content.get("ThoiDiemDuLieu"))
