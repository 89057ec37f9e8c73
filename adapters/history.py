"""What a record says now, from all the statements that its source ever made under one key."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, TypeAlias

from adapters import parent_names
from adapters.contract import Conversion, Resource, Statement
from adapters.legacy_text import fold
from adapters.profile import (
    EXT_BIRTH_RANGE,
    EXT_HANDOVER,
    EXT_PLACEHOLDER,
    TAG_SYSTEM,
    Basis,
    Tag,
    coding,
    role,
    without_nothing,
)

Pair: TypeAlias = tuple[Statement, Conversion]
"""A statement and what its adapter made of it."""

CHOICES = ("value", "effective", "onset", "abatement", "multipleBirth", "deceased", "occurrence")
"""FHIR elements with a choice of type (`value[x]`): stating one type replaces the other."""

TAGGED_ELEMENTS = {
    Tag.PLACEHOLDER_NAME: "name",
    Tag.PLACEHOLDER_BIRTH_DATE: "birthDate",
    Tag.PLACEHOLDER_ADDRESS: "address",
}
"""A placeholder tag speaks of one element of Patient and follows the value that stands."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What tells two children under one key apart; empty or None is "not stated"."""

    sex: str | None
    born: tuple[str, str] | None = field(repr=False)
    """First and last possible day, ISO."""
    names: frozenset[tuple[str, ...]] = field(repr=False)
    """Folded, syllables sorted: order of family and given name is no difference."""

    def contradicts(self, other: "Facts") -> bool:
        """Whether sex, birth date and names are all stated and all differ (formats.md)."""
        return (
            None not in (self.sex, other.sex)
            and self.sex != other.sex
            and self.born is not None
            and other.born is not None
            and (self.born[1] < other.born[0] or other.born[1] < self.born[0])
            and bool(self.names and other.names)
            and not self.names & other.names
        )


def group(pairs: Sequence[Pair]) -> dict[str | None, tuple[Pair, ...]]:
    """Statements that share a base key, split where they speak of different children.

    One child has variant None. Otherwise each group has as variant the first 12 hex digits of the
    content hash of its earliest statement (formats.md, paragraph on reused keys). Parts without a
    key (`record_id` None) belong to the group that holds their episode. Which statements stand
    together is a function of the set of statements; inside a group they keep their given order.
    """
    if len(pairs) == 1:
        return {None: tuple(pairs)}
    groups: list[list[Pair]] = []
    keyed = [pair for pair in pairs if pair[0].record_id is not None]
    for pair in sorted(keyed, key=_own_order):
        _home_of(pair, groups).append(pair)
    for pair in pairs:
        if pair[0].record_id is None:
            _home_of_part(pair[0].episode, groups).append(pair)
    rank = {id(pair): number for number, pair in enumerate(pairs)}
    return {
        variant: tuple(sorted(members, key=lambda pair: rank[id(pair)]))
        for variant, members in zip(_variants(groups), groups, strict=True)
    }


def _own_order(pair: Pair) -> tuple[float, str]:
    """Not by arrival: which statements stand together must not depend on it."""
    statement = pair[0]
    return _moment(statement, {}, inf), statement.content_hash


def _home_of(pair: Pair, groups: list[list[Pair]]) -> list[Pair]:
    mine = facts(pair[1].resources)
    for members in groups:
        if not any(mine.contradicts(facts(other.resources)) for _, other in members):
            return members
    groups.append([])
    return groups[-1]


def _home_of_part(episode: str | None, groups: list[list[Pair]]) -> list[Pair]:
    for members in groups:
        if any(statement.episode == episode for statement, _ in members):
            return members
    if not groups:
        groups.append([])
    return groups[0]


def _variants(groups: Sequence[Sequence[Pair]]) -> list[str | None]:
    if len(groups) <= 1:
        return [None for _ in groups]
    return [members[0][0].content_hash[:12] for members in groups]


