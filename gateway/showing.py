"""The one way from a stored resource to a caller: as it is kept, redacted, or not at all.

Of a golden Patient a caller sees what the records that it may see make of the child: it is computed
anew from these, so that nothing that only another record says can be in it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import ARRAY, Text, any_, bindparam, or_, select
from sqlalchemy.orm import Session

from adapters.contract import content_text
from audit.event import Caller
from gateway import acting
from gateway.access.policy import (
    FORBIDDEN,
    Asking,
    Decision,
    Right,
    Thing,
    decide,
    may_see_type,
)
from gateway.access.redaction import Element, limited, marked
from gateway.prepared import Prepared
from gateway.registry import resources
from gateway.registry.resources import KeptResource
from gateway.registry.tables import among
from gateway.registry.tables import record as records
from linkage.golden import SourcePatient, golden_patient
from linkage.tables import record as linked

HIDDEN = "link"
"""What is told as withheld where records of a child are not shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """What a caller gets of a resource: its text (None: not there for it), and what was left out."""

    text: str | None = field(repr=False)
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A record of a child: `identity` today, `founding` the one that it came with."""

    record: str
    source: str
    key: str = field(repr=False)
    custodian: str
    identity: str
    founding: str


NOT_THERE = Shown(text=None)
_c, _ids = linked.c, any_(bindparam("ids", type_=ARRAY(Text)))
MEMBERS = Prepared(
    select(
        _c.record_id.label("record"),
        _c.source,
        _c.key,
        _c.custodian,
        _c.identity_id.label("identity"),
        _c.founding_id.label("founding"),
    ).where(or_(_c.identity_id == _ids, _c.founding_id == _ids))
)
"""Records that are of these identities, or came with them."""


def texts(session: Session, caller: Caller, found: Sequence[KeptResource]) -> list[str | None]:
    """The text of each resource as this caller may see it; None: treat it as not there.

    All that leaves of a stored resource goes through here.
    """
    return [one.text for one in shown(session, caller, found)]


def shown(session: Session, caller: Caller, found: Sequence[KeptResource]) -> list[Shown]:
    """The same, with the names of what was left out, for the event that tells of it."""
    told = acting.current()
    asking = told.subject if told else None
    if isinstance(asking, Asking) and asking.right is Right.WRITE:
        # To write, it compares with everything; what it is answered is what it may read.
        return _View(session, replace(asking, right=Right.READ)).shown(found)
    if told is None or told.rows == acting.SYSTEM:
        return [Shown(text=one.body) for one in found]
    if not isinstance(asking, Asking):
        return [NOT_THERE for _ in found]
    return _View(session, asking).shown(found)


def may_see(kind: str) -> bool:
    """Whether whoever asks may see what is made of children, and stored as no resource, of a type."""
    told = acting.current()
    if told is None or told.rows == acting.SYSTEM:
        return True
    return isinstance(told.subject, Asking) and may_see_type(told.subject, kind)


class _View:
    """One caller's view; records and members of all resources are asked for at once."""

    def __init__(self, session: Session, asking: Asking) -> None:
        self._session, self._asking = session, asking
        self._opened: frozenset[str] = frozenset()

    def shown(self, found: Sequence[KeptResource]) -> list[Shown]:
        bodies = [orjson.loads(one.body) for one in found]
        records_ = {one.record_id for one in found if one.record_id}
        sources, own = self._sources(records_), self._own_children(records_)
        self._opened = self._of_the_child(records_)
        pairs = list(zip(found, bodies, strict=True))
        golden = [body["id"] for one, body in pairs if _is_golden(one, body)]
        members = self._members(golden)
        patients = self._patients(members)
        return [
            self._golden(one, body, members[body["id"]], patients)
            if _is_golden(one, body)
            else self._own(one, body, sources, own)
            for one, body in pairs
        ]

    def _own(
        self,
        one: KeptResource,
        body: Element,
        sources: Mapping[str, str],
        own: Collection[str],
    ) -> Shown:
        """A resource of a record, or a body or place that all records share."""
        if one.record_id is None:
            # Bodies and places that all records share are nobody's secret.
            allowed = may_see_type(self._asking, body["resourceType"])
            return Shown(text=one.body) if allowed else NOT_THERE
        source, is_own = sources.get(one.record_id), one.record_id in own
        child = self._asking.child if one.record_id in self._opened else None
        decision = self._decision(
            body["resourceType"], source, one, is_own_child=is_own, child=child
        )
        if not decision.allowed:
            return NOT_THERE
        return _limited(body, decision) if decision.only else Shown(text=one.body)

    def _decision(
        self,
        kind: str,
        source: str | None,
        one: KeptResource,
        *,
        is_own_child: bool,
        child: str | None,
    ) -> Decision:
        if source is None:
            return FORBIDDEN
        thing = Thing(
            type=kind, source=source, labels=one.labels, is_own_child=is_own_child, child=child
        )
        return decide(self._asking, thing)

    def _golden(
        self,
        one: KeptResource,
        body: Element,
        members: Collection[Member],
        patients: Mapping[str, KeptResource],
    ) -> Shown:
        """As the records make it that the caller may see; nothing where it may see none."""
        id_ = body["id"]
        body_ = self._asking.subject.body
        own = any(m.identity == id_ and m.custodian == body_ for m in members if body_)
        decisions = {
            m.record: self._decision(
                "Patient", m.source, patients[m.record], is_own_child=own, child=m.identity
            )
            for m in members
            if m.record in patients
        }
        seen = [m for m in members if m.record in decisions and decisions[m.record].allowed]
        if not seen:
            return NOT_THERE
        standing = [m for m in seen if m.identity == id_]
        if body.get("active") is False and not standing:
            return Shown(text=one.body)  # It led to another identity, and says only that.
        if not standing:
            return NOT_THERE
        visible = {f"Patient/{m.record}" for m in standing}
        whole = visible >= {link["other"]["reference"] for link in body.get("link", ())}
        made = body if whole else _made(id_, body, standing, patients)
        decision = decisions[standing[0].record]  # All are under one rule, that of the caller.
        if decision.only:
            return _limited(made, decision, hidden=not whole)
        if whole:
            return Shown(text=one.body)
        return Shown(text=content_text(marked(made)), withheld=(HIDDEN,))

    def _own_children(self, ids: Collection[str]) -> set[str]:
        """Those of the records whose child the caller's body has a record of itself."""
        if not (ids and self._asking.subject.body):
            return set()
        one, own = linked.alias(), linked.alias()
        query = (
            select(one.c.record_id)
            .join(own, own.c.identity_id == one.c.identity_id)
            .where(among(one.c.record_id, ids), own.c.custodian == self._asking.subject.body)
        )
        return set(self._session.scalars(query))

    def _of_the_child(self, ids: Collection[str]) -> frozenset[str]:
        """Those of the records that are of the child of an emergency access."""
        if not ids or self._asking.child is None:
            return frozenset()
        c = linked.c
        query = select(c.record_id).where(
            among(c.record_id, ids), c.identity_id == self._asking.child
        )
        return frozenset(self._session.scalars(query))

    def _sources(self, ids: Collection[str]) -> dict[str, str]:
        if not ids:
            return {}
        query = select(records.c.id, records.c.source).where(among(records.c.id, ids))
        return {row.id: row.source for row in self._session.execute(query)}

    def _members(self, ids: Collection[str]) -> dict[str, list[Member]]:
        found: dict[str, list[Member]] = {id_: [] for id_ in ids}
        if not ids:
            return found
        for row in MEMBERS.rows(self._session, {"ids": sorted(ids)}):
            member = Member(**row)
            for id_ in {member.identity, member.founding} & found.keys():
                found[id_].append(member)
        return found

    def _patients(self, members: Mapping[str, Collection[Member]]) -> dict[str, KeptResource]:
        ids = {m.record for those in members.values() for m in those}
        return resources.patients(self._session, ids) if ids else {}


def _is_golden(one: KeptResource, body: Element) -> bool:
    return one.record_id is None and body["resourceType"] == "Patient"


def _made(
    id_: str, stored: Element, members: Collection[Member], patients: Mapping[str, KeptResource]
) -> Element:
    made = golden_patient(
        id_,
        [
            SourcePatient(
                record_id=m.record,
                source=m.source,
                key=m.key,
                patient=orjson.loads(patients[m.record].body),
            )
            for m in members
        ],
    )
    version = {n: stored["meta"][n] for n in ("lastUpdated", "versionId") if n in stored["meta"]}
    meta: dict[str, Any] = version | made["meta"]
    return made | {"meta": meta}


def _limited(body: Element, decision: Decision, *, hidden: bool = False) -> Shown:
    made, left_out = limited(body, decision.only, decision.identifiers)
    withheld = {*left_out, *((HIDDEN,) if hidden else ())}
    return Shown(text=content_text(marked(made)), withheld=tuple(sorted(withheld)))
