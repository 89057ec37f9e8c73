"""What the samples of ADT messages cannot say."""

import re
from datetime import datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import history, validation
from adapters.errors import PayloadError, Problem
from adapters.profile import SYSTEMS, IdentifierKind
from adapters.sources.hospital import adapter
from adapters.sources.hospital.adt import MAX_RECORDS
from adapters.sources.hospital.adt_fields import EVENTS, FIELDS, NOT_USED, STAY_NAMED_BY
from linkage.extraction import person_record
from tests.adapters.sources.hospital.adt_payloads import adt, pid, pv1, segment
from tests.adapters.sources.hospital.payloads import (
    STAY,
    envelope,
    filed,
    patient,
    read,
    resources,
    stay,
    tags,
)


def _keys(content: bytes) -> list[str | None]:
    return [statement.record_id for statement in read(content).statements]


def _refusal(content: bytes) -> tuple[Problem, str, str | None]:
    reading = read(content)
    assert not reading.statements
    (rejection,) = reading.rejections
    assert rejection.excerpt == content
    return rejection.problem, rejection.position, rejection.element


def _numbers(content: bytes) -> list[tuple[str, str, str | None]]:
    """(system's last part, value, use) of the Patient's identifiers."""
    found = patient(content)["identifier"]
    return [(i["system"].rpartition("/")[2], i["value"], i.get("use")) for i in found]


@pytest.mark.parametrize(
    ("numbers", "key"),
    [
        ("BN1^^^01999^MR", "01999/BN1"),
        ("BN1^^^1999^MR", "01999/BN1"),
        ("BN1^^^01999&vn.01999&DNS^MR", "01999/BN1"),
        ("BN1^^^&01999&DNS^MR", "01999/BN1"),
        ("BN1^^^^MR", "01999/BN1"),
        ("BN1", "01999/BN1"),
        ("BN1^^^01999^PI", "01999/BN1"),
        ("BN1^^^79998^MR", "79998/BN1"),
        ("BN2^^^79998^MR~BN1^^^01999^MR", "01999/BN1"),
        ("BN2^^^79998^MR~BN1^^^79997^MR", "79998/BN2"),
        ("998326012345^^^^NI~BN1^^^01999^mr", "01999/BN1"),
        ("00998.gcs.79998.26^^^^GCS", "01999/GCS/00998.GCS.79998.26"),
        ("00998.GCS.79998.26^^^^GCS~BN1^^^^MR", "01999/BN1"),
    ],
)
def test_the_record_is_the_facilitys_number(numbers: str, key: str) -> None:
    assert _keys(adt(pid({3: numbers}))) == [key]


def test_without_any_facility_the_certificate_tells_it() -> None:
    unnamed = adt(pid({3: "00998.GCS.79998.26^^^^GCS"}), msh_4="")
    assert _keys(unnamed) == ["79998/GCS/00998.GCS.79998.26"]


def test_the_same_child_by_xml_and_by_hl7_is_one_record() -> None:
    document = envelope(filed("XML1", stay()))
    assert _keys(document) == _keys(adt(pid()))
    by_xml, by_hl7 = patient(document), patient(adt(pid()))
    same = ("identifier", "name", "gender", "birthDate")
    assert [by_xml[element] for element in same] == [by_hl7[element] for element in same]


def test_a_stay_is_the_same_stay_by_xml_and_by_hl7() -> None:
    document = envelope(filed("XML1", stay(MA_LK="L-1", MA_LOAI_KCB="03")))
    message = adt(pid(), pv1())
    assert resources(document, "Encounter") == resources(message, "Encounter")
    assert resources(document, "Organization") == resources(message, "Organization")


def test_what_names_no_number_is_unkeyed_and_always_the_same() -> None:
    content = adt(pid({3: ""}))
    (statement,) = read(content).statements
    assert statement.unkeyed
    assert _keys(content) == _keys(content)
    assert tags(patient(content)) == {"unkeyed"}


