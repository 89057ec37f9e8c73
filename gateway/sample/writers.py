"""Puts the papers of one sender into files of its source's format."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any, TypeVar

from gateway.sample import rates
from gateway.sample.casework import zero_report
from gateway.sample.casework_file import sheet
from gateway.sample.education_file import student_list
from gateway.sample.fhir import PARTNERS
from gateway.sample.fhir_file import payloads
from gateway.sample.hl7_file import batch
from gateway.sample.hospital_file import envelope, standalone
from gateway.sample.json_file import FORMS, encode
from gateway.sample.paper import Paper
from gateway.sample.places import Neighbourhood
from gateway.sample.population_file import collection
from gateway.sample.roster_file import roster

RECORDS_PER_FILE = 100
SINGLE_OBJECTS = 8
"""Entries that one sender sends in files of their own before it learns of arrays."""

Files = Iterator[tuple[str, bytes]]
"""File endings and bytes."""
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Where files of one neighbourhood are made: its random numbers, and the world's end."""

    seed: int
    end: date
    place: Neighbourhood
    rng: Random


Writer = Callable[[Desk, str, Sequence[Paper]], Files]
"""Of a desk, a sender and its papers of one turn."""


def _hospital_files(desk: Desk, sender: str, papers: Sequence[Paper]) -> Files:
    hospitals = (*desk.place.hospitals, *desk.place.national)
    hospital = {known.code: known for known in hospitals}[sender]
    alone = [paper for paper in papers if _is_alone(paper)]
    others = [paper for paper in papers if not _is_alone(paper)]
    for paper in alone:
        yield "xml", standalone(paper.content)
    made = f"{desk.end:%Y%m%d}"
    for some in _chunks(others, hospital.dossiers_per_file):
        yield "xml", envelope(hospital, [paper.content for paper in some], made)


def _is_alone(paper: Paper) -> bool:
    """A new certificate without the mother's stay travels outside the envelope."""
    return [part.table for part in paper.content] == ["HSDLGCS"]


def _json_files(desk: Desk, sender: str, papers: Sequence[Paper]) -> Files:
    return _json([paper.content for paper in papers], desk.rng)


def _json(entries: Sequence[dict[str, Any]], rng: Random) -> Files:
    first = 0
    while first < len(entries):
        form = rng.choices(FORMS, weights=(5, 4, 2, 1))[0]
        size = SINGLE_OBJECTS if form == "object" else rng.randint(20, RECORDS_PER_FILE)
        for content in encode(entries[first : first + size], form):
            yield "json", content
        first += size


def _roster_files(desk: Desk, sender: str, papers: Sequence[Paper]) -> Files:
    home = {known.code: known for known in (*desk.place.homes, *desk.place.far_homes)}[sender]
    for some in _chunks(papers, RECORDS_PER_FILE):
        yield roster(home, [paper.content for paper in some], Random(f"{desk.seed}/{sender}"))


def _population_files(desk: Desk, sender: str, papers: Sequence[Paper]) -> Files:
    """`sender` is the date of the bulk file's data."""
    for some in _chunks(papers, RECORDS_PER_FILE):
        prefix = desk.rng.choice(("dc", "dc", ""))
        yield "xml", collection([paper.content for paper in some], sender, prefix)


def _student_lists(desk: Desk, sender: str, papers: Sequence[Paper]) -> Files:
    school = {known.code: known for known in desk.place.schools}[sender]
    for some in _chunks(papers, RECORDS_PER_FILE):
        rows = [paper.content for paper in some]
        yield student_list(school, rows, Random(f"{desk.seed}/school/{sender}"))


def _casework_files(desk: Desk, sender: str, papers: Sequence[Paper]) -> Files:
    """Reports of a body, some with its zero report for a month behind them."""
    reports = [paper.content for paper in papers]
    last = reports[-1]
    if desk.rng.random() < rates.ZERO_REPORTS:
        body = (last["maDonVi"], last["tenDonVi"], last["loaiDonVi"])
        reports.append(zero_report(*body, desk.end.replace(day=1), desk.rng.randint(1, 9)))
    own = Random(f"{desk.seed}/steps/{sender}")
    if own.random() >= rates.STEP_SHEET_BODY:
        yield from _json(reports, desk.rng)
        return
    for some in _chunks(reports, RECORDS_PER_FILE):
        yield "xlsx", sheet(some, own)


def _fhir_files(desk: Desk, sender: str, papers: Sequence[Paper]) -> Files:
    made = f"{desk.end.isoformat()}T08:00:00+07:00"
    for some in _chunks(papers, RECORDS_PER_FILE):
        yield from payloads(PARTNERS[sender], [paper.content for paper in some], made)


def _message_files(desk: Desk, sender: str, papers: Sequence[Paper]) -> Files:
    """Messages of a hospital in the order of their times, whomever they are about."""
    houses = (*desk.place.hospitals, *desk.place.national, *desk.place.clinics)
    hospital = {known.code: known for known in houses}[sender]
    messages = [message for paper in papers for message in paper.content]
    messages.sort(key=lambda message: message.time)
    for some in _chunks(messages, RECORDS_PER_FILE):
        yield "hl7", batch(hospital, some, Random(f"{desk.seed}/messages/{sender}"))


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]


WRITERS: Mapping[str, Writer] = {
    "hospital": _hospital_files,
    "police": _json_files,
    "civil_status": _json_files,
    "facility": _roster_files,
    "hotline": _json_files,
    "population": _population_files,
    "education": _student_lists,
    "casework": _casework_files,
    "fhir": _fhir_files,
    "hospital_hl7": _message_files,
}
"""By folder: the source's name, and for the second format of a source what tells it."""
