"""Reads a person record out of the FHIR resources of one source record."""

from collections.abc import Iterator, Sequence

from adapters import communes, profile
from adapters.profile import Basis, IdentifierKind
from linkage import movements, normalise, place_kinds, step_reports
from linkage.fhir_elements import (
    KIND_OF_SYSTEM,
    Element,
    days,
    extensions,
    first_code,
    is_placeholder,
    minute_of,
    of_type,
    place_of,
    place_of_reference,
    sorted_set,
    value,
    values,
)
from linkage.records import PersonRecord

FIRM_BASES = frozenset({Basis.STATED, None})
WORTHLESS_BASES = frozenset({Basis.RECEPTION})
"""A reception time in place of a birth date is a placeholder (vn_domain.md 4.2)."""
REMARKS = frozenset({"distinguishing-mark", "belonging"})
WEIGHTS = frozenset({"8339-4", "29463-7"})
CONFIRMING = frozenset({"population"})
"""Sources whose personal numbers count as confirmed. An answered look-up becomes a record of the
population database too, or its numbers never count (promise 2)."""
STAY_USES = frozenset({"secondary", "old"})
UNKNOWN = "?"
MONTHS_BEFORE_RECEPTION = 4
"""Houses take children in within some months; minutes are numbered anew each year."""
REPORTS = "police"
"""The source whose one report may name several children."""
PLACEHOLDER_NAMES = frozenset({"anonymous"})
PROVISIONAL_NAMES = frozenset({"temp", "nickname"})
"""Who found a child calls it something; it is registered under another name (vn_domain.md 8.3)."""


def person_record(
    record_id: str, key: str, source: str, resources: Sequence[Element]
) -> PersonRecord:
    """What the resources of one record say of the child, cleaned for comparison.

    `record_id` is the registry's opaque id, `key` is `<source>:<record id>` of formats.md. Raises
    StopIteration never: a record without Patient is an error of the caller (ValueError).
    """
    patients = of_type(resources, "Patient")
    if not patients:
        raise ValueError("a record without a Patient cannot be compared")
    patient, encounters = patients[0], movements.held(of_type(resources, "Encounter"))
    episodes = of_type(resources, "EpisodeOfCare")
    handovers = movements.handovers_of(patient, episodes)
    discoveries = list(extensions(patient, profile.EXT_DISCOVERY))
    names = sorted_set(_names(patient))
    uses = {name.get("use") for name in _own_names(patient)}
    low, high, firm = _birth(patient)
    found = [day for d in discoveries for day in days(value(d, "time"))]
    grams, grams_day = _weight(of_type(resources, "Observation"))
    numbers = _numbers(patient, encounters)
    receptions = [e.get("period", {}).get("start") for e in episodes]
    reception = min(filter(None, receptions), default=None)
    told_on = reception or step_reports.soon_after_minutes(source, resources)
    minutes = sorted_set(_minutes(patient, told_on, handovers))
    told = [_issued(p, n) for p, n in movements.handover_files(handovers)]
    files = sorted_set(
        [*_own_files(patient), *(f"{number}|{kind}" for number in told if number for kind in "ab")]
    )
    found_communes = sorted_set(c for d in discoveries for c in values(d, "commune"))
    moves = sorted_set(
        [
            *movements.report_moves(patient, handovers),
            *movements.encounter_moves(encounters),
            *movements.episode_moves(episodes),
            *movements.birth_moves(patient, resources),
            *movements.handover_moves(handovers, reception),
        ]
    )
    record = PersonRecord(
        record_id=record_id,
        key=key,
        source=source,
        names=names,
        provisional=bool(names) and uses <= PROVISIONAL_NAMES,
        personal_ids=numbers[IdentifierKind.PERSONAL_ID],
        active_ids=_active_ids(patient) if source in CONFIRMING else (),
        cancelled_ids=_cancelled_ids(patient),
        certificates=numbers[IdentifierKind.BIRTH_CERTIFICATE],
        registrations=numbers[IdentifierKind.CIVIL_REGISTRATION],
        registered=_registered(patient),
        minutes=minutes,
        cards=sorted_set(
            numbers[IdentifierKind.INSURANCE] + numbers[IdentifierKind.TEMPORARY_INSURANCE]
        ),
        files=files,
        letters=numbers[IdentifierKind.TRANSFER_LETTER],
        cases=numbers[IdentifierKind.CASE_111],
        motem_ids=_motem_ids(patient),
        merged=sorted_set(_merged(patient, files)),
        sex=patient.get("gender") if patient.get("gender") in ("male", "female") else None,
        birth_low=low,
        birth_high=high,
        birth_firm=firm,
        found_low=min(found, default=None),
        found_high=max(found, default=None),
        communes=found_communes,
        place_words=sorted_set(
            w
            for d in discoveries
            for t in values(d, "place-text")
            for w in normalise.place_words(t)
        ),
        place_kinds=sorted_set(k for d in discoveries for k in _place_kinds(d)),
        report=key.rpartition("#")[0] if source == REPORTS else None,
        several=_several(patient),
        told=_told(of_type(resources, "Communication")),
        grams=grams,
        grams_day=grams_day,
        mothers=sorted_set(_mother_names(resources)),
        mother_ids=sorted_set(_mother_ids(resources)),
        marks=sorted_set(_marks(resources)),
        homes=sorted_set(_homes(patient, resources, handovers)),
        names_of_places=sorted_set(_names_of_places(patient, encounters, handovers)),
        provinces=sorted_set(
            _provinces(
                [*(m.place for m in moves), *(f.partition("|")[0] for f in files)],
                [*found_communes, *(m.split("|")[1] for m in minutes)],
            )
        ),
        moves=moves,
        stays=sorted_set(
            [
                *movements.hospital_stays(encounters, key),
                *movements.home_stays(episodes, key),
            ]
        ),
        foundling=bool(discoveries)
        or not names
        or any(first_code(f.get("code")) == "ABANDONED" for f in of_type(resources, "Flag")),
    )
    return step_reports.as_reported(record, resources) if source == step_reports.SOURCE else record


