"""A register of made-up citizens in a file; what is wrong with it is told without quoting it."""

from pathlib import Path

import pytest

from gateway.sandbox.register import WrongRegisterError, is_made_up, read_register

HEAD = "number,name,birth_date\n"


def test_a_register_is_read_with_folded_names(tmp_path: Path) -> None:
    path = tmp_path / "citizens.csv"
    path.write_text(HEAD + "999326000101,Quách Thị Thử,2026-01-15\n", encoding="utf-8")
    assert read_register(path).citizens == {"999326000101": ("quach thi thu", "2026-01-15")}


@pytest.mark.parametrize(
    "content",
    [b"a,b\n1,2\n", HEAD.encode() + b"1,2\n", HEAD.encode() + b"1,2,3,4\n", b"\xff\xfe\x00"],
)
def test_what_is_no_register_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "citizens.csv"
    path.write_bytes(content)
    with pytest.raises(WrongRegisterError, match="number,name,birth_date"):
        read_register(path)


def test_only_numbers_that_nobody_has_are_made_up() -> None:
    assert [is_made_up(number) for number in ("998000000000", "999000000000", "997000000000")] == [
        True,
        True,
        False,
    ]
