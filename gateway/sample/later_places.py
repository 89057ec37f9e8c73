"""Adds to a neighbourhood what only the later sources know: clinics, schools, who sends HL7."""

from dataclasses import replace
from random import Random

from gateway.sample import rates
from gateway.sample.neighbourhoods import (
    communes_by_province,
    hospital_at,
    spelling_of,
)
from gateway.sample.places import Hospital, Neighbourhood, School, Spot

CLINICS, PRESCHOOLS, PRIMARY_SCHOOLS = 2, 2, 4
FIRST_CLINIC, LAST_RANK = 900, 49
"""Codes 900 to 999 of a province; farther neighbourhoods of the province have no clinics."""
SCHOOL_FORMS = ("csv", "csv-semicolon", "xlsx", "xlsx", "xlsx-two-rows")
SCHOOL_WORDS = ("Hoa Sen", "Kim Đồng", "Lê Văn Tám", "Võ Thị Sáu", "Nguyễn Du", "Sao Mai")


def with_later_bodies(seed: int, place: Neighbourhood, scale: float) -> Neighbourhood:
    """The same neighbourhood with more bodies, from random numbers of their own."""
    rng = Random(f"{seed}/later-places/{place.number}")
    hospitals = (*place.hospitals, *place.national)
    return replace(
        place,
        clinics=_clinics(rng, place, scale),
        messaging=frozenset(known.code for known in hospitals if _sends_messages(seed, known)),
        schools=tuple(
            _school(rng, place, number, scale) for number in range(PRESCHOOLS + PRIMARY_SCHOOLS)
        ),
    )


def _sends_messages(seed: int, hospital: Hospital) -> bool:
    """By the hospital alone: national ones belong to many neighbourhoods."""
    return Random(f"{seed}/hl7/{hospital.code}").random() < rates.HL7_HOSPITAL


def _clinics(rng: Random, place: Neighbourhood, scale: float) -> tuple[Hospital, ...]:
    rank = place.number // len(communes_by_province())
    if rank > LAST_RANK:
        return ()
    province = place.spots[0].commune.province_code
    made = []
    for number in range(CLINICS):
        spot = rng.choice(place.spots)
        code = f"{province}{FIRST_CLINIC + rank * CLINICS + number}"
        clinic = hospital_at(rng, code, spot, number, scale)
        name = f"Phòng khám {_bare(spot)}"
        made.append(replace(clinic, name=name, short_name=name.replace("Phòng khám", "PK")))
    return tuple(made)


def _bare(spot: Spot) -> str:
    """ "Xã Liên Bảo" → "Liên Bảo"."""
    return spot.commune.name.partition(" ")[2] or spot.commune.name


def _school(rng: Random, place: Neighbourhood, number: int, scale: float) -> School:
    preschool = number < PRESCHOOLS
    spot = rng.choice(place.spots)
    kind = "Mầm non" if preschool else "Tiểu học và THCS"
    empties = ("36", "36", "36.0") if rng.random() < rates.LITERAL_36 else ("",)
    return School(
        code=f"{spot.commune.province_code}{place.number:04d}{number:02d}",
        name=f"Trường {kind} {rng.choice(SCHOOL_WORDS)}",
        spot=spot,
        spelling=spelling_of(rng, scale),
        preschool=preschool,
        sheet_form=rng.choice(SCHOOL_FORMS),
        empty=rng.choice(empties),
        personal_numbers=rng.random() < rates.STUDENT_NUMBER_IS_PERSONAL,
    )