def _own_names(patient: Element) -> Iterator[Element]:
    for name in patient.get("name", ()):
        if not is_placeholder(name) and name.get("use") not in PLACEHOLDER_NAMES:
            yield name


def _names(patient: Element) -> Iterator[str]:
    return (normalise.name_key(name.get("text", "")) for name in _own_names(patient))


def _birth(patient: Element) -> tuple[int | None, int | None, bool]:
    """First and last day on which the child may be born; firm: a stated single day."""
    element = patient.get("_birthDate", {})
    ranges = list(extensions(element, profile.EXT_BIRTH_RANGE))
    basis = value(ranges[0], "basis") if ranges else None
    if basis in WORTHLESS_BASES or (is_placeholder(element) and not ranges):
        return None, None, False
    bounds = (
        [days(value(ranges[0], "low"))[0], days(value(ranges[0], "high"))[-1]]
        if ranges
        else days(patient.get("birthDate"))
    )
    if not bounds:
        return None, None, False
    return bounds[0], bounds[1], basis in FIRM_BASES and bounds[0] == bounds[1]


def _numbers(
    patient: Element, encounters: Sequence[Element]
) -> dict[IdentifierKind, tuple[str, ...]]:
    """Cleaned values of the identifiers by kind; those of one issuer as `<place>|<number>`."""
    found: dict[IdentifierKind, list[str | None]] = {kind: [] for kind in IdentifierKind}
    identifiers = [*patient.get("identifier", ())]
    for encounter in encounters:
        identifiers += encounter.get("identifier", ())
    for identifier in identifiers:
        kind = KIND_OF_SYSTEM.get(identifier.get("system", ""))
        if kind and not is_placeholder(identifier):
            found[kind].append(_number(kind, identifier))
    return {kind: sorted_set(numbers) for kind, numbers in found.items()}


def _registered(patient: Element) -> int | None:
    """The first day from which a number of the civil-status register is valid."""
    known = [
        day
        for identifier in patient.get("identifier", ())
        if KIND_OF_SYSTEM.get(identifier.get("system", "")) is IdentifierKind.CIVIL_REGISTRATION
        and not is_placeholder(identifier)
        for day in days(identifier.get("period", {}).get("start"))
    ]
    return min(known, default=None)


def _own_files(patient: Element) -> Iterator[str]:
    """The house's own numbers: `a` the patient's or resident's, `b` a stay's (MA_HSBA).

    Another body that tells a number does not say which of the two it is, so it means either.
    """
    for identifier in patient.get("identifier", ()):
        if KIND_OF_SYSTEM.get(identifier.get("system", "")) is IdentifierKind.FILE:
            number = _number(IdentifierKind.FILE, identifier)
            main = identifier.get("use") not in STAY_USES
            if number and not is_placeholder(identifier):
                yield f"{number}|{'a' if main else 'b'}"


