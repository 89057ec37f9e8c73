"""Finds out what the statements of a message change; nothing is written here but locks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import orjson
from sqlalchemy.orm import Session

from adapters.contract import Conversion, SourceAdapter, Statement
from adapters.errors import PayloadError, Problem, Rejection
from gateway.registry import records, resources, statements
from gateway.registry.assembly import assemble
from gateway.registry.inherited_labels import shared_bodies
from gateway.registry.logical_names import told_name
from gateway.registry.planning import Origin, Plan, plan
from gateway.registry.preparation import Prepared, is_valid, refused
from gateway.registry.records import KeptRecord
from gateway.registry.resources import Current, Name
from gateway.registry.statements import KeptStatement

LONGEST_KEY = 255
"""Characters: longer keys would not fit an index."""

Said: TypeAlias = tuple[KeptStatement, Conversion]
Owners: TypeAlias = dict[str, set[str]]
"""Episode → base keys that the source gave for it."""


Refused: TypeAlias = tuple[str, Rejection]
"""The id of a message, and what was refused in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Intake:
    """What messages of one source change. Nothing in it is stored yet."""

    plans: Sequence[Plan] = field(repr=False)
    waiting: Sequence[Said] = field(repr=False)
    """New parts whose key nobody gave yet."""
    conversions: Mapping[str, Conversion] = field(repr=False)
    """Fingerprint → resources, of statements that are new."""
    known: Sequence[tuple[str, KeptStatement]] = field(repr=False)
    """Messages and statements of them that came before, in another one."""
    refusals: Sequence[Refused]


def intake(
    session: Session,
    adapter: SourceAdapter,
    origin: Origin,
    said: Mapping[str, Sequence[Prepared]],
) -> Intake:
    """Lock all that messages (id → statements) speak of and compare it with what is stored.

    A statement that cannot be converted or is not valid FHIR is refused alone.
    """
    refusals: list[Refused] = []
    prepared, stated = _stated(origin, said, refusals)
    old, owners = _stored(session, origin.source, stated)
    seen = {kept.fingerprint: kept for kept in old}
    known = [(k.message_id, seen[f]) for f, k in stated.items() if f in seen]
    new = [kept for fingerprint, kept in stated.items() if fingerprint not in seen]
    fresh = _converted(new, prepared, refusals)
    for kept, _ in fresh:
        if kept.base_key and kept.statement.episode:
            owners.setdefault(kept.statement.episode, set()).add(kept.base_key)
    touched = _touched(old, fresh, owners)
    again = [kept for kept in old if _base_key(kept, owners) in touched]
    shelf: dict[str | None, list[Said]] = {}
    # By arrival: a parallel transaction may have stored what came later.
    by_arrival = sorted([*_converted_again(adapter, again), *fresh], key=lambda p: p[0].received)
    for pair in by_arrival:
        shelf.setdefault(_base_key(pair[0], owners), []).append(pair)
    waiting = [pair for pair in shelf.pop(None, []) if pair[0].number is None]
    by_key = {key: pairs for key, pairs in shelf.items() if key is not None}
    return Intake(
        plans=_plans(session, origin, by_key, refusals),
        waiting=waiting,
        conversions={kept.fingerprint: conversion for kept, conversion in fresh},
        known=known,
        refusals=refusals,
    )


def _stated(
    origin: Origin, said: Mapping[str, Sequence[Prepared]], refusals: list[Refused]
) -> tuple[dict[str, Prepared], dict[str, KeptStatement]]:
    """Fingerprint → statement; one that comes twice in a message counts once."""
    prepared: dict[str, Prepared] = {}
    stated: dict[str, KeptStatement] = {}
    for message_id, one in ((id_, one) for id_, several in said.items() for one in several):
        if not _storable(one.statement):
            refusals.append((message_id, refused(Problem.WRONG_IDENTIFIER, one.statement)))
            continue
        prepared[one.fingerprint] = one
        stated[one.fingerprint] = statements.new_statement(one, message_id, origin.received)
    return prepared, stated


def _storable(statement: Statement) -> bool:
    """PostgreSQL stores neither NUL nor lone surrogates and indexes no long text."""
    text = f"{statement.record_id}{statement.episode}"
    return len(text) <= LONGEST_KEY and text.isprintable()


