"""What a school writes of a pupil: a row of its student list (csdl.moet.gov.vn)."""

from datetime import date

from gateway.sample import rates
from gateway.sample.children import Child, Trail
from gateway.sample.journeys import Story
from gateway.sample.paper import Paper
from gateway.sample.places import School, Spot
from gateway.sample.scene import Scene

COLUMNS = (
    "STT", "Trường", "Mã trường", "Lớp", "Mã định danh Bộ GD&ĐT", "Họ tên", "Ngày sinh",
    "Giới tính", "Dân tộc", "Quốc tịch", "Trạng thái", "Tỉnh/TP", "Xã/Phường", "Mã xã", "Nơi sinh",
    "Chỗ ở hiện nay", "Loại khuyết tật", "Số ĐDCN", "Tên cha", "Năm sinh cha", "Tên mẹ",
    "Năm sinh mẹ",
)  # fmt: skip
SEX = {"M": "Nam", "F": "Nữ"}
STAYED, LEFT, CAME = "Đang học", "Chuyển đi", "Chuyển đến kỳ 1"
LATER_STATUSES = ("Bỏ học", "Thôi học", "Tạm nghỉ", "Nghỉ học xin học lại")
YOUNGEST, FIRST_CLASS = 5, 6
"""Preschool lists of the children of five, primary school from the year of the sixth birthday."""
DISABLING_MARKS = {"chân vẹo": "Khuyết tật vận động", "hở hàm ếch": "Khuyết tật khác"}

Row = dict[str, str]


def papers(scene: Scene, story: Story) -> list[Paper]:
    """Rows of those who are old enough at the end of the world, some in two lists."""
    sent: list[Paper] = []
    for child, trail in story.group:
        born = trail.registered_birth or child.born.date()
        age = scene.end.year - born.year
        if age >= YOUNGEST and scene.happens(rates.ENROLLED):
            sent += _lists(scene, child, trail, born, age)
    return sent


def _lists(scene: Scene, child: Child, trail: Trail, born: date, age: int) -> list[Paper]:
    schools = [known for known in scene.place.schools if known.preschool == (age < FIRST_CLASS)]
    school = scene.rng.choice(schools)
    number = _student_number(scene, trail, school)
    row = _row(scene, child, trail, school, born, age, number)
    truth = {number: child.id}
    if scene.happens(rates.SCHOOL_MOVED):
        other = scene.rng.choice([known for known in schools if known.code != school.code])
        there = _row(scene, child, trail, other, born, age, number)
        there |= {"Trạng thái": CAME, "Giới tính": row["Giới tính"]}
        return [
            _paper(school, row | {"Trạng thái": LEFT}, truth),
            _paper(other, there, truth, turn=1),
        ]
    if scene.happens(rates.SCHOOL_LIST_AGAIN):
        changed = row | {"Trạng thái": scene.rng.choice(LATER_STATUSES)}
        return [_paper(school, row, truth), _paper(school, changed, {}, turn=1)]
    return [_paper(school, row, truth)]


def _paper(school: School, row: Row, truth: dict[str, str], turn: int = 0) -> Paper:
    return Paper(source="education", sender=school.code, turn=turn, content=row, truth=truth)


def _student_number(scene: Scene, trail: Trail, school: School) -> str:
    """Ten digits that begin with 0998 or 0999, or in newer lists the personal number."""
    if school.personal_numbers and trail.personal_id:
        return trail.personal_id
    running = scene.number("students", first=900, gap=3)
    return f"099{8 + running // 1_000_000 % 2}{running * 700_001 % 1_000_000:06d}"


