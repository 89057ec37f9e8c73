"""The kind of a place is read from its words or its code, and from nothing else."""

import pytest

from adapters.sources.police.fields import PLACE_TYPES
from linkage import place_kinds


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("cổng chùa Láng", ["pagoda"]),
        ("CHÙA LÁNG", ["pagoda"]),
        ("trước cửa nhà ông Năm", ["house"]),
        ("trước cổng nhà thờ Lớn", ["church"]),
        ("chợ Bến Tre", ["market"]),
        ("vỉa hè đường Láng", ["street"]),
        ("cổng trạm y tế xã", ["health"]),
        ("Bệnh viện Nhi Trung tâm Nam Bộ", ["health"]),
        ("cổng cơ sở bảo trợ Láng", ["home"]),
        ("bụi cây gần cầu Láng", ["outdoors"]),
        ("cổng trường mầm non Hoa Sen", ["school"]),
        ("vỉa hè trước chùa", ["pagoda", "street"]),
        ("để lại cho người dân", []),
        ("xã Yên Lỗ", []),
        ("", []),
    ],
)
def test_a_description_tells_the_kind(text: str, kinds: list[str]) -> None:
    assert sorted(place_kinds.of_text(text)) == kinds


def test_every_type_of_the_minutes_is_a_kind_but_the_other() -> None:
    kinds = {kind for kind, _ in place_kinds.WORDS}
    for code in PLACE_TYPES:
        assert (place_kinds.of_code(code) in kinds) is (code != "KHAC")
    assert place_kinds.of_code("made up") is None
