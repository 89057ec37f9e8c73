"""Drives the sample world: family by family, neighbourhood by neighbourhood, onto the disk."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from gateway.sample import rates
from gateway.sample.broken import FAULTS, Broken, Fault, broken
from gateway.sample.courses import COURSES
from gateway.sample.journeys import Story, journey
from gateway.sample.later_faults import LATER_FAULTS
from gateway.sample.later_places import with_later_bodies
from gateway.sample.neighbourhoods import CHILDREN_IN_NEIGHBOURHOOD, neighbourhood
from gateway.sample.noise import Noise
from gateway.sample.paper import Paper
from gateway.sample.places import Neighbourhood
from gateway.sample.registers import Registers
from gateway.sample.scene import Scene
from gateway.sample.witnesses import WITNESSES, testimony
from gateway.sample.writers import WRITERS, Desk

YEARS = 5
LAST_MONTH = 10
"""A world lasts from January of its first year to October of its fifth."""
FILES_PER_FOLDER = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What to make: how many children, from which seed, from which year, how noisy."""

    children: int
    seed: int
    start: int = 2022
    noise: float = 1.0
    all_sources: bool = False
    """Also those that came after the first four; what the four say is the same either way."""

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
"""By folder, sender and turn."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """The children with stratum and family of each, and all papers about them, by folder."""

    children: Sequence[tuple[str, str, str]]
    papers: Sequence[tuple[str, Paper]]


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
            for family in families:
                strata.writerows(family.children)
                truth.writerows(_truth(family, made))
                for kind, paper in family.papers:
                    batches[kind, paper.sender, paper.turn].append(paper)
                made.children += len(family.children)
                progress(made.children)
            _write_all(world, place, batches, disk)
    return made


def _table(stack: ExitStack, path: Path, header: tuple[str, ...]) -> Any:
    stream = stack.enter_context(path.open("w", encoding="utf-8", newline=""))
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    return writer


def _truth(family: Family, made: Made) -> list[tuple[str, str, str]]:
    """One row for each record key of a family, whatever number of versions it has."""
    papers = [paper for _, paper in family.papers]
    rows = {(paper.source, key): child for paper in papers for key, child in paper.truth.items()}
    made.records.update(source for source, _ in rows)
    return [(source, key, child) for (source, key), child in rows.items()]


def _neighbourhoods(world: World) -> Iterator[tuple[Neighbourhood, Iterator[Family]]]:
    # The later sources have books of their own, so that their entries move no number of the first.
    books = (Registers(), Registers())
    for first in range(0, world.children, CHILDREN_IN_NEIGHBOURHOOD):
        place = neighbourhood(world.seed, first // CHILDREN_IN_NEIGHBOURHOOD, world.noise)
        place = with_later_bodies(world.seed, place, world.noise)
        size = min(CHILDREN_IN_NEIGHBOURHOOD, world.children - first)
        yield place, _families(world, place, books, first, size)


def _families(
    world: World,
    place: Neighbourhood,
    books: tuple[Registers, Registers],
    first: int,
    size: int,
) -> Iterator[Family]:
    """Families until the neighbourhood is full; the last one is single if only one fits."""
    born = 0
    while born < size:
        # A family's chance depends on the seed and its first child's number alone.
        rng = Random(f"{world.seed}/family/{first + born}")
        stratum = rng.choices(list(rates.STRATA), weights=list(rates.STRATA.values()))[0]
        if COURSES[stratum].size > size - born:
            stratum = "found-outside"
        number = first + born
        story = journey(_scene(world, place, books[0], rng), stratum, number + 1)
        yield _family(world, place, books[1], story, stratum, number)
        born += len(story.group)


def _scene(world: World, place: Neighbourhood, books: Registers, rng: Random) -> Scene:
    return Scene(
        rng=rng,
        noise=Noise(rng, world.noise),
        place=place,
        registers=books,
        start=world.start,
        end=world.end,
    )


def _family(
    world: World, place: Neighbourhood, books: Registers, story: Story, stratum: str, number: int
) -> Family:
    """A story with what the later sources add to it."""

    def scene_of(kind: str) -> Scene:
        return _scene(world, place, books, Random(f"{world.seed}/{kind}/{number}"))

    # Look-alikes are of one course, but not of one family.
    family = f"family-{number + 1:06d}" if COURSES[stratum].together else ""
    told = testimony(story, scene_of) if world.all_sources else ()
    added = [(kind, paper) for kind, papers in told for paper in papers]
    return Family(
        children=[(child.id, child.stratum, family) for child, _ in story.group],
        papers=[*((paper.source, paper) for paper in story.papers), *added],
    )


class _Disk:
    """Gives every payload a file of its own in folders of bounded size."""

    def __init__(self, folder: Path, made: Made, faults: Any) -> None:
        self._folder = folder
        self._made = made
        self._faults = faults
        self._numbers: Counter[str] = Counter()

    def save(self, kind: str, source: str, ending: str, content: bytes) -> Path:
        """Write a payload into the folder of its kind; the path inside the world comes back."""
        number = self._numbers[kind]
        self._numbers[kind] += 1
        self._made.files[source] += 1
        path = self._folder / kind / f"{number // FILES_PER_FOLDER:04d}" / f"{number:06d}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path.relative_to(self._folder)

    def save_broken(self, fault: Broken) -> None:
        path = self.save(fault.folder, fault.source, fault.ending, fault.content)
        self._made.broken[fault.fault] += 1
        self._faults.writerow((path.as_posix(), fault.fault))


def _write_all(world: World, place: Neighbourhood, batches: Batches, disk: _Disk) -> None:
    """All files of a neighbourhood; the later sources again from random numbers of their own."""
    first = {batch: papers for batch, papers in batches.items() if batch[0] not in WITNESSES}
    _write(world, place, first, FAULTS, disk, f"{world.seed}/files/{place.number}")
    for kind in WITNESSES if world.all_sources else ():
        own = {batch: papers for batch, papers in batches.items() if batch[0] == kind}
        chance = f"{world.seed}/files/{kind}/{place.number}"
        _write(world, place, own, LATER_FAULTS[kind], disk, chance)


def _write(
    world: World,
    place: Neighbourhood,
    batches: Batches,
    faults: Sequence[Fault],
    disk: _Disk,
    chance: str,
) -> None:
    """Files of some batches, earlier turns first, some of them twice, some broken."""
    rng = Random(chance)
    desk = Desk(seed=world.seed, end=world.end, place=place, rng=rng)
    for kind, sender, turn in sorted(batches, key=lambda batch: (batch[2], batch[0], batch[1])):
        papers = batches[kind, sender, turn]
        for ending, content in WRITERS[kind](desk, sender, papers):
            disk.save(kind, papers[0].source, ending, content)
            if rng.random() < rates.RESENT:
                disk.save(kind, papers[0].source, ending, content)
            if rng.random() < rates.BROKEN * min(1.0, world.noise) * 3:
                disk.save_broken(broken(rng, rng.randrange(1_000_000_000), faults))
