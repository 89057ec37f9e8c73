"""What commune civil-status officers write: birth registrations (HT_KHAISINH) and their changes."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from gateway.sample import names, rates
from gateway.sample.children import Child, Discovery, Registered, Trail
from gateway.sample.paper import Paper
from gateway.sample.places import Spot
from gateway.sample.scene import Scene

SEX = {"M": 1, "F": 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """A birth registration as it happened."""

    spot: Spot
    day: date
    found: Discovery | None
    parents: bool
    place: str


def dotted(day: date) -> str:
    return day.strftime("%d.%m.%Y")


def registration(
    scene: Scene, child: Child, trail: Trail, event: Registration, again: bool = False
) -> tuple[dict[str, Any], list[Paper]]:
    """One registration; `again` means that another commune has already registered the child."""
    old = scene.happens(rates.OLD_CODE_AFTER_REFORM)
    code = event.spot.code(event.day, old)
    book = f"{scene.rng.choice((1, 1, 1, 2)):02d}/{event.day.year}"
    number = scene.number("births", code, book, first=300, gap=20)
    _settle(scene, child, trail, event, again)
    assert trail.registered_name is not None
    content: dict[str, Any] = {
        "so": str(number),
        "quyenSo": book,
        "trangSo": str(number // 2 + 1),
        "ngayDangKy": dotted(event.day),
        "loaiDangKy": "DANG_KY_LAI" if again and scene.happens(0.4) else "DANG_KY_MOI",
        "noiDangKy": {"maXa": code, "ten": f"UBND {event.spot.words(event.day, old)}"},
        "ghiChu": "" if event.parents else "Trẻ bị bỏ rơi",
        "nksHoTen": scene.noise.name(trail.registered_name),
        "nksGioiTinh": SEX[_certain(scene.noise.sex(trail.sex), trail.sex)],
        "nksNgaySinh": _birth(trail, scene),
        "nksNoiSinh": event.place,
        "nksNoiSinhDVHC": code,
        "nksQueQuan": event.spot.words(event.day, old),
        "nksDanToc": child.people[1] if event.parents else "",
        "nksQuocTich": "Việt Nam",
        "nksLoaiKhaiSinh": _kind(child, event),
        "nksSoDinhDanh": scene.personal_id(trail, code, rates.REGISTER_PERSONAL_ID) or None,
        "nksSoGiayChungSinh": _certificate(scene, trail),
        **_parents(scene, child, event),
        **_requester(scene, child, trail, event),
        **_minutes(scene, trail, event, old),
    }
    assert trail.registered_birth is not None
    assert trail.personal_id is not None
    trail.registrations.append(
        Registered(
            spot=event.spot,
            code=code,
            book=book,
            number=number,
            day=event.day,
            name=trail.registered_name,
            born=trail.registered_birth,
            year_only=trail.birth_year_only,
            personal_id=trail.personal_id,
            parents=event.parents,
        )
    )
    key = f"{code}/{book}/{number}"
    return content, [
        Paper(source="civil_status", sender="civil_status", content=content, truth={key: child.id})
    ]


def adoption(
    scene: Scene, child: Child, content: dict[str, Any], day: date
) -> tuple[list[Paper], str]:
    """The same entry with new names and parents, and the new name."""
    family = names.surname(scene.rng)
    name = names.full_name(scene.rng, child.sex, family=family)
    changed = content | {
        "loaiDangKy": "NHAN_CON_NUOI",
        "ngayDangKy": dotted(day),
        "nksHoTen": scene.noise.name(name),
        "meHoTen": names.full_name(scene.rng, "F"),
        "chaHoTen": names.full_name(scene.rng, "M", family=family),
        "ghiChu": "Nhận con nuôi",
    }
    return [_change(scene, changed)], name


def correction(scene: Scene, child: Child, content: dict[str, Any], day: date) -> list[Paper]:
    """The same entry corrected: a name part or the number that came late."""
    changed = content | {"loaiDangKy": "CAI_CHINH", "ngayDangKy": dotted(day)}
    if scene.happens(0.5):
        words = content["nksHoTen"].split()
        changed["nksHoTen"] = names.join(
            words[0], scene.rng.choice(names.MIDDLE[child.sex]), words[-1]
        )
    return [_change(scene, changed)]


def _change(scene: Scene, changed: dict[str, Any]) -> Paper:
    """A newer version, mostly sent after the one that it changes."""
    turn = -1 if scene.happens(rates.LATE_OLD_VERSION) else 1
    return Paper(source="civil_status", sender="civil_status", turn=turn, content=changed)


def _settle(scene: Scene, child: Child, trail: Trail, event: Registration, again: bool) -> None:
    """What becomes the child's legal name, birth date and number."""
    trail.registered_name = _legal_name(scene, child, trail, event)
    trail.names.append(trail.registered_name)
    if event.found is None or event.parents:
        trail.registered_birth = child.born.date()
    else:
        trail.registered_birth, trail.birth_year_only = _convention(
            scene, child, trail, event.found
        )
    if trail.personal_id is None or (again and scene.happens(0.6)):
        trail.personal_id = scene.registers.personal_id(
            scene.rng, trail.sex, trail.registered_birth
        )
    if trail.card is None and scene.happens(rates.CARD_AFTER_REGISTRATION):
        province = event.spot.commune.province_code
        trail.card = f"TE1{province}999{scene.number('card') % 10_000_000:07d}"


