"""Use cases: which groups of children there are for a caller, and who of them is in one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

import audit
from audit.event import Action, AuditEvent, Caller, DetailValue, Outcome, Seen, naming
from gateway import showing
from gateway.database import seeing_everything
from gateway.registry import groups, resources, search
from gateway.registry.groups import Group

TYPE = "Group"
SYSTEM = "urn:motem:group"
WORDS: Mapping[str, tuple[str, str]] = {
    "custodian": ("Trẻ có hồ sơ tại", "Children of whom there is a record at"),
    "source": ("Trẻ có hồ sơ từ nguồn", "Children of whom there is a record from"),
}
MOST_MEMBERS = 1000
"""That are named; of more it is said how many there are, and they are fetched by an export."""
SUBSETTED = {
    "tag": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
            "code": "SUBSETTED",
        }
    ]
}
Resource = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Which groups; `ids`, `kinds`: None for all. `after`: the id of the last one of a page."""

    ids: Collection[str] | None = None
    kinds: Collection[str] | None = None
    after: str = ""
    count: int = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupPage:
    """Groups without their members, in the order of their ids. May leave once the transaction ended."""

    resources: Sequence[Resource] = field(repr=False)
    total: int
    following: str | None


def find(session: Session, asked: Asked, caller: Caller) -> GroupPage:
    """The groups in which the caller sees somebody, and how many. Raises TooCostlyError."""
    veil = search.veil_of(session)
    sizes = groups.sizes(session) if showing.may_see(TYPE) else {}
    known = {one.id(veil): (one, size) for one, size in sizes.items()}
    fitting = sorted(
        id_
        for id_, (one, _) in known.items()
        if (asked.ids is None or id_ in asked.ids)
        and (asked.kinds is None or one.kind in asked.kinds)
    )
    rest = [id_ for id_ in fitting if id_ > asked.after]
    page = rest[: asked.count]
    detail: dict[str, DetailValue] = {"type": TYPE, "count": len(page)}
    audit.append(session, AuditEvent(action=Action.RESOURCE_SEARCH, caller=caller, detail=detail))
    return GroupPage(
        resources=[_resource(id_, *known[id_], members=None) for id_ in page],
        total=len(fitting),
        following=page[-1] if page and len(rest) > len(page) else None,
    )


def read(session: Session, id_: str, caller: Caller) -> Resource | None:
    """A group with its members as they are now; None where the caller sees nobody in it.

    Every child that is named is in the log. Raises TooCostlyError.
    """
    veil = search.veil_of(session)
    with seeing_everything(session):
        group = groups.find(session, veil, id_)
    if not showing.may_see(TYPE):
        group = None
    size = groups.size(session, group) if group else 0
    if group is None or not size:
        _tell_in_vain(session, caller)
        return None
    if size > MOST_MEMBERS:
        _tell(session, caller, id_, (), size)
        return _resource(id_, group, size, members=None)
    found = groups.members(session, group)
    patients = resources.patients(session, {one.record for one in found})
    texts = showing.texts(session, caller, list(patients.values()))
    shown = {name for name, text in zip(patients, texts, strict=True) if text is not None}
    seen = [Seen(record=m.record, identity=m.identity) for m in found if m.record in shown]
    children = list(dict.fromkeys(one.identity for one in seen if one.identity))
    if not children:
        _tell_in_vain(session, caller)
        return None
    _tell(session, caller, id_, seen, len(children))
    return _resource(id_, group, len(children), members=children)


def _tell(session: Session, caller: Caller, id_: str, seen: Sequence[Seen], count: int) -> None:
    detail: dict[str, DetailValue] = {"type": TYPE, "resource": id_, "count": count}
    audit.append_many(session, naming(Action.RESOURCE_READ, caller, seen, detail))


def _tell_in_vain(session: Session, caller: Caller) -> None:
    event = AuditEvent(
        action=Action.RESOURCE_READ,
        caller=caller,
        outcome=Outcome.FAILURE,
        detail={"type": TYPE},
    )
    audit.append(session, event)


def _resource(id_: str, group: Group, size: int, *, members: Sequence[str] | None) -> Resource:
    vietnamese, english = WORDS[group.kind]
    kind = {"coding": [{"system": SYSTEM, "code": group.kind, "display": english}]}
    value = {"coding": [{"system": f"{SYSTEM}:{group.kind}", "code": group.value}]}
    made: Resource = {
        "resourceType": TYPE,
        "id": id_,
        **({"meta": SUBSETTED} if members is None else {}),
        "active": True,
        "type": "person",
        "actual": True,
        "code": kind,
        "name": f"{vietnamese} {group.value}",
        "quantity": size,
        "characteristic": [{"code": kind, "valueCodeableConcept": value, "exclude": False}],
    }
    if members:
        made["member"] = [{"entity": {"reference": f"Patient/{child}"}} for child in members]
    return made
