"""Very many made-up children as the registry keeps them: record, Patient, golden Patient, found by."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

import psycopg
from sqlalchemy import Engine

from adapters.profile import SYSTEMS, IdentifierKind
from audit.event import Action, AuditEvent
from audit.log import append
from gateway.database import printable, transaction
from gateway.registry import resources
from gateway.registry.bulk import insert_rows
from gateway.registry.tables import record as registry_record
from gateway.registry.versions import Version, content_of, label_values, next_version
from linkage import compared
from linkage.blocking import block_keys
from linkage.golden import SourcePatient, golden_patient
from linkage.records import Labels, PersonRecord
from linkage.tables import record as linkage_record
from tests.bench.many_people import people
from tests.conftest import TESTER

AT_ONCE = 2000
PROVINCES = 34
"""Since 1 July 2025; here only their number matters."""


def patient_of(number: int, person: PersonRecord) -> dict[str, Any]:
    """What a source said of a child, as FHIR. Every child has a number, so that each can be asked."""
    words = person.names[0].split()
    return {
        "resourceType": "Patient",
        "id": person.record_id,
        "meta": {},
        "active": True,
        "identifier": [
            {"system": SYSTEMS[IdentifierKind.PERSONAL_ID], "value": number_of(number)},
            {"system": "urn:bench:file", "value": person.key},
        ],
        "name": [{"text": " ".join(words), "family": words[0], "given": words[1:]}],
        "gender": person.sex,
        "birthDate": date.fromordinal(person.birth_low or 1).isoformat(),
        "address": [{"text": f"Xã {number % 3321}", "country": "VN"}],
    }


def number_of(number: int) -> str:
    """The personal number of a child: no province has 999."""
    return f"999{number:09d}"


def fill(engine: Engine, count: int) -> None:
    """Store so many children, each with one record and an identity of its own."""
    now = datetime.now(UTC)
    numbered = enumerate(people(count))
    while part := list(islice(numbered, AT_ONCE)):
        with transaction(engine) as session:
            append(session, AuditEvent(action=Action.LINKAGE_RUN, caller=TESTER))
            insert_rows(session, registry_record, [_record(*one, now) for one in part])
            resources.save(session, [v for one in part for v in _versions(*one, now)])
            insert_rows(session, linkage_record, [_linked(*one, now) for one in part])
    with psycopg.connect(printable(engine.url), autocommit=True) as connection:
        for table in ("registry_record", "registry_resource", "registry_search", "linkage_record"):
            connection.execute(f"VACUUM ANALYZE {table}".encode())


def _labels(number: int) -> Labels:
    return Labels(
        custodian=f"hospital:{number % 1200}", province=f"{number % PROVINCES:02d}", sensitivity=()
    )


def _record(number: int, person: PersonRecord, now: datetime) -> dict[str, Any]:
    return {
        "id": person.record_id,
        "source": person.source,
        "key": person.key,
        "base_key": person.key,
        "version": 1,
        "flags": [],
        "created": now,
        "updated": now,
    } | label_values(_labels(number))


def _versions(number: int, person: PersonRecord, now: datetime) -> Iterator[Version]:
    patient = patient_of(number, person)
    source = SourcePatient(
        record_id=person.record_id, source=person.source, key=person.key, patient=patient
    )
    golden = golden_patient(f"te-{person.record_id}", [source])
    for body, record in ((patient, person.record_id), (golden, None)):
        yield next_version(
            content_of(body), after=0, now=now, record_id=record, labels=_labels(number)
        )


def _linked(number: int, person: PersonRecord, now: datetime) -> dict[str, Any]:
    identity = f"te-{person.record_id}"
    return {
        "record_id": person.record_id,
        "key": person.key,
        "source": person.source,
        "founding_id": identity,
        "identity_id": identity,
        "decision": "single",
        "content": person.as_json(),
        "block_keys": sorted(set(block_keys(person))),
        "compared": compared.as_text(person),
        "changed": False,
        "updated_at": now,
    } | label_values(_labels(number))


def asked(count: int, wanted: Sequence[int]) -> list[tuple[int, PersonRecord]]:
    """Those of the children at these places."""
    places = frozenset(wanted)
    return [(number, one) for number, one in enumerate(people(count)) if number in places]
