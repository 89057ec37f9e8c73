"""What can be searched by: the table of search parameters, type by type."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

ADMINISTRATIVE_GENDER = "http://hl7.org/fhir/administrative-gender"
META = "_meta"
"""Under what name `_lastUpdated` and `_source` are kept: one row for each resource."""


class Kind(StrEnum):
    """Search parameter types of FHIR R4 (search.html#ptypes)."""

    TOKEN = "token"
    STRING = "string"
    DATE = "date"
    REFERENCE = "reference"
    URI = "uri"


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One search parameter.

    `path`: elements with their values, alternatives separated by " | ". `kept`: the name under
    which its rows stand, where that is another parameter's. `also`: parameters whose rows count
    too. `system`: of codes that name none themselves. `veiled`: its value may be a child's data,
    so that no link repeats it. `through`: what it is another name for, which has the rows.
    """

    name: str
    kind: Kind
    path: str
    kept: str
    targets: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    system: str | None = None
    veiled: bool = False
    through: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the rows that answer for it."""
        return () if self.through else (self.kept, *self.also)


def _token(
    name: str,
    path: str,
    *,
    system: str | None = None,
    veiled: bool = False,
) -> Parameter:
    return Parameter(
        name=name,
        kind=Kind.TOKEN,
        path=path,
        kept=name,
        system=system,
        veiled=veiled,
    )


def _string(name: str, path: str, *also: str, veiled: bool = True) -> Parameter:
    return Parameter(name=name, kind=Kind.STRING, path=path, kept=name, also=also, veiled=veiled)


def _date(name: str, path: str, *, veiled: bool = False) -> Parameter:
    return Parameter(name=name, kind=Kind.DATE, path=path, kept=name, veiled=veiled)


def _reference(name: str, path: str, *targets: str, kept: str | None = None) -> Parameter:
    return Parameter(name=name, kind=Kind.REFERENCE, path=path, kept=kept or name, targets=targets)


IDENTIFIER = _token("identifier", "identifier", veiled=True)
STATUS = _token("status", "status")
CODE = _token("code", "code")
CATEGORY = _token("category", "category")
TYPE = _token("type", "type")
PERIOD = _date("date", "period")
ENCOUNTER = _reference("encounter", "encounter", "Encounter")


def _child(element: str) -> tuple[Parameter, Parameter]:
    """Whose it is, by both names that R4 has for that."""
    return (
        _reference("subject", element, "Patient"),
        _reference("patient", element, "Patient", kept="subject"),
    )


def _addresses(*, veiled: bool = True) -> tuple[Parameter, ...]:
    parts = "line city district state postalCode country"
    whole = " | ".join(f"address.{part}" for part in ("text", *parts.split()))
    return (
        _string("address", whole, veiled=veiled),
        _string("address-city", "address.city", veiled=veiled),
        _string("address-country", "address.country", veiled=veiled),
        _string("address-postalcode", "address.postalCode", veiled=veiled),
        _string("address-state", "address.state", veiled=veiled),
        _token("address-use", "address.use"),
    )


PERSON = (
    IDENTIFIER,
    _token("active", "active"),
    _date("birthdate", "birthDate", veiled=True),
    _token("gender", "gender", system=ADMINISTRATIVE_GENDER),
    *_addresses(),
    _token("telecom", "telecom", veiled=True),
    _token("phone", "telecom[phone]", veiled=True),
    _token("email", "telecom[email]", veiled=True),
)
"""What Patient and RelatedPerson have alike."""

MOTHERS_NAME = "_has:RelatedPerson:patient:mothers-name"
MOTHERS_MAIDEN_NAME = Parameter(
    name="mothersMaidenName",
    kind=Kind.STRING,
    path=MOTHERS_NAME,
    kept="",
    veiled=True,
    through=MOTHERS_NAME,
)
"""Of IHE PDQm: women keep their name in Việt Nam. By way of the mother herself, so that she is found
by whoever may see her and by nobody else."""
OF_MOTHERS = " | ".join(
    f"mother[x].name.{part}" for part in ("text", "family", "given", "prefix", "suffix")
)

OF_ALL = (
    _token("_tag", "meta.tag"),
    Parameter(name="_lastUpdated", kind=Kind.DATE, path="meta.lastUpdated", kept=META),
    Parameter(name="_source", kind=Kind.URI, path="meta.source", kept=META),
)
"""Parameters of every type; `_id` is no row but the id itself."""

OF_A_CHILD = (
    *("RelatedPerson", "Encounter", "EpisodeOfCare", "Observation", "Condition", "Flag"),
    *("CareTeam", "Task", "Communication"),
)
"""What a Provenance may be of, beside the Patient."""

OF_TYPE: dict[str, tuple[Parameter, ...]] = {
    "Patient": (
        *PERSON,
        _string("family", "name.family"),
        _string("given", "name.given"),
        _string("name", "name.text | name.prefix | name.suffix", "family", "given"),
        MOTHERS_MAIDEN_NAME,
        _token("deceased", "deceased[x]"),
        _date("death-date", "deceasedDateTime", veiled=True),
        _reference("link", "link.other", "Patient", "RelatedPerson"),
        _reference("general-practitioner", "generalPractitioner", "Organization"),
        _reference("organization", "managingOrganization", "Organization"),
    ),
    "RelatedPerson": (
        *PERSON,
        _string("name", "name.text | name.family | name.given | name.prefix | name.suffix"),
        _string("mothers-name", OF_MOTHERS),
        _reference("patient", "patient", "Patient"),
        _token("relationship", "relationship"),
    ),
    "Encounter": (
        IDENTIFIER,
        STATUS,
        _token("class", "class"),
        TYPE,
        PERIOD,
        *_child("subject"),
        _token("reason-code", "reasonCode"),
        _reference("service-provider", "serviceProvider", "Organization"),
        _reference("location", "location.location", "Location"),
        _reference("episode-of-care", "episodeOfCare", "EpisodeOfCare"),
        _reference("part-of", "partOf", "Encounter"),
    ),
    "Observation": (
        IDENTIFIER,
        STATUS,
        CODE,
        CATEGORY,
        _date("date", "effectiveDateTime | effectivePeriod | effectiveInstant"),
        *_child("subject"),
        ENCOUNTER,
        _token("value-concept", "valueCodeableConcept"),
        _string("value-string", "valueString"),
    ),
    "Condition": (
        IDENTIFIER,
        CODE,
        CATEGORY,
        _token("clinical-status", "clinicalStatus"),
        _token("verification-status", "verificationStatus"),
        _date("onset-date", "onsetDateTime | onsetPeriod"),
        _date("recorded-date", "recordedDate"),
        *_child("subject"),
        ENCOUNTER,
    ),
    "Flag": (
        IDENTIFIER,
        _token("status", "status"),
        _token("code", "code"),
        _token("category", "category"),
        PERIOD,
        *_child("subject"),
        ENCOUNTER,
    ),
    "EpisodeOfCare": (
        IDENTIFIER,
        STATUS,
        TYPE,
        PERIOD,
        _reference("patient", "patient", "Patient"),
        _reference("organization", "managingOrganization", "Organization"),
    ),
    "CareTeam": (
        IDENTIFIER,
        STATUS,
        CATEGORY,
        PERIOD,
        *_child("subject"),
        _reference("participant", "participant.member", "Organization", "RelatedPerson", "Patient"),
        ENCOUNTER,
    ),
    "Communication": (
        IDENTIFIER,
        STATUS,
        CATEGORY,
        _token("medium", "medium"),
        _date("sent", "sent"),
        _date("received", "received"),
        *_child("subject"),
        _reference("sender", "sender", "RelatedPerson", "Organization", "Patient"),
        _reference("recipient", "recipient", "RelatedPerson", "Organization", "Patient"),
        ENCOUNTER,
    ),
    "Task": (
        IDENTIFIER,
        STATUS,
        CODE,
        _token("intent", "intent"),
        _token("priority", "priority"),
        _token("business-status", "businessStatus"),
        _date("authored-on", "authoredOn"),
        _date("period", "executionPeriod"),
        *_child("for"),
        _reference("owner", "owner", "Organization", "Patient", "RelatedPerson"),
        _reference("requester", "requester", "Organization", "Patient", "RelatedPerson"),
        _reference("encounter", "encounter", "Encounter"),
        _reference("part-of", "partOf", "Task"),
    ),
    "Organization": (
        IDENTIFIER,
        _token("active", "active"),
        TYPE,
        _string("name", "name | alias", veiled=False),
        *_addresses(veiled=False),
        _reference("partof", "partOf", "Organization"),
    ),
    "Location": (
        IDENTIFIER,
        STATUS,
        TYPE,
        _string("name", "name | alias"),
        *_addresses(),
        _reference("organization", "managingOrganization", "Organization"),
        _reference("partof", "partOf", "Location"),
    ),
    "Provenance": (
        _date("recorded", "recorded"),
        _reference("target", "target", "Patient", *OF_A_CHILD),
        _reference("patient", "target", "Patient", kept="target"),
        _reference("agent", "agent.who", "Organization", "Patient", "RelatedPerson"),
        _reference("entity", "entity.what", "Patient", "Organization"),
    ),
}

TYPES: Mapping[str, Mapping[str, Parameter]] = MappingProxyType(
    {
        kind: MappingProxyType({one.name: one for one in (*OF_ALL, *own)})
        for kind, own in OF_TYPE.items()
    }
)
"""Every type that is kept → its search parameters by name."""


def kept_once(kind: str) -> tuple[Parameter, ...]:
    """The parameters of a type that have rows of their own, one for each name of rows."""
    return tuple(one for one in TYPES[kind].values() if one.kept == one.name)
