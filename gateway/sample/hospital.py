"""What a hospital writes of a child: stays, certificates, transfer letters, as health-XML fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gateway.sample import hospital_tables, names, rates
from gateway.sample.children import Child, PatientFile, Trail
from gateway.sample.hospital_tables import Fields
from gateway.sample.paper import Paper
from gateway.sample.places import Hospital
from gateway.sample.scene import Scene

SEX = {"M": "1", "F": "2", "U": "3"}
ILLNESSES: tuple[tuple[str, str, str], ...] = (
    ("J18.9", "Viêm phổi", "ho, sốt"), ("A09", "Tiêu chảy cấp", "đi ngoài nhiều lần"),
    ("P59.9", "Vàng da sơ sinh", "vàng da"), ("J21.9", "Viêm tiểu phế quản", "khò khè"),
    ("R50.9", "Sốt chưa rõ nguyên nhân", "sốt"), ("Q37.9", "Khe hở môi vòm", "dị tật môi"),
    ("D50.9", "Thiếu máu", "da xanh"), ("B20", "Bệnh HIV", "sụt cân"),
)  # fmt: skip
FOUND = ("Z76.1", "Trẻ bị bỏ rơi, theo dõi sức khỏe", "trẻ bị bỏ rơi")
NEWBORN = ("Z38.0", "Trẻ sơ sinh", "sinh tại viện")
UNNAMED = (
    "Vô danh",
    "Trẻ bị bỏ rơi",
    "{bé} bỏ rơi",
    "{bé} vô danh",
    "Trẻ sơ sinh",
    "{bé} chưa có tên",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One FILEHOSO: table name, the rows of its fields, and when it is sent.

    `turn` is 0 with the dossier, -1 in a file before it, 1 in a file after it.
    """

    table: str
    rows: tuple[Fields, ...]
    turn: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Stay:
    """A stay as it happened."""

    hospital: Hospital
    admitted: datetime
    days: int
    reason: str
    """birth, found, left (by the mother), ill, transfer."""
    discharge: str = "1"
    sender: tuple[str, str] | None = None
    """Code and letter number of the hospital that sends the child, as the receiver noted them."""
    receiver: tuple[str, str] | None = None
    """Code of the hospital that the child is sent to, and the number of the letter."""

    @property
    def left(self) -> datetime:
        return self.admitted + timedelta(days=self.days, hours=3)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%d%H%M")


def day_stamp(day: date) -> str:
    return day.strftime("%Y%m%d")


def stay(scene: Scene, child: Child, trail: Trail, event: Stay) -> list[Paper]:
    """A stay's XML1, often with XML0, XML7 and XML8, some of them in files of their own."""
    hospital = event.hospital
    file = _patient_file(scene, child, trail, event)
    episode = f"{hospital.code}.{event.admitted:%y%m%d}.{scene.number('episode', hospital.code)}"
    main = _main_table(scene, child, trail, event, file, episode)
    mother = child.mother.name if event.reason == "birth" else ""
    parts = [Part(table="XML1", rows=(main,))]
    if scene.happens(rates.CHECK_IN):
        parts.append(_extra(scene, "XML0", hospital_tables.check_in(main)))
    if scene.happens(rates.DISCHARGE_PAPER):
        parts.append(_extra(scene, "XML7", hospital_tables.discharge(main, scene, mother)))
    if scene.happens(rates.CASE_SUMMARY):
        parts.append(_extra(scene, "XML8", hospital_tables.summary(main, scene, mother)))
    if event.receiver and scene.happens(rates.LETTER_SENT):
        parts.append(_extra(scene, "XML13", hospital_tables.letter(main, event.receiver[1])))
    trail.last_stay = (hospital, file.number, event.left.date())
    trail.stays.append((hospital, file.number, event.admitted.date()))
    trail.handed_by = (hospital.name, hospital.code, file.number)
    return dossier(hospital, parts, {f"{hospital.code}/{file.number}": child.id})


def _extra(scene: Scene, table: str, row: Fields) -> Part:
    return Part(table=table, rows=(row,), turn=scene.turn())


def dossier(hospital: Hospital, parts: Sequence[Part], truth: Mapping[str, str]) -> list[Paper]:
    """One paper for each turn in which parts are sent; the keys stand with the first."""
    return [
        Paper(
            source="hospital",
            sender=hospital.code,
            turn=turn,
            content=[part for part in parts if part.turn == turn],
            truth=truth if turn == 0 else {},
        )
        for turn in sorted({part.turn for part in parts})
    ]


def _patient_file(scene: Scene, child: Child, trail: Trail, event: Stay) -> PatientFile:
    """The file of the child in this hospital: opened once, its name brought up to date later."""
    known = trail.files.get(event.hospital.code)
    name, birth = _name(scene, child, trail, event), _birth(scene, child, trail, event)
    if known is None:
        year = event.admitted.year % 100
        number = scene.number("patient", event.hospital.code, first=9000, gap=40)
        known = PatientFile(
            number=event.hospital.number_form.format(year=year, number=number),
            name=name,
            sex=scene.noise.sex(trail.sex),
            birth=birth,
        )
        trail.files[event.hospital.code] = known
    elif scene.happens(0.7):
        known.name = name
    return known