def _row(
    scene: Scene, child: Child, trail: Trail, school: School, born: date, age: int, number: str
) -> Row:
    spelling = school.spelling
    lives = _residence(child, trail)
    old = scene.happens(rates.OLD_CODE_AFTER_REFORM)
    commune, _, province = lives.words(scene.end, old).partition(", ")
    return {
        "STT": "",
        "Trường": scene.spelled(school.name, spelling),
        "Mã trường": school.code,
        "Lớp": _class(scene, age),
        "Mã định danh Bộ GD&ĐT": number,
        "Họ tên": scene.typed(_name(scene, child, trail), spelling),
        "Ngày sinh": _birth(scene, trail, born),
        "Giới tính": _sex(scene, trail),
        "Dân tộc": scene.spelled(_people(scene, child, trail), spelling),
        "Quốc tịch": scene.spelled("Việt Nam", spelling),
        "Trạng thái": STAYED,
        "Tỉnh/TP": scene.spelled(province.rpartition(", ")[2], spelling),
        "Xã/Phường": scene.spelled(commune, spelling),
        "Mã xã": lives.code(scene.end, old),
        "Nơi sinh": scene.spelled(_birth_place(scene, child, trail), spelling),
        "Chỗ ở hiện nay": scene.spelled(_home(scene, trail), spelling),
        "Loại khuyết tật": scene.spelled(_disability(scene, child), spelling),
        "Số ĐDCN": scene.personal_id(trail, school.code, rates.SCHOOL_PERSONAL_ID),
        **_parents(scene, child, trail, school),
    }


def _class(scene: Scene, age: int) -> str:
    letter = scene.rng.choice("ABC")
    return f"Lá {scene.rng.randint(1, 3)}" if age < FIRST_CLASS else f"{age - 5}{letter}"


def _name(scene: Scene, child: Child, trail: Trail) -> str:
    if trail.found is None:
        return trail.registered_name or child.planned_name
    if trail.registered_name and not scene.happens(rates.SCHOOL_OLD_NAME):
        return trail.registered_name
    return child.house_name


def _birth(scene: Scene, trail: Trail, born: date) -> str:
    """Always a whole date: the list demands one."""
    day = born.replace(month=1, day=1) if trail.birth_year_only else scene.noise.day(born)
    return day.strftime("%d/%m/%Y")


def _sex(scene: Scene, trail: Trail) -> str:
    """The list knows only Nam and Nữ."""
    typed = scene.noise.sex(trail.sex)
    return SEX[trail.sex if typed == "U" else typed]


def _people(scene: Scene, child: Child, trail: Trail) -> str:
    """It must match the birth certificate, and there an abandoned child has none."""
    if trail.found is None:
        return child.people[1]
    return "Kinh" if scene.happens(0.4) else ""


def _residence(child: Child, trail: Trail) -> Spot:
    if trail.home is not None:
        return trail.home.spot
    return trail.found.spot if trail.found else child.mother.spot


def _birth_place(scene: Scene, child: Child, trail: Trail) -> str:
    if scene.happens(0.3):
        return ""
    if trail.found is not None:
        return trail.found.spot.words(trail.found.time.date())
    return child.mother.spot.words(child.born.date())


def _home(scene: Scene, trail: Trail) -> str:
    """Where the child lives now, if it is a facility: the same address for all of its children."""
    return trail.home.name if trail.home and scene.happens(0.7) else ""


def _disability(scene: Scene, child: Child) -> str:
    kind = DISABLING_MARKS.get(child.mark or "", "")
    return kind or ("Không" if scene.happens(0.3) else "")


def _parents(scene: Scene, child: Child, trail: Trail, school: School) -> Row:
    """Of an abandoned child nobody, until it is adopted."""
    if trail.found is not None and trail.adopted is None:
        return dict.fromkeys(("Tên cha", "Năm sinh cha", "Tên mẹ", "Năm sinh mẹ"), "")
    if trail.adopted:
        father, mother, born = trail.adopted.father, trail.adopted.mother, ("", "")
    else:
        father = child.father.name if child.father else ""
        mother = child.mother.name
        years = (str(child.father.born.year) if child.father else "", str(child.mother.born.year))
        born = years
    return {
        "Tên cha": scene.typed(father, school.spelling) if father else "",
        "Năm sinh cha": born[0],
        "Tên mẹ": scene.typed(mother, school.spelling),
        "Năm sinh mẹ": born[1],
    }
