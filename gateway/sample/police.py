"""What commune police and People's Committees write: the minutes of an abandoned child."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gateway.sample import names, rates
from gateway.sample.children import Child, Discovery, Trail, midnight
from gateway.sample.paper import Paper
from gateway.sample.places import Home, Hospital, Spelling, Spot
from gateway.sample.scene import Scene

SEX = {"M": "NAM", "F": "NU", "U": "KHONG_RO"}
STATES = ("khỏe", "yếu", "khỏe, khóc to", "hạ thân nhiệt", "còn dây rốn", "bình thường")
PLAIN = Spelling()


@dataclass(frozen=True, kw_only=True, slots=True)
class Minutes:
    """Minutes as they were made: by whom, when, and to whom the children went."""

    found: Discovery
    spot: Spot
    made: datetime
    police: bool
    receiver: Hospital | Home | None


def minutes(scene: Scene, family: Sequence[tuple[Child, Trail]], event: Minutes) -> list[Paper]:
    """One report of all children found together; at times sent again with a field filled in."""
    old = scene.happens(rates.OLD_CODE_AFTER_REFORM)
    day = event.made.date()
    code = event.spot.code(day, old)
    number = _number(scene, event, code)
    keys = {}
    children = []
    for place, (child, trail) in enumerate(family, start=1):
        trail.minutes = trail.minutes or (number, code, day, place)
        trail.minutes_made = trail.minutes_made or event.made
        if trail.handed_by is None or scene.happens(rates.HANDED_BY_OFFICE):
            trail.handed_by = (_office(event, old), code, None)
        keys[f"{code}/{number}/{day.year}#{place}"] = child.id
        children.append(_child(scene, child, trail, event, place))
    report: dict[str, Any] = {
        "loai": "BIEN_BAN_TRE_BI_BO_ROI",
        "soBienBan": number,
        "ngayLap": instant(event.made),
        "donViLap": {
            "maXa": code,
            "ten": _office(event, old),
            "loai": "CONG_AN_XA" if event.police else "UBND_XA",
        },
        "phatHien": {
            "thoiGian": instant(event.found.time),
            "maXa": event.found.spot.code(day, old),
            "diaDiem": event.found.words,
            "loaiNoi": event.found.kind,
        },
        "tre": children,
        "nguoiPhatHien": {
            "hoTen": event.found.finder,
            "loaiGiayTo": "CCCD",
            "soGiayTo": event.found.finder_card,
            "noiCuTru": event.found.spot.words(day, old),
        },
        "banGiao": _handover(scene, event, family),
        "nguoiLap": names.full_name(scene.rng, "M"),
        "nguoiLamChung": [names.full_name(scene.rng, scene.rng.choice("MF"))],
    }
    papers = [Paper(source="police", sender="police", content=report, truth=keys)]
    if scene.happens(rates.SENT_AGAIN_CHANGED):
        changed = report | {
            "nguoiLamChung": [*report["nguoiLamChung"], names.full_name(scene.rng, "F")]
        }
        papers.append(Paper(source="police", sender="police", turn=1, content=changed, truth={}))
    return papers


def instant(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds") + "+07:00"


def _number(scene: Scene, event: Minutes, code: str) -> str:
    """A number unique for the office and year, in the office's own spelling."""
    book = "BB-CAX" if event.police else "BB-UBND"
    running = scene.number("minutes", code, str(event.made.year), book, first=400, gap=9)
    style = int(code) % 4
    if style == 0:
        return f"{running:02d}/{book}"
    return f"{running}/{event.made.year}/{book}" if style == 1 else f"{running}/{book}"


def _office(event: Minutes, old: bool) -> str:
    on = event.made.date()
    name = event.spot.words(on, old).partition(",")[0]
    kind = "Công an" if event.police else "UBND"
    return f"{kind} {name[0].lower()}{name[1:]}"


