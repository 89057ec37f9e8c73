"""A sender's own records at the FHIR door: what stands of each, by whose word, and what ids mean there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from adapters import history, replacing
from adapters.contract import Conversion, Domains, Known, SourceAdapter, Statement
from adapters.errors import PayloadError
from gateway.errors import NotAllowedError, NotFoundError
from gateway.feed_words import SeveralMatchError
from gateway.registry import records, resources, statements
from gateway.registry.statements import KeptStatement
from gateway.registry.versions import is_shared, resource_id
from linkage.store import IDENTITY_PREFIX

SOURCE = "fhir"
ADDRESS = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})")


class ComputedError(NotAllowedError):
    """A golden Patient is computed from its records: write the Patient of your own record."""

    vietnamese = "Patient chung được tính từ các hồ sơ gốc: chỉ ghi Patient của hồ sơ mình gửi."
    expression = "Patient.id"


class NotOwnError(NotFoundError):
    """There is no resource with this id in the identifier domains of this sender."""

    vietnamese = "Không có tài nguyên nào mang id này trong hệ thống định danh của bên gửi."
    expression = "Resource.id"


PATIENT = "patient"
"""The role of a record's Patient."""
REQUEST = "request"
"""In a statement's content: makes it another one than that which said the same before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnRecord:
    """A record that nobody else changes until the transaction ends."""

    id: str
    key: str = field(repr=False)
    custodian: str
    pairs: Sequence[tuple[Statement, Conversion]] = field(repr=False)
    """What was said and still stands, in the order of arrival."""
    stated: Mapping[str, Sequence[str]]
    """Role → hashes of the statements whose word on it stands."""
    said: Sequence[KeptStatement] = field(repr=False)
    """All that was ever said."""

    def stating(self, role: str) -> Sequence[str]:
        """Hashes of the statements whose word on a role stands, in the order of arrival."""
        return self.stated.get(role, ())

    def known(self) -> dict[str, Known]:
        """Address → role, of all that the record states."""
        return {
            f"{one['resourceType']}/{resource_id(self.id, one['id'])}": Known(
                key=self.key, role=one["id"], custodian=self.custodian
            )
            for _, conversion in self.pairs
            for one in conversion.resources
            if not is_shared(one["id"])
        }

    def last(self) -> Statement:
        """The newest statement about the Patient. Raises NotOwnError where none can be read today."""
        about = [p for p in self.pairs if history.patient_of(p[1].resources)]
        if not about:
            raise NotOwnError
        newest = history.by_time(about)[-1]
        return next(statement for statement, one in about if one is newest)


def own_key(session: Session, domains: Domains, record: str) -> str:
    """The own number that a record bears; of what is another's nothing is told, not that it is.

    Raises ComputedError, NotOwnError.
    """
    if record.startswith(IDENTITY_PREFIX):
        raise ComputedError
    key = records.base_key(session, SOURCE, record) or ""
    system, bar, _ = key.partition("|")
    # Without domains of its own, what is nobody's would be everybody's.
    if not bar or domains.own is None or not domains.allow(system):
        raise NotOwnError
    return key


def key_at(session: Session, domains: Domains, address: str) -> str | None:
    """The number of the sender's own record that an address leads to (`Patient/01k…`).

    None where it leads elsewhere: of what is another's nothing is learnt.
    """
    told = ADDRESS.fullmatch(address)
    if told is None:
        return None
    kind, id_ = told.groups()
    kept = None if kind == "Patient" else resources.read(session, kind, id_)
    record = id_ if kind == "Patient" else kept and kept.record_id
    try:
        return own_key(session, domains, record or "")
    except (ComputedError, NotOwnError):
        return None


def own_record(session: Session, adapter: SourceAdapter, key: str) -> OwnRecord | None:
    """The record under a key, which nobody else changes until the end. Raises SeveralMatchError."""
    statements.lock(session, SOURCE, [key])
    found = records.under(session, SOURCE, [key]).get(key, [])
    if len(found) > 1:
        raise SeveralMatchError
    if not found:
        return None
    said = statements.about(session, SOURCE, [key], [])
    pairs = replacing.standing(_converted(said, adapter))
    if not pairs:  # The adapter of today can read nothing of it.
        raise NotOwnError
    return OwnRecord(
        id=found[0].id,
        key=key,
        custodian=history.compose(history.by_time(pairs)).custodian,
        pairs=pairs,
        stated=_stated(pairs),
        said=said,
    )


def _stated(pairs: Sequence[tuple[Statement, Conversion]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for statement, conversion in pairs:
        digest = statement.content_hash
        for one in conversion.resources:
            found.setdefault(one["id"], []).append(digest)
    return found


def _converted(
    said: Sequence[KeptStatement], adapter: SourceAdapter
) -> Sequence[tuple[Statement, Conversion]]:
    made = []
    for kept in said:
        try:
            made.append((kept.statement, adapter.convert(kept.statement)))
        except PayloadError:  # What the adapter of today cannot read says nothing.
            continue
    return made


def replaced_by(
    record: OwnRecord, statement: Statement, conversion: Conversion, roles: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    """What a statement takes the place of, of the roles that it writes.

    Of the Patient nothing where sex, birth date and name are all different: then the number was
    given to another child, and neither may cost the other what was said of it (formats.md).
    """
    mine = history.facts(conversion.resources)
    if any(mine.contradicts(history.facts(other.resources)) for _, other in record.pairs):
        roles = [role for role in roles if role != PATIENT]
    found = {role: list(record.stating(role)) for role in sorted(set(roles))}
    return {role: digests for role, digests in found.items() if digests}
