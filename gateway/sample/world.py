"""Drives the sample world: family by family, neighbourhood by neighbourhood, onto the disk."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from gateway.sample import rates
from gateway.sample.broken import broken
from gateway.sample.courses import COURSES
from gateway.sample.hospital_file import envelope, standalone
from gateway.sample.journeys import journey
from gateway.sample.json_file import FORMS, encode
from gateway.sample.neighbourhoods import CHILDREN_IN_NEIGHBOURHOOD, neighbourhood
from gateway.sample.noise import Noise
from gateway.sample.paper import Paper
from gateway.sample.places import Neighbourhood
from gateway.sample.registers import Registers
from gateway.sample.roster_file import roster
from gateway.sample.scene import Scene

YEARS = 5
LAST_MONTH = 10
"""A world lasts from January of its first year to October of its fifth."""
RECORDS_PER_FILE = 100
FILES_PER_FOLDER = 200
SINGLE_OBJECTS = 8
"""Entries that one sender sends in files of their own before it learns of arrays."""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What to make: how many children, from which seed, from which year, how noisy."""

    children: int
    seed: int
    start: int = 2022
    noise: float = 1.0

    @property
    def end(self) -> date:
        return date(self.start + YEARS - 1, LAST_MONTH, 31)


@dataclass(kw_only=True, slots=True)
class Made:
    """What was made: counts by source."""

    children: int = 0
    records: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)


Batches = dict[tuple[str, str, int], list[Paper]]


