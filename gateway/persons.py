"""Use cases: a caller reads a child as FHIR's Person: the golden Patient in other words, and no more."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway import lookup, searching, showing
from gateway.fhir.errors import UnknownParameterError, WrongValueError
from gateway.fhir.query import CURSOR, Search
from gateway.lookup import Absent, FoundResource, History
from gateway.registry import resources
from gateway.registry.tables import among
from gateway.searching import Answer, Shown
from linkage.store import IDENTITY_PREFIX
from linkage.tables import record as linked

TYPE = "Person"
ASSURANCE: Mapping[str, str] = {
    "manual": "level4",  # A steward looked at both and decided.
    "auto": "level3",  # Own rules and the model, calibrated, joined it without a doubt left.
    "single": "level3",  # The identity came with this record, and linking found no other for it.
    "pending": "level2",  # The identity came with this record, and linking has not looked yet.
}
"""How a record came to its identity → Person.link.assurance (R4, identity-assuranceLevel)."""
ELEMENTS = (
    *("identifier", "name", "telecom", "gender", "birthDate", "_birthDate", "address"),
    *("managingOrganization", "active"),
)
"""What a Person has as a Patient has it."""
SEARCHED: Mapping[str, tuple[str, str]] = {
    "_id": ("token", "id"),
    "identifier": ("token", "identifier"),
    "name": ("string", "name"),
    "birthdate": ("date", "birthDate"),
    "gender": ("token", "gender"),
    "link": ("reference", "link.target"),
    "patient": ("reference", "link.target, a Patient"),
    "_lastUpdated": ("date", "meta.lastUpdated"),
}
TO_PATIENTS = ("link", "patient")
INCLUDES = (f"{TYPE}:link", f"{TYPE}:patient")
"""What may come along: all that it links to, or the Patients of that."""
INCLUDE = "_include"
BY_VALUE = SEARCHED.keys() - {"_id", *TO_PATIENTS}
ABOUT_ANSWERS = frozenset(
    {"_count", "_include", "_sort", "_elements", "_summary", "_total", "_format", "_pretty", CURSOR}
)
NOBODY = f"{IDENTITY_PREFIX}-"
"""An id that no identity has."""


def read(
    session: Session, id_: str, caller: Caller, version: int | None = None
) -> tuple[FoundResource, Mapping[str, str]] | Absent:
    """The golden Patient as this caller may see it, and how its records came to it.

    Or a version of it: those before the last say nothing of that, which is as it is today. The log
    tells of a reading of the child. Of a record's own Patient there is no Person.
    """
    found = lookup.read(session, _looked_up(id_), id_, caller, version)
    if isinstance(found, Absent):
        return found
    return found, _assurances(session, [found.body] if _stands(session, [found]) else [])


def read_history(
    session: Session, id_: str | None, asked: Sequence[tuple[str, str]], caller: Caller
) -> History | Absent:
    """Versions of one, or of all, as those of the golden Patient. Raises WrongParameterError."""
    kind = _looked_up(id_ or IDENTITY_PREFIX)
    found = lookup.read_history(session, kind, id_, asked, caller, only_golden=True)
    if isinstance(found, Absent):
        return found
    standing = _stands(session, found.versions)
    told = _assurances(session, [one.body for one in standing])
    versions = [
        replace(one, type=TYPE, body=person_of(one.body, told if one in standing else {}))
        for one in found.versions
    ]
    return replace(found, versions=versions)


def _looked_up(id_: str) -> str:
    """The type under which it is kept; for whoever may see no Person, one that has none."""
    is_seen = id_.startswith(IDENTITY_PREFIX) and showing.may_see(TYPE)
    return "Patient" if is_seen else TYPE


def _stands(session: Session, found: Sequence[FoundResource]) -> list[FoundResource]:
    """Those that are the versions of today."""
    current = resources.standing(session, "Patient", {one.id for one in found})
    return [
        one for one in found if (now := current.get(one.id)) and now.version_id == one.version_id
    ]


def find(
    session: Session, asked: Sequence[tuple[str, str]], caller: Caller, *, is_lenient: bool = False
) -> Answer:
    """A search for golden Patients, answered with Persons. Raises WrongParameterError, TooCostlyError."""
    wanted = list(_meant(session, asked, is_lenient=is_lenient))
    if not showing.may_see(TYPE):
        wanted.append(("_id", NOBODY))
    found = searching.find(session, "Patient", wanted, caller)
    matches = [one for one in found.matches if one.id.startswith(IDENTITY_PREFIX)]
    along = [one for one in found.included if one.id.startswith(IDENTITY_PREFIX)]
    told = _assurances(session, [one.body for one in (*matches, *along)])
    includes = [value for name, value in asked if name == INCLUDE]
    return replace(
        found,
        asked=_as_asked(found.asked, includes),
        matches=[_person(one, told) for one in matches],
        included=[
            _person(one, told) if one in along else one
            for one in found.included
            if one not in along or INCLUDES[0] in includes
        ],
    )


def _person(one: Shown, assurances: Mapping[str, str]) -> Shown:
    return Shown(type=TYPE, id=one.id, body=person_of(one.body, assurances))


def _as_asked(found: Search, includes: Sequence[str]) -> Search:
    """The search that was carried out, in the words of whoever asked."""
    told = iter(includes)
    applied = tuple(
        (name, next(told) if name == INCLUDE else value) for name, value in found.applied
    )
    return replace(found, kind=TYPE, applied=applied)


def person_of(patient: str, assurances: Mapping[str, str]) -> str:
    """The text of a Person, of that of a golden Patient in which all is left out that is withheld."""
    told = json.loads(patient)
    links = [_link(one, assurances) for one in told.get("link", ())]
    return json.dumps(
        {"resourceType": TYPE, "id": told["id"], "meta": told["meta"]}
        | {name: told[name] for name in ELEMENTS if name in told}
        | ({"link": links} if links else {}),
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _link(link: Mapping[str, Any], assurances: Mapping[str, str]) -> dict[str, Any]:
    """To a source Patient; of a retired identity, to the Person that it led to."""
    id_ = link["other"]["reference"].partition("/")[2]
    if link["type"] == "replaced-by":
        return {"target": {"reference": f"{TYPE}/{id_}"}}
    assurance = {"assurance": assurances[id_]} if id_ in assurances else {}
    return {"target": {"reference": f"Patient/{id_}"}} | assurance


def _assurances(session: Session, patients: Iterable[str]) -> dict[str, str]:
    links = (link for text in patients for link in json.loads(text).get("link", ()))
    ids = {link["other"]["reference"].partition("/")[2] for link in links}
    if not ids:
        return {}
    query = select(linked.c.record_id, linked.c.decision).where(among(linked.c.record_id, ids))
    return {row.record_id: ASSURANCE[row.decision] for row in session.execute(query)}


def _meant(
    session: Session, asked: Sequence[tuple[str, str]], *, is_lenient: bool
) -> Iterable[tuple[str, str]]:
    """The search for Patients that is meant. Raises UnknownParameterError."""
    for name, value in asked:
        if name in TO_PATIENTS:
            yield "_id", _own(_children(session, value.split(",")))
        elif name == "_id":
            yield name, _own(value.split(","))
        elif name == INCLUDE:
            if value not in INCLUDES:
                raise WrongValueError
            yield name, "Patient:link"
        elif name.partition(":")[0] in BY_VALUE or name in ABOUT_ANSWERS:
            yield name, value
        elif not is_lenient:
            raise UnknownParameterError


def _children(session: Session, targets: Sequence[str]) -> list[str]:
    """Whose records these are, of those that the caller sees; a golden Patient is its Person's."""
    ids = {one.removeprefix("Patient/") for one in targets}
    c = linked.c
    query = select(c.identity_id).distinct().where(among(c.record_id, ids)).order_by(c.identity_id)
    return [*sorted(ids), *session.scalars(query)]


def _own(ids: Collection[str]) -> str:
    return ",".join(one for one in ids if one.startswith(IDENTITY_PREFIX)) or NOBODY
