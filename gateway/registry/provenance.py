"""Says of each version of a record from which message, adapter and position it came."""

import re
from collections.abc import Sequence
from datetime import datetime

from adapters.contract import Resource
from adapters.profile import EXT_POSITION, meta
from gateway.registry.versions import resource_id

MESSAGE_SYSTEM = "urn:motem:message"
ADAPTER_SYSTEM = "urn:motem:adapter"
OWN_ID = re.compile(r"[^-]+-provenance-\d+")


def is_of_registry(id_: str) -> bool:
    """Whether a Provenance is the registry's own: no role that a source gives begins like theirs."""
    return OWN_ID.fullmatch(id_) is not None


def provenance(
    record_id: str,
    record_version: int,
    *,
    source: str,
    adapter_version: str,
    positions: Sequence[tuple[str, str]],
    now: datetime,
) -> Resource:
    """The Provenance of one version of a record; its target is the record's Patient.

    `positions` are pairs of a message's id and where in it a statement stands.
    """
    agent = f"motem-adapter-{source}/{adapter_version}"
    return {
        "resourceType": "Provenance",
        "id": resource_id(record_id, f"provenance-{record_version}"),
        "meta": meta(source),
        "target": [{"reference": f"Patient/{record_id}"}],
        "recorded": now.isoformat(timespec="milliseconds"),
        "agent": [{"who": {"identifier": {"system": ADAPTER_SYSTEM, "value": agent}}}],
        "entity": [
            {
                "extension": [{"url": EXT_POSITION, "valueString": position}],
                "role": "source",
                "what": {"identifier": {"system": MESSAGE_SYSTEM, "value": message_id}},
            }
            for message_id, position in positions
        ],
    }
