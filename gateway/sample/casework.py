"""What bodies report of steps that no register records: step reports about abandoned children."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from gateway.sample import names, rates
from gateway.sample.children import Adopted, Child, Discovery, Trail, midnight
from gateway.sample.journeys import Story
from gateway.sample.paper import Paper
from gateway.sample.places import Home, Hospital
from gateway.sample.police import SEX, instant
from gateway.sample.scene import Scene


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A step of vn_domain.md 2.1: who reports it, how many days after the handover, how often.

    `by`: commune, home or hospital. `rate` is the share of children of whom a report reaches us;
    all are assumed.
    """

    code: str
    by: str
    days: tuple[int, int]
    rate: float
    results: tuple[str | None, ...] = (None,)
    gives: bool = False
    programmes: tuple[str | None, ...] = (None,)


STEPS = (
    Step(
        code="KIEM_KE_TAI_SAN", by="commune", days=(0, 1), rate=0.05, results=("co_tai_san", None)
    ),
    Step(
        code="SANG_LOC_SUC_KHOE",
        by="hospital",
        days=(0, 3),
        rate=0.16,
        results=("binh_thuong", "can_theo_doi", "suy_dinh_duong"),
    ),
    Step(code="THONG_BAO_SAU_48_GIO", by="hospital", days=(2, 4), rate=0.12),
    Step(code="NIEM_YET", by="commune", days=(1, 4), rate=0.16),
    Step(code="KET_THUC_NIEM_YET", by="commune", days=(8, 14), rate=0.12),
    Step(code="BAN_GIAO", by="commune", days=(0, 2), rate=0.09, gives=True),
    Step(code="NHAN_BAN_GIAO", by="home", days=(0, 3), rate=0.12),
    Step(code="TIM_CHA_ME", by="commune", days=(5, 60), rate=0.05, results=("khong_tim_thay",)),
    Step(code="BO_TRI_CHAM_SOC", by="commune", days=(20, 60), rate=0.09, gives=True),
    Step(code="QUYET_DINH_TRO_CAP", by="commune", days=(30, 120), rate=0.09),
    Step(code="DICH_VU_Y_TE", by="home", days=(30, 200), rate=0.08),
    Step(code="DICH_VU_KHUYET_TAT", by="home", days=(30, 200), rate=0.03),
    Step(
        code="DO_DAU",
        by="home",
        days=(60, 400),
        rate=0.06,
        programmes=("Mẹ đỡ đầu", "con nuôi công an xã"),
    ),
)
ADOPTION = Step(code="NHAN_CON_NUOI", by="commune", days=(0, 5), rate=0.5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """Who reports."""

    code: str
    name: str
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A step as it was done."""

    step: Step
    body: Body
    time: datetime


def papers(scene: Scene, story: Story) -> list[Paper]:
    """Reports about each abandoned child, after it was handed over."""
    sent: list[Paper] = []
    for child, trail in story.group:
        if trail.found is not None:
            handed = trail.minutes_made or trail.found.time
            for step in STEPS:
                sent += _report(scene, child, trail, trail.found, step, handed)
            if trail.adopted:
                sent += _report(
                    scene, child, trail, trail.found, ADOPTION, midnight(trail.adopted.day)
                )
    return sent


def _report(
    scene: Scene, child: Child, trail: Trail, found: Discovery, step: Step, begin: datetime
) -> list[Paper]:
    day = scene.later(begin.date(), *step.days)
    if not scene.happens(step.rate) or scene.over(day):
        return []
    body = _body(trail, found, step, day)
    if body is None:
        return []
    event = Event(step=step, body=body, time=max(scene.moment(day), begin))
    number = f"{day.year}-{scene.number('steps', body.code, str(day.year), first=9, gap=3):03d}"
    content: dict[str, Any] = {
        "loai": "PHIEU_BUOC",
        "soPhieu": number,
        "maDonVi": body.code,
        "tenDonVi": body.name,
        "loaiDonVi": body.kind,
        "buoc": step.code,
        "thoiGian": instant(event.time),
        "tre": _child(scene, child, trail, event),
        "ketQua": scene.rng.choice(step.results),
        "chuongTrinh": scene.rng.choice(step.programmes),
        "benNhan": _receiver(trail, event),
        "canCu": f"QĐ {scene.rng.randint(1, 400)}/QĐ-UBND" if step.by == "commune" else None,
        "ghiChu": None,
        "nguoiLap": names.full_name(scene.rng, scene.rng.choice("MF")),
    }
    return [
        Paper(
            source="casework",
            sender=body.code,
            content=content,
            truth={f"{body.code}/{number}": child.id},
        )
    ]


def _body(trail: Trail, found: Discovery, step: Step, day: date) -> Body | None:
    """The commune of the minutes or of the discovery, the facility, or the hospital that knows."""
    if step.by == "commune":
        code = trail.minutes[1] if trail.minutes else found.spot.code(day)
        name = found.spot.words(day).partition(",")[0]
        return Body(code=code, name=f"UBND {name[0].lower()}{name[1:]}", kind="UBND_XA")
    if step.by == "home":
        home = _home(trail, day)
        return Body(code=home.code, name=home.name, kind="CO_SO_BTXH") if home else None
    stays = _stays(trail, day)
    if not stays:
        return None
    hospital = stays[-1][0]
    return Body(code=hospital.code, name=hospital.name, kind="CO_SO_Y_TE")


def _stays(trail: Trail, day: date) -> list[tuple[Hospital, str, date]]:
    return [stay for stay in trail.stays if stay[2] <= day]


def _home(trail: Trail, day: date) -> Home | None:
    homes = [place.home for place in trail.admissions if place.day <= day]
    return homes[-1] if homes else None


def _child(scene: Scene, child: Child, trail: Trail, event: Event) -> dict[str, Any]:
    known = _known_keys(trail, event)
    kept = [key for key in known if scene.happens(rates.STEP_KEY)] or known[:1]
    name = _name(scene, trail, event)
    if scene.happens(rates.STEP_UNKEYED):
        kept = []
    return {
        "khoa": [_copied(scene, key) for key in kept],
        "hoTen": name,
        "ngaySinh": None,
        "gioiTinh": SEX[scene.noise.sex(trail.sex)],
    }


def _name(scene: Scene, trail: Trail, event: Event) -> str | None:
    """The name of that day: given by the house, registered, or by adoption."""
    adopted: Adopted | None = trail.adopted
    if adopted and event.step is ADOPTION:
        return scene.noise.name(adopted.name)
    registered = [entry.name for entry in trail.registrations if entry.day <= event.time.date()]
    if not registered or not scene.happens(rates.STEP_NAME):
        return None
    return scene.noise.name(registered[-1])


Key = dict[str, str | None]


def _known_keys(trail: Trail, event: Event) -> list[Key]:
    """What the body can know of the child on that day; the likeliest first."""
    day = event.time.date()
    keys: list[Key] = []
    if trail.minutes and event.step.by != "hospital":
        number, code, made, _ = trail.minutes
        keys.append(_key("BIEN_BAN", number, maXa=code, ngay=made.isoformat()))
    if event.step.by == "hospital":
        hospital, file, _ = _stays(trail, day)[-1]
        keys.append(_key("HO_SO", file, maCoSo=hospital.code))
    else:
        admitted = [place for place in trail.admissions if place.day <= day]
        keys += [_key("HO_SO", place.file, maCoSo=place.home.code) for place in admitted[-1:]]
    for entry in [entry for entry in trail.registrations if entry.day <= day][-1:]:
        keys.append(_key("KHAI_SINH", f"{entry.book}/{entry.number}", maXa=entry.code))
        keys.append(_key("SO_DINH_DANH", entry.personal_id))
    if trail.certificate and event.step.by == "hospital":
        keys.append(_key("GCS", trail.certificate))
    if trail.card and event.step.by == "home":
        keys.append(_key("THE_BHYT", trail.card))
    return [*keys, _key("VU_VIEC", trail.case)] if trail.case else keys


def _key(system: str, value: str, **about: str | None) -> Key:
    return {"he": system, "giaTri": value, **about}


def _copied(scene: Scene, key: Key) -> Key:
    """A key as it was copied: right, mistyped, or the one that this register gave last."""
    value, system = key["giaTri"] or "", key["he"] or ""
    issuer = "/".join((system, key.get("maXa") or key.get("maCoSo") or ""))
    last = scene.registers.borrowed(issuer, value)
    if scene.noise.strikes(rates.STEP_WRONG_KEY):
        return key | {"giaTri": last}
    if system == "BIEN_BAN":
        return key | {"giaTri": scene.noise.minutes_number(value)}
    if system in ("SO_DINH_DANH", "GCS"):
        return key | {"giaTri": scene.noise.number(value, kept=3 if system[0] == "S" else 0)}
    return key


def _receiver(trail: Trail, event: Event) -> dict[str, Any] | None:
    """To whom the child is given: the next facility, or a family."""
    if not event.step.gives:
        return None
    for place in trail.admissions:
        if abs((place.day - event.time.date()).days) <= event.step.days[1]:
            return {
                "ten": place.home.name,
                "loai": "CO_SO_BTXH",
                "maCoSo": place.home.code,
                "maHoSo": place.file,
            }
    return {"ten": "Gia đình nhận chăm sóc thay thế", "loai": "CA_NHAN"}


def zero_report(code: str, name: str, kind: str, month: date, number: int) -> dict[str, Any]:
    """A body's report that it had no child in a month: nobody's record."""
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return {
        "loai": "PHIEU_BUOC",
        "soPhieu": f"{month.year}-K{number:03d}",
        "maDonVi": code,
        "tenDonVi": name,
        "loaiDonVi": kind,
        "buoc": "BAO_CAO_KHONG",
        "thoiGian": f"{last.isoformat()}T16:00:00+07:00",
        "ky": {"tuNgay": month.isoformat(), "denNgay": last.isoformat()},
    }
