"""Typed values out of loosely written ones."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import Problem
from adapters.formats import values
from adapters.formats.values import WrongValueError


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        (24, "24"),
        (25.0, "25"),
        ("26.0", "26"),
        ("1.5", "1.5"),
        (2.5, "2.5"),
        (998326000029.0, "998326000029"),
        ("NguyÔn V¨n §øc", "Nguyễn Văn Đức"),
    ],
)
def test_text(sent: object, meant: str | None) -> None:
    assert values.text(sent) == meant


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("04.03.2026", "2026-03-04"),
        ("4/3/2026", "2026-03-04"),
        ("04-03-2026", "2026-03-04"),
        ("2026-03-04", "2026-03-04"),
        ("2026/3/4", "2026-03-04"),
        ("2026-03-04T08:30:00+07:00", "2026-03-04"),
        ("04/03/2026 08:30", "2026-03-04"),
        ("20260304", "2026-03-04"),
        ("03/25/2026", "2026-03-25"),
        ("03/2026", "2026-03"),
        ("2026-03", "2026-03"),
        ("2026", "2026"),
        (2025, "2025"),
        (2024.0, "2024"),
        (None, None),
    ],
)
def test_a_day_in_any_writing(sent: object, meant: str | None) -> None:
    assert values.day(sent) == meant


@pytest.mark.parametrize(
    "sent", ["31/02/2026", "32.01.2026", "13/13/2026", "hôm qua", "1500", "46084"]
)
def test_no_day(sent: str) -> None:
    with pytest.raises(WrongValueError) as caught:
        values.day(sent)
    assert caught.value.problem == Problem.WRONG_DATE


@given(st.dates(min_value=date(1955, 1, 1), max_value=date(2060, 12, 31)))
def test_a_serial_number_in_a_sheet_is_its_day(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert values.sheet_day(str(serial)) == day.isoformat()
    assert values.sheet_day(f"{serial}.0") == day.isoformat()
    assert values.sheet_day(f"{serial}.75") == day.isoformat()
    assert values.sheet_day(day.strftime("%d/%m/%Y")) == day.isoformat()


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("2026-03-04T08:30:00+07:00", "2026-03-04T08:30:00+07:00"),
        ("2026-03-04T01:30:00Z", "2026-03-04T01:30:00+00:00"),
        ("2026-03-04T08:30", "2026-03-04T08:30:00+07:00"),
        ("2026-03-04 08:30:15", "2026-03-04T08:30:15+07:00"),
        ("04/03/2026 08:30", "2026-03-04T08:30:00+07:00"),
        ("8h30 04/03/2026", "2026-03-04T08:30:00+07:00"),
        ("04/03/2026", "2026-03-04"),
        ("2026", "2026"),
        ("2026-03-04T08:30:00+07:00:30", "2026-03-04T08:30:00+07:00"),
    ],
)
def test_an_instant_keeps_its_zone_and_its_precision(sent: str, meant: str) -> None:
    assert values.instant(sent) == meant


@pytest.mark.parametrize(
    "sent",
    [
        "25:00 04/03/2026",
        "hôm qua lúc 8 giờ",
        "2026-03-04T99:00:00",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59-12:00",
    ],
)
def test_no_instant(sent: str) -> None:
    with pytest.raises(WrongValueError):
        values.instant(sent)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("46085", "2026-03-04"),
        ("46085.0", "2026-03-04"),
        ("46085.4375", "2026-03-04T10:30:00+07:00"),
        ("2026-03-04 10:30", "2026-03-04T10:30:00+07:00"),
        ("2026", "2026"),
        (None, None),
    ],
)
def test_a_serial_number_with_a_fraction_is_a_minute(sent: object, meant: str | None) -> None:
    assert values.sheet_instant(sent) == meant


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (["b", " a ", "b", None, "", {}, 5, True], ["5", "a", "b"]),
        ("a", ["a"]),
        (None, []),
        ({"a": 1}, []),
    ],
)
def test_a_list_of_texts_has_no_order_and_no_doubles(sent: object, meant: list[str]) -> None:
    assert values.texts(sent) == meant


def test_days_are_those_of_vietnam() -> None:
    assert values.local_day("2025-12-31T18:00:00+00:00") == date(2026, 1, 1)
    assert values.local_day("2025-12") is None
    assert values.moment("2026-03") == datetime(2026, 2, 28, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("2900", 2900),
        (2800.0, 2800),
        ("2.900", 2900),
        ("2,9", 2900),
        ("2.9 kg", 2900),
        ("11,5 kg", 11500),
        ("2900 g", 2900),
        ("0", None),
        ("", None),
    ],
)
def test_a_weight_is_in_grams(sent: object, meant: int | None) -> None:
    assert values.grams(sent) == meant


@pytest.mark.parametrize("sent", ["-5", "nặng", "9000000", "0.1"])
def test_no_weight(sent: str) -> None:
    with pytest.raises(WrongValueError):
        values.grams(sent)


@pytest.mark.parametrize(
    ("reader", "sent", "meant"),
    [
        (values.digits(12), "0" + "99326000024", "0" + "99326000024"),
        (values.digits(12), "99326000024.0", "0" + "99326000024"),
        (values.digits(12), 9326000024, "00" + "9326000024"),
        (values.digits(12), "998 326 000 024", "998326000024"),
        (values.digits(12), "998456789", "998456789"),
        (values.digits(12), "chưa có", "chưa có"),
        (values.commune, 199, "00199"),
        (values.commune, "199.0", "00199"),
        (values.commune, None, None),
    ],
)
def test_lost_zeros_come_back_where_the_length_is_known(
    reader: Callable[[Any], object], sent: object, meant: str | None
) -> None:
    assert reader(sent) == meant


@pytest.mark.parametrize(
    ("reader", "sent"),
    [(values.digits(12), "9.98326E+11"), (values.commune, "abc"), (values.commune, "123456")],
)
def test_no_identifier(reader: Callable[[Any], object], sent: str) -> None:
    with pytest.raises(WrongValueError) as caught:
        reader(sent)
    assert caught.value.problem == Problem.WRONG_IDENTIFIER


def test_a_code_is_known_in_any_writing() -> None:
    read = values.coded({"KHONG_RO": "unknown", "Nữ": "female"})
    assert read("không rõ") == "unknown"
    assert read(" NU ") == "female"
    assert read(None) is None
    with pytest.raises(WrongValueError) as caught:
        read("X")
    assert caught.value.problem == Problem.WRONG_CODE


@pytest.mark.parametrize("sent", [True, [], {}, ["a"]])
def test_what_is_no_text_has_the_wrong_type(sent: object) -> None:
    with pytest.raises(WrongValueError) as caught:
        values.text(sent)
    assert caught.value.problem == Problem.WRONG_TYPE


@pytest.mark.parametrize("read", [values.number, values.whole, values.grams])
def test_a_number_beyond_all_is_wrong(read: values.Reader) -> None:
    with pytest.raises(WrongValueError) as wrong:
        read("9" * 400)
    assert wrong.value.problem is Problem.WRONG_NUMBER


def test_a_day_beyond_all_is_wrong() -> None:
    with pytest.raises(WrongValueError) as wrong:
        values.sheet_day("9" * 400)
    assert wrong.value.problem is Problem.WRONG_DATE


def test_an_endless_text_is_no_value() -> None:
    assert values.text("x" * values.MAX_TEXT)
    with pytest.raises(WrongValueError) as wrong:
        values.text("x" * (values.MAX_TEXT + 1))
    assert wrong.value.problem is Problem.TOO_LARGE
