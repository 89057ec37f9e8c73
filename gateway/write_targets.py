"""Which resource each entry of a write means, and what its references lead to."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar
from urllib.parse import parse_qsl

import orjson
from sqlalchemy.orm import Session

from adapters.contract import Known, Resource
from gateway.errors import GatewayError
from gateway.feed import Feed, Number, bearer, require_own
from gateway.feed_words import SeveralMatchError, VersionError
from gateway.fhir.parameters import TYPES
from gateway.own_patients import OtherPatientError, as_told
from gateway.own_records import (
    PATIENT,
    SOURCE,
    NotOwnError,
    OwnRecord,
    key_at,
    own_key,
    own_record,
)
from gateway.registry import numbers, resources, statements
from gateway.showing import texts
from gateway.write_entries import Entry, NoReferenceError, NoSuchError, SameTwiceError, pointing

ORDER = ("DELETE", "POST", "PUT", "PATCH")
"""In which entries find what they mean (R4, http.html#trules)."""
IN_ERROR = "entered-in-error"
Result = TypeVar("Result")


@dataclass(kw_only=True, slots=True)
class Target:
    """What an entry writes: a resource that stands (`id`), or a new one."""

    entry: Entry
    id: str | None = None
    role: str | None = None
    record: OwnRecord | None = None
    resource: Resource | None = field(default=None, repr=False)
    """What it shall be; None: no more, or as it is."""
    is_done: bool = False
    """There is nothing to be written."""

    @property
    def is_ended(self) -> bool:
        """Whether the resource shall be no more: its sender says so by method or by status."""
        return not self.is_done and (self.entry.method == "DELETE" or self.is_in_error)

    @property
    def is_in_error(self) -> bool:
        told = self.resource or {}
        verified = told.get("verificationStatus")
        codings = verified.get("coding", ()) if isinstance(verified, dict) else ()
        codes = [one.get("code") for one in codings if isinstance(one, dict)]
        return self.role not in (None, PATIENT) and IN_ERROR in (told.get("status"), *codes)


class Targets:
    """What the entries of one transaction mean; records are held until it ends, each read once."""

    def __init__(self, session: Session, feed: Feed, base: str) -> None:
        """`base`: our address, as references name it."""
        self._session, self._feed, self._base = session, feed, f"{base}/"
        self._records: dict[str, OwnRecord | None] = {}
        self._addresses: dict[str, str] = {}
        """As a reference names it → as it is named here."""
        self._looked: set[str] = set()
        self._coming: set[tuple[str, str, str]] = set()
        """Type and number of what is new."""
        self._going: set[str | None] = set()
        """Ids of what other entries take back."""

    def of(self, entries: Sequence[Entry]) -> list[Target]:
        """Of each entry, in their order. An error's `expression` names the entry."""
        made: dict[int, Target] = {}
        for place in sorted(range(len(entries)), key=lambda at: ORDER.index(entries[at].method)):
            made[place] = _placed(entries[place], partial(self._target, entries[place]))
        targets = [made[place] for place in range(len(entries))]
        _require_once(targets)
        for one in targets:
            if one.id is not None and one.entry.url:
                self._addresses[one.entry.url] = f"{one.entry.kind}/{one.id}"
        new = (one.resource for one in targets if one.resource is not None and one.id is None)
        self._coming = {number for resource in new for number in _numbers(resource)}
        for one in targets:
            if one.resource is not None:
                _placed(one.entry, partial(self._point, one))
        return targets

    def record(self, key: str) -> OwnRecord | None:
        """The record under a key. Raises SeveralMatchError."""
        if key not in self._records:
            self._records[key] = own_record(self._session, self._feed.adapter, key)
        return self._records[key]

    def held(self) -> list[str]:
        """Ids of the records that were looked at."""
        return [one.id for one in self._records.values() if one]

    def record_with(self, id_: str) -> OwnRecord | None:
        """One that was held, by its id."""
        return next((one for one in self._records.values() if one and one.id == id_), None)

    def known(self) -> Mapping[str, Known]:
        """Address → role, of all records that are held."""
        found: dict[str, Known] = {}
        for one in self._records.values():
            found |= one.known() if one else {}
        return found

    def fingerprints(self) -> set[str]:
        """Of all that was ever said of the records that are held."""
        return {kept.fingerprint for one in self._records.values() if one for kept in one.said}

    def _target(self, entry: Entry) -> Target:
        found = self._by_id(entry) if entry.id is not None else self._by_condition(entry)
        self._require_version(found)
        if entry.method == "DELETE":
            self._going.add(found.id)
        if found.is_done or entry.method == "DELETE":
            return found
        sent = entry.change(self._body(found)) if entry.change else entry.resource
        assert sent is not None, "what is written has a body"
        _require_id(found, sent, entry)
        found.resource = as_told(sent)
        return found

    def _by_id(self, entry: Entry) -> Target:
        id_ = entry.id or ""
        if entry.kind == "Patient":
            record = self.record(own_key(self._session, self._feed.domains, id_))
            return Target(entry=entry, id=id_, role=PATIENT, record=record)
        kept = resources.read(self._session, entry.kind, id_)
        last = kept or resources.last_version(self._session, entry.kind, id_)
        if last is None or last.record_id is None:
            raise NotOwnError
        record = self.record(own_key(self._session, self._feed.domains, last.record_id))
        known = record.known().get(f"{entry.kind}/{id_}") if record else None
        if known is None and not (kept is None and entry.method == "DELETE"):
            raise NotOwnError
        role = known.role if known else None
        return Target(entry=entry, id=id_, role=role, record=record, is_done=known is None)

    def _by_condition(self, entry: Entry) -> Target:
        number = entry.number
        if number is None:
            return Target(entry=entry)
        if "identifier" not in TYPES[entry.kind]:
            raise NoReferenceError
        if entry.kind == "Patient" and entry.method != "POST":
            require_own(self._feed, number)
        id_ = self._bearer(entry.kind, number, is_anybody=entry.method == "POST")
        if id_ is None:
            if entry.method in ("DELETE", "PATCH"):
                raise NoSuchError
            return Target(entry=entry)
        if entry.method == "POST":
            is_going = id_ in self._going
            return Target(entry=entry, id=None if is_going else id_, is_done=not is_going)
        return self._by_id(replace(entry, id=id_))

    def _bearer(self, kind: str, number: Number, *, is_anybody: bool = False) -> str | None:
        """The one resource with a number, which no other transaction makes in the meantime."""
        if kind == "Patient":
            if is_anybody:
                statements.lock(self._session, SOURCE, [number.key])
                return bearer(self._session, number)
            record = self.record(number.key)
            return record.id if record else None
        statements.lock(self._session, SOURCE, [f"{kind}?{number.key}"])
        found = numbers.bearers(self._session, number.system, number.value, kind)
        mine = self._feed.domains
        own = [id_ for id_ in found if key_at(self._session, mine, f"{kind}/{id_}")]
        if len(own) > 1:
            raise SeveralMatchError
        return own[0] if own else None

    def _require_version(self, target: Target) -> None:
        if target.entry.version is None:
            return
        kind = target.entry.kind
        standing = resources.standing(self._session, kind, [target.id] if target.id else [])
        if target.id not in standing or standing[target.id].version_id != target.entry.version:
            raise VersionError

    def _body(self, target: Target) -> Resource:
        """What stands, as far as its sender may see it: who may not see all changes nothing."""
        kept = resources.read(self._session, target.entry.kind, target.id or "")
        assert kept is not None, "what is known stands"
        (text,) = texts(self._session, self._feed.caller, [kept])
        if text is None:
            raise NotOwnError
        return as_told(orjson.loads(text)) | {"id": target.id}

    # What its references mean.

    def _point(self, target: Target) -> None:
        target.resource = pointing(target.resource, self._pointed)

    def _pointed(self, reference: str) -> str:
        """As a reference is named here; the own record that it leads to is held."""
        reference = reference.removeprefix(self._base)
        if reference not in self._addresses:
            kind, mark, query = reference.partition("?")
            is_condition = bool(mark) and "/" not in kind
            named = self._looked_up(kind, query) if is_condition else reference
            self._addresses[reference] = named or reference
        address = self._addresses[reference]
        if address not in self._looked:
            self._looked.add(address)
            key = key_at(self._session, self._feed.domains, address)
            if key is not None:
                self.record(key)
        return address

    def _looked_up(self, kind: str, query: str) -> str | None:
        """The address of the one resource that a condition means; None: of one that comes along."""
        pairs = parse_qsl(query, keep_blank_values=True)
        system, _, value = (pairs[0][1] if pairs else "").rpartition("|")
        if [name for name, _ in pairs] != ["identifier"] or not system or not value:
            raise NoReferenceError
        is_foreign = kind == "Patient" and not self._feed.domains.allow(system)
        id_ = None if is_foreign else self._bearer(kind, Number(system=system, value=value))
        if id_ is None and (kind, system, value) not in self._coming:
            raise NoReferenceError
        return f"{kind}/{id_}" if id_ else None


def _numbers(resource: Resource) -> Iterator[tuple[str, str, str]]:
    told = resource.get("identifier")
    for one in told if isinstance(told, list) else (told,):
        if isinstance(one, Mapping):
            yield str(resource.get("resourceType")), str(one.get("system")), str(one.get("value"))


def _require_id(target: Target, sent: Resource, entry: Entry) -> None:
    """An id in what is new is nobody's; by a condition it may be left out."""
    told = sent.get("id")
    by_condition = entry.id is None and entry.change is None
    if entry.method != "POST" and told != target.id and not (by_condition and told is None):
        raise OtherPatientError


def _placed(entry: Entry, work: Callable[[], Result]) -> Result:
    """What an entry becomes; what is wrong with it names it."""
    try:
        return work()
    except GatewayError as error:
        error.expression = entry.place or error.expression
        raise


def _require_once(targets: Sequence[Target]) -> None:
    seen: set[str] = set()
    for one in targets:
        name = f"{one.entry.kind}/{one.id}"
        if one.id is not None and one.entry.method != "POST":
            if name in seen:
                error = SameTwiceError()
                error.expression = one.entry.place
                raise error
            seen.add(name)
