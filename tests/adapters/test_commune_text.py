"""Which communes loosely written addresses name: all spellings of all communes, and no guesses."""

import csv
import random
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import communes
from adapters.legacy_text import fold
from tests.adapters.formats.bounded import SECONDS, cost
from tests.adapters.test_communes import DATA

SHORT = {
    "Phường ": "P.",
    "Xã ": "X.",
    "Thị trấn ": "TT.",
    "Quận ": "Q.",
    "Huyện ": "H.",
    "Thị xã ": "TX.",
    "Thành phố ": "TP.",
    "Tỉnh ": "T.",
}


def kind_of(name: str) -> str:
    """The tables write "Thành Phố Bắc Kạn" once."""
    return next(kind for kind in SHORT if name.lower().startswith(kind.lower()))


def short(name: str, end: str = ".") -> str:
    kind = kind_of(name)
    return SHORT[kind].replace(".", end) + name[len(kind) :]


def bare(name: str) -> str:
    rest = name[len(kind_of(name)) :]
    return name if rest.isdigit() else rest


@cache
def old_communes() -> dict[tuple[str, str, str], set[str]]:
    """Commune, district and province before the reform → today's communes."""
    found: dict[tuple[str, str, str], set[str]] = {}
    with (DATA / "admin_units_old_to_new.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            names = row["old_ward"], row["old_district"], row["old_province"]
            if row["old_ward"]:
                found.setdefault(names, set()).add(row["new_ward_code"])
    return found


SPELLINGS: dict[str, tuple[Callable[[str, str, str], str], float]] = {
    "in full": (lambda w, d, p: f"{w}, {d}, {p}", 1),
    "short": (lambda w, d, p: f"{short(w)}, {short(d)}, {short(p)}", 1),
    "short, spaced": (lambda w, d, p: f"{short(w, '. ')}, {short(d, '. ')}, {bare(p)}", 0.999),
    "short, no stops": (lambda w, d, p: f"{short(w, ' ')} {short(d, ' ')} {bare(p)}", 0.999),
    "no marks": (lambda w, d, p: fold(f"{w}, {d}, {p}"), 1),
    "capitals": (lambda w, d, p: f"{w}, {d}, {p}".upper(), 1),
    "no separators": (lambda w, d, p: f"{w} {d} {p}", 1),
    "full stops": (lambda w, d, p: f"{w}. {d}. {p}.", 1),
    "dashes": (lambda w, d, p: f"{w} - {d} - {p}", 1),
    "a house before": (lambda w, d, p: f"số 3 ngõ 5, tổ 2, {w}, {bare(d)}, {bare(p)}", 0.998),
    "no province": (lambda w, d, p: f"{w}, {d}", 0.99),
    "no district": (lambda w, d, p: f"{w}, {bare(p)}", 0.93),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_old_commune_is_found_in_every_spelling_and_none_is_found_wrong(
    spelling: str,
) -> None:
    write, wanted = SPELLINGS[spelling]
    found = 0
    for (ward, district, province), codes in old_communes().items():
        told = set(communes.by_text(write(ward, district, province)))
        assert not told or codes <= told, (ward, district, province)
        found += bool(told)
    assert found >= wanted * len(old_communes())


@pytest.mark.parametrize("write", ["{ward}, {province}", "{ward} {province}"])
def test_every_commune_of_today_is_found_by_its_name_or_not_at_all(write: str) -> None:
    with (DATA / "admin_units_2025.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = 0
    for row in rows:
        told = communes.by_text(write.format(**row))
        assert not told or row["ward_code"] in told
        found += bool(told)
    assert found >= 0.995 * len(rows)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Phường Láng, Hà Nội", ("00199",)),
        ("12 phố X, phuong Lang, TP. Ha Noi", ("00199",)),
        ("12 phố X phường Láng TP Hà Nội", ("00199",)),
        ("Phường Láng. Hà Nội", ("00199",)),
        ("P12 nhà A, phường Láng, Hà Nội", ("00199",)),
        ("P. Bến Nghé, Q.1, TP.HCM", ("26740",)),
        ("P Bến Nghé Q1 TPHCM", ("26740",)),
        ("phường 1, quận 3, TP Hồ Chí Minh", ("27154",)),
        ("Phường 05, Quận 3, HCM", ("27154",)),
        ("F5, Q3, TP HCM", ("27154",)),
        ("P.5 Q.03 sài gòn", ("27154",)),
        ("p25 q bình thạnh hcm", ("26956",)),
        ("trạm y tế xã Hoà Bình, huyện Thường Tín, Hà Nội", ("10183",)),
        ("Hòa Bình, Thường Tín, HN", ("10183",)),
        ("Phường Láng Hạ, Đống Đa, Hà Nội", ("00025", "00199", "00235")),
        ("Ph\u00ad\u00eang L¸ng H¹, §èng §a, Hµ Néi", ("00025", "00199", "00235")),
        ("T.T Củ Chi, huyện Củ Chi", ("27496",)),
        ("P.Vĩnh Ninh,Tp.Huế,T.T.Huế", ("19789",)),
        ("huyện đảo Lý Sơn, Quảng Ngãi", ("21548",)),
        ("huyện Côn Đảo, Bà Rịa - Vũng Tàu", ("26732",)),
        ("xã Ea H’leo, huyện Ea H'leo, Đắk Lắk", ("24184",)),
        ("P. Tân Lợi, BMT, Đăk Lăk", ("24133",)),
    ],
)
def test_an_address_in_words_names_its_commune(text: str, codes: tuple[str, ...]) -> None:
    assert communes.by_text(text) == codes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "xã Tân Thành",
        "phường 5",
        "P. 5",
        "cổng chùa Láng",
        "Hà Nội",
        "Q.1, TP.HCM",
        "phường",
        "xã Không Có Thật, Hà Nội",
        "Láng Hạ, Đống Đa, Hà Nội",
        "phường Láng, TP. Đà Nẵng",
        "P.12 nhà A, chung cư B",
    ],
)
def test_what_is_not_certain_names_no_commune(text: str) -> None:
    assert communes.by_text(text) == ()


@given(st.text(max_size=60))
def test_any_text_names_communes_of_today_or_none(text: str) -> None:
    assert all(communes.name_of(code) for code in communes.by_text(text))


@given(st.sampled_from(sorted(old_communes())), st.randoms(use_true_random=False))
def test_spaces_case_and_marks_change_nothing(
    names: tuple[str, str, str], chance: random.Random
) -> None:
    text = ", ".join(names)
    spaced = "".join(c + chance.choice(["", "", "  ", "\u00a0"]) if c == " " else c for c in text)
    mixed = "".join(chance.choice([c, c.upper(), c.lower()]) for c in spaced)
    assert communes.by_text(mixed) == communes.by_text(text)


@pytest.mark.parametrize("text", ["xã " * 300_000, "P.1, " * 200_000, "x" * 1_000_000])
def test_a_giant_text_costs_little(text: str) -> None:
    communes.by_text("")
    assert cost(lambda content: communes.by_text(content.decode()), text.encode()).seconds < SECONDS
