"""Which resources, identifier systems, type codes and relations of FHIR senders mean what to us."""

from dataclasses import dataclass

from adapters.profile import (
    OBSERVATIONS,
    ROLE_CODE,
    SYSTEMS,
    TYPE_SYSTEM,
    VN_CORE,
    IdentifierKind,
    PlaceKind,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A resource type that becomes part of a child's record.

    `subject` is the element that says whose it is; None where it comes along because a child's
    resources refer to it. `stem` is how its roles begin: `org-` and `loc-` are for what all share.
    """

    name: str
    stem: str
    subject: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbered:
    """What identifiers number that have this system, or this type of HL7 table 0203."""

    name: str
    kind: IdentifierKind


PARTS = (
    Part(name="RelatedPerson", stem="related", subject="patient"),
    Part(name="Encounter", stem="encounter", subject="subject"),
    Part(name="EpisodeOfCare", stem="episode", subject="patient"),
    Part(name="Observation", stem="observation", subject="subject"),
    Part(name="Condition", stem="condition", subject="subject"),
    Part(name="Flag", stem="flag", subject="subject"),
    Part(name="Task", stem="task", subject="for"),
    Part(name="CareTeam", stem="team", subject="subject"),
    Part(name="Communication", stem="communication", subject="subject"),
    Part(name="Provenance", stem="origin", subject="target"),
    Part(name="Organization", stem="organization"),
    Part(name="Location", stem="location"),
)
SUBJECTS = {part.name: part.subject for part in PARTS if part.subject}
BODIES = frozenset(part.name for part in PARTS if not part.subject)
STEMS = {part.name: part.stem for part in PARTS}
OF_THE_REGISTRY = "urn:motem:adapter"
"""System of the agents that the registry's own Provenances name, and no sender's."""
BUNDLE_TYPES = frozenset({"collection", "transaction", "batch", "message", "document", "searchset"})
WITHHELD = {"text": "narrative", "photo": "photo"}
"""Elements of a resource that are left out: what people read is made anew, pictures stay there."""

OTHER_CORE = "http://fhir.hl7.org.vn/core/sid"
"""VN Core FHIR IG of HL7-org-vn (vn_domain.md 4.4): the same names under another base (assumed)."""
OTHER_SYSTEMS = (
    Numbered(name="http://fhir.hl7.org.vn/core/sid/national_id", kind=IdentifierKind.PERSONAL_ID),
    Numbered(name="http://fhir.hl7.org.vn/core/sid/citizen_id", kind=IdentifierKind.OLD_ID_CARD),
    Numbered(name="http://fhir.hl7.org.vn/core/sid/passport_number", kind=IdentifierKind.PASSPORT),
    Numbered(
        name="http://fhir.hl7.org.vn/core/sid/insurance_number", kind=IdentifierKind.INSURANCE
    ),
    Numbered(name="http://fhir.hl7.org.vn/core/sid/patient-internal-id", kind=IdentifierKind.FILE),
    Numbered(name="https://moh.gov.vn/cccd", kind=IdentifierKind.PERSONAL_ID),
    Numbered(name="http://moh.gov.vn/cccd", kind=IdentifierKind.PERSONAL_ID),
)
"""Systems beside our own (`profile.SYSTEMS`)."""
KINDS = {system: kind for kind, system in SYSTEMS.items()} | {
    row.name: row.kind for row in OTHER_SYSTEMS
}
"""Identifier system → what it numbers."""
TYPES = (
    Numbered(name="NI", kind=IdentifierKind.PERSONAL_ID),
    Numbered(name="NNVNM", kind=IdentifierKind.PERSONAL_ID),
    Numbered(name="PPN", kind=IdentifierKind.PASSPORT),
    Numbered(name="SB", kind=IdentifierKind.INSURANCE),
    Numbered(name="BCT", kind=IdentifierKind.BIRTH_CERTIFICATE),
)
KINDS_BY_TYPE = {row.name: row.kind for row in TYPES}
"""Code of identifier.type → what is numbered, whatever the system."""
FILE_TYPES = frozenset({"MR", "PI"})
"""A number that its issuer gave to the patient."""
NEVER_KEYS = frozenset({*KINDS_BY_TYPE, "SS", "DL", "TAX", "HC", "BR", "PRC", "CZ", "MB", "NH"})
"""Types that are national, or an insurer's, whoever sends them."""
NEVER_KEY_BASES = (
    "urn:motem:",
    VN_CORE,
    OTHER_CORE,
    "urn:ietf:",
    "https://moh.gov.vn/",
    "http://moh.gov.vn/",
)
"""Systems that begin so belong to no sender."""
TYPE_SYSTEMS = frozenset(
    {"", TYPE_SYSTEM, "http://hl7.org/fhir/v2/0203", "urn:oid:2.16.840.1.113883.18.108"}
)
"""Spellings of table 0203; many senders leave it out."""

PLACES: dict[str, PlaceKind] = {f"urn:motem:sid:{kind}": kind for kind in PlaceKind}
"""Identifier systems of bodies → what kind of body it is."""
FACILITY_TYPE = "FI"
"""Type of an organization's identifier: with five digits it is MA_CSKCB (assumed)."""

RELATIONS = {
    (ROLE_CODE, "MTH"): "mother",
    (ROLE_CODE, "NMTH"): "mother",
    (ROLE_CODE, "GESTM"): "mother",
    (ROLE_CODE, "FTH"): "father",
    (ROLE_CODE, "NFTH"): "father",
    (ROLE_CODE, "GUARD"): "guardian",
}
"""Codings of RelatedPerson.relationship → relation."""

GRAMS: dict[str, float] = {"g": 1, "kg": 1000, "[lb_av]": 453.59237, "[oz_av]": 28.349523}
"""UCUM units of a weight → how many grams one is."""
POSSIBLE_GRAMS = range(200, 150_001)
BODY_WEIGHTS = frozenset({"8339-4", "29463-7", "3141-9", "3142-7", "8341-0"})
"""LOINC codes of body weights: at birth, and measured, stated or dry."""
OUR_WEIGHTS = ("8339-4", "29463-7")
"""The two under which weights are kept."""
UNREAD_WEIGHT = (OBSERVATIONS, "weight-unread")
"""Stands before the codes of a weight that is no number of grams: so that no one reads it as one."""
