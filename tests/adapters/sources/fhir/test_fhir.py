"""What the samples of Patients and Bundles cannot say."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters import history, validation
from adapters.contract import Reading, SourceMessage
from adapters.errors import PayloadError, Problem
from adapters.profile import SYSTEMS, IdentifierKind
from adapters.sources.fhir import adapter
from adapters.sources.fhir.fields import SUBJECTS
from linkage.extraction import person_record
from linkage.records import PersonRecord

SAMPLES = Path(__file__).parent / "samples"
TABLE = "http://terminology.hl7.org/CodeSystem/v2-0203"
OWN = {"system": "https://a.vi-du.vn/mrn", "value": "1"}
PATIENT: dict[str, Any] = {"resourceType": "Patient", "id": "p", "identifier": [OWN]}


def raw(content: bytes) -> Reading:
    return adapter.read(SourceMessage(source="fhir", content=content))


def read(resource: Any) -> Reading:
    return raw(json.dumps(resource).encode())


def bundle(*resources: Any, **about: Any) -> dict[str, Any]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries, **about}


def key(*numbers: dict[str, Any], **about: Any) -> str | None:
    (statement,) = read({"resourceType": "Patient", "identifier": numbers, **about}).statements
    return None if statement.unkeyed else statement.record_id


def typed(code: str, **number: Any) -> dict[str, Any]:
    return {"type": {"coding": [{"system": TABLE, "code": code}]}, **number}


def evidence(sample: str) -> PersonRecord:
    statement = raw((SAMPLES / sample).read_bytes()).statements[0]
    resources = adapter.convert(statement).resources
    return person_record("r", f"fhir:{statement.record_id}", "fhir", resources)


@pytest.mark.parametrize("kind", list(IdentifierKind), ids=[k.value for k in IdentifierKind])
def test_a_number_that_is_not_the_senders_own_is_never_a_key(kind: IdentifierKind) -> None:
    assert key({"use": "official", "system": SYSTEMS[kind], "value": "998326000024"}) is None


@pytest.mark.parametrize("code", ["NI", "PPN", "SB", "BCT", "SS", "DL"])
def test_a_national_number_under_any_system_is_never_a_key(code: str) -> None:
    assert key(typed(code, system="https://a.vi-du.vn/so", value="998326000024")) is None


@pytest.mark.parametrize(
    ("numbers", "about", "system"),
    [
        ([{"system": "urn:x:b"}, {"use": "official", "system": "urn:x:z"}], {}, "urn:x:z"),
        ([{"use": "usual", "system": "urn:x:a"}, {"system": "urn:x:b"}], {}, "urn:x:a"),
        ([{"use": "old", "system": "urn:x:a"}, {"system": "urn:x:b"}], {}, "urn:x:b"),
        ([{"use": "temp", "system": "urn:x:a"}, {"system": "urn:x:b"}], {}, "urn:x:b"),
        ([{"system": "urn:x:a"}, typed("MR", system="urn:x:b")], {}, "urn:x:b"),
        (
            [{"system": "urn:x:a"}, {"system": "urn:x:b", "assigner": {"display": "A"}}],
            {},
            "urn:x:b",
        ),
        (
            [
                {"use": "official", "system": "https://a.vn/x"},
                {"use": "secondary", "system": "https://b.vn/x"},
            ],
            {"meta": {"source": "https://b.vn/fhir#17"}},
            "https://b.vn/x",
        ),
        ([{"system": "urn:x:a|b"}, {"system": "urn:x:b"}], {}, "urn:x:b"),
    ],
)
def test_the_senders_own_number_is_found_in_any_order(
    numbers: list[dict[str, Any]], about: dict[str, Any], system: str
) -> None:
    valued = [{**number, "value": "7"} for number in numbers]
    assert key(*valued, **about) == f"{system}|7"
    assert key(*reversed(valued), **about) == f"{system}|7"


def test_the_domain_can_be_told_from_the_key_and_from_the_content() -> None:
    (statement,) = read(PATIENT | {"identifier": [{**OWN, "value": "a|b"}]}).statements
    assert statement.record_id is not None
    assert statement.record_id.partition("|")[0] == statement.content["own"]["system"]


@pytest.mark.parametrize("kind", SUBJECTS)
def test_what_speaks_of_another_child_is_no_part_of_the_record(kind: str) -> None:
    needed: dict[str, Any] = {
        "resourceType": kind,
        "status": "active" if kind in ("Flag", "EpisodeOfCare", "CareTeam") else "finished",
        "code": {"text": "x"},
        "class": {"code": "IMP"},
        "intent": "order",
        "recorded": "2026-03-05T09:00:00+07:00",
        "agent": [{"who": {"display": "x"}}],
        SUBJECTS[kind]: {"reference": "Patient/q"},
    }
    if kind == "Provenance":
        needed["target"] = [needed["target"]]
    allowed = {
        "RelatedPerson": {"patient"},
        "Condition": {"subject", "code"},
        "Encounter": {"status", "class", "subject"},
        "EpisodeOfCare": {"status", "patient"},
        "Task": {"status", "intent", "for"},
        "Communication": {"status", "subject"},
        "CareTeam": {"status", "subject"},
        "Provenance": {"target", "recorded", "agent"},
    }.get(kind, {"status", "code", "subject"})
    stated = {"Observation": "final", "Task": "requested", "Communication": "completed"}
    needed["status"] = stated.get(kind, needed["status"])
    resource = {k: v for k, v in needed.items() if k in {"resourceType", *allowed}}
    other = PATIENT | {"id": "q", "identifier": [{**OWN, "value": "2"}]}
    one, two = read(bundle(PATIENT, other, resource)).statements
    assert one.content["resources"] == []
    assert [r["resourceType"] for r in two.content["resources"]] == [kind]
    whose = two.content["resources"][0][SUBJECTS[kind]]
    (whose,) = whose if isinstance(whose, list) else [whose]
    assert whose["reference"] == "Patient/patient"


def observation(subject: Any, **more: Any) -> dict[str, Any]:
    about = {"status": "final", "code": {"text": "x"}, "subject": subject}
    return {"resourceType": "Observation", **about, **more}


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/p"},
        {"reference": "https://a.vi-du.vn/fhir/Patient/p"},
        {"reference": "https://a.vi-du.vn/fhir/Patient/p/_history/3"},
        {"reference": "Patient?identifier=https://a.vi-du.vn/mrn|1"},
        {"identifier": OWN},
        {"type": "Patient", "identifier": OWN},
    ],
)
def test_every_way_to_name_a_patient_finds_it(subject: dict[str, Any]) -> None:
    sent = bundle(PATIENT, observation(subject))
    sent["entry"][0]["fullUrl"] = "https://a.vi-du.vn/fhir/Patient/p"
    (statement,) = read(sent).statements
    assert len(statement.content["resources"]) == 1


def test_a_reference_that_two_patients_may_mean_is_given_to_neither() -> None:
    reading = read(bundle(PATIENT, PATIENT, observation({"reference": "Patient/p"})))
    assert all(not statement.content["resources"] for statement in reading.statements)
    (rejection,) = reading.rejections
    assert (rejection.problem, rejection.position) == (
        Problem.MISSING_VALUE,
        "/entry/2/resource/subject",
    )


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "Patient/abc"},
        {"reference": "https://a.vi-du.vn/fhir/Patient/abc/_history/2"},
        {"reference": "urn:uuid:0d2b1f0e-0000-4000-8000-000000000001"},
        {"reference": "#abc"},
        {"reference": "Patient?identifier=https://a.vi-du.vn/mrn|2"},
        {"identifier": OWN | {"value": "2"}},
        {"type": "Patient", "identifier": OWN | {"value": "2"}},
    ],
)
def test_what_is_about_a_child_of_another_payload_is_refused_at_its_place(
    subject: dict[str, Any],
) -> None:
    sent = bundle({"resourceType": "Condition", "subject": subject, "code": {"text": "x"}})
    reading = read(sent)
    (rejection,) = reading.rejections
    assert (rejection.problem, rejection.position, rejection.element) == (
        Problem.MISSING_VALUE,
        "/entry/0/resource/subject",
        "Condition.subject",
    )
    assert rejection.excerpt
    assert not reading.left_out


@pytest.mark.parametrize(
    "subject",
    [
        {},
        {"display": "phòng mổ"},
        {"reference": "Group/1"},
        {"reference": "https://a.vi-du.vn/fhir/Device/1"},
        {"type": "Group", "identifier": OWN},
        {"reference": "Device?identifier=https://a.vi-du.vn/may|2"},
    ],
)
def test_what_is_about_nobody_or_a_thing_is_counted(subject: dict[str, Any]) -> None:
    reading = read(bundle(observation(subject)))
    assert (reading.rejections, reading.left_out) == ([], {"without-patient": 1})


def test_the_same_ids_under_two_addresses_are_told_apart() -> None:
    sent = bundle(PATIENT, PATIENT, observation({"reference": "Patient/p"}))
    for entry, base in zip(sent["entry"], ("a", "b", "b"), strict=True):
        kind, id_ = entry["resource"]["resourceType"], entry["resource"].get("id", "o")
        entry["fullUrl"] = f"https://{base}.vi-du.vn/fhir/{kind}/{id_}"
    one, two = read(sent).statements
    assert (len(one.content["resources"]), len(two.content["resources"])) == (0, 1)


def test_what_stands_inside_a_resource_becomes_one_of_its_own() -> None:
    inside = {"resourceType": "Location", "id": "l", "name": "Phòng 3"}
    visit = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p"},
        "contained": [inside],
        "location": [{"location": {"reference": "#l"}}],
    }
    (statement,) = read(bundle(PATIENT, visit)).statements
    encounter, location = statement.content["resources"]
    assert "contained" not in encounter
    assert encounter["location"][0]["location"]["reference"] == f"Location/{location['id']}"


def test_a_patient_inside_another_is_no_record() -> None:
    reading = read(PATIENT | {"contained": [{"resourceType": "Patient", "id": "m"}]})
    assert len(reading.statements) == 1
    assert reading.left_out == {"contained-patient": 1}


def test_a_bundle_sent_again_with_new_urns_says_the_same() -> None:
    text = (SAMPLES / "transaction.json").read_text(encoding="utf-8")
    again = text.replace("urn:uuid:", "urn:uuid:f")
    one, two = raw(text.encode()).statements[0], raw(again.encode()).statements[0]
    assert one.content_hash == two.content_hash


def test_entries_in_any_order_say_the_same() -> None:
    sent = json.loads((SAMPLES / "transaction.json").read_text(encoding="utf-8"))
    back = {**sent, "entry": sent["entry"][::-1]}
    assert read(sent).statements[0].content_hash == read(back).statements[0].content_hash


def test_xml_and_json_of_one_patient_say_the_same() -> None:
    markup = b"""<f:Patient xmlns:f="http://hl7.org/fhir"><f:id value="p"/><f:identifier>
      <f:system value="https://a.vi-du.vn/mrn"/><f:value value="1"/></f:identifier>
      <f:name><f:given value="An"/><f:given><f:extension url="urn:e"><f:valueQuantity><f:value value="1.50"/></f:valueQuantity>
      </f:extension></f:given></f:name><f:multipleBirthInteger value="2"/></f:Patient>"""
    beside = {"extension": [{"url": "urn:e", "valueQuantity": {"value": 1.50}}]}
    name = {"given": ["An", None], "_given": [None, beside]}
    text = json.dumps(PATIENT | {"name": [name], "multipleBirthInteger": 2}).replace("1.5", "1.50")
    one, two = raw(markup).statements[0], raw(text.encode()).statements[0]
    assert one.content == two.content
    assert "1.50" in json.dumps(one.content)


def test_a_number_keeps_the_digits_that_a_float_would_lose() -> None:
    digits = "3.14159265358979323846"
    quantity = f'{{"value": {digits}}}'
    text = json.dumps(bundle(PATIENT, observation({"reference": "Patient/p"}, valueQuantity=0)))
    (statement,) = raw(
        text.replace('"valueQuantity": 0', f'"valueQuantity": {quantity}').encode()
    ).statements
    assert digits in json.dumps(statement.content)


@pytest.mark.parametrize(
    ("change", "problem", "position"),
    [
        ({"gender": "nam"}, Problem.NOT_CONVERTIBLE, "/gender"),
        ({"birthDate": "2026-02-30"}, Problem.WRONG_DATE, "/birthDate"),
        ({"birthDate": "0001"}, Problem.WRONG_DATE, "/birthDate"),
        (
            {"deceasedDateTime": "9999-12-31T23:59:59-12:00"},
            Problem.WRONG_DATE,
            "/deceasedDateTime",
        ),
        ({"deceasedDateTime": "2026-03-04T23:59:60Z"}, Problem.WRONG_DATE, "/deceasedDateTime"),
        ({"active": "true"}, Problem.WRONG_TYPE, "/active"),
        ({"multipleBirthInteger": True}, Problem.WRONG_TYPE, "/multipleBirthInteger"),
        ({"multipleBirthInteger": 10**30}, Problem.WRONG_NUMBER, "/multipleBirthInteger"),
        ({"name": {"text": "A"}}, Problem.WRONG_TYPE, "/name"),
        ({"name": ["A"]}, Problem.WRONG_TYPE, "/name/0"),
        ({"name": [{"given": "A"}]}, Problem.WRONG_TYPE, "/name/0/given"),
        ({"name": [{"text": 7}]}, Problem.WRONG_TYPE, "/name/0/text"),
        ({"implicitRules": "urn:x"}, Problem.NOT_CONVERTIBLE, "/implicitRules"),
        (
            {"contact": [{"modifierExtension": [{"url": "urn:x", "valueBoolean": True}]}]},
            Problem.NOT_CONVERTIBLE,
            "/contact/0/modifierExtension",
        ),
        ({"deceasedBoolean": True, "deceasedDateTime": "2026"}, Problem.NOT_CONVERTIBLE, "/"),
        ({"name": [{"use": "x", "text": "A"}]}, Problem.NOT_CONVERTIBLE, "/name/use"),
    ],
)
def test_an_invalid_patient_is_refused_alone_with_its_place(
    change: dict[str, Any], problem: Problem, position: str
) -> None:
    reading = read([PATIENT | change, PATIENT])
    assert len(reading.statements) == 1
    (refused,) = reading.rejections
    assert (refused.problem, refused.position) == (problem, ("/0" + position).rstrip("/"))
    assert refused.excerpt


def test_an_unknown_element_is_told_and_costs_nobody_the_child() -> None:
    reading = read(PATIENT | {"middleName": "x", "Nguyễn Văn A": 1, "name": [{"tone": "x"}]})
    assert reading.unknown_fields == {
        "Patient.middleName": 1,
        "Patient.?": 1,
        "Patient.name.tone": 1,
    }
    assert len(reading.statements) == 1


@pytest.mark.parametrize(
    "extension",
    [
        {"url": "urn:motem:extension:value-source", "valueString": "x"},
        {"url": "urn:motem:extension:birth-range"},
        {
            "url": "urn:motem:extension:birth-range",
            "extension": [{"url": "low", "valueDate": "2026"}],
        },
        {
            "url": "urn:motem:extension:discovery",
            "extension": [{"url": "commune", "valueCode": "x"}],
        },
        {
            "url": "urn:motem:extension:handover",
            "extension": [{"url": "direction", "valueCode": "x"}],
        },
        {"url": "urn:motem:extension:reported-together", "valueString": "2"},
        {"url": "urn:motem:khac"},
    ],
)
def test_an_extension_of_ours_in_a_wrong_form_is_left_out_and_told(
    extension: dict[str, Any],
) -> None:
    reading = read(PATIENT | {"extension": [extension, {"url": "urn:x", "valueString": "y"}]})
    assert reading.statements[0].content["patient"]["extension"] == [
        {"url": "urn:x", "valueString": "y"}
    ]
    assert reading.unknown_fields == {"extension": 1}


def test_labels_of_the_sender_stay_and_our_tags_cannot_be_given_from_outside() -> None:
    label = {"system": "urn:vi-du:nhan", "code": "mat"}
    meta = {
        "security": [label, {"display": "no code"}],
        "tag": [{"system": "urn:motem:tag", "code": "golden"}],
        "versionId": "9",
    }
    (statement,) = read(PATIENT | {"meta": meta}).statements
    patient = adapter.convert(statement).resources[0]
    assert patient["meta"] == {"source": "urn:motem:source:fhir", "security": [label]}


@pytest.mark.parametrize(
    ("birth", "about", "left_out"),
    [
        ("1990-01-02", {}, True),
        ("2010-01-02", {}, False),
        ("2010-01-02", {"timestamp": "2028-02-01T00:00:00Z"}, True),
        ("2010-01-02", {"timestamp": "9999-12-31T23:59:59-14:00"}, False),
        ("2010", {"timestamp": "2028-02-01T00:00:00Z"}, False),
    ],
)
def test_adults_are_counted_and_left_out(birth: str, about: dict[str, Any], left_out: bool) -> None:
    reading = read(bundle(PATIENT | {"birthDate": birth}, **about))
    assert reading.left_out.get("adult", 0) == left_out
    assert len(reading.statements) == (not left_out)


def test_who_was_a_child_in_care_keeps_the_record() -> None:
    stay = {
        "resourceType": "EpisodeOfCare",
        "status": "finished",
        "patient": {"reference": "Patient/p"},
        "period": {"start": "2015-01-01"},
    }
    grown = PATIENT | {"birthDate": "2005-01-02"}
    assert len(read(bundle(grown, stay)).statements) == 1


def test_a_mother_who_is_a_patient_too_completes_her_relation() -> None:
    number = typed("NI", system="https://a.vi-du.vn/cccd", value="998190000024")
    mother = {
        "resourceType": "Patient",
        "id": "m",
        "birthDate": "1990-01-02",
        "name": [{"text": "Trần Thị Sen"}],
        "identifier": [number],
        "link": [{"type": "seealso", "other": {"reference": "RelatedPerson/r"}}],
    }
    relation = {
        "resourceType": "RelatedPerson",
        "id": "r",
        "patient": {"reference": "Patient/p"},
        "relationship": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "MTH"}
                ]
            }
        ],
    }
    reading = read(bundle(PATIENT, mother, relation))
    (statement,) = reading.statements
    record = person_record("r", "fhir:x", "fhir", adapter.convert(statement).resources)
    assert record.mothers
    assert "998190000024" in record.mother_ids


def test_weights_reach_linkage_in_grams_or_not_at_all() -> None:
    def grams(**quantity: Any) -> int | None:
        code = {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]}
        sent = observation(
            {"reference": "Patient/p"},
            code=code,
            effectiveDateTime="2026-03-04",
            valueQuantity=quantity,
        )
        (statement,) = read(bundle(PATIENT, sent)).statements
        return person_record("r", "fhir:x", "fhir", adapter.convert(statement).resources).grams

    assert grams(value=2.9, code="kg") == 2900
    assert grams(value=2900, unit="g") == 2900
    assert grams(value=7, code="[lb_av]") == 3175
    assert grams(value=2.9, code="cai") is None
    assert grams(value=-5, code="kg") is None
    assert grams(value=1e300, code="kg") is None
    assert grams(value=3000, code="g", comparator="<") is None


def test_evidence_of_the_samples_arrives_in_linkage() -> None:
    found = evidence("patient.json")
    assert found.personal_ids == ("998326000024",)
    assert found.names
    assert found.cards
    assert found.communes == ("00199",)
    assert found.files
    assert found.foundling
    born = evidence("transaction.json")
    assert born.certificates == ("01234.GCS.00024.26",)
    assert born.mothers
    assert born.mother_ids == ("999190000024",)
    assert born.grams == 2900
    assert any(move.place == "hospital:01234" for move in born.moves)
    assert born.names == ()


def test_a_house_of_one_sender_shared_by_many_children_may_not_fill_the_memory() -> None:
    ward = {"resourceType": "Location", "id": "w", "description": "x" * 900_000}
    stays = [
        {
            "resourceType": "Encounter",
            "status": "finished",
            "class": {"code": "IMP"},
            "subject": {"reference": f"Patient/{n}"},
            "location": [{"location": {"reference": "Location/w"}}],
        }
        for n in range(200)
    ]
    children = [PATIENT | {"id": str(n)} for n in range(200)]
    reading = read(bundle(ward, *children, *stays))
    assert {r.problem for r in reading.rejections} == {Problem.TOO_LARGE}
    assert 50 < len(reading.statements) < 100


GOOD = [path.read_bytes() for path in sorted(SAMPLES.glob("*.*")) if ".fhir." not in path.name]


def outcome(content: bytes) -> None:
    """Only reading may refuse: what was read becomes valid FHIR that can be kept and compared."""
    try:
        statements = raw(content).statements
    except PayloadError:
        return
    for statement in statements:
        pairs = [(statement, adapter.convert(statement)) for _ in range(2)]
        (said,) = history.group(pairs).values()
        resources = history.compose(history.by_time(said)).resources
        for resource in resources:
            validation.validated(resource)
        person_record("r", f"fhir:{statement.record_id}", "fhir", resources)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    outcome(content)


@settings(max_examples=200)
@given(st.sampled_from(GOOD), st.integers(0, 5_000), st.binary(max_size=4), st.integers(0, 9))
def test_any_damage_is_read_or_refused(content: bytes, at: int, put: bytes, cut: int) -> None:
    at %= len(content)
    outcome(content[:at] + put + content[at + cut :])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(p for name, inner in inside for p in paths(inner, (*path, name)))]


VALUES = [
    json.loads(content)
    for content in GOOD
    if content.startswith(b"{")
    and b"duplicate" not in content
    and not content.startswith(b'{"resourceType":"Patient","identifier"')
]


@settings(max_examples=300)
@given(st.sampled_from(VALUES), st.integers(0, 10_000), JSON)
def test_any_value_anywhere_is_read_or_refused(sample: Any, number: int, value: Any) -> None:
    changed = deepcopy(sample)
    places = paths(changed)[1:]
    *path, last = places[number % len(places)]
    inside = changed
    for step in path:
        inside = inside[step]
    inside[last] = value
    outcome(json.dumps(changed).encode())
