"""What a client is answered, as frozen values; what may be a child's is not in their repr."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.client.errors import Issue, NotUnderstoodError, issues_in

Json = Mapping[str, Any]
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
WEIGHT = "urn:motem:extension:match-weight"
EVIDENCE = "urn:motem:extension:match-evidence"


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A FHIR resource as the service keeps it. `body` must not be changed."""

    type: str
    id: str
    version: str
    body: Json = field(repr=False)

    @classmethod
    def of(cls, body: Any) -> "Resource":
        """Raises NotUnderstoodError for what is no FHIR resource."""
        if not isinstance(body, dict) or not isinstance(body.get("resourceType"), str):
            raise NotUnderstoodError("no FHIR resource")
        meta = body.get("meta")
        version = meta.get("versionId", "") if isinstance(meta, dict) else ""
        return cls(
            type=body["resourceType"],
            id=str(body.get("id", "")),
            version=str(version),
            body=body,
        )

    @property
    def reference(self) -> str:
        return f"{self.type}/{self.id}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """One line of the adding-up of a match: bits for (above 0) or against."""

    feature: str
    weight: float
    level: int | None
    vietnamese: str = field(repr=False)
    english: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A child whom the question may mean."""

    patient: Resource
    grade: str
    score: float
    """The probability that it is this child."""
    weight: float | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Matches:
    """The likeliest first. With a warning, an empty answer does not mean that the child is new."""

    candidates: tuple[Candidate, ...]
    total: int
    remarks: tuple[Issue, ...]

    @property
    def certain(self) -> Candidate | None:
        """The one whom the service is certain of."""
        return next((one for one in self.candidates if one.grade == "certain"), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossReference:
    """The other numbers of a child, as (system, value), and its Patients."""

    identifiers: tuple[tuple[str, str], ...] = field(repr=False)
    patients: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """What became of one record of a message."""

    record: str
    change: str
    reference: str
    identity: str
    """The child, for ever: te-…"""
    decision: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What became of a message."""

    message: str
    state: str
    repeated: bool
    records: tuple[Record, ...]
    rejections: tuple[Issue, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A Patient that was written: what it is now, to which child it belongs, how that was decided."""

    reference: str
    version: str
    identity: str
    decision: str
    is_new: bool
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One entry of the feed: opaque ids only."""

    id: str
    type: str
    timestamp: str
    data: Json


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """A page of the feed; `place` is what to give as `since` the next time, and to keep."""

    changes: tuple[Change, ...]
    place: str
    more: bool


def matches_in(bundle: Json) -> Matches:
    entries = _objects(bundle.get("entry"))
    return Matches(
        candidates=tuple(_candidate(one) for one in entries if _mode(one) == "match"),
        total=int(bundle.get("total", 0)),
        remarks=tuple(
            issue
            for one in entries
            if _mode(one) == "outcome"
            for issue in issues_in(one.get("resource"))
        ),
    )


def _mode(entry: Json) -> str:
    search = entry.get("search")
    return str(search.get("mode", "")) if isinstance(search, dict) else ""


def _candidate(entry: Json) -> Candidate:
    search = entry["search"]
    told = _objects(search.get("extension"))
    weights = [one["valueDecimal"] for one in told if one.get("url") == WEIGHT]
    grades = [str(one["valueCode"]) for one in told if one.get("url") == GRADE]
    return Candidate(
        patient=Resource.of(entry.get("resource")),
        grade=grades[0] if grades else "",
        score=float(search.get("score", 0)),
        weight=float(weights[0]) if weights else None,
        evidence=tuple(_evidence(one) for one in told if one.get("url") == EVIDENCE),
    )


def _evidence(told: Json) -> Evidence:
    parts = {
        str(one.get("url")): next((v for k, v in one.items() if k.startswith("value")), None)
        for one in _objects(told.get("extension"))
    }
    return Evidence(
        feature=str(parts.get("feature", "")),
        weight=float(parts.get("weight") or 0),
        level=parts.get("level"),
        vietnamese=str(parts.get("vi", "")),
        english=str(parts.get("en", "")),
    )


def cross_reference_in(parameters: Json) -> CrossReference:
    told = _objects(parameters.get("parameter"))
    numbers = [one["valueIdentifier"] for one in told if one.get("name") == "targetIdentifier"]
    patients = [one["valueReference"] for one in told if one.get("name") == "targetId"]
    return CrossReference(
        identifiers=tuple((str(one.get("system", "")), str(one["value"])) for one in numbers),
        patients=tuple(str(one["reference"]) for one in patients),
    )


def sent_in(body: Json) -> Sent:
    refused = (issues_in(one) for one in _objects(body.get("rejections")))
    return Sent(
        message=str(body["message"]),
        state=str(body["state"]),
        repeated=bool(body.get("repeated", False)),
        records=tuple(_record(one) for one in _objects(body.get("records"))),
        rejections=tuple(issue for issues in refused for issue in issues),
    )


def _record(told: Json) -> Record:
    return Record(
        record=str(told["record"]),
        change=str(told["change"]),
        reference=str(told["reference"]),
        identity=str(told["identity"]),
        decision=str(told["decision"]),
    )


def changes_in(body: Json) -> Changes:
    return Changes(
        changes=tuple(
            Change(
                id=str(one["id"]),
                type=str(one["type"]),
                timestamp=str(one["timestamp"]),
                data=one["data"],
            )
            for one in _objects(body.get("events"))
        ),
        place=str(body["next"]).rpartition("since=")[2],
        more=bool(body["more"]),
    )


def resources_in(bundle: Json) -> Iterator[Resource]:
    """What a page of a search found; what only came along and remarks are left out."""
    for entry in _objects(bundle.get("entry")):
        if _mode(entry) in ("match", ""):
            yield Resource.of(entry.get("resource"))


def following(bundle: Json) -> str | None:
    """The address of the next page."""
    links = _objects(bundle.get("link"))
    return next((str(one["url"]) for one in links if one.get("relation") == "next"), None)


def _objects(told: Any) -> list[dict[str, Any]]:
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