def _name(scene: Scene, child: Child, trail: Trail, event: Stay) -> str:
    """HO_TEN: the registered name, else a placeholder by vn_domain.md 4.2 and 8.3."""
    rng, hospital = scene.rng, event.hospital
    if trail.registered_name and scene.happens(rates.HOSPITAL_KNOWS_NAME):
        return scene.typed(trail.registered_name, hospital.spelling)
    if event.reason == "birth":
        mother = child.mother.name
        if scene.happens(0.18):
            return scene.typed(child.planned_name, hospital.spelling)
        form = rng.choice(("{}", "{}", "{}", "CB {}", "Con bà {}", "Con {}"))
        return scene.typed(form.format(mother), hospital.spelling)
    if trail.home is not None and trail.names:
        return scene.typed(trail.names[-1], hospital.spelling)
    return scene.spelled(_nobody(scene, child, trail, hospital), hospital.spelling)


def _nobody(scene: Scene, child: Child, trail: Trail, hospital: Hospital) -> str:
    roll = scene.rng.random()
    if roll < 0.5:
        return hospital.name
    if roll < 0.6:
        return hospital.short_name
    if roll < 0.8:
        baby = "Bé gái" if trail.sex == "F" else "Bé trai"
        return scene.rng.choice(UNNAMED).format(bé=baby)
    if roll < 0.87:
        return f"Con bà {child.mother.name}" if child.stratum != "found-outside" else "Vô danh"
    given = names.full_name(scene.rng, child.sex)
    trail.names.append(given)
    return given


def _birth(scene: Scene, child: Child, trail: Trail, event: Stay) -> str:
    """NGAY_SINH: the true time for a birth, else the registered day, else the reception."""
    if trail.registered_birth and scene.happens(0.85):
        year_only = trail.birth_year_only
        day = scene.noise.day(trail.registered_birth)
        return f"{day.year}00000000" if year_only else day_stamp(day) + "0000"
    if event.reason in ("birth", "left"):
        exact = scene.happens(rates.BIRTH_MINUTE_KEPT) and event.reason == "birth"
        return (
            stamp(child.born) if exact else day_stamp(scene.noise.day(child.born.date())) + "0000"
        )
    age = (event.admitted.date() - child.born.date()).days
    if age > 200:
        return f"{child.born.year + scene.rng.choice((-1, 0, 0, 0, 1))}00000000"
    return stamp(event.admitted)


def _main_table(
    scene: Scene, child: Child, trail: Trail, event: Stay, file: PatientFile, episode: str
) -> Fields:
    illness = _illness(scene, event)
    hospital, spelling = event.hospital, event.hospital.spelling
    # Age gaps let `weight_on` follow the true child while the scale adds its own error.
    grams = scene.noise.weight(child.weight_on(event.admitted.date()))
    weighed = scene.happens(rates.HOSPITAL_WEIGHT)
    address = _address(scene, child, trail, event)
    sender = event.sender or ("", "")
    return {
        "MA_LK": episode,
        "STT": "1",
        "MA_BN": file.number,
        "HO_TEN": file.name,
        "SO_CCCD": scene.personal_id(trail, hospital.code, rates.HOSPITAL_PERSONAL_ID),
        "NGAY_SINH": file.birth,
        "GIOI_TINH": SEX[file.sex],
        "MA_QUOCTICH": "000",
        "MA_DANTOC": child.people[0] if event.reason == "birth" else "01",
        "DIA_CHI": scene.spelled(address[0], spelling),
        "MATINH_CU_TRU": address[1],
        "MAXA_CU_TRU": address[2],
        "MA_THE_BHYT": _cards(scene, trail),
        "LY_DO_VV": scene.spelled(illness[2], spelling),
        "CHAN_DOAN_VAO": scene.spelled(illness[1], spelling),
        "CHAN_DOAN_RV": scene.spelled(illness[1], spelling),
        "MA_BENH_CHINH": illness[0],
        "MA_NOI_DI": sender[0],
        "MA_NOI_DEN": event.receiver[0] if event.receiver else "",
        "NGAY_VAO": stamp(event.admitted),
        "NGAY_RA": stamp(event.left),
        "GIAY_CHUYEN_TUYEN": sender[1],
        "KET_QUA_DTRI": "1",
        "MA_LOAI_RV": event.discharge,
        "MA_CSKCB": hospital.code,
        "CAN_NANG": f"{grams / 1000:.2f}" if weighed else "",
        "MA_HSBA": f"{event.admitted:%y}{scene.number('dossier', hospital.code):06d}",
        "GHI_CHU": _remark(scene, trail),
    }


def _illness(scene: Scene, event: Stay) -> tuple[str, str, str]:
    if event.reason in ("found", "left"):
        return FOUND
    if event.reason == "birth":
        return NEWBORN
    return scene.rng.choices(ILLNESSES, weights=(8, 7, 4, 6, 5, 2, 2, 0.1))[0]


def _address(scene: Scene, child: Child, trail: Trail, event: Stay) -> tuple[str, str, str]:
    """Text, province and commune: the facility's, the mother's, else the hospital's own."""
    hospital, day = event.hospital, event.admitted.date()
    spot = hospital.spot
    head = hospital.name
    if trail.home is not None:
        spot, head = trail.home.spot, trail.home.name
    elif event.reason == "birth" or child.stratum == "named":
        spot, head = child.mother.spot, f"Thôn {scene.rng.randint(1, 12)}"
    old = hospital.reports_old_code
    code = spot.code(day, old)
    return f"{head}, {spot.words(day, old)}", spot.commune.province_code, code


def _cards(scene: Scene, trail: Trail) -> str:
    cards = [card for card in (trail.temporary_card, trail.card) if card and scene.happens(0.7)]
    return ";".join(cards)


def _remark(scene: Scene, trail: Trail) -> str:
    if trail.minutes and scene.happens(rates.HOSPITAL_MINUTES_NOTE):
        return f"Theo biên bản {scene.noise.minutes_number(trail.minutes[0])}"
    return ""
