"""What the hotline and commune workers write of a call: an intake report (Mẫu 01, NĐ 56/2017)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.sample import names, rates
from gateway.sample.children import Child, Discovery, Trail
from gateway.sample.journeys import Story
from gateway.sample.paper import Paper
from gateway.sample.places import Spot
from gateway.sample.police import SEX, estimated_age, instant
from gateway.sample.scene import Scene

CHANNELS = ("111", "DUONG_DAY_TINH", "CONG_TAC_VIEN", "TRUC_TIEP")
UNNAMED = ("không rõ", "Bé {} bỏ rơi", "chưa có tên", "bé {}")
ACTIONS: tuple[list[str], ...] = (
    ["bao_cong_an"],
    ["bao_ubnd"],
    ["chuyen_co_so_y_te", "bao_cong_an"],
    [],
)
CALM_GROUPS = ("NO_SUPPORT", "ORPHAN_BOTH", "VIOLENCE", "DISABILITY", "DROPOUT_WORK")
JOBS = ("làm thuê", "buôn bán", "công nhân", "không rõ")


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A call as it happened."""

    time: datetime
    spot: Spot
    words: str
    found: Discovery | None
    minutes: str | None
    """Number of the minutes, if the caller knows it."""


def papers(scene: Scene, story: Story) -> list[Paper]:
    """Reports of the family; one call tells of all children who were found together."""
    told: list[Paper] = []
    for together in _together(story):
        trail = together[0][1]
        if not scene.happens(_rate(trail)):
            continue
        for _ in range(1 + scene.happens(rates.HOTLINE_AGAIN)):
            call = _call(scene, *together[0])
            channel = scene.rng.choices(CHANNELS, weights=(5, 2, 2, 1))[0]
            for child, own in together:
                told += _report(scene, child, own, call, channel)
    return told


def _together(story: Story) -> list[list[tuple[Child, Trail]]]:
    """Those who share a discovery; everybody else alone."""
    groups: list[list[tuple[Child, Trail]]] = []
    for one in story.group:
        found = one[1].found
        if groups and found is not None and groups[-1][0][1].found is found:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _rate(trail: Trail) -> float:
    if trail.found is None:
        return rates.HOTLINE_WITH_PARENTS
    in_hospital = trail.found.kind == "BENH_VIEN"
    return rates.HOTLINE_IN_HOSPITAL if in_hospital else rates.HOTLINE_FOUND


def _call(scene: Scene, child: Child, trail: Trail) -> Call:
    """Minutes or hours after the discovery, before the minutes or after them."""
    found, minutes = trail.found, None
    if found is None:
        begins = min(child.begins, scene.moment(scene.end))
        return Call(time=begins, spot=child.mother.spot, words="tại nhà", found=None, minutes=None)
    time = found.time + timedelta(minutes=scene.rng.randint(5, 90))
    if trail.minutes_made and trail.minutes and scene.happens(rates.HOTLINE_AFTER_MINUTES):
        time = trail.minutes_made + timedelta(minutes=scene.rng.randint(60, 1800))
        if scene.happens(rates.HOTLINE_MINUTES):
            minutes = scene.noise.minutes_number(trail.minutes[0])
    near = found.words if "gần" in found.words else f"gần {found.words}"
    words = scene.rng.choice((found.words, found.words, near, f"khu vực {found.words}"))
    return Call(time=time, spot=found.spot, words=words, found=found, minutes=minutes)


def _report(scene: Scene, child: Child, trail: Trail, call: Call, channel: str) -> list[Paper]:
    day = call.time.date()
    old = scene.happens(rates.OLD_CODE_AFTER_REFORM)
    code = call.spot.code(day, old)
    number = _number(scene, channel, call, code)
    trail.case = number
    place = f"{call.words}, {call.spot.words(day, old)}" if scene.happens(0.4) else call.words
    content: dict[str, Any] = {
        "loai": "BAO_CAO_TIEP_NHAN",
        "maVuViec": number,
        "kenh": channel,
        "thoiGian": instant(call.time),
        "noiXayRa": {
            "maXa": code if scene.happens(rates.HOTLINE_COMMUNE) else None,
            "diaDiem": place,
        },
        "tre": _child(scene, child, trail, call),
        "nhom": _groups(scene, call),
        **_people(scene, child, call),
        "khanCap": call.found is not None,
        "nguoiBao": _informant(scene, call),
        "soBienBan": call.minutes,
        "hanhDong": scene.rng.choice(ACTIONS),
    }
    sent = [Paper(source="hotline", sender="", content=content, truth={number: child.id})]
    if scene.happens(rates.HOTLINE_FOLLOWED):
        sent.append(
            Paper(source="hotline", sender="", turn=1, content=_later(scene, content, call))
        )
    return sent


