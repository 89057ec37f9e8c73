"""An event of the log as FHIR R4 AuditEvents, as IHE BALP 1.1 has them: one for each child."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC
from ipaddress import ip_address
from typing import Any, TypeAlias

from audit.balp_codes import KINDS, OWN, Coding, Interaction, Kind
from audit.canonical import canonical
from audit.event import AuditEvent, Outcome, Seen
from audit.purposes import OWN as OWN_PURPOSES

Resource: TypeAlias = dict[str, Any]
PROFILES = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
ENTITY = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
OWN_REASON = "urn:motem:purpose"
SERVER = {"identifier": {"system": "urn:motem:system", "value": "motem"}, "display": "Motem"}
OPEN_ADDRESS = "unauthenticated:"
"""What stands before the address of a caller who has not logged in."""
OUTCOMES: Mapping[Outcome, tuple[str, str, str]] = {
    Outcome.SUCCESS: ("0", "", ""),
    Outcome.REFUSED: ("4", "forbidden", "Bị từ chối. Refused."),
    Outcome.FAILURE: ("8", "processing", "Không thực hiện được. Failed."),
}
"""Outcome → code of FHIR, code of the OperationOutcome, words."""


def resources_of(event: AuditEvent) -> list[Resource]:
    """One AuditEvent for each child that the event is about; one without a child where none is.

    Ids are the event's, with `-1`, `-2`… in the order of the event where there are several. They
    hold opaque ids and no child data. Two things differ from BALP, which wants the raw request in
    `entity.query`: the log keeps what was asked without the values that were sent, so that this
    stands there; and the network address of a caller is known only for those over HTTP.
    """
    children = list(children_of(event))
    if not children:
        return [_resource(event, event.id, None)]
    many = len(children) > 1
    return [
        _resource(event, f"{event.id}-{place}" if many else event.id, child)
        for place, child in enumerate(children, 1)
    ]


def children_of(event: AuditEvent) -> Iterator[Seen]:
    """Each child of an event once, by its identity or else by its record."""
    own = Seen(
        record=event.record, identity=event.identity, version=version_in(event), message=None
    )
    known: set[str] = set()
    for one in (own, *event.seen):
        id_ = one.identity or one.record
        if id_ is not None and id_ not in known:
            known.add(id_)
            yield one


def event_id_of(resource_id: str) -> str:
    """The event that an AuditEvent of this id is about."""
    return resource_id.partition("-")[0]


def kind_of(event: AuditEvent) -> Kind:
    """A read of a version that was asked for by its number (detail `vread`) is told apart."""
    kind = KINDS[event.action]
    return Kind.VREAD if kind is Kind.READ and event.detail.get("vread") is True else kind


def version_in(event: AuditEvent) -> int | None:
    version = event.detail.get("version")
    return version if isinstance(version, int) and not isinstance(version, bool) else None


def _resource(event: AuditEvent, id_: str, child: Seen | None) -> Resource:
    kind = kind_of(event)
    codes = kind.value
    code, _, words = OUTCOMES[event.outcome]
    resource: Resource = {
        "resourceType": "AuditEvent",
        "id": id_,
        "type": asdict(codes.type),
        "subtype": [asdict(one) for one in (*codes.subtypes, *_own(event, kind))],
        "action": codes.action,
        "recorded": event.occurred.astimezone(UTC).isoformat(timespec="microseconds"),
        "outcome": code,
        "purposeOfEvent": [_purpose(event)],
        "agent": list(_agents(event, codes)),
        "source": {"observer": SERVER},
        "entity": list(_entities(event, codes, child)),
    }
    profile = codes.patient_profile if child else codes.profile
    if event.outcome is not Outcome.SUCCESS:
        resource |= {"outcomeDesc": words, "contained": [_outcome(event)]}
    elif profile:
        resource["meta"] = {"profile": [f"{PROFILES}{profile}"]}
    return resource


def _own(event: AuditEvent, kind: Kind) -> tuple[Coding, ...]:
    """The action as the log has it; the profile of a deletion allows no code beside its own."""
    if kind is Kind.DELETE:
        return ()
    return (Coding(system=OWN, code=event.action.value, display=event.action.value),)


def _agents(event: AuditEvent, codes: Interaction) -> Iterator[Resource]:
    caller = event.caller
    yield {
        "type": _concept(codes.client),
        "who": {"identifier": {"system": "urn:motem:system", "value": caller.system}},
        "requestor": False,
        "network": _network(caller.who),
    }
    yield {
        "type": _concept(codes.server),
        "who": SERVER,
        "requestor": False,
        "network": {"address": "localhost", "type": "1"},
    }
    user: Resource = {
        "type": _concept(codes.user),
        "who": {"identifier": {"system": "urn:motem:account", "value": caller.who}},
        "requestor": True,
        "purposeOfUse": [_purpose(event)],
    }
    if event.policy and codes is not Kind.DELETE.value:
        user["policy"] = [f"urn:motem:policy:{event.policy}"]
    yield user


def _network(who: str) -> Resource:
    """Type 2 is an IP address, 1 the name of a machine: commands run on this one."""
    address = who.removeprefix(OPEN_ADDRESS)
    if address == who:
        return {"address": "localhost", "type": "1"}
    try:
        return {"address": str(ip_address(address)), "type": "2"}
    except ValueError:
        return {"address": address, "type": "1"}


def _entities(event: AuditEvent, codes: Interaction, child: Seen | None) -> Iterator[Resource]:
    if child is not None:
        yield {
            "what": {"reference": f"Patient/{child.identity or child.record}"},
            "type": {"system": ENTITY_TYPE, "code": "1", "display": "Person"},
            "role": {"system": ROLE, "code": "1", "display": "Patient"},
        }
    yield _query(event) if codes.is_query else _data(event, child)
    if event.caller.request:
        yield {
            "what": {"identifier": {"value": event.caller.request}},
            "type": {"system": ENTITY, "code": "XrequestId"},
        }
    if event.outcome is not Outcome.SUCCESS:
        yield {
            "what": {"reference": "#outcome"},
            "type": {
                "system": "http://hl7.org/fhir/resource-types",
                "code": "OperationOutcome",
            },
        }


def _query(event: AuditEvent) -> Resource:
    asked = canonical({"action": event.action.value, **event.detail})
    return {
        "type": {"system": ENTITY_TYPE, "code": "2", "display": "System Object"},
        "role": {"system": ROLE, "code": "24", "display": "Query"},
        "query": base64.b64encode(asked.encode()).decode(),
    }


def _data(event: AuditEvent, child: Seen | None) -> Resource:
    data: Resource = {
        "what": _what(event, child),
        "type": {"system": ENTITY_TYPE, "code": "2", "display": "System Object"},
        "role": {"system": ROLE, "code": "4", "display": "Domain Resource"},
    }
    if event.withheld and event.action not in DELETED:
        data["detail"] = [{"type": "withheld", "valueString": name} for name in event.withheld]
    return data


def _what(event: AuditEvent, child: Seen | None) -> Resource:
    """The record or else the identity that was touched, with its version; else the message."""
    if child is not None:
        version = "" if child.version is None else f"/_history/{child.version}"
        return {"reference": f"Patient/{child.record or child.identity}{version}"}
    if event.message is not None:
        return {"identifier": {"system": "urn:motem:message", "value": event.message}}
    subject = event.action.value.partition(":")[0]
    return {"identifier": {"system": "urn:motem:code:subject", "value": subject}}


DELETED = frozenset(action for action, kind in KINDS.items() if kind is Kind.DELETE)
"""Their profile allows no detail."""


def _outcome(event: AuditEvent) -> Resource:
    _, code, words = OUTCOMES[event.outcome]
    issue = {"severity": "error", "code": code, "details": {"text": words}}
    return {"resourceType": "OperationOutcome", "id": "outcome", "issue": [issue]}


def _purpose(event: AuditEvent) -> Resource:
    code = event.caller.purpose
    return {"coding": [{"system": OWN_REASON if code in OWN_PURPOSES else REASON, "code": code}]}


def _concept(coding: Coding) -> Resource:
    return {"coding": [asdict(coding)]}