def _merged(patient: Element, files: Sequence[str]) -> Iterator[str]:
    """What the house itself says of two of its numbers: Patient.link, as an A40 leaves it."""
    main = {file.rpartition("|")[0] for file in files if file.endswith("|a")}
    for link in patient.get("link", ()):
        other = link.get("other", {}).get("identifier", {})
        number = _number(IdentifierKind.FILE, other)
        if KIND_OF_SYSTEM.get(other.get("system", "")) is not IdentifierKind.FILE or not number:
            continue
        place, _, ended = number.partition("|")
        for file in main - {number}:
            if file.startswith(f"{place}|"):
                yield f"{place}|{'='.join(sorted((ended, file.partition('|')[2])))}"


def _motem_ids(patient: Element) -> tuple[str, ...]:
    """Identities that the source names, as Motem gave them out: `te-` and a ULID in lower case."""
    system = profile.SYSTEMS[IdentifierKind.MOTEM]
    told = [
        i
        for i in patient.get("identifier", ())
        if i.get("system") == system and not is_placeholder(i)
    ]
    return sorted_set(str(i.get("value", "")).strip().lower() for i in told)


def _active_ids(patient: Element) -> tuple[str, ...]:
    """Personal numbers that the population source states and has not cancelled."""
    standing = [i for i in patient.get("identifier", ()) if i.get("use") != "old"]
    return _numbers({"identifier": standing}, [])[IdentifierKind.PERSONAL_ID]


def _cancelled_ids(patient: Element) -> tuple[str, ...]:
    """Personal numbers that the source says were replaced (NĐ 70/2024 Điều 11): their use is old."""
    old = [i for i in patient.get("identifier", ()) if i.get("use") == "old"]
    return _numbers({"identifier": old}, [])[IdentifierKind.PERSONAL_ID]


def _place_kinds(discovery: Element) -> Iterator[str | None]:
    yield from (place_kinds.of_code(str(code)) for code in values(discovery, "place-type"))
    for text in values(discovery, "place-text"):
        yield from place_kinds.of_text(str(text))


def _number(kind: IdentifierKind, identifier: Element) -> str | None:
    text = str(identifier.get("value", ""))
    if kind in (IdentifierKind.INSURANCE, IdentifierKind.TEMPORARY_INSURANCE):
        return normalise.card_core(text)
    if kind in (IdentifierKind.FILE, IdentifierKind.TRANSFER_LETTER):
        return _issued(place_of(identifier.get("assigner", {}).get("identifier")), text)
    return text.replace(" ", "").upper() or None


def _issued(place: str | None, number: str) -> str | None:
    """A number that is unique only for its issuer; without issuer it is no evidence."""
    code = normalise.plain_code(number)
    return f"{place}|{code}" if place and code else None


def _minutes(
    patient: Element, reception: str | None, handovers: Sequence[Element]
) -> Iterator[str]:
    """`number|commune|day` for each reading of the commune; that of the sender where none is said.

    A roster states no day, nor need a step report: then the years in which the minutes can lie
    stand in its place, that of the reception or the step and the one before.
    """
    senders = [place_of(i) or "" for h in handovers for i in values(h, "place")]
    origin = next((p.partition(":")[2] for p in senders if p.startswith("commune:")), None)
    for identifier in patient.get("identifier", ()):
        kind = KIND_OF_SYSTEM.get(identifier.get("system", ""))
        if kind is not IdentifierKind.MINUTES or is_placeholder(identifier):
            continue
        number = normalise.report_number(str(identifier.get("value", "")))
        issuer = identifier.get("assigner", {}).get("identifier", {}).get("value") or origin
        if not number:
            continue
        start = days(identifier.get("period", {}).get("start"))
        times = [start[0]] if start and start[0] == start[-1] else _years_before(reception)
        for commune in {issuer, *communes.readings(issuer, None)} if issuer else {UNKNOWN}:
            yield from (f"{number}|{commune}|{time}" for time in times)


def _years_before(reception: str | None) -> list[int]:
    """The years in which the minutes of a child received then may have been numbered."""
    if not reception:
        return []
    year, month = int(reception[:4]), int(reception[5:7] or 12)
    return [year - 1, year] if month <= MONTHS_BEFORE_RECEPTION else [year]


