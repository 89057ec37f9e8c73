"""What the population database holds of a child: a citizen of QCVN 109, once it has a number."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from gateway.sample import rates
from gateway.sample.children import Child, Registered, Trail
from gateway.sample.journeys import Story
from gateway.sample.paper import Paper
from gateway.sample.places import REFORM
from gateway.sample.scene import Scene

SEX = {"M": "1", "F": "2", "U": "0"}
NOBODY = ("Không xác định", "Chưa có", "Không rõ")
NUMBER_WITHIN = timedelta(days=6)
"""A number reaches the bulk file some days after the registration at the latest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """A citizen as the database sees it on a day."""

    day: date
    number: str
    cancelled: tuple[str, ...]
    entry: Registered


def papers(scene: Scene, story: Story) -> list[Paper]:
    """A citizen in the file of the year of registration, and at times in the last one too."""
    sent: list[Paper] = []
    for child, trail in story.group:
        if trail.registrations and scene.happens(rates.POPULATION_KNOWS):
            # Once for all files: a database does not change its mind about the sex.
            sex = SEX[scene.noise.sex(trail.sex)]
            for state in _states(scene, trail):
                sent += _citizens(scene, child, trail, state, sex)
    return sent


def _states(scene: Scene, trail: Trail) -> list[State]:
    """Numbers over time: one, one that replaced another, or two of two registrations."""
    entries = {entry.personal_id: entry for entry in reversed(trail.registrations)}
    first, *others = sorted(entries.values(), key=lambda entry: entry.day)
    early, last = _year_end(scene, first.day), scene.end
    if others:
        second = others[0]
        found_out = scene.happens(rates.TWO_NUMBERS_FOUND_OUT)
        old = (first.personal_id,) if found_out else ()
        states = [_state(early, first), _state(last, second, *old)]
        return states if found_out else [*states, _state(last, first)]
    if scene.happens(rates.NUMBER_REPLACED) and early < last:
        old_number = scene.registers.cancelled_id(scene.rng, first.personal_id)
        before = State(day=early, number=old_number, cancelled=(), entry=first)
        return [before, _state(last, first, old_number)]
    if early < last and scene.happens(rates.POPULATION_TWICE):
        return [_state(early, first), _state(last, first)]
    return [_state(scene.rng.choice((early, last)), first)]


def _state(day: date, entry: Registered, *cancelled: str) -> State:
    return State(day=day, number=entry.personal_id, cancelled=cancelled, entry=entry)


def _year_end(scene: Scene, registered: date) -> date:
    """The date of the first yearly file after the number came."""
    known = registered + NUMBER_WITHIN
    year = max(known.year, scene.start)
    return min(date(year, 12, 31), scene.end)


def _citizens(scene: Scene, child: Child, trail: Trail, state: State, sex: str) -> list[Paper]:
    sender = state.day.isoformat()
    content = _citizen(scene, child, trail, state) | {"GioiTinh": sex}
    sent = [
        Paper(source="population", sender=sender, content=content, truth={state.number: child.id})
    ]
    if state.entry.parents and scene.happens(rates.POPULATION_MOTHER):
        sent.append(Paper(source="population", sender=sender, content=_mother(child)))
    return sent


def _citizen(scene: Scene, child: Child, trail: Trail, state: State) -> dict[str, Any]:
    entry = state.entry
    adopted = trail.adopted if trail.adopted and trail.adopted.day <= state.day else None
    name = scene.noise.name(adopted.name if adopted else entry.name)
    return {
        "SoDinhDanh": state.number,
        "SoCMND": "",
        "SoDinhDanhCu": list(state.cancelled),
        "HoVaTen": name if scene.happens(rates.POPULATION_NAME_AS_TEXT) else _parts(name),
        "GioiTinh": "",
        "DanToc": child.people[0] if entry.parents else scene.rng.choice(("", "01")),
        "TonGiao": "99",
        "NgayThangNamSinh": _birth(scene, entry),
        "NoiDangKyKhaiSinh": {"MaDonViHanhChinh": _code(scene, entry, state), "QuocGia": "VN"},
        "QueQuan": entry.spot.words(state.day),
        "ThuongTru": _residence(scene, child, trail, state),
        "QuocTich": "VN",
        **_parents(scene, child, trail, state),
        "NguoiDaiDien": _representative(scene, trail, entry),
    }


def _parts(name: str) -> dict[str, str]:
    family, *middle = name.split()
    given = middle.pop() if middle else ""
    return {"Ho": family, "ChuDem": " ".join(middle), "Ten": given}


def _birth(scene: Scene, entry: Registered) -> dict[str, str]:
    if entry.year_only:
        return {"Nam": str(entry.born.year)}
    return {"NgayThangNam": scene.noise.day(entry.born).isoformat()}


def _code(scene: Scene, entry: Registered, state: State) -> str:
    """After the reform the database renews the codes of older registrations, most of them."""
    renewed = state.day >= REFORM and scene.happens(rates.POPULATION_CODE_RENEWED)
    return entry.spot.code(state.day) if renewed else entry.code


def _residence(scene: Scene, child: Child, trail: Trail, state: State) -> dict[str, str]:
    """The facility's address, the parents', or none yet."""
    homes = [place.home for place in trail.admissions if place.day <= state.day]
    spot = homes[-1].spot if homes else child.mother.spot
    if not homes and not state.entry.parents:
        return {}
    detail = f"{homes[-1].name}, {spot.words(state.day)}" if homes else spot.words(state.day)
    return {"MaDonViHanhChinh": spot.code(state.day), "ChiTiet": detail, "QuocGia": "VN"}


def _parents(scene: Scene, child: Child, trail: Trail, state: State) -> dict[str, Any]:
    if trail.adopted and trail.adopted.day <= state.day:
        return {"Cha": _parts_of(trail.adopted.father), "Me": _parts_of(trail.adopted.mother)}
    if not state.entry.parents:
        nobody = scene.rng.choice(NOBODY) if scene.happens(rates.POPULATION_PLACEHOLDER) else ""
        return {"Cha": nobody, "Me": nobody}
    father = (
        {"SoDinhDanh": child.father.card} | _parts_of(child.father.name) if child.father else ""
    )
    mother = {"SoDinhDanh": child.mother.card if scene.happens(0.7) else ""}
    return {"Cha": father, "Me": mother | _parts_of(child.mother.name)}


def _parts_of(name: str) -> dict[str, Any]:
    return {"QuocTich": "VN", "HoVaTen": _parts(name)}


def _representative(scene: Scene, trail: Trail, entry: Registered) -> str:
    """Plain text in place of members: the house that represents the child."""
    represented = trail.home is not None and not entry.parents and scene.happens(0.5)
    return f"Giám đốc {trail.home.name}" if represented and trail.home else ""


def _mother(child: Child) -> dict[str, Any]:
    """An adult: no child's record, but the number and birth date of a child's mother."""
    return {
        "SoDinhDanh": child.mother.card,
        "HoVaTen": _parts(child.mother.name),
        "GioiTinh": "2",
        "NgayThangNamSinh": {"NgayThangNam": child.mother.born.isoformat()},
    }