def facts(resources: Sequence[Resource]) -> Facts:
    """Sex, birth date and names of the Patient; placeholders count as not stated."""
    patient = patient_of(resources)
    sex = patient.get("gender")
    return Facts(
        sex=sex if sex in ("male", "female") else None,
        born=_born(patient),
        names=frozenset(
            tuple(sorted(fold(name["text"]).split()))
            for name in patient.get("name", ())
            if name.get("text") and not is_placeholder(name)
        ),
    )


def patient_of(resources: Sequence[Resource]) -> Resource:
    """The Patient among a record's resources; {} where there is none."""
    return next((r for r in resources if r["resourceType"] == "Patient"), {})


def is_placeholder(element: Resource) -> bool:
    """Whether the element carries the placeholder extension."""
    return any(e.get("url") == EXT_PLACEHOLDER for e in element.get("extension", ()))


def _born(patient: Resource) -> tuple[str, str] | None:
    companion = patient.get("_birthDate", {})
    if Tag.PLACEHOLDER_BIRTH_DATE in tags_of(patient) or is_placeholder(companion):
        return None
    for extension in companion.get("extension", ()):
        if extension.get("url") == EXT_BIRTH_RANGE:
            parts = {
                part["url"]: part.get("valueDate") or part.get("valueCode")
                for part in extension["extension"]
            }
            # A reception time in place of a birth date says nothing of the birth.
            return None if parts["basis"] == Basis.RECEPTION else (parts["low"], parts["high"])
    stated = patient.get("birthDate")
    # A month or a year spans from its own prefix to the last string that begins with it.
    return (stated, stated + "~") if stated else None


def compose(ordered: Sequence[Conversion]) -> Conversion:
    """What a record says now that said this, one after the other.

    The newest wins. It replaces what it states; what it does not state is kept. Names, identifiers,
    addresses and events of older statements stay, marked old (formats.md, Source formats).
    """
    standing: dict[str, Resource] = {}
    for conversion in parent_names.masked(ordered):
        # Who writes one resource does not say that there are no others.
        if conversion.replaces is None and any(map(_is_flag, conversion.resources)):
            _end_flags(standing, {r["id"] for r in conversion.resources})
        _absorb(standing, conversion.resources)
    province = next((c.province for c in reversed(ordered) if c.province), None)
    return Conversion(
        resources=tuple(standing.values()), custodian=ordered[-1].custodian, province=province
    )


def by_time(pairs: Sequence[Pair]) -> list[Conversion]:
    """What was said, the newest by own time last; `pairs` come in the order of their arrival.

    What has no time is newer than all that came before it, and older than what comes after it and
    is dated later than that (formats.md: by the payload's own time, else by arrival).
    """
    stays = _times_of_stays(pairs)
    newest, moments = -inf, []
    for statement, _ in pairs:
        moment = _moment(statement, stays, newest)
        moments.append(moment)
        newest = max(newest, moment)
    # A stable sort: ties go by arrival.
    ranked = sorted(zip(moments, pairs, strict=True), key=lambda ranked: ranked[0])
    return [conversion for _, (_, conversion) in ranked]


def _times_of_stays(pairs: Sequence[Pair]) -> dict[str, float]:
    """Episode → its newest time, which is that of its parts too."""
    times: dict[str, float] = {}
    for statement, _ in pairs:
        if statement.effective and statement.episode:
            before = times.get(statement.episode, -inf)
            times[statement.episode] = max(before, statement.effective.timestamp())
    return times


def _moment(statement: Statement, stays: Mapping[str, float], otherwise: float) -> float:
    if statement.effective:
        return statement.effective.timestamp()
    return stays.get(statement.episode or "", otherwise)


