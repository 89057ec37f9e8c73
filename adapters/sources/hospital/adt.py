"""ADT messages of HL7 v2.5 → statements: one for each patient, and for a merge both numbers."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.contract import Reading, Statement, content_hash
from adapters.dialect import OURS, Dialect
from adapters.errors import PayloadError, Problem, Rejection
from adapters.formats import hl7
from adapters.formats.hl7 import Message
from adapters.sources.hospital.adt_dialect import in_our_places
from adapters.sources.hospital.adt_fields import (
    CANCELS,
    CLASS_OF_EVENT,
    FIELDS,
    MERGE,
    NOT_USED,
    REOPENS,
    SEGMENTS,
    STAY_NAMED_BY,
)
from adapters.sources.hospital.adt_message import Group, event_of, groups, is_for_others
from adapters.sources.hospital.adt_person import (
    Number,
    code,
    mother_of,
    name_of,
    numbers,
    stated_address,
    stated_family,
    stated_names,
    stated_numbers,
    unknown_types,
    without_null,
)
from adapters.sources.hospital.fields import CERTIFICATE_NUMBER, typed
from adapters.sources.hospital.moments import day_of, instant_of, is_adult

TABLE = "ADT"
MAX_RECORDS = 100_000
ALWAYS = frozenset({"table", "facility", "recorded", "stay_class", "cancelled"})
"""Keys of a content that names no child and no stay."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Patient:
    """One patient as typed content, and the records that a merge ended: (position, content)."""

    kind: str
    position: str
    content: dict[str, Any] = field(repr=False)
    ended: Sequence[tuple[str, dict[str, Any]]] = field(repr=False)

    @property
    def is_adult(self) -> bool:
        times = map(self.content.get, ("admitted", "recorded"))
        return is_adult(self.content.get("born"), *times)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Notes:
    """What the reading tells besides its statements."""

    rejections: list[Rejection] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)


def read(content: bytes, dialect: Dialect = OURS) -> Reading:
    """Raises PayloadError where the file as a whole holds no messages of HL7, or too many records."""
    notes = _Notes()
    children: list[Patient] = []
    records = 0
    mothers: dict[tuple[str, str], dict[str, Any]] = {}
    for patient in _patients(content, notes, dialect):
        if patient.is_adult:
            notes.left_out["adult"] += 1
            notes.left_out["adult-part"] += len(patient.ended)
            if file := _file(patient.content):
                mothers[file] = mother_of(patient.content)
        else:
            children.append(patient)
            records += 1 + len(patient.ended)
            if records > MAX_RECORDS:
                raise PayloadError(Problem.TOO_LARGE)
    for child in children:
        file = _file(child.content.get("mother_file", {}))
        mother = mothers.get(file, {}) if file else {}
        child.content.update({k: v for k, v in mother.items() if k not in child.content})
    return Reading(
        statements=tuple(statement for child in children for statement in _statements(child)),
        rejections=tuple(notes.rejections),
        left_out=dict(+notes.left_out),
        unknown_fields=dict(notes.unknown),
    )


def _file(content: Mapping[str, Any]) -> tuple[str, str] | None:
    """Facility and number; None where either is missing, for then it names nobody."""
    facility, file = content.get("facility"), content.get("file")
    return (facility, file) if facility and file else None


def _patients(content: bytes, notes: _Notes, dialect: Dialect) -> Iterator[Patient]:
    """A message, or a patient in it, that cannot be read is refused alone."""
    for message in hl7.messages(content):
        if isinstance(message, Rejection):
            notes.rejections.append(message)
            continue
        try:
            event = event_of(message)
            if event in NOT_USED:
                notes.left_out[NOT_USED[event]] += 1
                continue
            found = list(groups(message, event))
        except PayloadError as error:
            notes.rejections.append(_rejection(error, message))
            continue
        notes.unknown.update(_unknown_segments(message, dialect))
        for group in found:
            try:
                ours = in_our_places(group, dialect)
                patient = _patient(ours, message.position, notes.unknown)
            except PayloadError as error:
                notes.rejections.append(_rejection(error, message))
                continue
            if _names_its_stay(group.event, patient.content):
                yield patient
            else:
                notes.left_out["cancel-not-used"] += 1


def _names_its_stay(event: str, content: Mapping[str, Any]) -> bool:
    """False where a stay is taken back and nobody can tell which."""
    needed = STAY_NAMED_BY.get(event)
    return needed is None or any(key in content for key in needed)


def _unknown_segments(message: Message, dialect: Dialect) -> Iterator[str]:
    told = (place.partition("-")[0] for place in dialect.spellings)
    known = SEGMENTS.union(told) if dialect else SEGMENTS
    for segment in message.segments:
        if segment.name not in known:
            yield segment.name if segment.name.isascii() else "?"


