"""What a table says of the child: placeholders kept and flagged, evidence kept apart."""

from typing import Any

import pytest

from tests.adapters.sources.hospital.payloads import (
    CERTIFICATE,
    LETTER,
    STAY,
    envelope,
    filed,
    patient,
    resources,
    stay,
    table,
    tags,
)


def _stayed(**fields: str) -> dict[str, Any]:
    return patient(envelope(filed("XML1", stay(**fields))))


def _born(**fields: str) -> dict[str, Any]:
    return patient(envelope(table("XML9", **CERTIFICATE | fields)))


def _numbers(resource: dict[str, Any], system: str) -> list[str]:
    return [i["value"] for i in resource["identifier"] if i.get("system", "").endswith(system)]


RECEPTION = {"NGAY_SINH": "202603060900"}


@pytest.mark.parametrize(
    ("fields", "placeholder"),
    [
        (RECEPTION, True),
        ({"NGAY_SINH": "202603060901"}, False),
        ({"NGAY_SINH": "20260306"}, False),
        ({"NGAY_SINH": "20260306", "HO_TEN": "Bệnh viện Mẫu"}, True),
        ({"NGAY_SINH": "202603060300", "HO_TEN": "Vô danh"}, True),
        ({"NGAY_SINH": "20260305", "HO_TEN": "Vô danh"}, False),
        (RECEPTION | {"HO_TEN": "Con bà Lê Thị Đào"}, False),
        (RECEPTION | {"HO_TEN": "Trẻ sơ sinh", "MA_BENH_CHINH": "Z38.0"}, False),
        ({"NGAY_SINH": "202600000000", "HO_TEN": "Vô danh"}, False),
    ],
)
def test_a_reception_time_is_no_birth_date(fields: dict[str, str], placeholder: bool) -> None:
    resource = _stayed(**fields)
    assert ("placeholder-birth-date" in tags(resource)) is placeholder
    assert resource["birthDate"].startswith("2026")
    bases = [
        part["valueCode"]
        for extension in resource.get("_birthDate", {}).get("extension", ())
        for part in extension.get("extension", ())
        if part["url"] == "basis"
    ]
    assert bases == (["reception"] if placeholder else [])


def test_the_hour_of_birth_is_kept_beside_the_day() -> None:
    resource = _born()
    (extension,) = resource["_birthDate"]["extension"]
    assert resource["birthDate"] == "2026-03-04"
    assert extension["valueDateTime"] == "2026-03-04T10:15:00+07:00"


@pytest.mark.parametrize(
    ("born", "precision"), [("202600000000", "2026"), ("20260300", "2026-03"), ("", None)]
)
def test_a_birth_date_is_as_precise_as_stated(born: str, precision: str | None) -> None:
    assert _stayed(NGAY_SINH=born).get("birthDate") == precision


def test_a_hospitals_name_makes_name_and_address_placeholders() -> None:
    resource = _stayed(HO_TEN="Bệnh viện Mẫu", DIA_CHI="Số 1, phường Láng", MAXA_CU_TRU="00199")
    assert {"placeholder-name", "placeholder-address"} <= tags(resource)
    assert resource["name"][0]["text"] == "Bệnh viện Mẫu"
    assert "family" not in resource["name"][0]


def test_a_hospitals_address_is_a_placeholder_under_any_name() -> None:
    assert "placeholder-address" in tags(_stayed(DIA_CHI="BV Mẫu, phường Láng"))
    assert "placeholder-address" not in tags(_stayed(DIA_CHI="Số 2, gần Bệnh viện Mẫu"))


@pytest.mark.parametrize("relation", ["HO_TEN_ME", "HO_TEN_CHA", "NGUOI_GIAM_HO"])
def test_a_parents_name_in_another_table_of_the_file_unmasks_the_childs(relation: str) -> None:
    content = envelope(
        filed("XML1", stay(HO_TEN="TRAN THI CUC")),
        table("XML8", **{"MA_LK": "LK1", relation: "Trần Thị Cúc"}),
    )
    child, _ = resources(content, "Patient")
    assert tags(child) == {"placeholder-name"}


def test_a_certificates_name_is_what_the_parents_intend() -> None:
    assert _born(HO_TEN_CON="Lê Bảo Châu")["name"][0]["use"] == "usual"
    assert "name" not in _born()


@pytest.mark.parametrize(
    ("number", "system", "value"),
    [
        ("998326012345", "national_id", "998326012345"),
        ("9326012345", "national_id", "00" + "9326012345"),
        ("99326012345", "national_id", "0" + "99326012345"),
        ("998123456", "citizen_id", "998123456"),
        ("C9981234", "passport_number", "C9981234"),
    ],
)
def test_a_paper_is_known_by_its_form(number: str, system: str, value: str) -> None:
    assert _numbers(_stayed(SO_CCCD=number), system) == [value]