def _legal_name(scene: Scene, child: Child, trail: Trail, event: Registration) -> str:
    if event.parents:
        return child.planned_name
    if scene.happens(rates.NAME_IS_HOUSE_NAME):
        return child.house_name
    if trail.names and scene.happens(0.4):
        return trail.names[-1]
    return names.full_name(scene.rng, child.sex)


def _convention(scene: Scene, child: Child, trail: Trail, found: Discovery) -> tuple[date, bool]:
    """Birth date of an abandoned child: day and month found, the year from the body (NĐ 123 Đ14)."""
    day = found.time.date()
    years = round((day - child.born.date()).days / 365)
    if years:
        years = max(0, years + scene.rng.choice((-1, 0, 0, 0, 1)))
    year = day.year - years
    roll = scene.rng.random()
    if roll < rates.REGISTER_DATE_FOUND:
        return day.replace(year=year, day=min(day.day, 28) if years else day.day), False
    roll -= rates.REGISTER_DATE_FOUND
    if roll < rates.REGISTER_DATE_MINUTES and trail.minutes:
        made = trail.minutes[2]
        return made.replace(
            year=made.year - years, day=min(made.day, 28) if years else made.day
        ), False
    if roll > 1 - rates.REGISTER_DATE_FOUND - rates.REGISTER_DATE_YEAR:
        return date(year, 1, 1), True
    shifted = day - timedelta(days=scene.rng.randint(1, 12))
    return shifted.replace(year=shifted.year - years, day=min(shifted.day, 28)), False


def _certain(sex: str, true: str) -> str:
    """The register knows no undetermined sex."""
    return true if sex == "U" else sex


def _birth(trail: Trail, scene: Scene) -> str:
    assert trail.registered_birth is not None
    day = scene.noise.day(trail.registered_birth)
    return str(day.year) if trail.birth_year_only else dotted(day)


def _kind(child: Child, event: Registration) -> str:
    if not event.parents:
        return "Trẻ bị bỏ rơi"
    return "Đã xác định được cả cha lẫn mẹ" if child.father else "Chưa xác định được cha"


def _certificate(scene: Scene, trail: Trail) -> str | None:
    if trail.certificate is None or not scene.happens(rates.REGISTER_CERTIFICATE):
        return None
    return scene.noise.number(trail.certificate, kept=0)


def _parents(scene: Scene, child: Child, event: Registration) -> dict[str, Any]:
    if not event.parents:
        return {"meHoTen": None, "meNgaySinh": None, "meSoGiayToTuyThan": None, "chaHoTen": None}
    father = child.father.name if child.father else None
    return {
        "meHoTen": scene.noise.name(child.mother.name),
        "meNgaySinh": dotted(child.mother.born),
        "meSoGiayToTuyThan": child.mother.card if scene.happens(0.8) else None,
        "chaHoTen": scene.noise.name(father) if father else None,
    }


def _requester(scene: Scene, child: Child, trail: Trail, event: Registration) -> dict[str, Any]:
    facility = trail.home.name if trail.home and scene.happens(rates.REGISTER_FACILITY) else None
    mother = event.parents and scene.happens(0.5)
    return {
        "nycHoTen": child.mother.name
        if mother
        else names.full_name(scene.rng, scene.rng.choice("MF")),
        "nycQuanHe": "Mẹ" if mother else "Người chăm sóc",
        "nycTenCoSo": facility,
    }


def _minutes(scene: Scene, trail: Trail, event: Registration, old: bool) -> dict[str, Any]:
    if trail.minutes is None or event.parents or not scene.happens(rates.REGISTER_MINUTES):
        return {"bbSo": None, "bbMaXa": None, "bbNgay": None}
    number, code, day, _ = trail.minutes
    # After the reform some officers translate the code of older minutes, some copy it.
    renewed = event.spot.code(event.day, old) if scene.happens(0.4) else code
    return {
        "bbSo": scene.noise.minutes_number(number),
        "bbMaXa": renewed if event.found and event.found.spot == event.spot else code,
        "bbNgay": dotted(scene.noise.day(day)) if scene.happens(0.8) else None,
    }