def test_all_numbers_are_kept_with_who_gave_them() -> None:
    content = adt(
        pid(
            {
                3: "BN1^^^01999^MR~BN0^^^01999^MR~X9^^^79998^MR~998326012345^^^^NI~999326012345^^^^NI"
                "~TE1019980012345^^^^SB~0000000000^^^^SB~00998.GCS.01999.26^^^^GCS"
            }
        )
    )
    assert _numbers(content) == [
        ("patient-internal-id", "BN1", "usual"),
        ("patient-internal-id", "BN0", "secondary"),
        ("patient-internal-id", "X9", "secondary"),
        ("urn:motem:sid:giay-chung-sinh", "00998.GCS.01999.26", None),
        ("national_id", "998326012345", None),
        ("national_id", "999326012345", None),
        ("insurance_number", "TE1019980012345", None),
        ("insurance_number", "0000000000", "temp"),
    ]


def test_unknown_types_segments_and_unreadable_values_are_reported_by_name() -> None:
    reading = read(adt(pid({3: "BN1^^^^MR~7^^^^XX~8^^^^Lê Na", 25: "hai"}), "ZPI|1", "ZPI|2"))
    assert reading.unknown_fields == {
        "PID-3/XX": 1,
        "PID-3/?": 1,
        "PID-25 (unreadable)": 1,
        "ZPI": 2,
    }


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Nguyễn^An^Thị", "Nguyễn Thị An"),
        ("Nguyễn Thị An", "Nguyễn Thị An"),
        ("Nguyễn Thị An^An", "Nguyễn Thị An"),
        ("Nguyễn Thị An^An^Thị", "Nguyễn Thị An"),
        ("Nguyễn^Thị An", "Nguyễn Thị An"),
        ("^An", "An"),
        ("Nguyễn&x&Nguyễn^An", "Nguyễn An"),
        ('Nguyễn^An^""', "Nguyễn An"),
        ("NguyÔn^§øc^V¨n", "Nguyễn Văn Đức"),
        ("Nguye\u0302\u0303n^An", "Nguyễn An"),
        ("Bé An^^^^^^N~Nguyễn^An^^^^^L", "Nguyễn An"),
        ("Mẫu^Mã^^^^^S~Nguyễn^An^^^^^D", "Nguyễn An"),
    ],
)
def test_a_name_is_written_in_the_vietnamese_order(written: str, name: str) -> None:
    assert patient(adt(pid({5: written})))["name"][0]["text"] == name


def test_other_names_keep_their_use() -> None:
    names = "Lê^Na^^^^^L~Bé Na^^^^^^N~Lê^Na^^^^^A~Trần^Na^^^^^M~Mã 7^^^^^^S~Vô danh^^^^^^A"
    assert [(n["text"], n["use"]) for n in patient(adt(pid({5: names})))["name"]] == [
        ("Lê Na", "official"),
        ("Bé Na", "nickname"),
        ("Trần Na", "maiden"),
        ("Mã 7", "anonymous"),
        ("Vô danh", "anonymous"),
    ]


@pytest.mark.parametrize(
    ("names", "nameless"),
    [("Vô danh", True), ("Vô danh~Lê^Na^^^^^A", False), ("Vô danh~Mã 7^^^^^^S", True)],
)
def test_a_child_is_nameless_where_all_its_names_are_placeholders(
    names: str, nameless: bool
) -> None:
    assert ("placeholder-name" in tags(patient(adt(pid({5: names}))))) is nameless


@pytest.mark.parametrize(
    ("code", "sex"),
    [
        *(("M", "male"), ("f", "female"), ("U", "unknown"), ("A", "other"), ("O", "other")),
        *(("1", "male"), ("2", "female"), ("", None), ('""', None)),
    ],
)
def test_undetermined_sex_is_not_the_same_as_none(code: str, sex: str | None) -> None:
    assert patient(adt(pid({8: code}))).get("gender") == sex


