"""Makes the neighbourhoods: which communes, hospitals and facilities some hundreds of children meet."""

import csv
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from random import Random

from gateway.sample import names, rates
from gateway.sample.places import (
    Commune,
    Home,
    Hospital,
    Neighbourhood,
    OldCommune,
    Spelling,
    Spot,
)

CHILDREN_IN_NEIGHBOURHOOD = 400
COMMUNES = 24
HOSPITALS = 6
HOMES = 7
NATIONAL = 2
LETTERS: Mapping[str, str] = {
    "01": "HN", "04": "CB", "08": "TQ", "11": "DB", "12": "LC", "14": "SL", "15": "LCA", "19": "TN",
    "20": "LS", "22": "QN", "24": "BN", "25": "PT", "31": "HP", "33": "HY", "37": "NB", "38": "TH",
    "40": "NA", "42": "HT", "44": "QT", "46": "HUE", "48": "DN", "51": "QNG", "52": "GL",
    "56": "KH", "66": "DL", "68": "LD", "75": "DNA", "79": "HCM", "80": "TNI", "82": "DT",
    "86": "VL", "91": "AG", "92": "CT", "96": "CM",
}  # fmt: skip
"""Beginnings of facility codes; made up."""
HOSPITAL_NAMES = (
    ("Bệnh viện Đa khoa tỉnh {}", "BVĐK {}"),
    ("Bệnh viện Sản Nhi {}", "BV Sản Nhi {}"),
    ("Bệnh viện Phụ sản {}", "BV Phụ sản {}"),
    ("Trung tâm Y tế khu vực {}", "TTYT {}"),
    ("Bệnh viện Đa khoa khu vực {}", "BVĐKKV {}"),
    ("Bệnh viện Đa khoa {}", "BVĐK {}"),
)
NATIONAL_NAMES = (
    ("01", "Bệnh viện Nhi Trung tâm Bắc Bộ"),
    ("79", "Bệnh viện Nhi Trung tâm Nam Bộ"),
)
HOME_NAMES = (
    "Trung tâm Bảo trợ xã hội {}", "Làng trẻ em mồ côi {}", "Mái ấm {}", "Nhà nuôi trẻ chùa {}",
    "Trung tâm Nuôi dưỡng trẻ mồ côi {}", "Cơ sở bảo trợ {}", "Nhà tình thương {}",
)  # fmt: skip
HOME_WORDS = (
    "Hướng Dương",
    "Hoa Mai",
    "Thiện Duyên",
    "Diệu Giác",
    "Ánh Sáng",
    "Bình Minh",
    "Hy Vọng",
)


