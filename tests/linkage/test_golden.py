"""The golden Patient: whose value is believed, and where each comes from."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import profile
from adapters.profile import EXT_VALUE_SOURCE, Basis, IdentifierKind, Tag
from adapters.validation import validated
from linkage.golden import POLICY, SourcePatient, golden_patient, retired_patient

IDENTITY = "te-01hx"


def source(
    record: str, system: str = "hospital", key: str = "k", tags: tuple[str, ...] = (), **said: Any
) -> SourcePatient:
    resource = {"resourceType": "Patient", "id": record, "meta": profile.meta(system, tags=tags)}
    return SourcePatient(
        record_id=record, source=system, key=f"{system}:{key}", patient=resource | said
    )


def value_source(element: dict[str, Any]) -> str:
    (found,) = [e for e in element["extension"] if e["url"] == EXT_VALUE_SOURCE]
    reference: str = found["valueReference"]["reference"]
    return reference


def estimated(low: str, high: str) -> dict[str, Any]:
    from datetime import date

    extension = profile.birth_range(
        date.fromisoformat(low), date.fromisoformat(high), Basis.ESTIMATED_AGE
    )
    return {"extension": [extension]}


HOSPITAL = source(
    "r1",
    birthDate="2026-03-04",
    gender="male",
    name=[profile.human_name("Bệnh viện A", "official", "hospital-name")],
    tags=(Tag.PLACEHOLDER_NAME, Tag.PLACEHOLDER_BIRTH_DATE),
    identifier=[profile.identifier(IdentifierKind.FILE, "7")],
)
CERTIFICATE = source("r2", key="01/GCS/1", birthDate="2026-03-01", gender="female")
POLICE = source(
    "r3",
    "police",
    birthDate="2026",
    _birthDate=estimated("2026-01-01", "2026-06-01"),
    gender="unknown",
    extension=[
        profile.discovery(time="2026-03-04", commune="00199", candidates=["00199"], minutes="1")
    ],
)
REGISTER = source(
    "r4",
    "civil_status",
    birthDate="2026-03-02",
    gender="female",
    name=[profile.human_name("Nguyễn Thị Thử"), profile.human_name("Bé Na", "old")],
    identifier=[profile.identifier(IdentifierKind.PERSONAL_ID, "998000000001")],
)
ALL = (HOSPITAL, CERTIFICATE, POLICE, REGISTER)


def test_the_golden_patient_is_the_same_in_whatever_order() -> None:
    golden = [golden_patient(IDENTITY, order) for order in permutations(ALL)]
    assert all(one == golden[0] for one in golden)
    validated(golden[0])
    assert golden[0]["id"] == IDENTITY
    assert [link["other"]["reference"] for link in golden[0]["link"]] == [
        f"Patient/r{n}" for n in (1, 2, 3, 4)
    ]


@pytest.mark.parametrize(
    ("known", "date", "record"),
    [
        (ALL, "2026-03-02", "r4"),
        ((HOSPITAL, CERTIFICATE, POLICE), "2026-03-01", "r2"),
        ((HOSPITAL, POLICE), "2026", "r3"),
        ((HOSPITAL,), "2026-03-04", "r1"),
    ],
)
def test_a_stated_birth_date_beats_an_estimate_and_that_a_placeholder(
    known: tuple[SourcePatient, ...], date: str, record: str
) -> None:
    golden = golden_patient(IDENTITY, known)
    assert golden["birthDate"] == date
    assert value_source(golden["_birthDate"]) == f"Patient/{record}"
    tags = {tag["code"] for tag in golden["meta"]["tag"]}
    assert (Tag.PLACEHOLDER_BIRTH_DATE in tags) == (record == "r1")


def test_an_unknown_sex_never_beats_a_known_one() -> None:
    assert golden_patient(IDENTITY, [POLICE, HOSPITAL])["gender"] == "male"


def test_the_registers_name_is_official_and_all_others_stay() -> None:
    usual = source("r5", "facility", name=[profile.human_name("Nguyễn Thị Khác")])
    golden = golden_patient(IDENTITY, [*ALL, usual])
    assert [(n["text"], n["use"]) for n in golden["name"]] == [
        ("Nguyễn Thị Thử", "official"),
        ("Nguyễn Thị Khác", "usual"),
        ("Bé Na", "old"),
        ("Bệnh viện A", "usual"),
    ]
    assert value_source(golden["name"][0]) == "Patient/r4"
    assert Tag.PLACEHOLDER_NAME not in {tag["code"] for tag in golden["meta"]["tag"]}


def test_identifiers_are_joined_and_each_stands_once() -> None:
    again = source("r5", "facility", identifier=REGISTER.patient["identifier"])
    golden = golden_patient(IDENTITY, [*ALL, again])
    assert sorted(i["value"] for i in golden["identifier"]) == ["7", "998000000001"]
    assert {value_source(i) for i in golden["identifier"]} == {"Patient/r1", "Patient/r4"}


def test_the_police_know_best_where_a_child_was_found() -> None:
    other = source("r0", extension=[profile.discovery(time="2026", commune=None, candidates=[])])
    (found,) = golden_patient(IDENTITY, [other, POLICE])["extension"]
    assert value_source(found) == "Patient/r3"


def test_labels_of_all_sources_stay() -> None:
    secret = source("r5", "facility")
    secret.patient["meta"] = profile.meta("facility", labels=["HIV"])
    assert golden_patient(IDENTITY, [HOSPITAL, secret])["meta"]["security"][0]["code"] == "HIV"


def test_a_retired_identity_leads_to_its_successor() -> None:
    retired = retired_patient("te-1", "te-2")
    validated(retired)
    assert retired["active"] is False
    assert retired["link"] == [{"other": {"reference": "Patient/te-2"}, "type": "replaced-by"}]


def test_no_records_make_no_golden_patient() -> None:
    with pytest.raises(ValueError, match="without records"):
        golden_patient(IDENTITY, [])


SOURCES = st.builds(
    source,
    st.uuids().map(str),
    st.sampled_from(["hospital", "police", "civil_status", "facility", "education"]),
    gender=st.sampled_from(["male", "female", "unknown"]),
    birthDate=st.sampled_from(["2026", "2026-01", "2026-01-01"]),
    name=st.lists(st.sampled_from(["An", "Bình", "Chi"]).map(profile.human_name), max_size=2),
    deceasedBoolean=st.booleans(),
)


@given(st.lists(SOURCES, min_size=1, max_size=5, unique_by=lambda s: s.record_id), st.randoms())
def test_it_is_a_pure_function_whose_values_all_come_from_a_source(
    sources: list[SourcePatient], random: Any
) -> None:
    golden = golden_patient(IDENTITY, sources)
    random.shuffle(sources)
    assert golden_patient(IDENTITY, sources) == golden
    of = {f"Patient/{s.record_id}": s.patient for s in sources}
    for element in ("gender", "birthDate", "deceasedBoolean"):
        assert of[value_source(golden[f"_{element}"])][element] == golden[element]
    for name in golden.get("name", ()):
        assert name["text"] in {n["text"] for n in of[value_source(name)]["name"]}


def test_every_row_of_the_policy_names_an_origin_once() -> None:
    assert all(len(set(origins)) == len(origins) for origins in POLICY.values())
