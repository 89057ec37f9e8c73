"""FHIR resources → a person record: all that counts, nothing that is a placeholder."""

from datetime import date
from typing import Any

import pytest

from adapters import communes, profile
from adapters.profile import Basis, IdentifierKind, Place, PlaceKind
from linkage.extraction import UNKNOWN, person_record
from linkage.records import OPEN, Move, PersonRecord

DAY = date(2026, 3, 4).toordinal()
HOSPITAL = Place(kind=PlaceKind.HOSPITAL, code="01234")
HOME = Place(kind=PlaceKind.HOME, code="99001")
COMMUNE = Place(kind=PlaceKind.COMMUNE, code="00199")
NUMBER = "998326000001"


def patient(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "patient"} | elements


def read(
    *others: dict[str, Any], source: str = "hospital", key: str = "", **elements: Any
) -> PersonRecord:
    """The record of a Patient with these elements and of other resources beside it."""
    return person_record("01x", key or f"{source}:1", source, [patient(**elements), *others])


def body(place: Place) -> dict[str, Any]:
    return profile.reference("Organization", profile.organization_id(place))


def episode(start: str, *extensions: dict[str, Any], end: str | None = None) -> dict[str, Any]:
    return {
        "resourceType": "EpisodeOfCare",
        "managingOrganization": body(HOME),
        "period": profile.without_nothing({"start": start, "end": end}),
        "extension": list(extensions),
    }


def encounter(start: str, end: str | None = None, **elements: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "serviceProvider": body(HOSPITAL),
        "period": profile.without_nothing({"start": start, "end": end}),
    } | elements


def test_a_child_of_whom_nothing_is_said_is_an_empty_record() -> None:
    assert read() == PersonRecord(
        record_id="01x", key="hospital:1", source="hospital", foundling=True
    )


def test_a_record_without_patient_is_refused() -> None:
    with pytest.raises(ValueError, match="Patient"):
        person_record("01x", "hospital:1", "hospital", [{"resourceType": "Flag"}])


# Names ------------------------------------------------------------------------------------------


def test_all_names_count_also_old_ones_and_nicknames() -> None:
    names = [
        profile.human_name("Nguyễn Thị BÌNH An"),
        profile.human_name("Trần An", use="old"),
        profile.human_name("Bống", use="nickname"),
    ]
    assert read(name=names).names == ("bống", "nguiễn thị bình an", "trần an")


@pytest.mark.parametrize(
    "name",
    [
        profile.human_name("Bệnh viện Nhi", placeholder="hospital-name"),
        profile.human_name("Con bà Xuân", placeholder="mother-name"),
        profile.human_name("Vô danh", use="anonymous"),
        profile.human_name("  ", use="official"),
        {"use": "official"},
    ],
)
def test_a_placeholder_is_no_name(name: dict[str, Any]) -> None:
    record = read(name=[name])
    assert record.names == ()
    assert record.foundling


def test_a_real_name_beside_a_placeholder_counts() -> None:
    names = [profile.human_name("Bệnh viện Nhi", placeholder="x"), profile.human_name("Trần An")]
    record = read(name=names)
    assert record.names == ("trần an",)
    assert not record.foundling


# Sex and birth ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gender", "sex"),
    [("male", "male"), ("female", "female"), ("unknown", None), ("other", None), (None, None)],
)
def test_only_a_known_sex_is_evidence(gender: str | None, sex: str | None) -> None:
    assert read(gender=gender).sex == sex
    assert read().sex is None


def birth(low: date, high: date, basis: Basis) -> dict[str, Any]:
    return {"extension": [profile.birth_range(low, high, basis)]}


def test_a_stated_day_of_birth_is_firm() -> None:
    record = read(birthDate="2026-03-04")
    assert (record.birth_low, record.birth_high, record.birth_firm) == (DAY, DAY, True)


