"""Shared code lists: any writing, any separator."""

import pytest

from adapters.formats.codes import GROUPS, SEXES, group_codes
from adapters.formats.values import coded


@pytest.mark.parametrize(
    ("stated", "codes", "all_known"),
    [
        ([], [], True),
        (["HIV", "abandoned"], ["ABANDONED", "HIV"], True),
        (["Trẻ em bị bỏ rơi; DISABILITY;"], ["ABANDONED", "DISABILITY"], True),
        (["tre em bi bo roi", "ABANDONED"], ["ABANDONED"], True),
        (["ABANDONED", "khác"], ["ABANDONED"], False),
    ],
)
def test_groups_by_code_or_name(stated: list[str], codes: list[str], all_known: bool) -> None:
    assert group_codes(stated) == (codes, all_known)


def test_every_group_of_the_law_is_known_by_its_name() -> None:
    assert len(GROUPS) == 14
    assert group_codes(GROUPS.values()) == (sorted(GROUPS), True)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [("NỮ", "female"), ("nam", "male"), ("KHONG_BIET", "unknown"), ("Không rõ", "unknown")],
)
def test_a_sex_in_any_writing(sent: str, meant: str) -> None:
    assert coded(SEXES)(sent) == meant
