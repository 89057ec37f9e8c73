"""Tables of an envelope → statements: whose they are, what key they have, what is left out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.contract import Reading, SourceMessage, Statement, content_hash
from adapters.errors import PayloadError, Problem, Rejection
from adapters.formats.placeholders import says_abandoned
from adapters.legacy_text import fold
from adapters.sources.hospital.envelope import Envelope, Row, open_envelope
from adapters.sources.hospital.fields import CERTIFICATE_NUMBER, FIELDS, as_padded, typed
from adapters.sources.hospital.moments import instant_of, is_adult

KEYED = ("XML1", "XML0")
"""Tables that name the patient's own number; the others name only the stay."""
WHOLE = (*KEYED, "XML9")
"""Tables that tell a child by themselves: unkeyed where nothing says which facility it was."""
NAMING = {"name", "born", "file", "paper", "cards", "temporary_card", "certificate", "mother"}
AT = ("admitted", "discharged", "issued")
RELATIONS = ("mother", "father", "guardian")
STAY_TIMES = ("discharged", "admitted", "issued")
TIMES = {"XML9": ("issued", "born")}
"""Which times are a statement's own time, the first that is known to the day."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One record as typed content, with the facility that answers for it."""

    row: Row = field(repr=False)
    content: dict[str, Any] = field(repr=False)

    @property
    def table(self) -> str:
        return self.row.table

    @property
    def episode(self) -> str | None:
        facility, stay = self.content.get("facility"), self.content.get("stay")
        return f"{facility}|{stay}" if facility and stay else None

    @property
    def is_adult(self) -> bool:
        return is_adult(self.content.get("born"), *map(self.content.get, AT))


def read(message: SourceMessage) -> Reading:
    """Raises PayloadError where the file as a whole is no XML of this source."""
    envelope = open_envelope(message.content, message.dialect)
    dossiers = [_records(rows, envelope) for rows in envelope.dossiers]
    everything = [record for records in dossiers for record in records]
    adults = {record.episode for record in everything if record.is_adult} - {None}
    parents = _parents(everything)
    statements = []
    for dossier in dossiers:
        for record in dossier:
            if record.is_adult or record.episode in adults:
                envelope.left_out["adult" if record.table in KEYED else "adult-part"] += 1
                continue
            _complete(record, dossier, parents)
            try:
                statements.append(_statement(record))
            except PayloadError as error:
                envelope.rejections.append(_rejection(error, record.row))
    return Reading(
        statements=tuple(statements),
        rejections=tuple(envelope.rejections),
        left_out=dict(envelope.left_out),
        unknown_fields=dict(envelope.unknown),
    )


def _records(rows: Sequence[Row], envelope: Envelope) -> list[Record]:
    contents: list[tuple[Row, dict[str, Any]]] = []
    for row in rows:
        try:
            reading = typed(row.values, FIELDS[row.table], row.position)
        except PayloadError as error:
            envelope.rejections.append(_rejection(error, row))
            continue
        envelope.unknown.update(
            Counter(f"{row.table}/{element} (unreadable)" for element in reading.unreadable)
        )
        contents.append((row, dict(reading.content)))
    sibling = next((c["facility"] for r, c in contents if r.table in KEYED and "facility" in c), "")
    sender = _code(envelope.facility)
    records = []
    for row, content in contents:
        facility = _facility(row.table, content, sibling, sender)
        whose = {"facility": facility} if facility else {}
        if whose or (row.table in WHOLE and NAMING & content.keys()):
            records.append(Record(row=row, content=content | {"table": row.table} | whose))
        else:
            missing = PayloadError(Problem.MISSING_VALUE, row.position, "MA_CSKCB")
            envelope.rejections.append(_rejection(missing, row))
    return records


def _code(facility: str) -> str:
    """MACSKCB as a code; an impossible one names nobody."""
    try:
        return str(as_padded(5)(facility)) if facility else ""
    except ValueError:
        return ""