@pytest.mark.parametrize(
    ("stated", "low", "high"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_a_month_or_a_year_is_an_interval_and_not_firm(stated: str, low: date, high: date) -> None:
    record = read(birthDate=stated)
    assert (record.birth_low, record.birth_high) == (low.toordinal(), high.toordinal())
    assert not record.birth_firm


@pytest.mark.parametrize("basis", [Basis.ESTIMATED_AGE, Basis.DAY_FOUND, Basis.DEFAULT_DATE])
def test_an_estimated_birth_is_its_range_and_not_firm(basis: Basis) -> None:
    low, high = date(2026, 2, 25), date(2026, 3, 4)
    record = read(birthDate="2026-03-01", _birthDate=birth(low, high, basis))
    assert (record.birth_low, record.birth_high) == (low.toordinal(), high.toordinal())
    assert not record.birth_firm
    same_day = read(birthDate="2026-03-04", _birthDate=birth(high, high, basis))
    assert not same_day.birth_firm


def test_the_time_of_reception_is_no_birth_date() -> None:
    day = date(2026, 3, 4)
    record = read(birthDate="2026-03-04", _birthDate=birth(day, day, Basis.RECEPTION))
    assert (record.birth_low, record.birth_high, record.birth_firm) == (None, None, False)


def test_a_placeholder_is_no_birth_date() -> None:
    mark = {"extension": [profile.flag_placeholder("reception-time")]}
    assert read(birthDate="2026-03-04", _birthDate=mark).birth_low is None


# Numbers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "field", "number"),
    [
        (IdentifierKind.PERSONAL_ID, "998326 000001", "personal_ids", NUMBER),
        (IdentifierKind.BIRTH_CERTIFICATE, "00001.gcs.01234.26", "certificates", None),
        (IdentifierKind.INSURANCE, "TE1019900000123", "cards", "9900000123"),
        (IdentifierKind.TEMPORARY_INSURANCE, "TE1019900000124", "cards", "9900000124"),
        (IdentifierKind.CIVIL_REGISTRATION, "24/2026", "registrations", None),
    ],
)
def test_a_number_is_cleaned_and_finds_its_field(
    kind: IdentifierKind, value: str, field: str, number: str | None
) -> None:
    given = profile.identifier(kind, value, issuer=COMMUNE)
    (found,) = getattr(read(identifier=[given]), field)
    assert found == number if number else value.upper() in found


def test_a_registration_tells_its_day_where_it_is_the_entry_itself() -> None:
    def entry(**period: str) -> dict[str, Any]:
        kind = IdentifierKind.CIVIL_REGISTRATION
        return profile.identifier(kind, "00199/01/2026/24", issuer=COMMUNE, **period)

    assert read(identifier=[entry(start="2026-03-15")]).registered == date(2026, 3, 15).toordinal()
    assert read(identifier=[entry()]).registered is None


@pytest.mark.parametrize("kind", list(IdentifierKind))
def test_a_placeholder_is_no_number(kind: IdentifierKind) -> None:
    number = profile.identifier(kind, NUMBER, issuer=HOSPITAL, start="2026-03-04")
    number["extension"] = [profile.flag_placeholder("zeros")]
    assert read(identifier=[number]) == read()


def test_a_temporary_card_of_zeros_is_no_card() -> None:
    zeros = profile.identifier(IdentifierKind.TEMPORARY_INSURANCE, "TE1010000000000")
    assert read(identifier=[zeros]).cards == ()


def test_only_the_population_source_makes_a_number_active() -> None:
    numbers = [profile.identifier(IdentifierKind.PERSONAL_ID, NUMBER)]
    assert read(identifier=numbers).active_ids == ()
    assert read(identifier=numbers, source="population").active_ids == (NUMBER,)


def test_a_cancelled_number_is_evidence_but_not_active() -> None:
    numbers = [
        profile.identifier(IdentifierKind.PERSONAL_ID, NUMBER),
        profile.identifier(IdentifierKind.PERSONAL_ID, "998326000002", use="old"),
    ]
    record = read(identifier=numbers, source="population")
    assert record.personal_ids == (NUMBER, "998326000002")
    assert record.active_ids == (NUMBER,)


@pytest.mark.parametrize(
    ("kind", "field"),
    [(IdentifierKind.FILE, "files"), (IdentifierKind.TRANSFER_LETTER, "letters")],
)
def test_a_number_of_one_issuer_is_nothing_without_it(kind: IdentifierKind, field: str) -> None:
    bare = profile.identifier(kind, "BN-001")
    issued = profile.identifier(kind, "BN-001", issuer=HOSPITAL)
    assert getattr(read(identifier=[bare]), field) == ()
    (number,) = getattr(read(identifier=[issued]), field)
    assert number.startswith("hospital:01234|BN001")


def test_numbers_on_a_stay_count() -> None:
    letter = profile.identifier(IdentifierKind.TRANSFER_LETTER, "55", issuer=HOSPITAL)
    assert read(encounter("2026-03-04", identifier=[letter])).letters == ("hospital:01234|55",)


def test_the_file_number_at_the_other_body_counts_as_its_file() -> None:
    received = profile.handover("received", places=[HOSPITAL], file_number="BN 7")
    there = read(identifier=[profile.identifier(IdentifierKind.FILE, "BN-7", issuer=HOSPITAL)])
    told = read(episode("2026-03-06", received), source="facility")
    assert set(there.files) & set(told.files)


def test_an_unknown_system_is_no_evidence() -> None:
    unknown = {"system": "http://example.org", "value": NUMBER}
    assert read(identifier=[unknown, {"value": NUMBER}]) == read()


# Minutes ----------------------------------------------------------------------------------------


def minutes(number: str, issuer: Place | None, start: str | None) -> dict[str, Any]:
    return profile.identifier(IdentifierKind.MINUTES, number, issuer=issuer, start=start)


def test_minutes_are_number_commune_and_day() -> None:
    record = read(identifier=[minutes("Số 012/BB-UBND", COMMUNE, "2026-03-04")])
    assert f"12|00199|{DAY}" in record.minutes


def test_minutes_count_for_every_reading_of_the_commune() -> None:
    found = read(identifier=[minutes("12", COMMUNE, "2026-03-04")]).minutes
    readings = {"00199", *communes.readings("00199", None)}
    assert set(found) == {f"12|{commune}|{DAY}" for commune in readings}


def test_minutes_without_a_day_lie_in_the_year_of_reception_or_the_one_before() -> None:
    record = read(episode("2026-01-06"), identifier=[minutes("12", COMMUNE, None)])
    assert {"12|00199|2025", "12|00199|2026"} <= set(record.minutes)


def test_minutes_of_an_unknown_commune_are_number_and_day() -> None:
    record = read(identifier=[minutes("12", None, "2026-03-04")])
    assert record.minutes == (f"12|{UNKNOWN}|{DAY}",)


@pytest.mark.parametrize(
    "identifier",
    [
        minutes("không số", COMMUNE, "2026-03-04"),
        minutes("12", COMMUNE, None),
    ],
)
def test_minutes_without_number_or_time_are_no_evidence(identifier: Any) -> None:
    assert read(identifier=[identifier]).minutes == ()


# Discovery --------------------------------------------------------------------------------------


def test_where_and_when_a_child_was_found() -> None:
    found = profile.discovery(
        time="2026-03-04T05:10:00+07:00",
        commune="00199",
        candidates=["00200", "00199"],
        place_text="cổng chùa Láng",
    )
    record = read(extension=[found], name=[profile.human_name("Trần An")])
    assert (record.found_low, record.found_high) == (DAY, DAY)
    assert record.communes == ("00199", "00200")
    assert {"chua", "lang"} <= set(record.place_words)
    assert record.foundling


@pytest.mark.parametrize(
    ("kind", "text", "kinds"),
    [("CHUA", None, ("pagoda",)), ("KHAC", "chợ Láng", ("market",)), (None, "cầu Láng", ())],
)
def test_the_kind_of_place_is_told_by_a_code_or_by_words(
    kind: str | None, text: str | None, kinds: tuple[str, ...]
) -> None:
    found = profile.discovery(
        time=None, commune=None, candidates=(), place_type=kind, place_text=text
    )
    assert read(extension=[found]).place_kinds == kinds


@pytest.mark.parametrize(
    ("uses", "provisional"),
    [
        (["temp"], True),
        (["temp", "nickname"], True),
        (["temp", "official"], False),
        (["temp", "anonymous"], True),
        (["anonymous"], False),
        ([], False),
    ],
)
def test_a_child_may_have_no_more_than_a_name_for_the_time_being(
    uses: list[str], provisional: bool
) -> None:
    names = [profile.human_name(f"Trần An {use}", use) for use in uses]
    assert read(name=names).provisional is provisional


def test_a_number_that_the_source_calls_old_was_cancelled() -> None:
    old, new = (
        profile.identifier(IdentifierKind.PERSONAL_ID, number, use=use)
        for number, use in (("998326000001", "old"), ("998326000002", "official"))
    )
    record = read(identifier=[old, new])
    assert record.cancelled_ids == ("998326000001",)
    assert record.personal_ids == ("998326000001", "998326000002")
    assert read(identifier=[new]).cancelled_ids == ()


def test_a_discovery_that_says_nothing_is_no_evidence() -> None:
    empty = profile.discovery(time=None, commune=None, candidates=())
    assert read(extension=[empty]) == read()


def test_found_in_a_month_is_an_interval() -> None:
    found = profile.discovery(time="2026-03", commune=None, candidates=())
    record = read(extension=[found])
    assert (record.found_low, record.found_high) == (DAY - 3, DAY + 27)


@pytest.mark.parametrize("code", ["ABANDONED"])
def test_a_flag_of_abandonment_makes_a_foundling(code: str) -> None:
    named = [profile.human_name("Trần An")]
    flag = profile.group_flag("facility", code, start=None)
    assert read(flag, name=named).foundling
    assert not read(profile.group_flag("facility", "HIV", start=None), name=named).foundling


# Reported together ------------------------------------------------------------------------------


def test_children_of_one_report_name_the_same_report() -> None:
    one = read(source="police", key="police:00199/12/2026#1")
    other = read(source="police", key="police:00199/12/2026#2")
    assert one.report == other.report == "police:00199/12/2026"


def test_other_sources_have_no_reports() -> None:
    assert read(key="hospital:01234/A#1").report is None


@pytest.mark.parametrize(
    ("elements", "several"),
    [
        ({"extension": [{"url": profile.EXT_GROUP_SIZE, "valueInteger": 2}]}, True),
        ({"extension": [{"url": profile.EXT_GROUP_SIZE, "valueInteger": 1}]}, False),
        ({"multipleBirthBoolean": True}, True),
        ({"multipleBirthBoolean": False}, False),
        ({"multipleBirthInteger": 1}, True),
        ({}, False),
    ],
)
def test_a_source_may_say_that_a_child_was_not_alone(
    elements: dict[str, Any], several: bool
) -> None:
    assert read(**elements).several is several


@pytest.mark.parametrize(
    ("received", "told"),
    [("2026-03-04T05:25:00+07:00", 5 * 60 + 25), ("2026-03-03T22:25:00Z", 5 * 60 + 25)],
)
def test_the_minute_of_a_call_is_vietnams(received: str, told: int) -> None:
    report = {"resourceType": "Communication", "received": received}
    midnight = date(2026, 3, 4).toordinal() * 1440
    assert read(report, source="hotline").told == midnight + told


def test_a_day_is_no_minute_of_a_call() -> None:
    assert read({"resourceType": "Communication", "received": "2026-03-04"}).told is None


# Weight, marks, family --------------------------------------------------------------------------


def test_the_earliest_weight_and_its_day() -> None:
    later = profile.weight("hospital", 3100, at="2026-03-06", birth=False)
    earlier = profile.weight("hospital", 2900, at="2026-03-04T09:00:00+07:00", birth=True)
    record = read(later, earlier)
    assert (record.grams, record.grams_day) == (2900, DAY)


@pytest.mark.parametrize("at", [None, "2026", "2026-03"])
def test_a_weight_without_a_day_is_no_evidence(at: str | None) -> None:
    record = read(profile.weight("hospital", 2900, at=at, birth=True))
    assert (record.grams, record.grams_day) == (None, None)


def test_marks_and_belongings_are_telling_words() -> None:
    marks = profile.remark("police", "distinguishing-mark", ["bớt đỏ ở vai trái"])
    belongings = profile.remark("police", "belonging", ["một khăn xanh"])
    state = profile.remark("police", "state-when-found", ["khỏe mạnh"])
    found = set(read(*marks, *belongings, *state).marks)
    assert {"bot", "do", "vai", "khan", "xanh"} <= found
    assert not found & {"khoe", "manh", "mot", "o"}


def test_the_mother_counts_and_the_father_does_not() -> None:
    number = profile.identifier(IdentifierKind.PERSONAL_ID, "999190 000001")
    mother = profile.related_person("hospital", "mother", name="Bùi Thị Xuân", identifiers=[number])
    father = profile.related_person("hospital", "father", name="Lê Văn Tám", identifiers=[number])
    record = read(mother)
    assert record.mothers == ("bui thi xuan",)
    assert record.mother_ids == ("999190000001",)
    assert read(father) == read()


def test_a_mothers_number_is_not_the_childs() -> None:
    number = profile.identifier(IdentifierKind.PERSONAL_ID, NUMBER)
    mother = profile.related_person("hospital", "mother", name=None, identifiers=[number])
    assert read(mother).personal_ids == ()


def test_a_placeholder_is_no_mother() -> None:
    mother = profile.related_person("hospital", "mother", name=None)
    mother["name"] = [profile.human_name("Không rõ", placeholder="unknown")]
    assert read(mother).mothers == ()


def test_a_placeholder_is_no_mothers_number() -> None:
    number = profile.identifier(IdentifierKind.PERSONAL_ID, "000000000000")
    number["extension"] = [profile.flag_placeholder("zeros")]
    mother = profile.related_person("hospital", "mother", name=None, identifiers=[number])
    assert read(mother).mother_ids == ()


# Homes and movements ----------------------------------------------------------------------------


def test_homes_by_code_and_by_name() -> None:
    home = profile.organization(HOME, "Mái ấm Hoa Sen")
    hospital = profile.organization(HOSPITAL, "Bệnh viện Nhi")
    assert set(read(home, hospital).homes) == {"home:99001", "mai am hoa sen"}


def test_given_to_a_home_names_the_home() -> None:
    given = profile.handover("given", places=[HOME], name="Mái ấm Hoa Sen")
    assert set(read(extension=[given]).homes) == {"home:99001", "mai am hoa sen"}


def test_a_hospital_that_handed_the_child_over_is_no_home() -> None:
    received = profile.handover("received", places=[HOSPITAL], name="Bệnh viện Nhi")
    assert read(extension=[received]).homes == ()


def test_stays_and_moves_of_the_record() -> None:
    record = read(
        encounter("2026-03-04T09:15:00+07:00", "2026-03-06T10:00:00+07:00"),
        episode("2026-03-06"),
    )
    assert {stay.file for stay in record.stays} == {"hospital:1"}
    assert {stay.place for stay in record.stays} == {"hospital:01234", "home:99001"}
    assert max(stay.end for stay in record.stays) == OPEN
    moved = Move(direction="in", place="hospital:01234", day=DAY, hour=DAY * 24 + 9)
    assert moved in record.moves
    assert list(record.moves) == sorted(set(record.moves))


def test_the_order_of_resources_and_elements_makes_no_difference() -> None:
    names = [profile.human_name("Trần An"), profile.human_name("Lê An", use="old")]
    others = [
        encounter("2026-03-04", "2026-03-06"),
        encounter("2026-04-04", "2026-04-06"),
        profile.weight("hospital", 2900, at="2026-03-04", birth=True),
        profile.weight("hospital", 3100, at="2026-03-05", birth=False),
        *profile.remark("police", "belonging", ["khăn xanh", "mũ len"]),
    ]
    others += [episode("2026-05-01", end="2026-05-09"), episode("2026-03-06", end="2026-03-09")]
    received = [profile.handover("received", places=[HOSPITAL], name="Bệnh viện Nhi")]
    forth = read(*others, name=names, extension=received)
    back = read(*reversed(others), name=names[::-1], extension=received)
    assert forth == back


def test_a_mothers_file_number_is_hers_only_in_the_house_that_gave_it() -> None:
    file = profile.identifier(IdentifierKind.FILE, "BN77", issuer=HOSPITAL)
    mother = profile.related_person("hospital", "mother", name=None, identifiers=[file])
    assert read(mother).mother_ids == ("hospital:01234|BN77",)
    nowhere = profile.identifier(IdentifierKind.FILE, "BN77")
    mother = profile.related_person("hospital", "mother", name=None, identifiers=[nowhere])
    assert read(mother).mother_ids == ()


def test_what_a_house_merged_is_the_same_pair_of_numbers_on_both_records() -> None:
    """Patient.link as an A40 leaves it, on the record that goes on and on the one that ended."""

    def merged(own: str, other: str, kind: str) -> PersonRecord:
        def file(number: str) -> dict[str, Any]:
            return profile.identifier(IdentifierKind.FILE, number, issuer=HOSPITAL)

        link = {"other": {"type": "Patient", "identifier": file(other)}, "type": kind}
        return read(identifier=[file(own)], link=[link])

    on, ended = merged("BN1", "TAM9", "replaces"), merged("TAM9", "BN1", "replaced-by")
    assert on.merged == ended.merged == ("hospital:01234|BN1=TAM9",)


def test_a_link_between_resources_is_no_merge() -> None:
    assert read(link=[{"other": {"reference": "Patient/x"}, "type": "seealso"}]).merged == ()
