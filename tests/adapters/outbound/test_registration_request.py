"""The form and the minutes of a found child, as the office that made the minutes gets them."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from adapters import profile
from adapters.catalog import load_adapters
from adapters.contract import Resource, SourceMessage
from adapters.outbound.birth_convention import birth_date
from adapters.outbound.registration_request import NEEDED, Draft, draft, message
from adapters.profile import Basis, IdentifierKind, Place, PlaceKind
from linkage.golden import SourcePatient, golden_patient

SAMPLES = Path(__file__).parents[1] / "sources"
MADE_AT = "2026-03-12T08:00:00+07:00"
ADAPTERS = load_adapters()


def resources_of(source: str, sample: str) -> list[Resource]:
    content = (SAMPLES / source / "samples" / sample).read_bytes()
    adapter = ADAPTERS[source]
    statement = adapter.read(SourceMessage(source=source, content=content)).statements[0]
    return list(adapter.convert(statement).resources)


def golden(*records: Sequence[Resource]) -> Resource:
    sources = ("police", "facility", "civil_status")
    return golden_patient(
        "i",
        [
            SourcePatient(record_id=str(n), source=sources[n], key=f"{sources[n]}:1", patient=r[0])
            for n, r in enumerate(records)
        ],
    )


def made(patient: Resource, resources: Sequence[Resource] = (), **more: str) -> Draft:
    return draft(patient, resources, request_id="R-1", made_at=MADE_AT, **more)


def foundling(**elements: Any) -> Resource:
    """Found on 4 March 2026 in Láng, with minutes of the commune."""
    commune = Place(kind=PlaceKind.COMMUNE, code="00199")
    minutes = profile.identifier(
        IdentifierKind.MINUTES, "12/BB-CAX", issuer=commune, start="2026-03-04"
    )
    found = profile.discovery(
        time="2026-03-04T05:10:00+07:00",
        commune="00199",
        candidates=["00199"],
        place_text="cổng chùa Láng",
    )
    return {
        "resourceType": "Patient",
        "identifier": [minutes],
        "extension": [found],
        "gender": "female",
    } | elements


def test_a_newborn_found_at_a_pagoda_is_requested_as_the_law_says() -> None:
    resources = resources_of("police", "newborn_at_pagoda.json")
    content = json.loads(message(made(golden(resources), resources, requester="Trung tâm Mẫu")))
    assert content == json.loads(
        (Path(__file__).parent / "newborn_at_pagoda.json").read_text("utf-8")
    )


def test_the_finder_stays_out() -> None:
    resources = resources_of("police", "newborn_at_pagoda.json")
    (finder,) = [r for r in resources if r["id"] == "related-finder"]
    told = message(made(golden(resources), resources)).decode()
    assert finder["name"][0]["text"] not in told
    assert finder["identifier"][0]["value"] not in told


def test_what_the_records_do_not_know_is_told_as_missing() -> None:
    assert made(foundling()).missing == ("nksHoTen",)
    assert made({"resourceType": "Patient"}).missing == ("noiNhan", *NEEDED)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ([profile.human_name("An Tạm", "temp"), profile.human_name("Lê An", "official")], "Lê An"),
        ([profile.human_name("An Tạm", "temp")], "An Tạm"),
        ([profile.human_name("Bống", "nickname"), profile.human_name("Cũ", "old")], None),
        ([profile.human_name("bé bỏ rơi", "official", "nameless")], None),
    ],
)
def test_the_childs_own_name_is_told_and_no_placeholder(
    names: list[dict[str, Any]], told: str | None
) -> None:
    assert made(foundling(name=names)).content["toKhai"].get("nksHoTen") == told


@pytest.mark.parametrize(
    ("gender", "told"), [("male", "1"), ("female", "2"), ("unknown", None), (None, None)]
)
def test_the_sex_has_the_codes_of_the_register(gender: str | None, told: str | None) -> None:
    assert made(foundling(gender=gender)).content["toKhai"].get("nksGioiTinh") == told


def test_a_child_that_was_not_found_is_one_whose_parents_are_not_known() -> None:
    form = made({"resourceType": "Patient"}).content["toKhai"]
    assert form["nksLoaiKhaiSinh"] == "Chưa xác định được cả cha lẫn mẹ"
    flag = profile.group_flag("facility", "ABANDONED", start=None)
    form = made({"resourceType": "Patient"}, [flag]).content["toKhai"]
    assert form["nksLoaiKhaiSinh"] == "Trẻ bị bỏ rơi"


def minutes_of(commune: str, day: str) -> list[dict[str, Any]]:
    issuer = Place(kind=PlaceKind.COMMUNE, code=commune)
    return [profile.identifier(IdentifierKind.MINUTES, "1/BB", issuer=issuer, start=day)]


def test_the_office_of_an_old_commune_is_that_of_today() -> None:
    request = made(foundling(identifier=minutes_of("00016", "2025-06-01")))
    assert request.offices == ("00004", "00008")
    assert "noiNhan" in request.missing
    assert "noiNhan" not in request.content
    chosen = made(foundling(identifier=minutes_of("00016", "2025-06-01")), office="00004")
    assert chosen.content["noiNhan"]["maXa"] == "00004"
    assert chosen.missing == ("nksHoTen",)


def test_without_minutes_the_commune_where_the_child_was_found_registers() -> None:
    request = made(foundling(identifier=[]))
    assert request.offices == ("00199",)
    assert {"bbSo", "bbMaXa", "bbNgay"} <= set(request.missing)


def test_minutes_with_commune_and_day_are_told_before_others() -> None:
    bare = profile.identifier(IdentifierKind.MINUTES, "99/BB")
    patient = foundling(identifier=[bare, *minutes_of("00199", "2026-03-04")])
    assert made(patient).content["toKhai"]["bbSo"] == "1/BB"


def test_the_home_asks_where_one_only_is_known() -> None:
    homes = [
        profile.organization(Place(kind=PlaceKind.HOME, code=code), f"Mái ấm {code}")
        for code in ("HN01", "HN02")
    ]
    assert made(foundling(), homes[:1]).content["toKhai"]["nycTenCoSo"] == "Mái ấm HN01"
    assert "nycTenCoSo" not in made(foundling(), homes).content["toKhai"]


def estimated(low: str, high: str, basis: Basis = Basis.ESTIMATED_AGE, **elements: Any) -> Resource:
    extension = profile.birth_range(date.fromisoformat(low), date.fromisoformat(high), basis)
    return foundling(_birthDate={"extension": [extension]}, **elements)


@pytest.mark.parametrize(
    ("patient", "born"),
    [
        (foundling(birthDate="2026-03-01"), "2026-03-01"),
        (
            estimated("2026-02-26", "2026-03-04", Basis.DAY_FOUND, birthDate="2026-03-04"),
            "2026-03-04",
        ),
        (foundling(), "2026-03-04"),
        (estimated("2026-02-25", "2026-03-04"), "2026-03-04"),
        (estimated("2021-12-01", "2023-12-01", birthDate="2022-06-01"), "2023-03-04"),
        (estimated("2022-01-01", "2022-12-31"), "2022-03-04"),
        (estimated("2020-01-01", "2024-12-31"), "2022-03-04"),
        (estimated("2025-11-01", "2026-01-31"), "2026-03-04"),
        (foundling(birthDate="2022"), "2022-03-04"),
        (foundling(birthDate="2022-07"), "2022-03-04"),
        ({"resourceType": "Patient", "birthDate": "2022"}, "2022"),
        ({"resourceType": "Patient"}, None),
    ],
)
def test_day_and_month_found_are_those_of_birth_and_looks_give_the_year(
    patient: Resource, born: str | None
) -> None:
    assert birth_date(patient) == born


@pytest.mark.parametrize(("year", "born"), [("2022", "2022-02-28"), ("2020", "2020-02-29")])
def test_found_on_a_leap_day_is_born_on_the_last_of_february(year: str, born: str) -> None:
    found = profile.discovery(time="2024-02-29", commune=None, candidates=[])
    assert birth_date(foundling(extension=[found], birthDate=year)) == born


def test_a_default_date_gives_its_year_and_a_reception_nothing() -> None:
    def flagged(basis: Basis, low: str, high: str) -> Resource:
        patient = estimated(low, high, basis, birthDate=low)
        patient["_birthDate"]["extension"].append(profile.flag_placeholder("x"))
        return patient

    assert birth_date(flagged(Basis.DEFAULT_DATE, "2022-01-01", "2022-12-31")) == "2022-03-04"
    assert birth_date(flagged(Basis.RECEPTION, "2026-03-09", "2026-03-09")) == "2026-03-04"


def test_nothing_of_the_child_can_be_printed() -> None:
    request = made(foundling(name=[profile.human_name("Nguyễn Mẫu An")]))
    for secret in ("Mẫu", "12/BB-CAX", "2026-03-04", "chùa"):
        assert secret not in repr(request)