@lru_cache(maxsize=1)
def communes_by_province() -> Mapping[str, tuple[Commune, ...]]:
    """Today's communes with their old ones, by today's province code."""
    data = files("adapters") / "data"
    old: dict[str, list[OldCommune]] = defaultdict(list)
    with (data / "admin_units_old_to_new.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["old_ward_code"]]
    times: dict[str, int] = defaultdict(int)
    for row in rows:
        times[row["old_ward_code"]] += 1
    for row in rows:
        old[row["new_ward_code"]].append(_old_commune(row, times[row["old_ward_code"]] > 1))
    found: dict[str, list[Commune]] = defaultdict(list)
    with (data / "admin_units_2025.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if old[row["ward_code"]]:
                found[row["province_code"]].append(_commune(row, tuple(old[row["ward_code"]])))
    return {province: tuple(communes) for province, communes in sorted(found.items())}


def _old_commune(row: Mapping[str, str], split: bool) -> OldCommune:
    return OldCommune(
        code=row["old_ward_code"],
        name=row["old_ward"],
        district=row["old_district"],
        province=row["old_province"],
        split=split,
    )


def _commune(row: Mapping[str, str], old: tuple[OldCommune, ...]) -> Commune:
    return Commune(
        code=row["ward_code"],
        name=row["ward"],
        province_code=row["province_code"],
        province=row["province"],
        old=old,
    )


def neighbourhood(seed: int, number: int, scale: float) -> Neighbourhood:
    """The neighbourhood of a number: the same for a seed whatever the size of the world."""
    spots, hospitals, homes = _local(seed, number, scale)
    return Neighbourhood(
        number=number,
        spots=spots,
        hospitals=hospitals,
        homes=homes,
        national=tuple(_national(seed, place, scale) for place in range(NATIONAL)),
        far_homes=_local(seed, number + 1, scale)[2],
    )


@lru_cache(maxsize=8)
def _local(
    seed: int, number: int, scale: float
) -> tuple[tuple[Spot, ...], tuple[Hospital, ...], tuple[Home, ...]]:
    rng = Random(f"{seed}/place/{number}")
    everywhere = communes_by_province()
    provinces = sorted(everywhere)
    Random(f"{seed}/provinces").shuffle(provinces)
    province = provinces[number % len(provinces)]
    rank = number // len(provinces)
    communes = rng.sample(everywhere[province], min(COMMUNES, len(everywhere[province])))
    spots = tuple(_spot(rng, commune) for commune in communes)
    hospitals = tuple(
        hospital_at(
            rng, f"{province}{100 + rank * HOSPITALS + place:03d}", spots[place], place, scale
        )
        for place in range(HOSPITALS)
    )
    homes = tuple(
        _home(
            rng,
            f"{LETTERS[province]}{rank * HOMES + place + 1:02d}",
            spots[-1 - place],
            place,
            scale,
        )
        for place in range(HOMES)
    )
    return spots, hospitals, homes


@lru_cache(maxsize=8)
def _national(seed: int, place: int, scale: float) -> Hospital:
    rng = Random(f"{seed}/national/{place}")
    province, name = NATIONAL_NAMES[place]
    spot = _spot(rng, rng.choice(communes_by_province()[province]))
    hospital = hospital_at(rng, f"{province}00{place + 1}", spot, 0, scale)
    return replace(hospital, name=name, short_name=name.replace("Bệnh viện", "BV"))


def _spot(rng: Random, commune: Commune) -> Spot:
    split = [old for old in commune.old if old.split]
    choice = split if split and rng.random() < rates.SPLIT_COMMUNE * 3 else commune.old
    return Spot(commune=commune, old=rng.choice(choice))


def spelling_of(rng: Random, scale: float) -> Spelling:
    def struck(rate: float) -> bool:
        return rng.random() < min(0.9, rate * scale)

    tcvn3, vni = struck(rates.LEGACY_FONT_BODY), struck(rates.VNI_BODY)
    return Spelling(
        capitals=struck(rates.CAPITALS_BODY),
        unmarked=struck(rates.NO_MARKS_BODY),
        decomposed=struck(rates.NFD_BODY),
        font="tcvn3" if tcvn3 else "vni" if vni else "",
    )


def hospital_at(rng: Random, code: str, spot: Spot, place: int, scale: float) -> Hospital:
    long_name, short_name = HOSPITAL_NAMES[place]
    area = spot.commune.province if place < 3 else spot.old.district
    area = area.removeprefix("Thành phố ").removeprefix("Tỉnh ").removeprefix("Quận ")
    area = area.removeprefix("Huyện ").removeprefix("Thị xã ")
    return Hospital(
        code=code,
        name=long_name.format(area),
        short_name=short_name.format(area),
        spot=spot,
        spelling=spelling_of(rng, scale),
        number_form=rng.choice(
            ("{year:02d}{number:06d}", "BN{number:07d}", "{number:08d}", "{number}")
        ),
        dossiers_per_file=rng.choice((1, 10, 50, 100, 100)),
        content_form=rng.choice(("base64", "base64", "base64", "base64-bom", "cdata", "nested")),
        new_certificates=rng.random() < 0.25,
        reports_old_code=rng.random() < rates.OLD_CODE_AFTER_REFORM,
    )


def _home(rng: Random, code: str, spot: Spot, place: int, scale: float) -> Home:
    word = rng.choice(HOME_WORDS)
    roll = rng.random()
    dates = "registered" if roll < rates.HOME_DATE_REGISTERED else "reception"
    if rates.HOME_DATE_REGISTERED <= roll < rates.HOME_DATE_REGISTERED + rates.HOME_DATE_DEFAULT:
        dates = "default"
    return Home(
        code=code,
        name=f"{HOME_NAMES[place].format(word)}",
        spot=spot,
        spelling=spelling_of(rng, scale),
        surname=_habit(rng, rates.HOME_SAME_SURNAME, lambda: names.surname(rng)),
        middle=_habit(
            rng, rates.HOME_SAME_MIDDLE, lambda: rng.choice(("Bảo", "Thiện", "Minh", "Ngọc"))
        ),
        given=_habit(rng, rates.HOME_SAME_GIVEN, lambda: rng.choice(("Nhi", "An", "Tâm", "Phúc"))),
        dates=dates,
        number_form=rng.choice(
            ("{number}", "HS{number:04d}", "{number}/{year}", "HS-{year}-{number:03d}")
        ),
        sheet_form=rng.choice(("csv", "csv-semicolon", "xlsx", "xlsx", "xlsx-two-rows")),
        twice=rng.random() < rates.ROSTER_TWICE,
    )


def _habit(rng: Random, rate: float, choose: Callable[[], str]) -> str | None:
    return choose() if rng.random() < rate else None
