"""Encounters with their transfers, diagnoses, weights."""

from typing import Any

import pytest

from tests.adapters.sources.hospital.payloads import (
    CERTIFICATE,
    LETTER,
    STAY,
    envelope,
    filed,
    resources,
    stay,
    table,
)


def _encounter(**fields: str) -> dict[str, Any]:
    (only,) = resources(envelope(filed("XML1", stay(**fields))), "Encounter")
    return only


def _letters(encounter: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [
        (i["value"], i.get("assigner", {}).get("identifier", {}).get("value"))
        for i in encounter["identifier"]
        if i["system"].endswith("giay-chuyen-tuyen")
    ]


def test_a_received_letter_belongs_to_who_sent_it() -> None:
    encounter = _encounter(MA_NOI_DI="79998", GIAY_CHUYEN_TUYEN="45/GCT")
    assert _letters(encounter) == [("45/GCT", "79998")]
    assert encounter["hospitalization"]["origin"]["reference"].endswith("org-hospital-79998")


def test_a_letter_of_an_unknown_sender_has_no_issuer() -> None:
    assert _letters(_encounter(GIAY_CHUYEN_TUYEN="45/GCT")) == [("45/GCT", None)]


@pytest.mark.parametrize(
    ("fields", "letters"),
    [
        ({}, [("45/GCT", "01999")]),
        ({"MA_NOI_DI": ""}, [("45/GCT", "01999")]),
        ({"GIAY_CHUYEN_TUYEN": "", "SO_CHUYENTUYEN": "45"}, [("45", "01999")]),
        ({"SO_CHUYENTUYEN": "45"}, [("45/GCT", "01999")]),
    ],
)
def test_a_sent_letter_is_the_senders_own(
    fields: dict[str, str], letters: list[tuple[str, str]]
) -> None:
    (encounter,) = resources(envelope(table("XML13", **LETTER | fields)), "Encounter")
    assert _letters(encounter) == letters
    assert "origin" not in encounter["hospitalization"]
    destination = encounter["hospitalization"]["destination"]
    assert destination["reference"].endswith("org-hospital-79998")


def test_all_parts_of_a_stay_speak_of_one_encounter() -> None:
    content = envelope(
        table("XML1", **STAY)
        + table("XML0", **STAY)
        + table("XML7", MA_LK="LK1")
        + table("XML8", MA_LK="LK1")
        + table("XML13", **LETTER)
    )
    assert len({encounter["id"] for encounter in resources(content, "Encounter")}) == 1


def test_a_later_stay_is_another_encounter() -> None:
    content = envelope(filed("XML1", stay()) + filed("XML1", stay(MA_LK="LK2")))
    assert len({encounter["id"] for encounter in resources(content, "Encounter")}) == 2


def test_stays_of_two_hospitals_never_share_an_encounter() -> None:
    content = envelope(filed("XML1", stay()) + filed("XML1", stay(MA_CSKCB="79998")))
    assert len({encounter["id"] for encounter in resources(content, "Encounter")}) == 2


@pytest.mark.parametrize(
    ("fields", "status", "kind"),
    [
        ({}, "finished", "IMP"),
        ({"NGAY_RA": ""}, "in-progress", "AMB"),
        ({"NGAY_RA": "202603061000"}, "finished", "AMB"),
        ({"NGAY_RA": "202603061000", "MA_LOAI_KCB": "3"}, "finished", "IMP"),
        ({"MA_LOAI_KCB": "01"}, "finished", "AMB"),
    ],
)
def test_status_and_class(fields: dict[str, str], status: str, kind: str) -> None:
    encounter = _encounter(**fields)
    assert (encounter["status"], encounter["class"]["code"]) == (status, kind)


def test_an_end_before_the_beginning_is_left_out() -> None:
    assert _encounter(NGAY_RA="202603050900")["period"] == {"start": "2026-03-06T09:00:00+07:00"}


def test_hiv_is_labelled_where_it_is_said() -> None:
    content = envelope(filed("XML1", stay(MA_BENH_CHINH="B20", LY_DO_VV="mẹ nhiễm HIV")))
    for kind in ("Condition", "Encounter"):
        (resource,) = resources(content, kind)
        assert [label["code"] for label in resource["meta"]["security"]] == ["HIV"]


@pytest.mark.parametrize(
    ("content", "weights"),
    [
        (filed("XML1", stay(CAN_NANG="3.2")), [("29463-7", 3200)]),
        (filed("XML1", stay(CAN_NANG_CON="2900")), [("8339-4", 2900)]),
        (filed("XML1", stay(CAN_NANG_CON="2900", NGAY_SINH="20120101")), []),
        (filed("XML1", stay(CAN_NANG_CON="2900;2300")), []),
        (filed("XML1", stay(CAN_NANG="0")), []),
        (table("XML9", **CERTIFICATE, CAN_NANG_CON="2900"), [("8339-4", 2900)]),
        (
            table("XML9", **CERTIFICATE, CAN_NANG_CON="2900", NOI_SINH_CON="bị bỏ rơi tại chợ Mẫu"),
            [("29463-7", 2900)],
        ),
    ],
)
def test_weights_of_the_child_itself(content: str, weights: list[tuple[str, int]]) -> None:
    found = resources(envelope(content), "Observation")
    assert [(o["code"]["coding"][0]["code"], o["valueQuantity"]["value"]) for o in found] == weights