def _facility(table: str, content: dict[str, Any], sibling: str, sender: str) -> str:
    """MA_CSKCB of the record, else the envelope's MACSKCB (formats.md).

    A part of a stay may take it from the XML1 beside it; a transfer letter's sender and the third
    part of a certificate number name it where nothing else does.
    """
    own: str = content.get("facility", "")
    if table == "XML9":
        number = CERTIFICATE_NUMBER.fullmatch(content.get("certificate", ""))
        return own or sender or (number[1] if number else "")
    beside = "" if table in KEYED else sibling
    sent_by: str = content.get("sent_by", "") if table == "XML13" else ""
    return own or beside or sender or sent_by


def _parents(records: Iterable[Record]) -> dict[tuple[str | None, str], str]:
    """(episode, folded name) → which parent bears it, from all tables of the file."""
    return {
        (record.episode, fold(record.content[relation])): relation
        for record in records
        for relation in RELATIONS
        if relation in record.content and record.episode
    }


def _complete(
    record: Record, dossier: Iterable[Record], parents: dict[tuple[str | None, str], str]
) -> None:
    if record.table == "XML9":
        _complete_mother(record.content, [r.content for r in dossier if r.is_adult])
    # A newborn without papers bears a parent's name (QĐ 4750, HO_TEN): tables 7 and 8 tell it.
    elif relation := parents.get((record.episode, fold(record.content.get("name", "")))):
        record.content["named_after"] = relation


def _complete_mother(certificate: dict[str, Any], adults: Sequence[dict[str, Any]]) -> None:
    """The dossier of a birth is the mother's: her own record completes the certificate."""
    if says_abandoned(certificate.get("birth_place", "")):
        return
    named = fold(certificate.get("mother", ""))
    mothers = {
        content_hash(adult["who"]): adult["who"]
        for adult in ({**a, "who": _person(a)} for a in adults)
        if adult.get("sex") != "male" and named in ("", fold(adult.get("name", "")))
    }
    if len(mothers) == 1:
        (mother,) = mothers.values()
        certificate.update({k: v for k, v in mother.items() if k not in certificate})


def _person(adult: dict[str, Any]) -> dict[str, Any]:
    said = {
        "mother": adult.get("name"),
        "mother_paper": adult.get("paper"),
        "mother_born": adult.get("born", "")[:10],
    }
    return {key: value for key, value in said.items() if value}


def _statement(record: Record) -> Statement:
    content, table = record.content, record.table
    if not content.keys() - {"table", "facility"}:
        raise PayloadError(Problem.MISSING_VALUE, record.row.position, "MA_LK")
    record_id = _record_id(record)
    waits = record.episode is not None and table not in KEYED
    unkeyed = record_id is None and not waits
    moments = (instant_of(content.get(name)) for name in TIMES.get(table, STAY_TIMES))
    return Statement(
        kind=table,
        record_id=f"~{content_hash(content)[:12]}" if unkeyed else record_id,
        content=content,
        position=record.row.position,
        episode=record.episode,
        effective=next((moment for moment in moments if moment), None),
        unkeyed=unkeyed,
    )


def _record_id(record: Record) -> str | None:
    """The business key of formats.md; None for a part, and for a record without its number."""
    content, table = record.content, record.table
    facility = content.get("facility")
    if facility is None:
        return None
    if table == "XML9":
        number = content.get("certificate")
        return f"{facility}/GCS/{number}" if number else None
    file = content.get("file")
    if table in KEYED or record.episode is None:
        if file:
            return f"{facility}/{file}"
        if table in ("XML7", "XML8"):
            # Without stay and number nothing tells a child's paper from an adult's.
            raise PayloadError(Problem.MISSING_VALUE, record.row.position, "MA_LK")
    return None


def _rejection(error: PayloadError, row: Row) -> Rejection:
    refused = error.rejection
    return Rejection(
        problem=refused.problem,
        position=refused.position,
        element=refused.element,
        excerpt=row.raw,
    )