def _weight(observations: Sequence[Element]) -> tuple[int | None, int | None]:
    """The earliest weight in grams and its day."""
    weights = [
        (minute_of(o["effectiveDateTime"]) // 1440, int(o["valueQuantity"]["value"]))
        for o in observations
        if first_code(o.get("code")) in WEIGHTS
        and len(o.get("effectiveDateTime", "")) >= 10
        and o.get("valueQuantity", {}).get("value")
    ]
    if not weights:
        return None, None
    day, grams = min(weights)
    return grams, day


def _told(communications: Sequence[Element]) -> int | None:
    """When the report about the child came in, to the minute; None where only a day is known."""
    times = [c["received"] for c in communications if "T" in c.get("received", "")]
    return min(map(minute_of, times), default=None)


def _several(patient: Element) -> bool:
    together = [e.get("valueInteger", 0) for e in extensions(patient, profile.EXT_GROUP_SIZE)]
    return (
        max(together, default=0) > 1
        or bool(patient.get("multipleBirthBoolean"))
        or int(patient.get("multipleBirthInteger") or 0) > 0
    )


def _related(resources: Sequence[Element], code: str) -> Iterator[Element]:
    for person in of_type(resources, "RelatedPerson"):
        if any(first_code(c) == code for c in person.get("relationship", ())):
            yield person


def _mother_names(resources: Sequence[Element]) -> Iterator[str]:
    for mother in _related(resources, "MTH"):
        for name in mother.get("name", ()):
            if not is_placeholder(name):
                yield normalise.without_order(normalise.folded_name(name.get("text", "")))


def _mother_ids(resources: Sequence[Element]) -> Iterator[str]:
    """Her papers, and her patient number with the house that gave it."""
    for mother in _related(resources, "MTH"):
        for identifier in mother.get("identifier", ()):
            kind = KIND_OF_SYSTEM.get(identifier.get("system", ""))
            if is_placeholder(identifier):
                continue
            number = _number(kind or IdentifierKind.PERSONAL_ID, identifier)
            if number:
                yield number


def _marks(resources: Sequence[Element]) -> Iterator[str]:
    for observation in of_type(resources, "Observation"):
        if first_code(observation.get("code")) in REMARKS:
            yield from normalise.words(str(observation.get("valueString", "")))


def _homes(
    patient: Element, resources: Sequence[Element], handovers: Sequence[Element]
) -> Iterator[str]:
    """Codes and folded names of the homes that the record speaks of."""
    names: list[str | None] = [e.get("valueString") for e in extensions(patient, profile.EXT_CARER)]
    for organization in of_type(resources, "Organization"):
        place = place_of((organization.get("identifier") or [{}])[0])
        if place and place.startswith("home:"):
            yield place
            yield normalise.fold(str(organization.get("name", "")))
    for handover in handovers:
        places = [place_of(identifier) for identifier in values(handover, "place")]
        yield from (place for place in places if place and place.startswith("home:"))
        names.append(value(handover, "name"))
    for address in patient.get("address", ()):
        if not is_placeholder(address):
            names.append(str(address.get("text", "")).split(",")[0])
    folded = {normalise.fold(name) for name in names if name}
    yield from (name for name in folded if normalise.body_kind(name) == "home")


def _names_of_places(
    patient: Element, encounters: Sequence[Element], handovers: Sequence[Element]
) -> Iterator[tuple[str, str]]:
    """Hospital code → name: from handovers that state both, and from placeholder names.

    The health standard puts the hospital's own name in the place of the child's (vn_domain.md 4.2).
    """
    houses = {place_of_reference(e.get("serviceProvider")) for e in encounters} - {None}
    stated = [(place_of(i), value(h, "name")) for h in handovers for i in values(h, "place")]
    if len(houses) == 1:
        house = next(iter(houses))
        stated += [(house, n.get("text")) for n in patient.get("name", ()) if is_placeholder(n)]
    for place, name in stated:
        folded = normalise.fold(str(name or ""))
        if place and normalise.body_kind(folded) == "hospital" and place.startswith("hospital:"):
            yield place, folded


def _provinces(record_places: Sequence[str], commune_codes: Sequence[str]) -> Iterator[str | None]:
    """Of communes by their code; of hospitals by the two digits that their codes begin with."""
    yield from (communes.province_of(code) for code in commune_codes)
    for place in record_places:
        kind, _, code = place.partition(":")
        if kind == "hospital" and len(code) == 5:
            yield communes.province_today(code[:2])
        elif kind == "commune":
            yield from (communes.province_of(reading) for reading in communes.readings(code, None))
