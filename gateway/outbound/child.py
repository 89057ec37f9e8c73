"""Whose data goes out: from an id of a record or a child to all that is known of the child."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from adapters.contract import Resource
from adapters.formats.sensitivity import is_about_hiv
from gateway.errors import NotFoundError
from gateway.registry import resources
from gateway.registry.dossier import dossier
from linkage.records import Labels
from linkage.store import IDENTITY_PREFIX, IdentityStore, Membership

ID = re.compile(r"(te-)?[0-9a-hjkmnp-tv-z]{26}")
"""A record's or an identity's id: what is something else is never asked for, nor written down."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A Patient as it stands now: a record's own, or the golden one of an identity."""

    id: str
    version: int
    identity_id: str
    record_id: str | None
    labels: Labels
    patient: Resource = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Child:
    """An identity that stands, with its records."""

    golden: Subject
    members: Sequence[Membership] = field(repr=False)

    @property
    def identities(self) -> frozenset[str]:
        """All identities that lead to this one, itself among them."""
        return frozenset({self.golden.id, *(member.founding_id for member in self.members)})

    def sources(self) -> frozenset[str]:
        """Which sources know the child."""
        return frozenset(member.key.partition(":")[0] for member in self.members)

    def resources(self, session: Session) -> list[Resource]:
        """What the records say, as far as whoever registers a child may know it.

        What is labelled stays here: an office is told neither of HIV (Luật phòng, chống HIV/AIDS
        2006, Điều 30), whatever source speaks of it, nor who found the child.
        """
        found = dossier(session, [member.record_id for member in self.members])
        return [one for one in found if one["resourceType"] == "Patient" or _may_be_told(one)]


def _may_be_told(one: Resource) -> bool:
    return not one.get("meta", {}).get("security") and not is_about_hiv(one)


def subject(session: Session, id_: str) -> Subject:
    """The Patient of an id; of a retired identity that of its successor. Raises NotFoundError."""
    if not ID.fullmatch(id_):
        raise NotFoundError
    store = IdentityStore(session)
    if not id_.startswith(IDENTITY_PREFIX):
        identity, _ = store.identities_of([id_]).get(id_, (None, None))
        return _read(session, id_, identity, record_id=id_)
    standing = store.successor(id_)
    return _read(session, standing, standing, record_id=None)


def child(session: Session, id_: str) -> Child:
    """The child of an id of a record or of an identity. Raises NotFoundError."""
    identity = subject(session, id_).identity_id
    members = IdentityStore(session).members(identity)
    return Child(golden=subject(session, identity), members=members)


def _read(
    session: Session, id_: str | None, identity: str | None, *, record_id: str | None
) -> Subject:
    kept = resources.read(session, "Patient", id_) if id_ else None
    if kept is None or id_ is None or identity is None:
        raise NotFoundError
    return Subject(
        id=id_,
        version=kept.version_id,
        identity_id=identity,
        record_id=record_id,
        labels=kept.labels,
        patient=json.loads(kept.body),
    )
