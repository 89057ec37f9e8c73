"""Tests of gateway.sample.world."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from gateway.sample import rates
from gateway.sample.world import FILES_PER_FOLDER, Made, World, write
from gateway.sample.writers import RECORDS_PER_FILE
from tests.gateway.sample.reading import entries, table

SMALL = World(children=60, seed=11, all_sources=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    folder = tmp_path_factory.mktemp("world") / "w"
    return folder, write(World(children=450, seed=5, all_sources=True), folder)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    write(SMALL, tmp_path / "first")
    write(SMALL, tmp_path / "second")
    first = digests(tmp_path / "first")
    assert first == digests(tmp_path / "second")
    endings = {name.rpartition(".")[2] for name in first}
    assert endings == {"xml", "json", "ndjson", "csv", "xlsx", "hl7"}


def test_another_seed_gives_other_children(tmp_path: Path) -> None:
    write(SMALL, tmp_path / "first")
    write(World(children=60, seed=12, all_sources=True), tmp_path / "second")
    first = {row["record"] for row in table(tmp_path / "first" / "truth.csv")}
    assert not first & {row["record"] for row in table(tmp_path / "second" / "truth.csv")}


def test_each_record_key_belongs_to_one_child(made: tuple[Path, Made]) -> None:
    truth = table(made[0] / "truth.csv")
    keys = Counter((row["source"], row["record"]) for row in truth)
    assert list(truth[0]) == ["source", "record", "child"]
    assert set(keys.values()) == {1}
    assert Counter(row["source"] for row in truth) == made[1].records


def test_each_child_has_one_stratum_and_all_strata_occur(made: tuple[Path, Made]) -> None:
    strata = table(made[0] / "strata.csv")
    assert len({row["child"] for row in strata}) == len(strata) == 450 == made[1].children
    assert {row["stratum"] for row in strata} == set(rates.STRATA)
    known = {row["child"] for row in strata}
    assert {row["child"] for row in table(made[0] / "truth.csv")} <= known


def test_twins_and_siblings_bear_the_id_of_their_family_and_nobody_else_does(
    made: tuple[Path, Made],
) -> None:
    strata = table(made[0] / "strata.csv")
    assert list(strata[0]) == ["child", "stratum", "family"]
    families: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in strata:
        families[row["family"]].append(row)
    alone = families.pop("")
    together = {"twins-found", "twins-in-hospital", "siblings-found"}
    assert len(families) > 10
    for members in families.values():
        assert len(members) == 2
        assert len({row["stratum"] for row in members}) == 1
    assert {row["stratum"] for members in families.values() for row in members} == together
    assert not together & {row["stratum"] for row in alone}
    assert "look-alike" in {row["stratum"] for row in alone}


def test_children_of_one_report_are_of_one_family(made: tuple[Path, Made]) -> None:
    family = {row["child"]: row["family"] for row in table(made[0] / "strata.csv")}
    reports: dict[str, set[str]] = defaultdict(set)
    for row in table(made[0] / "truth.csv"):
        if row["source"] == "police":
            reports[row["record"].partition("#")[0]].add(row["child"])
    several = [children for children in reports.values() if len(children) > 1]
    assert several
    for children in several:
        assert len({family[child] for child in children} - {""}) == 1


def test_children_have_five_to_six_and_a_half_records_on_average(made: tuple[Path, Made]) -> None:
    assert 5.0 <= made[1].records.total() / 450 <= 6.5


def test_police_and_civil_status_keys_are_those_of_the_truth(made: tuple[Path, Made]) -> None:
    folder, _ = made
    expected: dict[str, set[str]] = defaultdict(set)
    for row in table(folder / "truth.csv"):
        expected[row["source"]].add(row["record"])
    found: dict[str, set[str]] = defaultdict(set)
    for minutes in entries(folder, "police"):
        code, number = minutes["donViLap"]["maXa"], minutes["soBienBan"]
        year = minutes["ngayLap"][:4]
        found["police"] |= {f"{code}/{number}/{year}#{one['stt']}" for one in minutes["tre"]}
    for entry in entries(folder, "civil_status"):
        code = entry["noiDangKy"]["maXa"]
        found["civil_status"].add(f"{code}/{entry['quyenSo']}/{entry['so']}")
    assert found == {source: expected[source] for source in ("police", "civil_status")}


def test_files_and_folders_stay_small(made: tuple[Path, Made]) -> None:
    folder, _ = made
    for inner in folder.glob("*/*"):
        assert len(list(inner.iterdir())) <= FILES_PER_FOLDER
    for path in folder.rglob("*.xml"):
        assert path.read_text(encoding="utf-8").count("<HOSO>") <= RECORDS_PER_FILE


def test_personal_numbers_in_json_are_made_up(made: tuple[Path, Made]) -> None:
    folder, _ = made
    kinds = ("police", "civil_status", "hotline", "casework", "fhir")
    texts = json.dumps([entry for kind in kinds for entry in entries(folder, kind)])
    numbers = re.findall(r'"(\d{12})"', texts)
    assert len(numbers) > 100
    assert {number[:3] for number in numbers} == {"998", "999"}


def test_broken_payloads_are_listed_and_few(made: tuple[Path, Made]) -> None:
    folder, counted = made
    listed = table(folder / "broken.csv")
    assert Counter(row["fault"] for row in listed) == counted.broken
    assert 0 < len(listed) < 0.1 * counted.records.total()
    assert all((folder / row["file"]).is_file() for row in listed)


def test_a_world_without_noise_breaks_nothing(tmp_path: Path) -> None:
    assert (
        write(World(children=60, seed=3, all_sources=True, noise=0.0), tmp_path).broken.total() == 0
    )


def test_single_children_fill_a_world_exactly(tmp_path: Path) -> None:
    for children in (1, 2, 3):
        folder = tmp_path / str(children)
        assert (
            write(World(children=children, seed=2, all_sources=True), folder).children == children
        )
        assert len(table(folder / "strata.csv")) == children


def test_progress_counts_up_to_all_children(tmp_path: Path) -> None:
    seen: list[int] = []
    write(SMALL, tmp_path, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 60