def write(world: World, folder: Path, progress: Callable[[int], None] = lambda _: None) -> Made:
    """Write payloads, `truth.csv`, `strata.csv` and `broken.csv` into an empty or new folder.

    Memory is bounded: papers leave for the disk after each neighbourhood of some 400 children.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = Made()
    with ExitStack() as stack:
        truth = _table(stack, folder / "truth.csv", ("source", "record", "child"))
        strata = _table(stack, folder / "strata.csv", ("child", "stratum", "family"))
        faults = _table(stack, folder / "broken.csv", ("file", "fault"))
        disk = _Disk(folder, made, faults)
        for place, families in _neighbourhoods(world):
            batches: Batches = defaultdict(list)
            for children, papers in families:
                strata.writerows(children)
                truth.writerows(_truth(papers, made))
                for paper in papers:
                    batches[paper.source, paper.sender, paper.turn].append(paper)
                made.children += len(children)
                progress(made.children)
            rng = Random(f"{world.seed}/files/{place.number}")
            _write_all(world, place, batches, disk, rng)
    return made


def _table(stack: ExitStack, path: Path, header: tuple[str, ...]) -> Any:
    stream = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    return writer


def _truth(papers: list[Paper], made: Made) -> list[tuple[str, str, str]]:
    """One row for each record key of a family, whatever number of versions it has."""
    rows = {(paper.source, key): child for paper in papers for key, child in paper.truth.items()}
    made.records.update(source for source, _ in rows)
    return [(source, key, child) for (source, key), child in rows.items()]


Families = Iterator[tuple[list[tuple[str, str, str]], list[Paper]]]
"""Child, stratum and family of each child, and all papers about them."""


def _neighbourhoods(world: World) -> Iterator[tuple[Neighbourhood, Families]]:
    registers = Registers()
    for first in range(0, world.children, CHILDREN_IN_NEIGHBOURHOOD):
        place = neighbourhood(world.seed, first // CHILDREN_IN_NEIGHBOURHOOD, world.noise)
        size = min(CHILDREN_IN_NEIGHBOURHOOD, world.children - first)
        yield place, _families(world, place, registers, first, size)


def _families(
    world: World, place: Neighbourhood, registers: Registers, first: int, size: int
) -> Families:
    """Families until the neighbourhood is full; the last one is single if only one fits."""
    born = 0
    while born < size:
        # A family's chance depends on the seed and its first child's number alone.
        rng = Random(f"{world.seed}/family/{first + born}")
        stratum = rng.choices(list(rates.STRATA), weights=list(rates.STRATA.values()))[0]
        if COURSES[stratum].size > size - born:
            stratum = "found-outside"
        scene = Scene(
            rng=rng,
            noise=Noise(rng, world.noise),
            place=place,
            registers=registers,
            start=world.start,
            end=world.end,
        )
        children, papers = journey(scene, stratum, first + born + 1)
        # Look-alikes are of one course, but not of one family.
        family = f"family-{first + born + 1:06d}" if COURSES[stratum].together else ""
        born += len(children)
        yield [(child.id, child.stratum, family) for child in children], papers


class _Disk:
    """Gives every payload a file of its own in folders of bounded size."""

    def __init__(self, folder: Path, made: Made, faults: Any) -> None:
        self._folder = folder
        self._made = made
        self._faults = faults

    def save(self, source: str, ending: str, content: bytes, fault: str | None = None) -> None:
        number = self._made.files[source]
        self._made.files[source] += 1
        path = (
            self._folder / source / f"{number // FILES_PER_FOLDER:04d}" / f"{number:06d}.{ending}"
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if fault is not None:
            self._made.broken[fault] += 1
            self._faults.writerow((path.relative_to(self._folder).as_posix(), fault))


def _write_all(
    world: World, place: Neighbourhood, batches: Batches, disk: _Disk, rng: Random
) -> None:
    """All files of a neighbourhood, earlier turns first, some of them twice, some broken."""
    for source, sender, turn in sorted(batches, key=lambda batch: (batch[2], batch[0], batch[1])):
        papers = batches[source, sender, turn]
        for ending, content in WRITERS[source](world, place, sender, papers, rng):
            disk.save(source, ending, content)
            if rng.random() < rates.RESENT:
                disk.save(source, ending, content)
            if rng.random() < rates.BROKEN * min(1.0, world.noise) * 3:
                fault = broken(rng, rng.randrange(1_000_000_000))
                disk.save(fault.source, fault.ending, fault.content, fault.fault)


Files = Iterator[tuple[str, bytes]]


def _hospital_files(
    world: World, place: Neighbourhood, sender: str, papers: list[Paper], rng: Random
) -> Files:
    hospital = {known.code: known for known in (*place.hospitals, *place.national)}[sender]
    alone = [paper for paper in papers if _is_alone(paper)]
    others = [paper for paper in papers if not _is_alone(paper)]
    for paper in alone:
        yield "xml", standalone(paper.content)
    made = f"{world.end:%Y%m%d}"
    for some in _chunks(others, hospital.dossiers_per_file):
        yield "xml", envelope(hospital, [paper.content for paper in some], made)


def _is_alone(paper: Paper) -> bool:
    """A new certificate without the mother's stay travels outside the envelope."""
    return [part.table for part in paper.content] == ["HSDLGCS"]


def _json_files(
    world: World, place: Neighbourhood, sender: str, papers: list[Paper], rng: Random
) -> Files:
    first = 0
    while first < len(papers):
        form = rng.choices(FORMS, weights=(5, 4, 2, 1))[0]
        size = SINGLE_OBJECTS if form == "object" else rng.randint(20, RECORDS_PER_FILE)
        for content in encode([paper.content for paper in papers[first : first + size]], form):
            yield "json", content
        first += size


def _roster_files(
    world: World, place: Neighbourhood, sender: str, papers: list[Paper], rng: Random
) -> Files:
    home = {known.code: known for known in (*place.homes, *place.far_homes)}[sender]
    for some in _chunks(papers, RECORDS_PER_FILE):
        yield roster(home, [paper.content for paper in some], Random(f"{world.seed}/{sender}"))


WRITERS: Mapping[str, Callable[[World, Neighbourhood, str, list[Paper], Random], Files]] = {
    "hospital": _hospital_files,
    "police": _json_files,
    "civil_status": _json_files,
    "facility": _roster_files,
}


def _chunks(papers: list[Paper], size: int) -> Iterator[list[Paper]]:
    for first in range(0, len(papers), size):
        yield papers[first : first + size]