def _stored(
    session: Session, source: str, stated: Mapping[str, KeptStatement]
) -> tuple[list[KeptStatement], Owners]:
    """What the registry holds under the keys and episodes of a message, which are locked."""
    keys = {kept.base_key for kept in stated.values() if kept.base_key}
    episodes = {kept.statement.episode for kept in stated.values() if kept.statement.episode}
    statements.lock(session, source, keys | episodes)
    owners = statements.owners(session, source, episodes)
    further = {key for found in owners.values() for key in found} - keys
    statements.lock(session, source, further)
    return statements.about(session, source, keys | further, episodes), owners


def _converted(
    new: Iterable[KeptStatement], prepared: Mapping[str, Prepared], refusals: list[Refused]
) -> list[Said]:
    """New statements with their resources; one that cannot be converted is refused alone."""
    pairs: list[Said] = []
    for kept in new:
        one = prepared[kept.fingerprint]
        if one.conversion is not None:
            pairs.append((kept, one.conversion))
        if one.refusal is not None:
            refusals.append((kept.message_id, one.refusal))
    return pairs


def _converted_again(adapter: SourceAdapter, kept: Iterable[KeptStatement]) -> Iterator[Said]:
    """Stored statements; one that the adapter of today cannot convert any more says nothing."""
    for one in kept:
        try:
            yield one, adapter.convert(one.statement)
        except PayloadError:
            continue


def _base_key(kept: KeptStatement, owners: Owners) -> str | None:
    """A part belongs to the first of the keys that were given for its episode."""
    if kept.statement.record_id is not None:
        return kept.statement.record_id
    return min(owners.get(kept.statement.episode or "", ()), default=kept.base_key)


def _touched(old: Sequence[KeptStatement], fresh: Sequence[Said], owners: Owners) -> set[str]:
    """Base keys under which something is new, or that a part joins or leaves."""
    touched = {_base_key(kept, owners) for kept, _ in fresh}
    for kept in old:
        home = _base_key(kept, owners)
        if home != kept.base_key:
            touched |= {home, kept.base_key}
    return {key for key in touched if key is not None}


def _plans(
    session: Session,
    origin: Origin,
    by_key: Mapping[str, Sequence[Said]],
    refusals: list[Refused],
) -> list[Plan]:
    known = records.under(session, origin.source, by_key)
    ids = [record.id for found in known.values() for record in found]
    current = resources.of_records(session, ids)
    bodies = _bodies(session, by_key.values())
    plans: list[Plan] = []
    for key in sorted(by_key):
        before = known.get(key, ())
        plans += _plans_under(origin, key, by_key[key], before, current, bodies, refusals)
    return plans


def _bodies(session: Session, shelves: Iterable[Sequence[Said]]) -> Mapping[str, str]:
    """Id → name of the stored bodies from which labels may be inherited."""
    said = (one for shelf in shelves for _, told in shelf for one in told.resources)
    named = [("Organization", id_) for id_ in sorted(shared_bodies(said))]
    if not named:
        return {}
    found = resources.read_many(session, named)
    return {id_: told_name(orjson.loads(kept.body)) for (_, id_), kept in found.items()}


def _plans_under(
    origin: Origin,
    key: str,
    said: Sequence[Said],
    known: Sequence[KeptRecord],
    current: Mapping[str, Mapping[Name, Current]],
    bodies: Mapping[str, str],
    refusals: list[Refused],
) -> list[Plan]:
    """Plans for one base key; what is new and not valid FHIR is refused, the rest is tried again.

    Nothing is planned where that does not help: then all that is new under the key is refused.
    """
    try:
        return [
            plan(assembled, current.get(assembled.record_id, {}), origin)
            for assembled in assemble(f"{origin.source}:{key}", said, known, bodies)
        ]
    except PayloadError as error:
        path = error.rejection.position
    except ValueError:
        path = "Patient"
    sound = [pair for pair in said if pair[0].number is not None or is_valid(pair[1])]
    helps = 0 < len(sound) < len(said)
    wrong = [kept for kept, _ in said if kept.number is None]
    if helps:
        wrong = [kept for kept in wrong if all(kept is not other for other, _ in sound)]
    refusals += [
        (kept.message_id, refused(Problem.NOT_CONVERTIBLE, kept.statement, path)) for kept in wrong
    ]
    if not helps:
        return []
    return _plans_under(origin, key, sound, known, current, bodies, refusals)
