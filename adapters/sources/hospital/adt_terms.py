"""What the page says of HL7 messages: where each place goes, and its codes."""

from adapters.formats.codes import SEX_WORDS
from adapters.sources.hospital.adt_fields import (
    ADDRESSES,
    HL7_SEXES,
    KIN,
    NAME_USES,
    NUMBERS,
    STAYS,
)
from adapters.vocabulary import CodeList, Term

SOURCED = "sourced: HL7 v2.5, formats.md"
ASSUMED = "assumed"
STAY_WORDS = {
    "IMP": "nội trú · stays",
    "AMB": "ngoại trú · visit",
    "EMER": "cấp cứu · emergency",
    "PRENC": "trước khi vào viện · before admission",
}
NEWBORN = {"N": "born here"}
DEAD = {"Y": "true"}
NUMBER_WORDS = {
    "file": "mã người bệnh · file number",
    "paper": "giấy tờ tùy thân · identity paper",
    "card": "thẻ BHYT · insurance card",
    "certificate": "giấy chứng sinh · birth certificate",
}
ADDRESS_TYPES = {kind: kind for kind in ADDRESSES}

ADT_TERMS = (
    Term(
        name="PID-3/MR",
        origin=SOURCED,
        to=(
            "Patient.identifier[patient-internal-id]",
            "RelatedPerson(mother).birthDate",
            "RelatedPerson(mother).identifier[national_id]",
            "record id",
        ),
        note="use usual for the key, secondary for further ones; PI and none likewise (assumed)",
    ),
    Term(
        name="PID-3/NI",
        origin=SOURCED,
        to=("RelatedPerson(mother).identifier[national_id]",),
        note="by form as SO_CCCD",
    ),
    Term(
        name="PID-3/SB",
        origin=SOURCED,
        to=("Patient.identifier[insurance_number]",),
        note="as MA_THE_BHYT",
    ),
    Term(
        name="PID-3/GCS",
        origin=SOURCED,
        to=(
            "Patient.identifier[giay-chung-sinh]",
            "record id",
        ),
        note="BCT likewise (assumed)",
    ),
    Term(
        name="PID-3.4",
        origin=SOURCED,
        to=("Patient.identifier[patient-internal-id]",),
        note="the authority: which facility gave the number",
    ),
    Term(
        name="PID-3.5",
        origin=SOURCED,
        to=(
            "Patient.identifier[giay-chung-sinh]",
            "Patient.identifier[insurance_number]",
            "Patient.identifier[patient-internal-id]",
            "RelatedPerson(mother).identifier[national_id]",
            "record id",
        ),
        note="what is numbered",
        codes=CodeList(known=NUMBERS, meanings=NUMBER_WORDS),
    ),
    Term(
        name="PID-5",
        origin=SOURCED,
        to=(
            "Patient.address",
            "Patient.name",
            "RelatedPerson(mother).name",
        ),
        note="family, middle, given, or the whole name in the first component",
    ),
    Term(
        name="PID-5.7",
        origin=ASSUMED,
        to=("Patient.name",),
        note="a type L or none goes first",
        codes=CodeList(known=NAME_USES),
    ),
    Term(
        name="PID-6",
        origin=ASSUMED,
        to=("RelatedPerson(mother)",),
        note="where NK1 names no mother",
    ),
    Term(
        name="PID-7",
        origin=SOURCED,
        to=(
            "Patient.birthDate",
            "RelatedPerson(mother).birthDate",
            "RelatedPerson(mother).identifier[national_id]",
        ),
        note="zones become +07:00, a time of 0000 is unknown (assumed)",
    ),
    Term(
        name="PID-8",
        origin=SOURCED,
        to=("Patient.gender",),
        codes=CodeList(known=HL7_SEXES, meanings=SEX_WORDS),
    ),
    Term(name="PID-11", origin=SOURCED, to=("Patient.address",)),
    Term(
        name="PID-11.7",
        origin=ASSUMED,
        to=("Patient.address",),
        note="H, C, P, none, L, BR in this order",
        codes=CodeList(known=ADDRESS_TYPES),
    ),
    Term(name="PID-11.9", origin=SOURCED, to=("Patient.address",), note="commune code"),
    Term(
        name="PID-21",
        origin=SOURCED,
        to=(
            "RelatedPerson(mother).birthDate",
            "RelatedPerson(mother).extension[patient-file]",
            "RelatedPerson(mother).identifier[national_id]",
        ),
        note="NI and 12 digits without type her personal ID, SB her card; all else her file (assumed)",
    ),
    Term(
        name="PID-22",
        origin=ASSUMED,
        to=("Patient.extension[extension-race]",),
        note="where it is a number; else PID-10",
    ),
    Term(
        name="PID-23",
        origin=ASSUMED,
        to=(
            "Location",
            "Patient.extension[discovery].location",
            "Patient.extension[discovery].place-text",
            "Patient.extension[patient-birthPlace]",
        ),
        note="as NOI_SINH_CON",
    ),
    Term(
        name="PID-24",
        origin=SOURCED,
        to=(
            "Patient.multipleBirthBoolean",
            "Patient.multipleBirthInteger",
        ),
    ),
    Term(name="PID-25", origin=SOURCED, to=("Patient.multipleBirthInteger",)),
    Term(name="PID-29", origin=ASSUMED, to=("Patient.deceasedDateTime",)),
    Term(name="PID-30", origin=ASSUMED, note="only Y", codes=CodeList(known=DEAD)),
    Term(
        name="NK1-2",
        origin=ASSUMED,
        to=(
            "RelatedPerson(father).name",
            "RelatedPerson(mother).name",
        ),
    ),
    Term(
        name="NK1-3",
        origin=ASSUMED,
        to=(
            "RelatedPerson(father)",
            "RelatedPerson(mother).name",
        ),
        codes=CodeList(known=KIN),
    ),
    Term(name="NK1-33", origin=ASSUMED, to=("RelatedPerson(father).identifier[national_id]",)),
    Term(
        name="PV1-2",
        origin=ASSUMED,
        to=("Encounter.class",),
        note="without it inpatient for A01, a visit for A04",
        codes=CodeList(known=STAYS, meanings=STAY_WORDS),
    ),
    Term(
        name="PV1-4",
        origin=ASSUMED,
        to=("Patient.birthDate",),
        note="N: born here, so that a birth at the moment of admission is no reception",
        codes=CodeList(known=NEWBORN),
    ),
    Term(
        name="PV1-19",
        origin=ASSUMED,
        to=(
            "Condition.encounter",
            "Encounter.identifier[dot-dieu-tri]",
        ),
        note="without it the admission is the Encounter's role",
    ),
    Term(
        name="PV1-44",
        origin=SOURCED,
        to=(
            "Condition.recordedDate",
            "Encounter.period",
            "Organization",
        ),
    ),
    Term(
        name="PV1-45",
        origin=SOURCED,
        to=(
            "Condition.recordedDate",
            "Encounter.period",
            "Encounter.status",
        ),
    ),
    Term(
        name="PV2-3.2",
        origin=ASSUMED,
        to=(
            "Encounter.reasonCode",
            "Patient.identifier[bien-ban-bo-roi]",
        ),
        note="as LY_DO_VV",
    ),
    Term(name="DG1-3", origin=ASSUMED, to=("Condition.code",), note="as MA_BENH_CHINH"),
    Term(name="DG1-3.2", origin=ASSUMED, to=("Condition.code",), note="as CHAN_DOAN_RV"),
    Term(name="MRG-1", origin=SOURCED, to=("required",), note="the number that ended, below"),
    Term(name="MRG-7", origin=ASSUMED, to=("Patient.name",)),
    Term(name="EVN-2", origin=SOURCED, to=("own time",)),
    Term(
        name="MSH-4",
        origin=SOURCED,
        to=(
            "Encounter.serviceProvider",
            "Organization",
            "Patient.identifier[patient-internal-id]",
            "custodian",
            "record id",
        ),
        note="the facility, where the number names none",
    ),
    Term(name="MSH-7", origin=SOURCED, to=("own time",), note="where EVN-2 is empty"),
    Term(name="MSH-9.2", origin=SOURCED, to=("required",), note="the event"),
)

HELD = {
    "ADT:recorded": ("EVN-2", "MSH-7"),
    "ADT:file": ("PID-3/MR",),
    "ADT:other_files": ("PID-3/MR",),
    "ADT:papers": ("PID-3/NI",),
    "ADT:cards": ("PID-3/SB",),
    "ADT:certificate": ("PID-3/GCS",),
    "ADT:name": ("PID-5",),
    "ADT^A40:name": ("PID-5", "MRG-7"),
    "ADT:other_names": ("PID-5", "PID-5.7"),
    "ADT:address": ("PID-11",),
    "ADT:commune": ("PID-11.9",),
    "ADT:mother": ("PID-6", "NK1-2"),
    "ADT:mother_paper": ("PID-21", "NK1-33"),
    "ADT:mother_file": ("PID-21",),
    "ADT:mother_card": ("PID-21",),
    "ADT:mother_born": ("PID-7",),
    "ADT:father": ("NK1-2",),
    "ADT:guardian": ("NK1-2",),
    "ADT:father_paper": ("NK1-33",),
    "ADT:guardian_paper": ("NK1-33",),
}
"""What the content holds of places with several parts → all of these must be allowed for it."""