def _child(scene: Scene, child: Child, trail: Trail, event: Minutes, place: int) -> dict[str, Any]:
    day = event.found.time.date()
    age = (day - child.born.date()).days
    grams = scene.noise.weight(child.weight_on(day)) if scene.happens(rates.POLICE_WEIGHT) else None
    belongings = list(event.found.belongings)
    in_hospital = event.found.kind == "BENH_VIEN"
    return {
        "stt": place,
        "hoTen": _name(scene, child, trail, age),
        "gioiTinh": SEX[scene.noise.sex(trail.sex)],
        "ngaySinh": _birth(scene, child, in_hospital),
        "tuoiUocLuong": estimated_age(scene, age) if scene.happens(0.8) else None,
        "canNangGram": grams,
        "dacDiem": child.mark if scene.happens(rates.POLICE_MARK) else None,
        "tinhTrang": scene.rng.choice(STATES),
        "taiSan": belongings if not in_hospital else [],
        "soGiayChungSinh": _certificate(scene, trail),
        "ghiChu": None,
    }


def _certificate(scene: Scene, trail: Trail) -> str | None:
    if trail.certificate is None or not scene.happens(rates.POLICE_CERTIFICATE):
        return None
    return scene.noise.number(trail.certificate, kept=0)


def _name(scene: Scene, child: Child, trail: Trail, age: int) -> str | None:
    """Mostly none; an older child says its name, a nurse or monk has already given one."""
    if age > 700 and scene.happens(0.7):
        given = child.planned_name.split()[-1]
        full = scene.noise.name(child.planned_name)
        trail.names.append(child.planned_name)
        return full if scene.happens(0.5) else given
    if trail.names and scene.happens(0.4):
        return scene.noise.name(trail.names[-1])
    return None


def _birth(scene: Scene, child: Child, in_hospital: bool) -> str | None:
    if in_hospital and scene.happens(0.6):
        return scene.noise.day(child.born.date()).isoformat()
    if scene.happens(rates.POLICE_BIRTH_NOTE):
        return child.born.date().isoformat()
    return None


def estimated_age(scene: Scene, days: int) -> dict[str, Any]:
    """The age as it looks: right to some 30 %, in the unit that people use for such an age."""
    guess = max(0.0, days * scene.rng.uniform(0.7, 1.35))
    for unit, length, limit in (("NGAY", 1, 45), ("THANG", 30, 720)):
        if days < limit:
            return {"giaTri": max(1, round(guess / length)), "donVi": unit}
    return {"giaTri": max(1, round(guess / 365)), "donVi": "NAM"}


def _handover(
    scene: Scene, event: Minutes, family: Sequence[tuple[Child, Trail]]
) -> dict[str, Any]:
    receiver, day = event.receiver, scene.noise.handed_over(event.made.date())
    when = instant(midnight(day) + timedelta(hours=event.made.hour, minutes=45))
    if receiver is None:
        person = names.full_name(scene.rng, "F")
        return {
            "loai": "CA_NHAN",
            "maCoSo": None,
            "ten": person,
            "thoiGian": when,
            "maHoSoNoiNhan": None,
        }
    is_hospital = isinstance(receiver, Hospital)
    return {
        "loai": "CO_SO_Y_TE" if is_hospital else "CO_SO_BTXH",
        "maCoSo": receiver.code if scene.happens(0.75) else None,
        "ten": receiver.name,
        "thoiGian": when,
        "maHoSoNoiNhan": _file_number(scene, receiver, family),
    }


def _file_number(
    scene: Scene, receiver: Hospital | Home, family: Sequence[tuple[Child, Trail]]
) -> str | None:
    """The child's number at the hospital: known only where one child went there before."""
    if len(family) > 1 or not scene.happens(rates.POLICE_FILE):
        return None
    file = family[0][1].files.get(receiver.code)
    return scene.noise.number(file.number, kept=0) if file and len(file.number) > 3 else None
