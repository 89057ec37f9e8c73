"""Use case: what a payload would become, and what is wrong with it; the payload is not kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

import audit
from adapters.contract import Resource
from adapters.errors import Rejection
from audit.event import Action, AuditEvent, Caller
from gateway.registry.drafts import Draft


@dataclass(frozen=True, kw_only=True, slots=True)
class PreviewedRecord:
    """One record: where it stands, whether it has its business key, its resources."""

    position: str
    keyed: bool
    resources: Sequence[Resource] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """All that a payload would become. The ids of resources are roles in their record."""

    records: Sequence[PreviewedRecord]
    rejections: Sequence[Rejection]
    left_out: Mapping[str, int]
    unknown_fields: Mapping[str, int]


def preview(session: Session, found: Draft, caller: Caller) -> Preview:
    """What was read of a payload. Only that somebody asked is written down, and how much."""
    event = AuditEvent(
        action=Action.MESSAGE_PREVIEW,
        caller=caller,
        detail={"source": found.message.source, "records": len(found.prepared)},
    )
    audit.append(session, event)
    refused = [found.refusal, *found.reading.rejections, *(one.refusal for one in found.prepared)]
    return Preview(
        records=[
            PreviewedRecord(
                position=one.statement.position,
                keyed=not one.statement.unkeyed,
                resources=one.conversion.resources,
            )
            for one in found.prepared
            if one.conversion
        ],
        rejections=[one for one in refused if one],
        left_out=found.reading.left_out,
        unknown_fields=found.reading.unknown_fields,
    )