def test_a_number_that_got_its_zeros_back_keeps_what_was_sent() -> None:
    (number,) = [i for i in _stayed(SO_CCCD="9326012345")["identifier"] if "extension" in i]
    assert number["extension"][0]["valueString"] == "9326012345"


def test_an_account_is_kept_as_no_known_kind_of_number() -> None:
    (account,) = [i for i in _stayed(SO_CCCD="EID-77")["identifier"] if "system" not in i]
    assert account["value"] == "EID-77"


def test_cards_of_zeros_are_kept_as_placeholders() -> None:
    resource = _stayed(MA_THE_BHYT="TE1010000000000;TE1019980012345;KHONG")
    reasons = [
        [e["valueCode"] for e in i.get("extension", ())]
        for i in resource["identifier"]
        if i["system"].endswith("insurance_number")
    ]
    assert reasons == [["zero-digits"], [], ["wrong-form"]]


def test_numbers_of_a_hospital_name_the_hospital() -> None:
    resource = _stayed(MA_HSBA="26000123")
    issuers = {i["value"]: i["assigner"]["identifier"]["value"] for i in resource["identifier"]}
    assert issuers == {"BN1": "01999", "26000123": "01999"}


def test_a_certificate_number_of_a_hospitals_own_form_names_the_hospital() -> None:
    assert "assigner" not in _born()["identifier"][0]
    assert _born(SO="15")["identifier"][0]["assigner"]["identifier"]["value"] == "01999"


@pytest.mark.parametrize(
    ("fields", "several"),
    [({"SO_CON": "2"}, True), ({"SO_CON": "1"}, False), ({"SO_CON": ""}, False)],
)
def test_children_born_together_are_told(fields: dict[str, str], several: bool) -> None:
    assert _born(**fields).get("multipleBirthBoolean", False) is several


def test_a_twins_own_stay_tells_it_by_diagnosis() -> None:
    assert _stayed(MA_BENH_CHINH="Z38.3")["multipleBirthBoolean"] is True


def test_a_found_childs_certificate_tells_where_and_that_its_birth_is_unknown() -> None:
    place = "xã Liên Bảo, huyện Vụ Bản, tỉnh Nam Định"
    resource = _born(NOI_SINH_CON=f"trẻ bị bỏ rơi tại {place}")
    (found,) = [e for e in resource["extension"] if e["url"].endswith("discovery")]
    parts = {part["url"]: part for part in found["extension"]}
    assert parts["place-text"]["valueString"] == place
    assert parts["time"]["valueDateTime"] == "2026-03-04"
    assert "placeholder-birth-date" in tags(resource)


def test_a_child_left_in_the_hospital_was_born_when_its_certificate_says() -> None:
    resource = _born(NOI_SINH_CON="trẻ bị bỏ rơi tại Bệnh viện Mẫu")
    assert tags(resource) == set()


def test_a_birth_place_that_is_no_find_is_a_birth_place() -> None:
    (extension,) = _born(NOI_SINH_CON="Trạm y tế xã Mẫu")["extension"]
    assert extension["valueAddress"]["text"] == "Trạm y tế xã Mẫu"


def test_a_commune_code_keeps_its_day_and_all_its_readings() -> None:
    (address,) = _stayed(MAXA_CU_TRU="7", NGAY_VAO="202501010900")["address"]
    (commune,) = address["extension"]
    parts = [
        (part["url"], part.get("valueCode", part.get("valueDate"))) for part in commune["extension"]
    ]
    # Phường Cống Vị was split between Ngọc Hà and Giảng Võ.
    assert parts[:2] == [("stated", "00007"), ("stated-on", "2025-01-01")]
    assert {("commune", "00008"), ("commune", "00025")} <= set(parts)
    assert address["state"] == "01"


def test_a_part_states_only_what_it_says() -> None:
    resource = patient(envelope(table("XML8", MA_LK="LK1", HO_TEN_ME="Lê Thị Đào")))
    assert resource.keys() == {"resourceType", "id", "meta"}


def test_a_letters_birth_date_is_as_worthless_as_its_name() -> None:
    letter = LETTER | {"HO_TEN": "Vô danh", "NGAY_SINH": STAY["NGAY_SINH"]}
    assert "placeholder-birth-date" in tags(patient(envelope(table("XML13", **letter))))


@pytest.mark.parametrize("result", ["5", "8"])
def test_death_is_told(result: str) -> None:
    assert _stayed(KET_QUA_DTRI=result)["deceasedBoolean"] is True
    assert "deceasedBoolean" not in _stayed(KET_QUA_DTRI="1")


def test_minutes_named_in_a_remark_are_kept_without_a_commune() -> None:
    assert _numbers(_stayed(GHI_CHU="Theo biên bản số 12/BB-CAX."), "bien-ban-bo-roi") == [
        "12/BB-CAX"
    ]