@pytest.mark.parametrize(
    ("stamp", "date", "time"),
    [
        ("20260304", "2026-03-04", None),
        ("202603", "2026-03", None),
        ("2026", "2026", None),
        ("202600000000", "2026", None),
        ("2026030410", "2026-03-04", "2026-03-04T10:00:00+07:00"),
        ("202603041015", "2026-03-04", "2026-03-04T10:15:00+07:00"),
        ("20260304101530.1234", "2026-03-04", "2026-03-04T10:15:00+07:00"),
        ("20260304201500+0000", "2026-03-05", "2026-03-05T03:15:00+07:00"),
        ("20260304+0700", "2026-03-04", None),
    ],
)
def test_a_birth_date_keeps_its_precision(stamp: str, date: str, time: str | None) -> None:
    child = patient(adt(pid({7: stamp})))
    assert child["birthDate"] == date
    extensions = child.get("_birthDate", {}).get("extension", ())
    assert [e["valueDateTime"] for e in extensions] == ([time] if time else [])


@pytest.mark.parametrize(
    ("fields", "element", "stated"),
    [
        ({24: "Y", 25: "1"}, "multipleBirthInteger", 1),
        ({25: "2"}, "multipleBirthInteger", 2),
        ({24: "N", 25: "2"}, "multipleBirthInteger", 2),
        ({24: "Y"}, "multipleBirthBoolean", True),
        ({24: "N", 25: "1"}, "multipleBirthBoolean", False),
        ({25: "1"}, "multipleBirthBoolean", None),
        ({29: "202603050100"}, "deceasedDateTime", "2026-03-05T01:00:00+07:00"),
        ({30: "Y"}, "deceasedBoolean", True),
        ({30: "N"}, "deceasedBoolean", None),
    ],
)
def test_multiple_birth_and_death(fields: dict[int, str], element: str, stated: Any) -> None:
    assert patient(adt(pid(fields))).get(element) == stated


@pytest.mark.parametrize(
    ("written", "text", "commune"),
    [
        ("5 ngõ Mẫu^^^Hà Nội^^VNM^H^phường Láng^00199", "5 ngõ Mẫu, phường Láng, Hà Nội", "00199"),
        ("^^^^^^H^^199", None, "00199"),
        ("số 5&đường Mẫu&12^tổ 3^^01", "số 5 đường Mẫu 12, tổ 3", None),
        ("x^^^^^^BDL^^00001~y^^^^^^P^^00002~z^^^^^^H^^00199", "z", "00199"),
        ("x^^^^^^M", None, None),
        (f"x^^^^^^H^^{'9' * 300}", "x", None),
    ],
)
def test_an_address_is_where_the_child_lives(
    written: str, text: str | None, commune: str | None
) -> None:
    found = patient(adt(pid({11: written}))).get("address", [{}])[0]
    codes = [p for e in found.get("extension", ()) for p in e["extension"] if p["url"] == "stated"]
    assert found.get("text") == text
    assert [p["valueCode"] for p in codes] == ([commune] if commune else [])


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({21: "999300012345^^^^NI"}, "999300012345"),
        ({21: "999300012345"}, "999300012345"),
        ({21: "998300012^^^^NI"}, "998300012"),
        ({21: "2000000001^^^^SB"}, "2000000001"),
    ],
)
def test_the_mothers_own_number(fields: dict[int, str], value: str) -> None:
    (mother,) = resources(adt(pid(fields)), "RelatedPerson")
    assert [i["value"] for i in mother["identifier"]] == [value]


def test_the_mothers_file_is_no_number_that_is_compared_without_its_house() -> None:
    content = adt(pid({21: "M-7^^^^MR"}))
    (mother,) = resources(content, "RelatedPerson")
    assert "identifier" not in mother
    assert mother["extension"][0]["valueIdentifier"]["value"] == "M-7"
    (statement,) = read(content).statements
    assert _person(list(adapter.convert(statement).resources)).mother_ids == ()


def test_next_of_kin_by_their_relation() -> None:
    kin = [
        segment("NK1", {2: "Trần^Cúc^Thị", 3: "MTH", 33: "999300012345^^^^NI"}),
        segment("NK1", {2: "Lê^Nam", 3: "FTH^cha"}),
        segment("NK1", {2: "Phạm^Hoa", 3: "GRD"}),
        segment("NK1", {2: "Ai^Đó", 3: "FND"}),
    ]
    people = {p["id"]: p for p in resources(adt(pid(), *kin), "RelatedPerson")}
    assert {role: p["name"][0]["text"] for role, p in people.items()} == {
        "related-mother": "Trần Thị Cúc",
        "related-father": "Lê Nam",
        "related-guardian": "Phạm Hoa",
    }
    assert people["related-mother"]["identifier"][0]["value"] == "999300012345"


