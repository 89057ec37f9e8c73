"""What a facility writes of a resident: a row of its roster, in the house's own habits."""

from dataclasses import dataclass
from datetime import date

from gateway.sample import names, rates
from gateway.sample.children import Admitted, Child, Trail
from gateway.sample.paper import Paper
from gateway.sample.places import Home
from gateway.sample.scene import Scene

COLUMNS = (
    "Mã cơ sở", "Tên cơ sở", "Số hồ sơ", "Họ và tên", "Tên gọi khác", "Ngày sinh",
    "Ngày sinh ước tính (x)", "Giới tính", "Dân tộc", "Ngày tiếp nhận", "Nơi chuyển đến",
    "Mã nơi chuyển", "Mã hồ sơ nơi chuyển", "Số biên bản", "Mã xã lập biên bản",
    "Số giấy chứng sinh", "Số ĐDCN", "Số thẻ BHYT", "Nhóm hoàn cảnh", "Cân nặng khi tiếp nhận (g)",
    "Đặc điểm nhận dạng", "Nhóm chăm sóc", "Người chăm sóc chính", "Ngày rời", "Nơi đến",
    "Sức chứa cơ sở",
)  # fmt: skip
"""The roster of formats.md, "facility"."""
SEX = {"M": "Nam", "F": "Nữ", "U": ""}
GROUPS = ("", ";DISABILITY", ";NO_SUPPORT", ";HIV")

Row = dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Admission:
    """A child taken into a facility."""

    home: Home
    day: date
    abandoned: bool
    left: date | None = None
    to: str = ""


def admit(scene: Scene, child: Child, trail: Trail, event: Admission) -> Row:
    """The child's row, as the facility opens it; the trail then leads from this facility on."""
    home = event.home
    number = scene.number("residents", home.code, first=40, gap=3)
    opened = home.number_form.format(number=number, year=event.day.year)
    row = dict.fromkeys(COLUMNS, "") | {
        "Mã cơ sở": home.code,
        "Tên cơ sở": scene.spelled(home.name, home.spelling),
        "Số hồ sơ": opened,
        "Giới tính": SEX[scene.noise.sex(trail.sex)],
        "Dân tộc": scene.spelled(child.people[1], home.spelling) if scene.happens(0.6) else "",
        "Ngày tiếp nhận": slashed(event.day),
        "Nhóm hoàn cảnh": _groups(scene, event),
        "Nhóm chăm sóc": scene.spelled(f"Gia đình số {scene.rng.randint(1, 8)}", home.spelling),
        "Người chăm sóc chính": scene.spelled(
            f"Mẹ {names.full_name(scene.rng, 'F')}", home.spelling
        ),
        "Ngày rời": slashed(event.left) if event.left else "",
        "Nơi đến": scene.spelled(event.to, home.spelling),
        "Sức chứa cơ sở": str(60 + len(home.name)),
    }
    row |= _origin(scene, trail, home) | _evidence(scene, child, trail, event)
    row |= _name(scene, child, trail, home)
    row["Ngày sinh"] = birth(scene, child, trail, event)
    row["Ngày sinh ước tính (x)"] = "x" if event.abandoned and scene.happens(0.5) else ""
    trail.home = home
    trail.admissions.append(Admitted(home=home, file=opened, day=event.day))
    trail.handed_by = (home.name, home.code, opened)
    return row


def papers(child: Child, home: Home, row: Row, earlier: Row | None = None) -> list[Paper]:
    """The row in the facility's roster, and where it sends twice, as it was the first time."""
    key = f"{home.code}/{row['Số hồ sơ']}"
    first = Paper(
        source="facility", sender=home.code, content=earlier or row, truth={key: child.id}
    )
    if not home.twice:
        return [Paper(source="facility", sender=home.code, content=row, truth={key: child.id})]
    return [first, Paper(source="facility", sender=home.code, turn=1, content=row)]


def slashed(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def _groups(scene: Scene, event: Admission) -> str:
    first = "ABANDONED" if event.abandoned else scene.rng.choice(("ORPHAN_BOTH", "NO_SUPPORT"))
    return first + scene.rng.choices(GROUPS, weights=(80, 12, 6, 2))[0]


def _name(scene: Scene, child: Child, trail: Trail, home: Home) -> Row:
    """The registered name or the house's own; the other ones stand under "Tên gọi khác"."""
    use_registered = trail.registered_name and scene.happens(rates.HOME_USES_REGISTERED)
    name = (trail.registered_name if use_registered else None) or child.house_name
    others = [other for other in dict.fromkeys(trail.names) if other != name]
    trail.names.append(name)
    listed = [scene.typed(other, home.spelling) for other in others[-2:]]
    if not scene.happens(rates.HOME_OTHER_NAMES):
        listed = [scene.rng.choice(names.NICKNAMES)] if scene.happens(0.15) else []
    return {"Họ và tên": scene.typed(name, home.spelling), "Tên gọi khác": "; ".join(listed)}


def birth(scene: Scene, child: Child, trail: Trail, event: Admission) -> str:
    """By the house's habit: the registered day, 01/01 of the year, or the day of reception."""
    known = trail.registered_birth or (None if event.abandoned else child.born.date())
    year = (known or child.born.date()).year
    if event.home.dates == "default" or scene.noise.strikes(rates.DATE_DEFAULTED):
        return f"01/01/{year}" if scene.happens(0.8) else str(year)
    if known and event.home.dates == "registered":
        return str(year) if trail.birth_year_only else slashed(scene.noise.day(known))
    if (event.day - child.born.date()).days > 300:
        return f"01/01/{year}"
    return slashed(event.day)


def _origin(scene: Scene, trail: Trail, home: Home) -> Row:
    if trail.handed_by is None:
        return {}
    name, code, file = trail.handed_by
    named = scene.happens(rates.HOME_ORIGIN_NAME)
    short = name.replace("Bệnh viện", "BV") if scene.happens(0.3) else name
    return {
        "Nơi chuyển đến": scene.spelled(short, home.spelling) if named else "",
        "Mã nơi chuyển": code if scene.happens(rates.HOME_ORIGIN_CODE) else "",
        "Mã hồ sơ nơi chuyển": (file or "") if scene.happens(rates.HOME_HOSPITAL_FILE) else "",
    }


def _evidence(scene: Scene, child: Child, trail: Trail, event: Admission) -> Row:
    grams = scene.noise.weight(child.weight_on(event.day))
    row = {
        "Số ĐDCN": scene.personal_id(trail, event.home.code, rates.HOME_PERSONAL_ID),
        "Số thẻ BHYT": (trail.card or "") if scene.happens(rates.HOME_CARD) else "",
        "Cân nặng khi tiếp nhận (g)": str(grams) if scene.happens(rates.HOME_WEIGHT) else "",
        "Đặc điểm nhận dạng": "",
    }
    if child.mark and scene.happens(rates.HOME_MARK):
        row["Đặc điểm nhận dạng"] = scene.spelled(child.mark, event.home.spelling)
    if trail.certificate and scene.happens(rates.HOME_CERTIFICATE):
        row["Số giấy chứng sinh"] = scene.noise.number(trail.certificate, kept=0)
    if trail.minutes and scene.happens(rates.HOME_MINUTES):
        row["Số biên bản"] = scene.noise.minutes_number(trail.minutes[0])
        if scene.happens(rates.HOME_MINUTES_COMMUNE):
            row["Mã xã lập biên bản"] = trail.minutes[1]
    return row
