"""Leads the children of one family from body to body and collects the papers of each step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.sample import rates
from gateway.sample.care import care
from gateway.sample.certificates import certificates
from gateway.sample.children import Child, Discovery, Trail, discovery
from gateway.sample.courses import COURSES, Course
from gateway.sample.families import family
from gateway.sample.hospital import Stay, stay
from gateway.sample.paper import Paper
from gateway.sample.places import Home, Hospital
from gateway.sample.police import Minutes, minutes
from gateway.sample.scene import Scene

Group = Sequence[tuple[Child, Trail]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """What became of one family: the children with their trails, and all papers about them."""

    group: Group
    papers: Sequence[Paper]


def journey(scene: Scene, stratum: str, first: int) -> Story:
    """The story of the children of one stratum's course, numbered from `first`."""
    course = COURSES[stratum]
    home = scene.careless_home() if course.alike else scene.home()
    children = family(scene, stratum, course, first, home)
    group = [(child, Trail(sex=child.sex)) for child in children]
    if course.together:
        return Story(group=group, papers=_begin(scene, course, group, home))
    papers = [paper for one in group for paper in _begin(scene, course, [one], home)]
    return Story(group=group, papers=papers)


def _begin(scene: Scene, course: Course, group: Group, home: Home) -> list[Paper]:
    begin = {"found": _found, "left": _left, "parents": _parents}[course.begins]
    return begin(scene, course, group, home)


def _found(scene: Scene, course: Course, group: Group, home: Home) -> list[Paper]:
    """Found outside: hospital, minutes, facility, registration (vn_domain.md 2.1)."""
    time = group[0][0].begins
    card = scene.registers.personal_id(scene.rng, "M", time.date().replace(year=1980, day=1))
    found = discovery(scene.rng, scene.rng.choice(scene.place.spots), time, card)
    hospital = scene.hospital() if scene.happens(rates.FOUND_TO_HOSPITAL) else None
    papers: list[Paper] = []
    arrived = time + timedelta(minutes=scene.rng.randint(20, 400))
    for child, trail in group:
        trail.found = found
        if hospital is not None:
            papers += _stays(scene, course, child, trail, hospital, arrived, "found")
    papers += _minutes(scene, course, group, found, hospital or home)
    if hospital is not None and scene.happens(rates.FOUND_CERTIFICATE):
        papers += certificates(scene, group, hospital, left=False, found=found)
    return papers + _care(scene, course, group, home, found)


def _left(scene: Scene, course: Course, group: Group, home: Home) -> list[Paper]:
    """Born in a hospital and left there: certificate or not, own file or not, minutes or not."""
    hospital, born = scene.hospital(), group[-1][0].born
    papers: list[Paper] = []
    if scene.happens(rates.ABANDONED_CERTIFICATE):
        papers += certificates(scene, group, hospital, left=True)
    for child, trail in group:
        trail.handed_by = (hospital.name, hospital.code, None)
        if course.transferred or scene.happens(rates.ABANDONED_OWN_FILE):
            reason = "birth" if scene.happens(0.3) else "left"
            late = timedelta(minutes=1 if reason == "birth" else scene.rng.randint(20, 1800))
            papers += _stays(scene, course, child, trail, hospital, child.born + late, reason)
    found = Discovery(
        time=born + timedelta(hours=scene.rng.randint(3, 60)),
        spot=hospital.spot,
        kind="BENH_VIEN",
        words=hospital.name,
        belongings=(),
        finder=hospital.name,
        finder_card="",
    )
    for _, trail in group:
        trail.found = found
    if scene.happens(rates.MINUTES_IN_HOSPITAL):
        papers += _minutes(scene, course, group, found, home, sure=True)
    return papers + _care(scene, course, group, home, found)


def _parents(scene: Scene, course: Course, group: Group, home: Home) -> list[Paper]:
    """An ordinary birth; the child comes into care later, or only passes through a hospital."""
    hospital = scene.hospital()
    papers: list[Paper] = []
    recorded = group[0][0].born.year >= scene.start
    if recorded and scene.happens(rates.ORDINARY_CERTIFICATE):
        papers += certificates(scene, group, hospital, left=False)
    for child, trail in group:
        if recorded and scene.happens(rates.NEWBORN_OWN_FILE):
            papers += _stays(
                scene, course, child, trail, hospital, child.born + timedelta(minutes=1), "birth"
            )
    return papers + _care(scene, course, group, home, None)


def _stays(
    scene: Scene,
    course: Course,
    child: Child,
    trail: Trail,
    hospital: Hospital,
    arrived: datetime,
    reason: str,
) -> list[Paper]:
    """A first stay, and where the course says so the transfer to a second hospital."""
    first = Stay(hospital=hospital, admitted=arrived, days=scene.rng.randint(1, 25), reason=reason)
    if not course.transferred:
        return stay(scene, child, trail, first)
    others = [*scene.place.hospitals, *scene.place.national]
    second = scene.rng.choice([other for other in others if other.code != hospital.code])
    year = str(arrived.year)
    letter = f"{scene.number('letter', hospital.code, year)}/{year}/GCT"
    first = replace(first, days=min(first.days, 3), discharge="2", receiver=(second.code, letter))
    papers = stay(scene, child, trail, first)
    noted = (
        hospital.code if scene.happens(rates.LETTER_SENDER_KEPT) else "",
        letter if scene.happens(rates.LETTER_NUMBER_KEPT) else "",
    )
    onward = Stay(
        hospital=second,
        admitted=first.left + timedelta(minutes=scene.rng.randint(30, 600)),
        days=scene.rng.randint(3, 30),
        reason="left" if reason == "birth" else reason,
        sender=noted,
    )
    return papers + stay(scene, child, trail, onward)


def _minutes(
    scene: Scene,
    course: Course,
    group: Group,
    found: Discovery,
    receiver: Hospital | Home,
    sure: bool = False,
) -> list[Paper]:
    """Minutes by police or People's Committee; in one course by both."""
    if not (sure or course.two_minutes or scene.happens(rates.MINUTES_MADE)):
        return []
    made = found.time + timedelta(minutes=scene.rng.randint(30, 2000))
    police = scene.happens(rates.MINUTES_BY_POLICE)
    to = receiver if scene.happens(0.9) else None
    event = Minutes(found=found, spot=found.spot, made=made, police=police, receiver=to)
    papers = minutes(scene, group, event)
    if course.two_minutes:
        later = made + timedelta(hours=scene.rng.randint(4, 90))
        papers += minutes(scene, group, replace(event, made=later, police=not police))
    return papers


def _care(
    scene: Scene, course: Course, group: Group, home: Home, found: Discovery | None
) -> list[Paper]:
    """Those who came together mostly go on together."""
    shared = home if scene.happens(rates.TO_HOME if found else 0.6) else None
    return [
        paper
        for child, trail in group
        for paper in care(scene, course, child, trail, shared, found)
    ]