def test_a_name_that_is_the_mothers_is_a_placeholder() -> None:
    content = adt(pid({5: "Trần^Cúc^Thị", 6: "Trần^Cúc^Thị"}))
    assert tags(patient(content)) == {"placeholder-name"}


def test_the_mothers_message_completes_her_childs() -> None:
    mother = adt(pid({3: "M-7^^^^MR~999300012345^^^^NI", 5: "Trần^Cúc^Thị", 7: "19990102"}))
    child = adt(pid({21: "M-7^^^01999^MR"}))
    stranger = adt(pid({3: "BN2^^^^MR", 21: "M-7^^^79998^MR"}))
    for files in permutations((mother, child, stranger)):
        reading = read(b"".join(files))
        assert reading.left_out == {"adult": 1}
        told = {s.record_id: s.content.get("mother") for s in reading.statements}
        assert told == {"01999/BN1": "Trần Thị Cúc", "01999/BN2": None}


def test_a_grown_up_in_a_message_without_any_time_is_no_child() -> None:
    reading = read(adt(pid({7: "19900102"}), msh_7=""))
    assert (reading.statements, reading.left_out) == ((), {"adult": 1})


def test_a_child_of_an_unstated_house_is_accepted_unkeyed() -> None:
    reading = read(adt(pid({3: "BN1^^^^MR", 21: "M-7^^^^MR"}), pv1(), msh_4=""))
    (statement,) = reading.statements
    assert (reading.rejections, statement.unkeyed) == ((), True)
    conversion = adapter.convert(statement)
    assert conversion.custodian == "hospital:unknown"
    for resource in conversion.resources:
        validation.validated(resource)
        assert "assigner" not in str(resource)


def test_a_mother_of_an_unstated_house_completes_no_child() -> None:
    mother = adt(pid({3: "", 5: "Trần^Cúc^Thị", 7: "19990102"}), msh_4="")
    reading = read(mother + adt(pid({3: "BN2^^^^MR"}), msh_4=""))
    (child,) = reading.statements
    assert "mother" not in child.content


def test_an_adult_and_the_numbers_merged_into_it_are_left_out() -> None:
    reading = read(adt(pid({7: "19990102"}), "MRG|BN0", event="A40"))
    assert (reading.statements, reading.left_out) == ((), {"adult": 1, "adult-part": 1})


@pytest.mark.parametrize(
    ("content", "status", "kind", "end"),
    [
        (adt(pid(), pv1()), "finished", "IMP", "2026-03-10T15:30:00+07:00"),
        (adt(pid(), pv1({45: ""})), "in-progress", "IMP", None),
        (adt(pid(), pv1({2: "", 45: ""}), event="A01"), "in-progress", "IMP", None),
        (adt(pid(), pv1({2: "", 45: ""}), event="A04"), "in-progress", "AMB", None),
        (adt(pid(), pv1({2: "E", 45: ""}), event="A04"), "in-progress", "EMER", None),
    ],
)
def test_a_stay_is_an_encounter(content: bytes, status: str, kind: str, end: str | None) -> None:
    (encounter,) = resources(content, "Encounter")
    assert (encounter["status"], encounter["class"]["code"]) == (status, kind)
    assert encounter["period"].get("end") == end


def test_a_person_without_a_stay_was_nowhere() -> None:
    (statement,) = read(adt(pid(), pv1({2: "N", 19: "", 44: "", 45: ""}), event="A28")).statements
    said = adapter.convert(statement)
    assert [r["resourceType"] for r in said.resources] == ["Patient"]
    assert said.custodian == "hospital:01999"
    assert _person(list(said.resources)).moves == ()


@pytest.mark.parametrize(
    ("fields", "reception"),
    [
        ({5: "Bệnh viện Mẫu", 7: "202603060900"}, True),
        ({7: "202603060900"}, True),
        ({7: "202603060900", 21: "M-7^^^^MR"}, False),
        ({5: "Con bà Cúc", 7: "202603060900"}, False),
    ],
)
def test_a_birth_at_the_moment_of_admission_is_a_reception(
    fields: dict[int, str], reception: bool
) -> None:
    content = adt(pid(fields), pv1())
    assert ("placeholder-birth-date" in tags(patient(content))) is reception


