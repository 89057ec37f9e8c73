"""Promise 2: children who were found together, or whose papers say they are two, stay two."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from gateway.sample import rates
from gateway.sample.world import World, write
from tests.adapters.sources.hospital.payloads import envelope, stay, table
from tests.journeys.steps import (
    connected,
    decide,
    files_of,
    homes,
    ingest,
    link,
    minutes,
    registration,
)

ALIKE = {"hoTen": "Nguyễn Bảo An", "gioiTinh": "NU", "canNangGram": 2900}
BORN = {"HO_TEN": "Nguyễn Bảo An", "NGAY_SINH": "202603040930", "GIOI_TINH": "2"}
CERTIFICATE = {
    "GIOI_TINH_CON": "2",
    "NGAY_SINH_CON": "202603041015",
    "NGAY_CT": "20260305",
    "TEN_CON": "Nguyễn Bảo An",
    "HO_TEN_NND": "Lê Thị Đào",
    "SO_CCCD_NND": "999190012345",
    "CAN_NANG_CON": "2900",
}


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Payloads about two children who are alike in all that is compared, and their records."""

    payloads: Sequence[bytes]
    left: str
    right: str


def bed(number: str, start: str, end: str) -> bytes:
    return envelope(stay(**BORN, MA_BN=number, MA_LK=f"LK{number}", NGAY_VAO=start, NGAY_RA=end))


def certificate(number: str) -> bytes:
    so = f"{number}.GCS.01999.26"
    return envelope(table("XML9", **CERTIFICATE, SO=so, MA_LK=f"LK{number}"))


def together() -> Pair:
    return Pair(
        payloads=[minutes(ALIKE, ALIKE)],
        left="police:00199/12/BB-CAX/2026#1",
        right="police:00199/12/BB-CAX/2026#2",
    )


def two_certificates() -> Pair:
    return Pair(
        payloads=[certificate("00001"), certificate("00002")],
        left="hospital:01999/GCS/00001.GCS.01999.26",
        right="hospital:01999/GCS/00002.GCS.01999.26",
    )


def two_beds() -> Pair:
    return Pair(
        payloads=[
            bed("BN1", "202603060900", "202603101530"),
            bed("BN2", "202603080900", "202603121530"),
        ],
        left="hospital:01999/BN1",
        right="hospital:01999/BN2",
    )


def two_registrations() -> Pair:
    return Pair(
        payloads=[registration(24), registration(25)],
        left="civil_status:00199/01/2026/24",
        right="civil_status:00199/01/2026/25",
    )


@pytest.fixture
def empty(database_url: URL) -> Iterator[Engine]:
    with connected(database_url) as engine:
        yield engine


@pytest.mark.parametrize("pair", [together, two_certificates, two_beds, two_registrations])
def test_two_who_are_alike_stay_two_until_a_person_says_otherwise(
    empty: Engine, pair: Callable[[], Pair]
) -> None:
    two = pair()
    ingest(empty, two.payloads)
    assert {two.left, two.right} == homes(empty).keys()
    link(empty)
    assert homes(empty)[two.left] != homes(empty)[two.right]
    decide(empty, (two.left, two.right, "same"))
    link(empty)
    assert homes(empty)[two.left] == homes(empty)[two.right]


def elsewhere() -> dict[str, str]:
    return {"maXa": "00004", "ten": "UBND phường Khác"}


@pytest.mark.parametrize(
    "payloads",
    [
        [minutes(ALIKE), registration(24)],
        [bed("BN1", "202603060900", "202603101530"), bed("BN2", "202603101600", "202603121530")],
        [certificate("00001"), registration(24, nksSoGiayChungSinh="00001.GCS.01999.26")],
        [registration(24), registration(25, noiDangKy=elsewhere())],
    ],
    ids=["one-minutes", "one-bed-after-the-other", "one-certificate", "two-offices"],
)
def test_what_says_the_same_of_one_child_is_joined(empty: Engine, payloads: list[bytes]) -> None:
    """Without it the test above could hold because nothing is ever joined."""
    ingest(empty, payloads)
    assert len(homes(empty)) == 2
    link(empty)
    assert len(set(homes(empty).values())) == 1


def test_a_third_record_that_fits_both_does_not_bring_them_together(empty: Engine) -> None:
    ingest(empty, [*together().payloads, registration(24), bed("BN1", "202603041000", "")])
    link(empty)
    found = homes(empty)
    assert len(found) == 4
    assert found[together().left] != found[together().right]


@pytest.fixture
def twins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A world in which every child has a twin or sibling who was found with it."""
    strata = {"twins-found": 0.4, "twins-in-hospital": 0.4, "siblings-found": 0.2}
    monkeypatch.setattr(rates, "STRATA", strata)
    write(World(children=80, seed=7), tmp_path / "twins")
    return tmp_path / "twins"


def families(folder: Path) -> list[tuple[str, str]]:
    """Children stand in strata.csv one after the other, here two of each family."""
    with (folder / "strata.csv").open(encoding="utf-8", newline="") as file:
        children = [row["child"] for row in csv.DictReader(file)]
    return list(zip(children[::2], children[1::2], strict=True))


def test_in_a_world_of_twins_no_two_of_a_family_are_one(empty: Engine, twins: Path) -> None:
    ingest(empty, files_of(twins))
    report = link(empty)
    assert report.identities < 0.8 * report.records, "hardly anything was joined"
    with (twins / "truth.csv").open(encoding="utf-8", newline="") as file:
        child = {f"{row['source']}:{row['record']}": row["child"] for row in csv.DictReader(file)}
    mixed = {
        (child[one], child[other])
        for group in _groups(homes(empty))
        for one, other in combinations(sorted(group & child.keys()), 2)
    }
    assert len(families(twins)) == 40
    assert not [pair for pair in families(twins) if pair in mixed or pair[::-1] in mixed]


def _groups(found: dict[str, str]) -> list[set[str]]:
    groups: dict[str, set[str]] = {}
    for key, identity in found.items():
        groups.setdefault(identity, set()).add(key)
    return list(groups.values())