def orders(pairs: Sequence[Pair]) -> list[list[Conversion]]:
    """In which order the record may have said it, however it arrived: one order or two.

    Of versions of one paper with one own time, and where one has none, only their arrival says
    which is the newer. Who must not depend on that (linkage, promise 3) reads them both ways round.
    """
    if len(pairs) == 1:
        return [by_time(pairs)]
    stays = _times_of_stays(pairs)
    by_hash = sorted(pairs, key=lambda pair: pair[0].content_hash)
    one, other = (
        # Papers of two kinds do not replace each other.
        sorted(way, key=lambda pair: (_moment(pair[0], stays, undated), pair[0].kind))
        for way, undated in ((by_hash, inf), (by_hash[::-1], -inf))
    )
    ways = [[conversion for _, conversion in way] for way in (one, other)]
    return ways[:1] if is_same(*ways) else ways


def is_same(one: Sequence[Conversion], other: Sequence[Conversion]) -> bool:
    """Whether two orders of the same conversions are one."""
    return all(left is right for left, right in zip(one, other, strict=True))


def _absorb(standing: dict[str, Resource], resources: Sequence[Resource]) -> None:
    for newer in resources:
        role_id = newer["id"]
        older = standing.get(role_id)
        if older and newer["resourceType"] == "RelatedPerson" and _another_person(older, newer):
            retired = {**older, "id": _retired_role(older), "active": False}
            standing[retired["id"]] = retired
            older = None
        standing[role_id] = merged(older, newer) if older else newer


def _is_flag(resource: Resource) -> bool:
    return bool(resource["resourceType"] == "Flag")


def _end_flags(standing: dict[str, Resource], stated: set[str]) -> None:
    """A list of groups that no longer names a group ends the membership."""
    for role_id, resource in standing.items():
        if resource["resourceType"] == "Flag" and role_id not in stated:
            standing[role_id] = {**resource, "status": "inactive"}


def _another_person(older: Resource, newer: Resource) -> bool:
    one, other = (
        {fold(name["text"]) for name in person.get("name", ()) if name.get("text")}
        for person in (older, newer)
    )
    return bool(one and other) and not one & other


def _retired_role(person: Resource) -> str:
    return role(f"{person['id']}-old", *sorted(fold(n["text"]) for n in person["name"]))


def merged(older: Resource, newer: Resource) -> Resource:
    """One resource from an older and a newer state of it, element by element."""
    newer = _still_placeholder(older, newer)
    beaten = _beaten(older, newer)
    result = {key: value for key, value in older.items() if not _states(newer, key)} | newer
    for element in beaten:
        result |= {key: older[key] for key in (element, f"_{element}") if key in older}
    for element, join in JOINED.items():
        # An Organization's name is text, a Patient's a list.
        if element in older and isinstance(newer.get(element), list):
            states = (older[element], newer[element])
            result[element] = join(*(reversed(states) if element in beaten else states))
    for element in PARTWISE:
        if element in older and element in newer:
            result[element] = older[element] | newer[element]
    if newer.get("gender") == "unknown" and "gender" in older:
        result["gender"] = older["gender"]
    result["meta"] = _meta(older, newer, beaten)
    return without_nothing(result)


def _still_placeholder(older: Resource, newer: Resource) -> Resource:
    """A reception time in place of a birth date does not become true when a later stay repeats it."""
    tag = Tag.PLACEHOLDER_BIRTH_DATE
    repeated = newer.get("birthDate") == older.get("birthDate")
    if not repeated or tag not in tags_of(older) or tag in tags_of(newer):
        return newer
    tags = [*newer["meta"].get("tag", ()), coding(TAG_SYSTEM, tag)]
    return newer | {"_birthDate": older.get("_birthDate"), "meta": newer["meta"] | {"tag": tags}}


def _states(resource: Resource, element: str) -> bool:
    """Whether a resource speaks of an element: itself, its companion, or another type of it."""
    stem = element.lstrip("_")
    if stem in resource or f"_{stem}" in resource:
        return True
    choice = next((c for c in CHOICES if stem.startswith(c) and stem != c), None)
    return choice is not None and any(
        key.lstrip("_").startswith(choice) and key.lstrip("_") != choice for key in resource
    )