def test_a_child_born_in_the_hospital_is_admitted_at_its_birth() -> None:
    assert tags(patient(adt(pid({7: "202603060900"}), pv1({4: "N"})))) == set()


@pytest.mark.parametrize(
    ("event", "head", "time"),
    [
        ("20260306100005", "2026", "2026-03-06T10:00:05+07:00"),
        ("", "20260306100005+0000", "2026-03-06T17:00:05+07:00"),
        ("x", "20260306", "2026-03-06T00:00:00+07:00"),
        ("202603", "20260306", "2026-03-06T00:00:00+07:00"),
        ("", "", None),
    ],
)
def test_a_messages_own_time_is_evn_2_else_msh_7(event: str, head: str, time: str | None) -> None:
    (statement,) = read(adt(f"EVN||{event}", pid(), msh_7=head)).statements
    expected = datetime.fromisoformat(time) if time else None
    assert statement.effective == expected


def test_the_same_words_at_another_time_are_another_statement() -> None:
    first, again, later = (
        read(adt("EVN||" + time, pid(), msh_10=control)).statements[0].content_hash
        for time, control in (("2026030601", "1"), ("2026030601", "2"), ("2026030602", "3"))
    )
    assert first == again != later


@pytest.mark.parametrize(
    ("content", "problem", "position", "element"),
    [
        (adt(pid({3: "9" * 201})), Problem.WRONG_IDENTIFIER, "PID-3[1]", "PID-3"),
        (adt(pid({3: "BN1~" * 101})), Problem.TOO_LARGE, "PID-3", "PID-3"),
        (adt(pid({3: "BN1~" * 3000})), Problem.TOO_LARGE, "PID-3", "PID-3"),
        (adt(pid(), msh_4="", event="A40").replace(b"01999", b""), Problem.MISSING_VALUE, "PID-3", "PID-3.4"),
        (adt("PID|1"), Problem.MISSING_VALUE, "PID-3", "PID-3"),
        (adt("PV1|1|I"), Problem.MISSING_VALUE, "PID", "PID"),
        (adt(pid(), event="A37"), Problem.WRONG_CODE, "MSH-9.2", "MSH-9.2"),
        (adt(pid(), event="A23"), Problem.WRONG_CODE, "MSH-9.2", "MSH-9.2"),
        (adt(pid(), event="A05", msh_12="3.0"), Problem.WRONG_CODE, "MSH-12", "MSH-12"),
        (adt(pid(), event=""), Problem.WRONG_CODE, "MSH-9.2", "MSH-9.2"),
        (adt(pid(), msh_9="ORU^R01"), Problem.WRONG_CODE, "MSH-9.1", "MSH-9.1"),
        (adt(pid(), msh_12="3.0"), Problem.WRONG_CODE, "MSH-12", "MSH-12"),
        (adt(pid(), event="A40"), Problem.MISSING_VALUE, "MRG-1", "MRG-1"),
        (adt(pid(), "MRG|BN1", event="A40"), Problem.MISSING_VALUE, "MRG-1", "MRG-1"),
        (adt(pid(), "MRG|7^^^^NI", event="A40"), Problem.MISSING_VALUE, "MRG-1", "MRG-1"),
        (adt(pid({3: ""}), "MRG|BN0", event="A40"), Problem.MISSING_VALUE, "PID-3", "PID-3"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_at_its_place(
    content: bytes, problem: Problem, position: str, element: str
) -> None:
    assert _refusal(content) == (problem, f"message[1]/{position}", element)


@pytest.mark.parametrize("mode", ["T", "D", "N", "t", "T^A"])
def test_who_is_made_up_to_try_a_system_becomes_no_child(mode: str) -> None:
    trial = adt(pid({3: "BN2^^^01999^MR"}), msh_11=mode)
    reading = read(trial + adt(pid()))
    assert [s.record_id for s in reading.statements] == ["01999/BN1"]
    (rejection,) = reading.rejections
    assert (rejection.problem, rejection.element) == (Problem.WRONG_CODE, "MSH-11")
    assert not rejection.about_child


@pytest.mark.parametrize("mode", ["P", "", "P^T", "p", "X"])
def test_any_other_processing_id_is_for_production(mode: str) -> None:
    assert len(read(adt(pid(), msh_11=mode)).statements) == 1


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (adt(pid({7: "20261301"})), "PID-7"),
        (adt(pid({7: "hôm qua"})), "PID-7"),
        (adt(pid({7: "20260304101500+9999"})), "PID-7"),
        (adt(pid({8: "X"})), "PID-8"),
        (adt(pid(), pv1({44: "31/02/2026"})), "PV1-44"),
        (adt(pid(), pv1({45: "x"})), "PV1-45"),
    ],
)
def test_an_unreadable_side_value_loses_no_child(content: bytes, place: str) -> None:
    reading = read(content)
    assert [s.record_id for s in reading.statements] == ["01999/BN1"]
    assert reading.rejections == ()
    assert reading.unknown_fields == {f"{place} (unreadable)": 1}


def test_one_bad_patient_of_a_merge_spoils_no_other() -> None:
    reading = read(adt(pid(), "MRG|BN0", pid({3: "9" * 201}), "MRG|BN3", event="A40"))
    assert [s.record_id for s in reading.statements] == ["01999/BN1", "01999/BN0"]
    assert [r.position for r in reading.rejections] == ["message[1]/PID[2]-3[1]"]


def test_more_records_than_one_file_may_hold_are_refused_whole() -> None:
    merge = [pid(), segment("MRG", {1: "~".join(f"X{number}" for number in range(100))})]
    with pytest.raises(PayloadError) as refusal:
        read(adt(*merge * (MAX_RECORDS // 101 + 1), event="A40"))
    assert refusal.value.rejection.problem is Problem.TOO_LARGE


def _composed(key: str, *files: bytes) -> list[dict[str, Any]]:
    pairs = [(s, adapter.convert(s)) for file in files for s in read(file).statements]
    mine = history.by_time([pair for pair in pairs if pair[0].record_id == key])
    found = history.compose(mine).resources
    for resource in found:
        validation.validated(resource)
    return list(found)


def _person(said: list[dict[str, Any]]) -> Any:
    return person_record("r1", "hospital:01999/BN1", "hospital", said)


MERGE = adt("EVN||20260307", pid(), "MRG|BN0^^^01999^MR", event="A40")
SECOND_MERGE = adt("EVN||20260308", pid(), "MRG|BN9^^^79998^MR", event="A40")
UPDATE = adt("EVN||20260309", pid(), pv1())


def _links(said: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    (child,) = [r for r in said if r["resourceType"] == "Patient"]
    return {
        (
            link["type"],
            link["other"]["identifier"]["assigner"]["identifier"]["value"],
            link["other"]["identifier"]["value"],
        )
        for link in child.get("link", ())
    }


def test_a_merge_binds_both_numbers_in_whatever_order_messages_come() -> None:
    for files in permutations((MERGE, SECOND_MERGE, UPDATE)):
        said = _composed("01999/BN1", *files)
        assert _links(said) == {("replaces", "01999", "BN0"), ("replaces", "79998", "BN9")}
    assert _links(_composed("01999/BN0", MERGE)) == {("replaced-by", "01999", "BN1")}
    assert _links(_composed("79998/BN9", SECOND_MERGE)) == {("replaced-by", "01999", "BN1")}


def test_a_merged_record_keeps_what_it_said_before() -> None:
    before = adt("EVN||20260305", pid({3: "BN0^^^01999^MR", 5: "Bé gái"}))
    (child, *_) = _composed("01999/BN0", before, MERGE)
    assert [name["text"] for name in child["name"]] == ["Bé gái"]
    assert child["birthDate"] == "2026-03-04"
    assert [i["value"] for i in child["identifier"]] == ["BN0"]


def test_a_link_names_the_number_as_the_other_records_own_identifier_does() -> None:
    (child, *_) = _composed("01999/BN1", MERGE)
    other = child["link"][0]["other"]
    own = _composed("01999/BN0", MERGE)[0]["identifier"][0]
    assert other["identifier"] == {key: own[key] for key in own if key != "use"}
    assert "reference" not in other


def test_the_evidence_of_a_message_reaches_linkage() -> None:
    numbers = "BN1^^^01999^MR~998326012345^^^^NI~00998.GCS.01999.26^^^^GCS~TE1019980012345^^^^SB"
    content = adt(pid({3: numbers, 21: "999300012345", 24: "Y", 25: "2"}), pv1())
    (statement,) = read(content).statements
    by_xml = stay(SO_CCCD="998326012345", MA_THE_BHYT="TE1019980012345", MA_LK="L-1")
    (xml,) = read(envelope(filed("XML1", by_xml))).statements
    one = _person(list(adapter.convert(statement).resources))
    other = _person(list(adapter.convert(xml).resources))
    same = ("names", "personal_ids", "cards", "files", "sex", "birth_low", "moves", "stays")
    assert [getattr(one, name) for name in same] == [getattr(other, name) for name in same]
    assert one.certificates == ("00998.GCS.01999.26",)
    assert one.mother_ids == ("999300012345",)
    assert one.several


def test_a_file_number_system_is_the_same_as_in_health_xml() -> None:
    (number,) = patient(adt(pid()))["identifier"]
    assert number["system"] == SYSTEMS[IdentifierKind.FILE]
    assert number["value"] == STAY["MA_BN"]


def test_the_document_names_every_place_that_is_read() -> None:
    text = (Path(__file__).parents[4] / "docs/sources/hospital.md").read_text(encoding="utf-8")
    named = set(re.findall(r"[A-Z][A-Z0-9]{2}-\d+", text))
    assert {path.partition(".")[0] for field in FIELDS for path in field.elements} <= named


GOOD = adt("EVN|A08|20260306", pid({11: "x^^^^^^H^^00199", 21: "7"}), pv1(), "DG1|1||Z76.1")


def _read_and_convert(content: bytes) -> None:
    try:
        reading = read(content)
    except PayloadError:
        return
    for statement in reading.statements:
        for resource in adapter.convert(statement).resources:
            validation.validated(resource)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    _read_and_convert(content)
    _read_and_convert(b"MSH|^~\\&|A|1|||||ADT^A40|1|P|2.5\rPID|" + content)


@given(st.integers(0, len(GOOD)), st.text('|^~\\&\r09A."Nơ\0', max_size=5), st.integers(0, 8))
def test_any_damage_is_read_or_refused(at: int, put: str, cut: int) -> None:
    _read_and_convert(GOOD[:at] + put.encode() + GOOD[at + cut :])


@given(
    st.dictionaries(
        st.sampled_from([3, 5, 6, 7, 8, 10, 11, 21, 22, 23, 24, 25, 29, 30]),
        st.text('0129^~&\\XYNHMR."+éơ ', max_size=20),
    )
)
def test_whatever_stands_in_a_pid_becomes_fhir_or_is_refused(fields: dict[int, str]) -> None:
    _read_and_convert(adt(pid(fields), pv1()))


def test_nothing_of_a_child_shows_in_a_repr() -> None:
    shown = repr(read(adt(pid({21: "M-7"})) + adt(pid({8: "X"}))))
    assert all(secret not in shown for secret in ("Nguyễn", "BN1", "M-7"))


@pytest.mark.parametrize("event", ["A02", "A03", "A06", "A07"])
def test_a_transfer_or_discharge_may_be_all_that_arrives_of_a_child(event: str) -> None:
    assert _keys(adt(pid(), pv1(), event=event)) == ["01999/BN1"]


def test_a_sparse_discharge_ends_the_stay_and_takes_nothing_back() -> None:
    came = adt(pid(), pv1({45: ""}), event="A01", msh_7="20260306090000+0700")
    left = adt("PID|1||BN1^^^01999^MR", pv1(), event="A03", msh_7="20260310160000+0700")
    before, after = (_composed("01999/BN1", *files) for files in ([came], [came, left]))
    (patient_before, patient_after) = (
        next(r for r in found if r["resourceType"] == "Patient") for found in (before, after)
    )
    assert patient_after | {"meta": None} == patient_before | {"meta": None}
    (stay_after,) = (r for r in after if r["resourceType"] == "Encounter")
    assert (stay_after["status"], stay_after["period"]["end"]) == (
        "finished",
        "2026-03-10T15:30:00+07:00",
    )


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("A05", "event-not-used"),
        ("A20", "event-not-used"),
        ("A50", "event-not-used"),
        ("A12", "cancel-not-used"),
    ],
)
def test_what_changes_nothing_of_who_a_child_is_is_counted_and_not_refused(
    event: str, reason: str
) -> None:
    reading = read(adt(pid(), pv1(), event=event))
    assert (reading.statements, reading.rejections) == ((), ())
    assert reading.left_out == {reason: 1}


def test_no_event_is_both_read_and_left_out() -> None:
    assert not EVENTS & NOT_USED.keys()
    assert STAY_NAMED_BY.keys() <= EVENTS


CAME = adt(pid(), pv1({45: ""}), event="A01", msh_7="20260306090000+0700")
LEFT = adt(pid(), pv1(), event="A03", msh_7="20260310160000+0700")


def _stays(*files: bytes) -> list[tuple[str, str | None]]:
    """Status and end of each."""
    found = _composed("01999/BN1", *files)
    return [
        (r["status"], r["period"].get("end")) for r in found if r["resourceType"] == "Encounter"
    ]


def test_a_cancelled_stay_stays_as_cancelled_and_is_no_evidence() -> None:
    cancel = adt(pid(), pv1({44: "", 45: ""}), event="A11", msh_7="20260306100000+0700")
    for files in ([CAME, cancel], [cancel, CAME]):
        assert _stays(*files) == [("cancelled", None)]
    before, after = (
        _person(_composed("01999/BN1", CAME)),
        _person(_composed("01999/BN1", CAME, cancel)),
    )
    assert (len(before.moves), len(before.stays)) == (1, 1)
    assert (after.moves, after.stays) == ((), ())
    assert after.names == before.names


def test_a_cancel_by_mistake_is_undone_by_saying_how_it_was() -> None:
    cancel = adt(pid(), pv1(), event="A11", msh_7="20260306100000+0700")
    after_all = adt(pid(), pv1({45: ""}), event="A08", msh_7="20260306110000+0700")
    assert _stays(CAME, cancel, after_all) == [("in-progress", None)]


def test_only_the_stay_that_is_named_is_cancelled() -> None:
    other = adt(pid(), pv1({19: "L-2", 44: "202604010900", 45: ""}), msh_7="202604011000+0700")
    cancel = adt(pid(), pv1(), event="A11", msh_7="202604011100+0700")
    assert sorted(status for status, _ in _stays(CAME, other, cancel)) == [
        "cancelled",
        "in-progress",
    ]


def test_a_cancelled_discharge_leaves_the_stay_open_whatever_end_it_repeats() -> None:
    back = adt(pid(), pv1(), event="A13", msh_7="20260310170000+0700")
    assert _stays(CAME, LEFT) == [("finished", "2026-03-10T15:30:00+07:00")]
    assert _stays(CAME, LEFT, back) == [("in-progress", None)]


@pytest.mark.parametrize(("event", "stated"), [("A11", {}), ("A13", {19: "L-1"})])
def test_a_cancel_that_does_not_say_which_stay_is_counted(
    event: str, stated: dict[int, str]
) -> None:
    empty = dict.fromkeys((19, 44, 45), "")
    reading = read(adt(pid(), pv1(empty | stated), event=event))
    assert (reading.statements, reading.rejections) == ((), ())
    assert reading.left_out == {"cancel-not-used": 1}


@pytest.mark.parametrize(
    ("kind", "about_child"),
    [("ORU^R01", False), ("siu^S12", False), ("ADT^A24", True), ("ATD^A01", True), ("", True)],
)
def test_results_and_orders_are_refused_and_no_lost_report_about_a_child(
    kind: str, about_child: bool
) -> None:
    (rejection,) = read(adt(pid(), msh_9=kind)).rejections
    assert (rejection.problem, rejection.about_child) == (Problem.WRONG_CODE, about_child)