def _number(scene: Scene, channel: str, call: Call, code: str) -> str:
    """The national line counts for the country, the others for themselves."""
    year = str(call.time.year)
    heads = {
        "111": "111",
        "DUONG_DAY_TINH": f"DD{call.spot.commune.province_code}",
        "CONG_TAC_VIEN": f"CTV{code}",
        "TRUC_TIEP": f"TT{code}",
    }
    head = heads[channel]
    return f"{head}-{year}-{scene.number('cases', head, year, first=90, gap=7):06d}"


def _child(scene: Scene, child: Child, trail: Trail, call: Call) -> dict[str, Any]:
    age = max(0, (call.time.date() - child.born.date()).days)
    guessed = call.found is None or scene.happens(rates.HOTLINE_AGE)
    unknown = scene.happens(rates.HOTLINE_SEX_UNKNOWN) and call.found is not None
    marks = [mark for mark in (child.mark, *(call.found.belongings if call.found else ())) if mark]
    known = scene.rng.choice((str(child.born.year), child.born.date().isoformat(), None))
    return {
        "hoTen": _name(scene, child, trail, call, age),
        "ngaySinh": known if call.found is None else None,
        "tuoiUocLuong": estimated_age(scene, age) if guessed else None,
        "gioiTinh": "KHONG_RO" if unknown else SEX[scene.noise.sex(trail.sex)],
        "canNangGram": None,
        "dacDiem": scene.rng.choice(marks) if marks and scene.happens(0.5) else None,
    }


def _name(scene: Scene, child: Child, trail: Trail, call: Call, age: int) -> str | None:
    """Mostly none; neighbours know a child who has parents, an older child says its name."""
    if call.found is None or age > 900:
        full = scene.noise.name(child.planned_name)
        return full if scene.happens(0.6) else child.planned_name.split()[-1]
    if scene.happens(0.15):
        return scene.rng.choice(UNNAMED).format("gái" if trail.sex == "F" else "trai")
    return None


def _groups(scene: Scene, call: Call) -> list[str]:
    first = "ABANDONED" if call.found else scene.rng.choice(CALM_GROUPS)
    return [first, "DISABILITY"] if scene.happens(0.08) and first != "DISABILITY" else [first]


def _people(scene: Scene, child: Child, call: Call) -> dict[str, Any]:
    """Parents and carer: nothing, a name, or an object."""
    if call.found is not None:
        carer = call.found.finder if scene.happens(0.4) else None
        return {"cha": None, "me": None, "nguoiDangChamSoc": carer}
    mother: Any = scene.noise.name(child.mother.name)
    if scene.happens(0.5):
        age = (call.time.date() - child.mother.born).days // 365
        mother = {"hoTen": mother, "tuoi": age, "ngheNghiep": scene.rng.choice(JOBS)}
    father = scene.noise.name(child.father.name) if child.father and scene.happens(0.5) else None
    return {"cha": father, "me": mother if scene.happens(0.8) else None, "nguoiDangChamSoc": None}


def _informant(scene: Scene, call: Call) -> dict[str, Any]:
    """Telephone numbers of eleven digits are out of use since 2018: nobody has them."""
    finder = call.found.finder if call.found else names.full_name(scene.rng, "F")
    named, rung = scene.happens(0.4), scene.happens(0.3)
    phone = f"01200{scene.rng.randrange(1_000_000):06d}" if rung else None
    return {"hoTen": finder if named else None, "dienThoai": phone}


def _later(scene: Scene, content: dict[str, Any], call: Call) -> dict[str, Any]:
    """The same case some hours on: what was done, and at times a weight."""
    later = call.time + timedelta(hours=scene.rng.randint(2, 70))
    child: Sequence[tuple[str, Any]] = [*content["tre"].items()]
    grams = scene.rng.randrange(1900, 3900, 100) if call.found and scene.happens(0.3) else None
    return content | {
        "thoiGian": instant(later),
        "tre": dict(child) | {"canNangGram": grams},
        "hanhDong": [*content["hanhDong"], "chuyen_co_so_y_te_huyen"],
    }
