"""What the page of FHIR senders says: where each element goes, its codes, what is refused."""

from adapters.errors import Problem
from adapters.profile import IdentifierKind
from adapters.sources.fhir.fields import KINDS, KINDS_BY_TYPE, RELATIONS, SUBJECTS
from adapters.vocabulary import CodeList, Term, Vocabulary

SOURCED = "sourced: FHIR R4 (4.0.1)"
ASSUMED = "assumed"
NUMBERED = {name: kind.value for name, kind in (KINDS | KINDS_BY_TYPE).items()}
NUMBER_WORDS = {kind.value: kind.name.lower().replace("_", " ") for kind in IdentifierKind}
RELATED = {code: relation for (_, code), relation in RELATIONS.items()}

TERMS = (
    Term(
        name="Bundle.type",
        origin=SOURCED,
        to=("required",),
        note="collection, transaction, batch, message, document, searchset",
    ),
    Term(
        name="Bundle.timestamp",
        origin=SOURCED,
        to=("own time",),
        note="where no resource of the child says when it was updated",
    ),
    Term(
        name="Bundle.identifier",
        origin=ASSUMED,
        to=(
            "Patient.identifier[patient-internal-id]",
            "record id",
        ),
        note="its system says who the sender is",
    ),
    Term(
        name="Patient.identifier",
        origin=SOURCED,
        to=(
            "Encounter",
            "Location",
            "Observation(8339-4).encounter",
            "Organization",
            "Patient.identifier[2.16.840.1.113883.3.9999.1]",
            "Patient.identifier[gcs]",
            "Patient.identifier[giay-chung-sinh]",
            "Patient.identifier[ho-so]",
            "Patient.identifier[insurance_number]",
            "Patient.identifier[mrn]",
            "Patient.identifier[national_id]",
            "Patient.identifier[patient-internal-id]",
            "Patient.identifier[so]",
            "Patient.identifier[the]",
            "custodian",
            "record id",
        ),
        note="as sent; what is known by system or type stands beside it as ours (assumed)",
        codes=CodeList(known=NUMBERED, meanings=NUMBER_WORDS),
    ),
    Term(
        name="Patient.name",
        origin=SOURCED,
        to=("Patient.name",),
        note='with text (family name first); "con bà …", "bé bỏ rơi", names of facilities flagged',
    ),
    Term(
        name="Patient.birthDate",
        origin=SOURCED,
        to=("Patient.birthDate",),
        note="01/01 without birthTime: default-date, placeholder (assumed)",
    ),
    Term(name="Patient.gender", origin=SOURCED, to=("Patient.gender",)),
    Term(name="Patient.active", origin=SOURCED, to=("Patient.active",)),
    Term(
        name="Patient.link",
        origin=SOURCED,
        to=("Patient.link",),
        note="kept, and no evidence: another system's opinion of who is who",
    ),
    Term(
        name="Patient.managingOrganization",
        origin=SOURCED,
        to=(
            "Organization",
            "Patient.identifier[patient-internal-id]",
            "Patient.managingOrganization",
            "custodian",
        ),
    ),
    Term(
        name="Patient.contained",
        origin=SOURCED,
        to=(
            "Organization",
            "Patient.identifier[patient-internal-id]",
            "Patient.managingOrganization",
            "custodian",
        ),
        note="becomes resources of the record",
    ),
    Term(
        name="Patient.extension",
        origin=SOURCED,
        to=(
            "Patient.extension[discovery].commune",
            "Patient.extension[discovery].commune-stated",
            "Patient.extension[discovery].place-text",
            "Patient.extension[discovery].time",
            "Patient.extension[extension-race]",
            "Patient.extension[reported-together]",
        ),
        note="of others kept; of ours those in the form of adapters/profile.py",
    ),
    Term(
        name="Patient.meta",
        origin=SOURCED,
        to=(
            "Patient.meta.security",
            "own time",
        ),
        note="security, tag and profile kept beside ours; lastUpdated is the own time",
    ),
    Term(name="RelatedPerson.patient", origin=SOURCED, to=("RelatedPerson(mother)",)),
    Term(
        name="RelatedPerson.relationship",
        origin=SOURCED,
        to=("RelatedPerson(mother)",),
        codes=CodeList(known=RELATED),
    ),
    Term(name="RelatedPerson.name", origin=SOURCED, to=("RelatedPerson(mother).name",)),
    Term(
        name="RelatedPerson.identifier",
        origin=SOURCED,
        to=(
            "RelatedPerson(mother).identifier[mrn]",
            "RelatedPerson(mother).identifier[national_id]",
        ),
        note="numbers of a single house flagged local-number",
    ),
    Term(
        name="Observation.code",
        origin=SOURCED,
        to=(
            "Observation(29463-7)",
            "Observation(8339-4)",
            "Observation(distinguishing-mark)",
        ),
        note="LOINC 8339-4, 29463-7, 3141-9, 3142-7, 8341-0: a weight",
    ),
    Term(
        name="Observation.status",
        origin=SOURCED,
        to=(
            "Observation(29463-7)",
            "Observation(8339-4)",
            "Observation(distinguishing-mark)",
        ),
    ),
    Term(
        name="Observation.subject",
        origin=SOURCED,
        to=(
            "Observation(29463-7)",
            "Observation(8339-4)",
            "Observation(distinguishing-mark)",
        ),
    ),
    Term(
        name="Observation.effectiveDateTime",
        origin=SOURCED,
        to=(
            "Observation(29463-7).effectiveDateTime",
            "Observation(8339-4).effectiveDateTime",
        ),
    ),
    Term(
        name="Observation.valueQuantity",
        origin=SOURCED,
        to=(
            "Observation(29463-7)",
            "Observation(8339-4)",
        ),
        note="a weight in grams from g, kg, [lb_av], [oz_av] (assumed); any other: weight-unread",
    ),
    Term(
        name="Observation.valueString",
        origin=SOURCED,
        to=("Observation(distinguishing-mark).valueString",),
    ),
    Term(name="Observation.encounter", origin=SOURCED, to=("Observation(8339-4).encounter",)),
    Term(name="Observation.performer", origin=SOURCED, to=("Observation(8339-4).performer",)),
    Term(
        name="Encounter.identifier",
        origin=SOURCED,
        to=(
            "Encounter.identifier[dot]",
            "Observation(8339-4).encounter",
        ),
    ),
    Term(
        name="Encounter.status",
        origin=SOURCED,
        to=(
            "Encounter",
            "Location",
            "Observation(8339-4).encounter",
        ),
    ),
    Term(
        name="Encounter.class",
        origin=SOURCED,
        to=(
            "Encounter",
            "Location",
            "Observation(8339-4).encounter",
        ),
    ),
    Term(
        name="Encounter.subject",
        origin=SOURCED,
        to=(
            "Encounter",
            "Location",
            "Observation(8339-4).encounter",
        ),
    ),
    Term(name="Encounter.period", origin=SOURCED, to=("Encounter.period",)),
    Term(name="Encounter.serviceProvider", origin=SOURCED, to=("Encounter.serviceProvider",)),
    Term(
        name="Encounter.location",
        origin=SOURCED,
        to=(
            "Encounter.location",
            "Location",
        ),
    ),
    Term(
        name="EpisodeOfCare.status",
        origin=SOURCED,
        to=(
            "EpisodeOfCare",
            "Patient.identifier[patient-internal-id]",
            "custodian",
        ),
    ),
    Term(
        name="EpisodeOfCare.patient",
        origin=SOURCED,
        to=(
            "EpisodeOfCare",
            "Patient.identifier[patient-internal-id]",
            "custodian",
        ),
    ),
    Term(name="EpisodeOfCare.period", origin=SOURCED, to=("EpisodeOfCare.period",)),
    Term(
        name="EpisodeOfCare.managingOrganization",
        origin=SOURCED,
        to=(
            "EpisodeOfCare.managingOrganization",
            "Patient.identifier[patient-internal-id]",
            "custodian",
        ),
    ),
    Term(
        name="Condition.code",
        origin=SOURCED,
        to=(
            "Condition.code",
            "Condition.meta.security",
        ),
        note="a code (B20–B24, Z21, R75, Z20.6, …) or word of HIV: label HIV (assumed)",
    ),
    Term(name="Condition.subject", origin=SOURCED, to=("Condition",)),
    Term(name="Flag.status", origin=SOURCED, to=("Flag",)),
    Term(name="Flag.code", origin=SOURCED, to=("Flag",)),
    Term(name="Flag.subject", origin=SOURCED, to=("Flag",)),
    Term(name="Flag.period", origin=SOURCED, to=("Flag.period",)),
    Term(
        name="Organization.identifier",
        origin=SOURCED,
        to=(
            "Encounter.location",
            "Encounter.serviceProvider",
            "Location.managingOrganization",
            "Organization.identifier[hospital]",
            "Patient.identifier[mrn]",
            "Patient.identifier[patient-internal-id]",
            "Patient.managingOrganization",
            "custodian",
        ),
        note="our systems of bodies; type FI with five digits is MA_CSKCB (assumed)",
    ),
    Term(name="Organization.name", origin=SOURCED, to=("Organization.name",)),
    Term(
        name="Location.name",
        origin=SOURCED,
        to=(
            "Encounter.location",
            "Location.name",
        ),
    ),
    Term(
        name="Location.managingOrganization",
        origin=SOURCED,
        to=(
            "Encounter.location",
            "Location.managingOrganization",
        ),
    ),
    Term(name="Patient.text", origin=ASSUMED, note="left out: what people read is made anew"),
    Term(name="Patient.photo", origin=ASSUMED, note="left out: pictures stay at the sender"),
)

