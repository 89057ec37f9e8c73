"""What hospitals say in HL7 v2.5 ADT: stays as in their XML1, changed persons, merged numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.sample import rates
from gateway.sample.children import Child, Registered, Trail
from gateway.sample.hospital import Stay, stay
from gateway.sample.hospital_tables import Fields
from gateway.sample.journeys import Story
from gateway.sample.paper import Paper
from gateway.sample.places import Hospital
from gateway.sample.scene import Scene

SEX = {"1": "M", "2": "F", "3": "U"}
BORN_HERE = "Z38.0"
NEWBORN_DAYS = 28
MERGED_WITHIN = 24
"""Hours until somebody sees that a child was registered twice; assumed."""

Value = str | list[list[str]]
"""One component, or repetitions of components."""
Segment = tuple[str, dict[int, Value]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message: its event, its time (EVN-2), and the segments behind EVN."""

    event: str
    time: datetime
    segments: tuple[Segment, ...]
    control: str = ""
    """MSH-10, unique for its sender."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A child's stay as a hospital's system holds it: the row that its health XML prints too."""

    child: Child
    trail: Trail
    hospital: Hospital
    row: Fields
    outpatient: bool = False

    @property
    def admitted(self) -> datetime:
        return _moment(self.row["NGAY_VAO"])


def papers(scene: Scene, story: Story) -> list[Paper]:
    """Messages about the stays of the story, and about visits to clinics that send no XML."""
    sent: list[Paper] = []
    for known in [*_stays(scene, story), *_visits(scene, story)]:
        messages, truth = _told(scene, known)
        code = known.hospital.code
        numbered = [
            replace(message, control=f"{code}.{scene.number('control', code, first=9, gap=1)}")
            for message in messages
        ]
        sent.append(Paper(source="hospital", sender=code, content=numbered, truth=truth))
    return sent


def _stays(scene: Scene, story: Story) -> Iterator[Known]:
    """Stays of children (never mothers) in hospitals that send messages beside XML."""
    group = {child.id: (child, trail) for child, trail in story.group}
    houses = {known.code: known for known in (*scene.place.hospitals, *scene.place.national)}
    for paper in story.papers:
        if paper.source != "hospital" or paper.sender not in scene.place.messaging:
            continue
        rows = [part.rows[0] for part in paper.content if part.table == "XML1"]
        key = f"{paper.sender}/{rows[0]['MA_BN']}" if rows else ""
        if key in paper.truth and scene.happens(rates.HL7_STAY):
            child, trail = group[paper.truth[key]]
            yield Known(child=child, trail=trail, hospital=houses[paper.sender], row=rows[0])


def _visits(scene: Scene, story: Story) -> Iterator[Known]:
    for child, trail in story.group:
        begin = max(child.begins.date(), child.born.date())
        day = scene.later(begin, 20, 600)
        if not scene.place.clinics or not scene.happens(rates.CLINIC_VISIT) or scene.over(day):
            continue
        clinic = scene.rng.choice(scene.place.clinics)
        event = Stay(hospital=clinic, admitted=scene.moment(day), days=0, reason="ill")
        parts = [part for paper in stay(scene, child, trail, event) for part in paper.content]
        main = next(part.rows[0] for part in parts if part.table == "XML1")
        yield Known(child=child, trail=trail, hospital=clinic, row=main, outpatient=True)


def _told(scene: Scene, known: Known) -> tuple[list[Message], dict[str, str]]:
    """The messages of one stay in the order of their times, and their record keys."""
    code, row = known.hospital.code, known.row
    person = _person(scene, known)
    truth = {f"{code}/{row['MA_BN']}": known.child.id}
    first = "A04" if known.outpatient else scene.rng.choice(("A01", "A01", "A01", "A28"))
    visit = () if first == "A28" else (_visit(known, ended=False),)
    messages = [Message(event=first, time=known.admitted, segments=(person, *visit))]
    left = _moment(row["NGAY_RA"])
    if scene.happens(0.7):
        ended = (person, _visit(known, ended=True), _diagnosis(row))
        messages.append(Message(event="A08", time=left, segments=ended))
    if scene.happens(rates.HL7_MERGED):
        twice, number = _registered_twice(scene, known, person)
        messages += twice
        truth[f"{code}/{number}"] = known.child.id
    entries = [entry for entry in known.trail.registrations if entry.day > left.date()]
    if entries and scene.happens(rates.HL7_PERSON_CHANGED):
        messages.append(_changed(scene, known, person, entries[0]))
    return messages, truth