def _beaten(older: Resource, newer: Resource) -> set[str]:
    """Elements whose newer value is a placeholder that must not displace a stated one."""
    old_tags, new_tags = tags_of(older), tags_of(newer)
    return {
        element
        for tag, element in TAGGED_ELEMENTS.items()
        if tag in new_tags and tag not in old_tags and _states(older, element)
    }


def tags_of(resource: Resource) -> set[str]:
    """Motem's own tags of a resource."""
    return {
        tag["code"]
        for tag in resource.get("meta", {}).get("tag", ())
        if tag.get("system") == TAG_SYSTEM
    }


def _meta(older: Resource, newer: Resource, beaten: set[str]) -> Resource:
    """Labels of both stay; a placeholder tag follows the value that stands."""
    old, new = older.get("meta", {}), newer.get("meta", {})
    fallen = {
        tag
        for tag, element in TAGGED_ELEMENTS.items()
        if element in beaten or (_states(newer, element) and tag not in tags_of(newer))
    }
    tags = [t for t in _union(old.get("tag", []), new.get("tag", [])) if t["code"] not in fallen]
    labels = _union(old.get("security", []), new.get("security", []))
    by_code = {"tag": sorted(tags, key=_code), "security": sorted(labels, key=_code)}
    return without_nothing(old | new | by_code)


def _code(coding: Resource) -> tuple[str, str]:
    return coding["code"], coding.get("system", "")


def _union(older: Sequence[Any], newer: Sequence[Any]) -> list[Any]:
    return [*newer, *(element for element in older if element not in newer)]


def _names(older: Sequence[Resource], newer: Sequence[Resource]) -> list[Resource]:
    texts = {name.get("text") for name in newer}
    return [*newer, *(_old(name) for name in older if name.get("text") not in texts)]


def _identifiers(older: Sequence[Resource], newer: Sequence[Resource]) -> list[Resource]:
    """A number is old as soon as its issuer states another one of the same kind.

    Since when it holds is kept where the newer statement of the same number leaves it unsaid.
    """
    stated = {_number(identifier) for identifier in newer}
    kinds = {kind for kind, _ in stated}
    kept = [identifier for identifier in older if _number(identifier) not in stated]
    periods = {_number(one): {"period": one["period"]} for one in older if "period" in one}
    return [
        *(periods.get(_number(identifier), {}) | identifier for identifier in newer),
        *(_old(i) if _number(i)[0] in kinds else i for i in kept),
    ]


def _number(identifier: Resource) -> tuple[tuple[str, str], str]:
    issuer = identifier.get("assigner", {}).get("identifier", {}).get("value", "")
    return (identifier.get("system", ""), issuer), identifier.get("value", "")


def _addresses(older: Sequence[Resource], newer: Sequence[Resource]) -> list[Resource]:
    bare = [_without_use(address) for address in newer]
    return [*newer, *(_old(address) for address in older if _without_use(address) not in bare)]


def _without_use(element: Resource) -> Resource:
    return {key: value for key, value in element.items() if key != "use"}


def _old(element: Resource) -> Resource:
    return {**element, "use": "old"}


def _extensions(older: Sequence[Resource], newer: Sequence[Resource]) -> list[Resource]:
    """A newer extension replaces the older of its kind; handovers are events and add up."""
    urls = {extension["url"] for extension in newer} - {EXT_HANDOVER}
    return _union([e for e in older if e["url"] not in urls], newer)


JOINED: dict[str, Callable[[Any, Any], list[Any]]] = {
    "name": _names,
    "identifier": _identifiers,
    "address": _addresses,
    "extension": _extensions,
    "telecom": _union,
    "link": _union,
}
"""Lists that grow instead of being replaced."""

PARTWISE = ("hospitalization",)
"""Elements whose parts come from several papers of one stay: where from, where to, how it ended."""
