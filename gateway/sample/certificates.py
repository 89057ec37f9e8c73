"""What a hospital writes of a birth: the certificate (XML9 or HSDLGCS) in the mother's dossier."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from gateway.sample import rates
from gateway.sample.children import Child, Discovery, Trail
from gateway.sample.hospital import SEX, Part, day_stamp, dossier, stamp
from gateway.sample.hospital_tables import Fields
from gateway.sample.paper import Paper
from gateway.sample.places import Hospital
from gateway.sample.scene import Scene

ABSCONDED = "3"
"""MA_LOAI_RV of a mother who left (vn_domain.md 4.2)."""


def certificates(
    scene: Scene,
    family: Sequence[tuple[Child, Trail]],
    hospital: Hospital,
    left: bool,
    found: Discovery | None = None,
) -> list[Paper]:
    """Certificates of children born together (or found), with the mother's own XML1 at times."""
    issued = family[0][0].born.date()
    if found is not None:
        issued = found.time.date()
    issued += timedelta(days=scene.rng.randint(0, 2))
    episode = f"{hospital.code}.{issued:%y%m%d}.{scene.number('episode', hospital.code)}"
    rows: list[Fields] = []
    for child, trail in family:
        number = _number(scene, hospital, issued, after_twin=bool(rows))
        trail.certificate = number
        if scene.happens(rates.TEMPORARY_CARD):
            trail.temporary_card = _temporary_card(scene, hospital)
        rows.append(_row(scene, child, trail, hospital, issued, number, episode, left, found))
    parts = [Part(table="HSDLGCS" if hospital.new_certificates else "XML9", rows=tuple(rows))]
    if found is None and scene.happens(rates.MOTHER_IN_DOSSIER):
        born = family[0][0].born
        parts.insert(
            0, Part(table="XML1", rows=(_mother(scene, hospital, born, episode, rows, left),))
        )
    keys = {f"{hospital.code}/GCS/{trail.certificate}": child.id for child, trail in family}
    return dossier(hospital, parts, keys)


def _number(scene: Scene, hospital: Hospital, issued: date, *, after_twin: bool) -> str:
    """`ddddd.GCS.ddddd.yy`; twins have neighbouring numbers (vn_domain.md 3.2)."""
    year = f"{issued.year % 100:02d}"
    serial = scene.number("certificate", hospital.code, year, first=900, gap=1 if after_twin else 9)
    return f"{serial:05d}.GCS.{hospital.code}.{year}"


def _temporary_card(scene: Scene, hospital: Hospital) -> str:
    province = hospital.spot.commune.province_code
    if scene.happens(rates.EMPTY_TEMPORARY_CARD):
        return f"TE1{province}0000000000"
    return f"TE1{province}998{scene.number('temporary-card') % 10_000_000:07d}"


def _row(
    scene: Scene,
    child: Child,
    trail: Trail,
    hospital: Hospital,
    issued: date,
    number: str,
    episode: str,
    left: bool,
    found: Discovery | None,
) -> Fields:
    mother, spelling = child.mother, hospital.spelling
    old = hospital.reports_old_code
    place = f"{hospital.name}, {hospital.spot.words(issued, old)}"
    carer, card, born = mother.name, mother.card, day_stamp(mother.born)
    birth = stamp(child.born)
    if found is not None:
        place = f"trẻ bị bỏ rơi tại {found.words}, {found.spot.words(issued, old)}"
        carer, card, born = hospital.name, "", ""
        birth = stamp(found.time)
    name = child.planned_name if not left and found is None and scene.happens(0.6) else ""
    father = child.father.name if child.father and not left and scene.happens(0.7) else ""
    return {
        "MA_LK": episode,
        "HO_TEN_NND": scene.typed(carer, spelling)
        if found is None
        else scene.spelled(carer, spelling),
        "NGAYSINH_NND": born,
        "MA_DANTOC_NND": child.people[0] if found is None else "",
        "SO_CCCD_NND": card if scene.happens(0.6) else "",
        "NOI_CU_TRU_NND": scene.spelled(mother.spot.words(issued, old), spelling)
        if not found
        else "",
        "MA_QUOCTICH": "000",
        "MATINH_CU_TRU": hospital.spot.commune.province_code,
        "MAXA_CU_TRU": mother.spot.code(issued, old) if found is None else "",
        "HO_TEN_CHA": scene.typed(father, spelling) if father else "",
        "MA_THE_TAM": trail.temporary_card or "",
        "HO_TEN_CON": scene.typed(name, spelling) if name else "",
        "GIOI_TINH_CON": SEX[scene.noise.sex(child.sex)],
        "SO_CON": str(child.born_together if found is None else 1),
        "LAN_SINH": "1",
        "SO_CON_SONG": str(child.born_together),
        "CAN_NANG_CON": str(
            child.birth_weight if found is None else scene.noise.weight(child.birth_weight)
        ),
        "NGAY_SINH_CON": birth,
        "NOI_SINH_CON": scene.spelled(place, spelling),
        "TINH_TRANG_CON": scene.spelled(
            scene.rng.choice(("Khỏe mạnh", "Yếu", "Khỏe mạnh")), spelling
        ),
        "SINHCON_PHAUTHUAT": "0",
        "SINHCON_DUOI32TUAN": "0",
        "NGAY_CT": day_stamp(issued),
        "SO": number,
        "QUYEN_SO": f"{scene.rng.randint(1, 9):02d}",
    }


def _mother(
    scene: Scene,
    hospital: Hospital,
    born: datetime,
    episode: str,
    rows: Sequence[Fields],
    left: bool,
) -> Fields:
    """The mother's XML1: an adult's, so no child's record."""
    number = scene.number("patient", hospital.code, first=9000, gap=40)
    return {
        "MA_LK": episode,
        "STT": "1",
        "MA_BN": hospital.number_form.format(year=born.year % 100, number=number),
        "HO_TEN": rows[0]["HO_TEN_NND"],
        "SO_CCCD": rows[0]["SO_CCCD_NND"],
        "NGAY_SINH": rows[0]["NGAYSINH_NND"] + "0000",
        "GIOI_TINH": "2",
        "MA_QUOCTICH": "000",
        "MA_DANTOC": rows[0]["MA_DANTOC_NND"],
        "DIA_CHI": rows[0]["NOI_CU_TRU_NND"],
        "MATINH_CU_TRU": hospital.spot.commune.province_code,
        "MAXA_CU_TRU": rows[0]["MAXA_CU_TRU"],
        "MA_THE_BHYT": "",
        "LY_DO_VV": "Chuyển dạ",
        "CHAN_DOAN_VAO": "Chuyển dạ đẻ",
        "CHAN_DOAN_RV": "Sau đẻ",
        "MA_BENH_CHINH": "O80",
        "NGAY_VAO": stamp(born - timedelta(hours=scene.rng.randint(2, 20))),
        "NGAY_RA": stamp(born + timedelta(hours=scene.rng.randint(5, 90))),
        "KET_QUA_DTRI": "1",
        "MA_LOAI_RV": ABSCONDED if left else "1",
        "MA_CSKCB": hospital.code,
        "CAN_NANG_CON": ";".join(row["CAN_NANG_CON"] for row in rows),
        "MA_HSBA": f"{born:%y}{scene.number('dossier', hospital.code):06d}",
        "GHI_CHU": "",
    }