def _person(scene: Scene, known: Known) -> Segment:
    row = known.row
    fields: dict[int, Value] = {
        1: "1",
        3: _numbers(scene, known),
        5: [_name(known.hospital, row["HO_TEN"])],
        7: _birth(row["NGAY_SINH"]),
        8: SEX[row["GIOI_TINH"]],
        11: [[row["DIA_CHI"], "", "", "", "", "VNM", "H", "", row["MAXA_CU_TRU"]]],
        22: row["MA_DANTOC"],
    }
    if row["MA_BENH_CHINH"] == BORN_HERE:
        fields |= _birth_event(scene, known.child)
    return "PID", fields


def _birth_event(scene: Scene, child: Child) -> dict[int, Value]:
    """The mother's number, and twins' order."""
    fields: dict[int, Value] = {}
    if child.mother.card and scene.happens(rates.HL7_MOTHER):
        fields[21] = [[child.mother.card, "", "", "", "NI"]]
    if child.born_together > 1:
        fields |= {24: "Y", 25: str(child.birth_order)}
    return fields


def _numbers(scene: Scene, known: Known) -> list[list[str]]:
    row, house = known.row, known.hospital.code
    numbers = [[row["MA_BN"], "", "", house, "MR"]]
    if row["SO_CCCD"]:
        numbers.append([row["SO_CCCD"], "", "", "BCA", "NI"])
    numbers += [[card, "", "", "BHXH", "SB"] for card in row["MA_THE_BHYT"].split(";") if card]
    certificate = known.trail.certificate
    if certificate and f".{house}." in certificate and scene.happens(0.4):
        numbers.append([certificate, "", "", house, "GCS"])
    return numbers


def _name(hospital: Hospital, name: str) -> list[str]:
    """In parts where the software has them, else whole in the first component."""
    words = name.split(" ")
    if int(hospital.code) % 2 or len(words) < 2:
        return [name]
    return [words[0], words[-1], " ".join(words[1:-1])]


def _birth(text: str) -> str:
    """NGAY_SINH without its zeros for what is not known."""
    if text[4:8] == "0000":
        return text[:4]
    return text[:8] if text[8:] in ("", "0000") else text


def _visit(known: Known, *, ended: bool) -> Segment:
    fields: dict[int, Value] = {
        1: "1",
        2: "O" if known.outpatient else "I",
        19: known.row["MA_LK"],
        44: known.row["NGAY_VAO"],
    }
    if ended:
        fields[45] = known.row["NGAY_RA"]
    return "PV1", fields


def _diagnosis(row: Fields) -> Segment:
    return "DG1", {1: "1", 3: [[row["MA_BENH_CHINH"], row["CHAN_DOAN_RV"], "I10"]]}


def _registered_twice(scene: Scene, known: Known, person: Segment) -> tuple[list[Message], str]:
    """At night somebody gave the child a second number; in the day it was merged."""
    code = known.hospital.code
    number = f"TAM{scene.number('second-number', code, first=90, gap=9):05d}"
    second: dict[int, Value] = {
        1: "1",
        3: [[number, "", "", code, "MR"]],
        **_second_look(scene, known),
        8: person[1][8],
    }
    at = known.admitted + timedelta(minutes=scene.rng.randint(10, 300))
    merged = at + timedelta(hours=scene.rng.randint(1, MERGED_WITHIN))
    ended: Segment = ("MRG", {1: [[number, "", "", code, "MR"]]})
    return [
        Message(event="A04", time=at, segments=(("PID", second),)),
        Message(event="A40", time=merged, segments=(person, ended)),
    ], number


def _second_look(scene: Scene, known: Known) -> dict[int, Value]:
    """Name and birth as written the second time: a newborn without name, else both once more."""
    age = (known.admitted.date() - known.child.born.date()).days
    if age <= NEWBORN_DAYS:
        name = scene.rng.choice(("Vô danh", "Trẻ sơ sinh", ""))
        return {5: name, 7: f"{known.admitted:%Y%m%d}"}
    row = known.row
    name = scene.noise.name(row["HO_TEN"]) if scene.happens(0.6) else "Vô danh"
    return {5: name, 7: _birth(row["NGAY_SINH"])[:4]}


def _changed(scene: Scene, known: Known, person: Segment, entry: Registered) -> Message:
    """The registered name and day; the sex stays as the system has it."""
    name = scene.typed(entry.name, known.hospital.spelling)
    born = str(entry.born.year) if entry.year_only else f"{entry.born:%Y%m%d}"
    changed = person[1] | {5: [_name(known.hospital, name)], 7: born}
    time = scene.moment(scene.later(entry.day, 1, 60))
    return Message(event="A31", time=time, segments=(("PID", changed),))


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%d%H%M")  # noqa: DTZ007 - times of the world are local
