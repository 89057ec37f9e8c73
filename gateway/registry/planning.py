"""Decides what has to be written for one record; nothing is written here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from adapters.contract import Resource
from adapters.validation import validated
from gateway.registry.assembly import Assembled
from gateway.registry.provenance import is_of_registry, provenance
from gateway.registry.records import KeptRecord
from gateway.registry.resources import Current, Name
from gateway.registry.versions import Content, Version, content_of, labels_of, next_version
from linkage.composite import composite
from linkage.extraction import person_record
from linkage.records import Labels, PersonRecord

NEW, UPDATED, UNCHANGED = "new", "updated", "unchanged"


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """When messages are stored, and when they came: the later of two says what holds now."""

    now: datetime
    received: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a change comes from."""

    source: str
    adapter_version: str
    now: datetime
    received: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """All that is to be written for one record."""

    change: str
    record: KeptRecord
    labels: Labels
    versions: tuple[Version, ...]
    withdrawn: tuple[Name, ...]
    shared: tuple[Resource, ...] = field(repr=False)
    person: PersonRecord = field(repr=False)
    assembled: Assembled = field(repr=False)

    @property
    def speaks_anew(self) -> bool:
        """Whether what is compared may differ; no resource need have changed for that."""
        return self.change != UNCHANGED or len(self.assembled.statements) > 1


def plan(assembled: Assembled, current: Mapping[Name, Current], origin: Origin) -> Plan:
    """Compare what a record says now with what stands.

    Raises PayloadError where a resource is not valid FHIR.
    """
    labels_of_each = [
        labels_of(r, assembled.custodian, assembled.province) for r in assembled.resources
    ]
    labels = _labels(assembled, labels_of_each)
    contents = [content_of(r, assembled.record_id) for r in assembled.resources]
    versions = _changed(assembled, contents, labels_of_each, current, origin)
    stated = {(content.type, content.id) for content in contents}
    withdrawn = [
        name
        for name, last in current.items()
        if name not in stated and not is_of_registry(name[1]) and last.content_hash
    ]
    record = _record(assembled, origin, changed=bool(versions or withdrawn))
    change = _change(assembled, record)
    if versions or withdrawn:
        versions.append(_provenance(assembled, record, labels, origin))
    return Plan(
        change=change,
        record=record,
        labels=labels,
        versions=tuple(versions),
        withdrawn=tuple(withdrawn),
        shared=assembled.shared,
        person=_person(assembled, origin.source),
        assembled=assembled,
    )


def _labels(assembled: Assembled, labels: Sequence[Labels]) -> Labels:
    codes = sorted({code for label in labels for code in label.sensitivity})
    return Labels(
        custodian=assembled.custodian, province=assembled.province, sensitivity=tuple(codes)
    )


def _changed(
    assembled: Assembled,
    contents: Sequence[Content],
    labels: Sequence[Labels],
    current: Mapping[Name, Current],
    origin: Origin,
) -> list[Version]:
    versions = []
    for resource, content, label in zip(assembled.resources, contents, labels, strict=True):
        last = current.get((content.type, content.id))
        if last and last.content_hash == content.hash:
            continue
        validated(resource)
        versions.append(
            next_version(
                content,
                after=last.version_id if last else 0,
                now=origin.now,
                record_id=assembled.record_id,
                labels=label,
            )
        )
    return versions


def _record(assembled: Assembled, origin: Origin, *, changed: bool) -> KeptRecord:
    before = assembled.before
    return KeptRecord(
        id=assembled.record_id,
        source=origin.source,
        key=assembled.key,
        base_key=assembled.statements[0].base_key or "",
        version=(before.version if before else 0) + changed,
        flags=assembled.flags,
    )


def _change(assembled: Assembled, record: KeptRecord) -> str:
    if assembled.before is None:
        return NEW
    return (
        UNCHANGED
        if replace(record, source=assembled.before.source) == assembled.before
        else UPDATED
    )


def _provenance(
    assembled: Assembled, record: KeptRecord, labels: Labels, origin: Origin
) -> Version:
    news = [k for k in assembled.statements if k.number is None]
    resource = provenance(
        record.id,
        record.version,
        source=origin.source,
        adapter_version=origin.adapter_version,
        positions=[(k.message_id, k.statement.position) for k in news or assembled.statements],
        now=origin.now,
    )
    content = content_of(resource)
    return next_version(content, after=0, now=origin.now, record_id=record.id, labels=labels)


def _person(assembled: Assembled, source: str) -> PersonRecord:
    """Never by arrival, which decides only which version is served."""
    return composite(
        [
            person_record(assembled.record_id, assembled.key, source, reading.resources)
            for reading in assembled.readings
        ]
    )
