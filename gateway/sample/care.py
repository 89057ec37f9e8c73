"""What follows for one child: facility, registration, later stays, new names, adoption, moves."""

from datetime import date, timedelta
from typing import Any

from gateway.sample import facility, names, rates
from gateway.sample.children import Adopted, Child, Discovery, Trail
from gateway.sample.civil_status import Registration, adoption, correction, registration
from gateway.sample.courses import Course
from gateway.sample.facility import Admission, Row, slashed
from gateway.sample.hospital import Stay, stay
from gateway.sample.paper import Paper
from gateway.sample.places import Home
from gateway.sample.scene import Scene


def care(
    scene: Scene,
    course: Course,
    child: Child,
    trail: Trail,
    home: Home | None,
    found: Discovery | None,
) -> list[Paper]:
    """All papers after the first days; what lies after the end of the world is left out."""
    registered = _registration_day(scene, child, found)
    admitted = _admission_day(scene, course, child, trail, found) if home else None
    papers: list[Paper] = []
    content: dict[str, Any] | None = None
    if registered and (admitted is None or registered < admitted):
        content, papers = _register(scene, course, child, trail, found, registered)
    if home is not None and admitted is not None and not scene.over(admitted):
        event = Admission(home=home, day=admitted, abandoned=found is not None)
        opened = facility.admit(scene, child, trail, event)
        if registered and content is None:
            content, more = _register(scene, course, child, trail, found, registered)
            papers += more
        papers += _later_rows(scene, course, child, trail, event, opened)
    if content is not None and registered is not None:
        papers += _changes(scene, course, child, trail, content, registered)
    return papers + _later_stays(scene, course, child, trail)


def _registration_day(scene: Scene, child: Child, found: Discovery | None) -> date | None:
    rate = rates.REGISTERED if found else 0.9
    if not scene.happens(rate):
        return None
    least, most = (8, 120) if found else (3, 70)
    day = scene.later(found.time.date() if found else child.born.date(), least, most)
    return None if scene.over(day) else day


def _admission_day(
    scene: Scene, course: Course, child: Child, trail: Trail, found: Discovery | None
) -> date:
    if found is None:
        return scene.later(child.born.date(), 120, 1600)
    if course.alike and scene.happens(rates.LOOK_ALIKE_SAME_DAY):
        # The facility takes a group in on the first of a month.
        day = found.time.date() + timedelta(days=40)
        return day.replace(day=1)
    if trail.last_stay:
        return scene.noise.handed_over(trail.last_stay[2])
    return scene.noise.handed_over(found.time.date() + timedelta(days=scene.rng.choice((0, 1, 3))))


def _register(
    scene: Scene,
    course: Course,
    child: Child,
    trail: Trail,
    found: Discovery | None,
    day: date,
) -> tuple[dict[str, Any], list[Paper]]:
    """The registration where the child was found or lives, at times a second one elsewhere."""
    spot = found.spot if found else child.mother.spot
    if found and trail.home and scene.happens(0.35):
        spot = trail.home.spot
    place = spot.words(day)
    if trail.certificate and trail.last_stay:
        place = trail.last_stay[0].name
    event = Registration(spot=spot, day=day, found=found, parents=found is None, place=place)
    content, papers = registration(scene, child, trail, event)
    again = scene.later(day, 20, 400)
    if course.two_registrations and not scene.over(again):
        other = scene.rng.choice([known for known in scene.place.spots if known != spot])
        elsewhere = Registration(
            spot=trail.home.spot if trail.home and trail.home.spot != spot else other,
            day=again,
            found=found,
            parents=False,
            place=place,
        )
        papers += registration(scene, child, trail, elsewhere, again=True)[1]
    return content, papers


def _changes(
    scene: Scene,
    course: Course,
    child: Child,
    trail: Trail,
    content: dict[str, Any],
    registered: date,
) -> list[Paper]:
    day = scene.later(registered, 60, 500)
    if scene.over(day):
        return []
    if course.adopted:
        papers, adopted = adoption(scene, child, content, day)
        trail.registered_name = adopted
        changed = papers[0].content
        trail.adopted = Adopted(
            day=day, name=adopted, mother=changed["meHoTen"], father=changed["chaHoTen"]
        )
        trail.names.append(adopted)
        return papers
    renamed = course.renamed and scene.happens(0.5)
    if renamed or scene.happens(rates.CORRECTED):
        return correction(scene, child, content, day)
    return []


def _later_rows(
    scene: Scene, course: Course, child: Child, trail: Trail, event: Admission, opened: Row
) -> list[Paper]:
    """The row as it was and as it became, and the row in a second facility."""
    current = dict(opened)
    if trail.registered_name and scene.happens(rates.HOME_UPDATED):
        current |= _registered(scene, child, trail, event, opened)
    if course.renamed or (trail.registered_name and scene.happens(rates.HOME_RENAMED)):
        current |= _renamed(scene, child, trail, event.home, opened)
    left = scene.later(event.day, 60, 900)
    if not course.moved:
        if scene.happens(0.15) and not scene.over(left):
            current["Ngày rời"] = slashed(left)
        return facility.papers(child, event.home, current, opened)
    if scene.over(left):
        left = scene.later(event.day, 5, 20)
    others = [home for home in scene.place.homes if home.code != event.home.code]
    second = scene.rng.choice(others)
    current |= {
        "Ngày rời": slashed(left),
        "Nơi đến": scene.spelled(second.name, event.home.spelling),
    }
    papers = facility.papers(child, event.home, current, opened)
    moved = Admission(home=second, day=scene.noise.handed_over(left), abandoned=event.abandoned)
    return papers + facility.papers(child, second, facility.admit(scene, child, trail, moved))


def _registered(scene: Scene, child: Child, trail: Trail, event: Admission, opened: Row) -> Row:
    """What the house adds once the birth is registered: number, card, and the birth date."""
    number = opened["Số ĐDCN"] or scene.personal_id(trail, event.home.code, rates.HOME_PERSONAL_ID)
    return {
        "Số ĐDCN": number,
        "Số thẻ BHYT": opened["Số thẻ BHYT"] or trail.card or "",
        "Ngày sinh": facility.birth(scene, child, trail, event),
    }


def _renamed(scene: Scene, child: Child, trail: Trail, home: Home, opened: Row) -> Row:
    """The newer name; the older one moves to "Tên gọi khác" or is forgotten."""
    name = trail.registered_name or names.full_name(scene.rng, child.sex, family=home.surname)
    trail.names.append(name)
    others = opened["Họ và tên"] if scene.happens(0.6) else opened["Tên gọi khác"]
    return {"Họ và tên": scene.typed(name, home.spelling), "Tên gọi khác": others}


def _later_stays(scene: Scene, course: Course, child: Child, trail: Trail) -> list[Paper]:
    """Illnesses: in the known hospital, or in another one that knows nothing of the first."""
    papers: list[Paper] = []
    begin = trail.last_stay[2] if trail.last_stay else child.born.date() + timedelta(days=30)
    begin = max(begin, date(scene.start, 1, 1))
    for rate, known in ((rates.READMITTED, True), (rates.SECOND_HOSPITAL, False)):
        day = scene.later(begin, 20, 500)
        if not scene.happens(rate) or scene.over(day):
            continue
        hospital = trail.last_stay[0] if known and trail.last_stay else scene.hospital()
        event = Stay(
            hospital=hospital,
            admitted=scene.moment(day),
            days=scene.rng.randint(1, 9),
            reason="ill",
        )
        papers += stay(scene, child, trail, event)
    return papers