_OWN = ("own", "bodies", *(f"{kind}.{member}" for kind, member in SUBJECTS.items()))
_WHOLE = {
    "Observation": ("status", "code"),
    "Encounter": ("status", "class"),
    "EpisodeOfCare": ("status",),
    "Condition": ("code",),
    "Flag": ("status", "code"),
    "Task": ("status", "intent"),
    "Communication": ("status",),
}

vocabulary = Vocabulary(
    terms=TERMS,
    problems=frozenset(
        {
            Problem.DOCTYPE,
            Problem.DUPLICATE_KEY,
            Problem.EMPTY,
            Problem.ENCODING,
            Problem.FORBIDDEN_CHARACTER,
            Problem.MALFORMED,
            Problem.MISSING_VALUE,
            Problem.NOT_CONVERTIBLE,
            Problem.TOO_DEEP,
            Problem.TOO_LARGE,
            Problem.UNKNOWN_STRUCTURE,
            Problem.WRONG_CODE,
            Problem.WRONG_DATE,
            Problem.WRONG_NUMBER,
            Problem.WRONG_TYPE,
        }
    ),
    examples=("message.xml",),
    formats=frozenset({"json", "xml"}),
    is_extensible=False,
    held=dict.fromkeys(_OWN, ()),
    whole={kind: frozenset(f"{kind}.{name}" for name in names) for kind, names in _WHOLE.items()},
)
