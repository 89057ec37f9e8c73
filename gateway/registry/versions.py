"""Turns a record's resources, whose ids are roles, into resources with ids of the registry."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeAlias

from adapters.contract import content_text
from linkage.records import Labels

Resource: TypeAlias = dict[str, Any]
HEAD = frozenset({"resourceType", "id", "meta"})
REFERENCE = re.compile(r'"reference":"([A-Za-z]+)/([^"\\]+)"')
"""In JSON text: quotes inside a text are escaped there, so that no text can look like this."""
MAX_ID = 64
"""Longest id that FHIR allows."""
SHARED = ("org-", "loc-")
"""Ids of bodies and places, which all records share (adapters.profile)."""
SHARED_BY_ALL = Labels(custodian="shared", province=None, sensitivity=())
"""Of rows that several bodies share, or that none is known for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One version of a resource, ready to be stored and served."""

    type: str
    id: str
    version_id: int
    last_updated: datetime
    record_id: str | None
    content_hash: str
    body: str = field(repr=False)
    labels: Labels


def label_values(labels: Labels) -> dict[str, Any]:
    """Labels as the columns that every table of child data has."""
    return {
        "custodian": labels.custodian,
        "province": labels.province,
        "sensitivity": list(labels.sensitivity),
    }


def is_shared(role: str) -> bool:
    """Whether an id names a body or place that all records share."""
    return role.startswith(SHARED)


def resource_id(record_id: str, role: str) -> str:
    """The id of a role in a record; the Patient's is the record's own."""
    if role == "patient":
        return record_id
    whole = f"{record_id}-{role}"
    if len(whole) <= MAX_ID:
        return whole
    return f"{record_id}-{role[:24]}{hashlib.sha256(role.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """A resource without version, as text. `elements` are all but type, id and meta."""

    type: str
    id: str
    meta: str = field(repr=False)
    elements: str = field(repr=False)
    hash: str
    """SHA-256 (hex): the same for the same content."""

    def body(self, version_id: int, last_updated: datetime) -> str:
        """The resource as it is served: texts put together, because nothing is encoded twice."""
        version = f'{{"lastUpdated":"{_instant(last_updated)}","versionId":"{version_id}"}}'
        meta = _joined(version, self.meta)
        head = f'{{"resourceType":"{self.type}","id":{json.dumps(self.id)},"meta":{meta}}}'
        return _joined(head, self.elements)


@lru_cache(maxsize=8)
def _instant(time: datetime) -> str:
    """All that one transaction stores has one time."""
    return time.isoformat(timespec="milliseconds")


def _joined(first: str, second: str) -> str:
    """The text of one object with the elements of two; the first has some."""
    return first if second == "{}" else f"{first[:-1]},{second[1:]}"


def content_of(resource: Resource, record_id: str | None = None) -> Content:
    """The text of a resource; ids and references that are roles of a record become final."""
    rest = {key: value for key, value in resource.items() if key not in HEAD}
    meta, elements = content_text(resource.get("meta", {})), content_text(rest)
    id_ = resource["id"]
    if record_id is not None:
        id_ = id_ if is_shared(id_) else resource_id(record_id, id_)
        elements = REFERENCE.sub(lambda found: _final(found, record_id), elements)
    digest = hashlib.sha256(f"{meta}{elements}".encode()).hexdigest()
    return Content(type=resource["resourceType"], id=id_, meta=meta, elements=elements, hash=digest)


def _final(found: re.Match[str], record_id: str) -> str:
    kind, role = found.groups()
    id_ = role if is_shared(role) else resource_id(record_id, role)
    return f'"reference":"{kind}/{id_}"'


def labels_of(resource: Mapping[str, Any], custodian: str, province: str | None) -> Labels:
    """The row labels of a resource: its sensitivity codes and who answers for it."""
    security = resource.get("meta", {}).get("security", ())
    codes = sorted({label["code"] for label in security}) if security else ()
    return Labels(custodian=custodian, province=province, sensitivity=tuple(codes))


def next_version(
    content: Content, *, after: int, now: datetime, record_id: str | None, labels: Labels
) -> Version:
    """Version `after + 1` of a resource, its number and time written into `meta`."""
    return Version(
        type=content.type,
        id=content.id,
        version_id=after + 1,
        last_updated=now,
        record_id=record_id,
        content_hash=content.hash,
        body=content.body(after + 1, now),
        labels=labels,
    )