def _rejection(error: PayloadError, message: Message) -> Rejection:
    refused = error.rejection
    return Rejection(
        problem=refused.problem,
        position=f"{message.position}/{refused.position}",
        element=refused.element,
        excerpt=message.raw,
        about_child=not is_for_others(message),
    )


def _patient(group: Group, message: str, unknown: Counter[str]) -> Patient:
    pid = group.pid
    found = list(numbers(pid, 3))
    unknown.update(unknown_types(found))
    single = _single_values(group, unknown)
    facility = _facility(found, group)
    content = {
        "stay_class": CLASS_OF_EVENT.get(group.event),
        **single,
        **stated_numbers(found, facility),
        **stated_names(pid, 5),
        **stated_address(pid, 11),
        **stated_family(pid, group.kin, facility),
        "table": TABLE,
        "facility": facility,
    }
    stated = {key: value for key, value in content.items() if value not in (None, "", [])}
    if group.event == CANCELS:
        stated["cancelled"] = True
    if group.event == REOPENS:
        stated.pop("discharged", None)
    if not stated.keys() - ALWAYS:
        raise PayloadError(Problem.MISSING_VALUE, pid.position(3), "PID-3")
    ended = _ended(group, stated) if group.event == MERGE else []
    if ended:
        stated["replaces"] = [{key: e[key] for key in ("facility", "file")} for _, e in ended]
    return Patient(
        kind=f"{TABLE}^{group.event}",
        position=f"{message}/{pid.place}",
        content=stated,
        ended=[(f"{message}/{place}", content) for place, content in ended],
    )


def _single_values(group: Group, unknown: Counter[str]) -> Mapping[str, Any]:
    paths = (path for field in FIELDS for path in field.elements)
    row = {path: without_null(hl7.value(group.segments, path)) for path in paths}
    try:
        reading = typed(row, FIELDS, "")
    except PayloadError as error:
        path = error.rejection.element or ""
        raise PayloadError(error.rejection.problem, group.position(path), path) from None
    unknown.update(f"{path} (unreadable)" for path in reading.unreadable)
    content = dict(reading.content)
    # The message's own time: EVN-2, else MSH-7, the first that is known to the day.
    times = [content.pop(key, None) for key in ("recorded", "sent")]
    content["recorded"] = next((time for time in times if day_of(time)), None)
    return content


def _facility(found: Sequence[Number], group: Group) -> str:
    """The authority of the record's number, the sender's where several name it (formats.md).

    Without one the sender answers (MSH-4), else who wrote the birth certificate, else nobody ("").
    """
    houses = [n.facility for n in found if n.kind == "file" and n.facility]
    sender = code(hl7.value(group.segments, "MSH-4"))
    certificates = (CERTIFICATE_NUMBER.fullmatch(n.value) for n in found)
    issuers = [match[1] for match in certificates if match]
    if sender in houses:
        return sender
    return next(iter([*houses, *filter(None, [sender]), *issuers]), "")


def _ended(group: Group, survivor: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The records that A40 ended, each with its place and the number that goes on."""
    if "file" not in survivor:
        raise PayloadError(Problem.MISSING_VALUE, group.pid.position(3), "PID-3")
    if "facility" not in survivor:
        raise PayloadError(Problem.MISSING_VALUE, group.pid.position(3), "PID-3.4")
    going_on = {key: survivor[key] for key in ("facility", "file")}
    ended = []
    for segment in group.merged:
        name = next(map(name_of, segment.field(7)), "")
        for number in numbers(segment, 1):
            house = number.facility or survivor["facility"]
            old = {"facility": house, "file": number.value}
            if number.kind == "file" and old != going_on:
                said = {"name": name, "recorded": survivor.get("recorded")}
                about = {key: value for key, value in said.items() if value}
                content = {"table": TABLE, **old, **about, "replaced_by": [going_on]}
                ended.append((segment.position(1), content))
    if not ended:
        raise PayloadError(Problem.MISSING_VALUE, group.position("MRG-1"), "MRG-1")
    return ended


def _statements(patient: Patient) -> Iterator[Statement]:
    for position, content in ((patient.position, patient.content), *patient.ended):
        key = _key(content)
        yield Statement(
            kind=patient.kind,
            record_id=key or f"~{content_hash(content)[:12]}",
            content=content,
            position=position,
            effective=instant_of(content.get("recorded")),
            unkeyed=key is None,
        )


def _key(content: Mapping[str, Any]) -> str | None:
    """The business key of formats.md; None where no number or no facility is stated."""
    if "facility" not in content:
        return None
    if "file" in content:
        return f"{content['facility']}/{content['file']}"
    if "certificate" in content:
        return f"{content['facility']}/GCS/{content['certificate']}"
    return None
