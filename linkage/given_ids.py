"""Identities that Motem gave out and that a source names again: their founding records are told."""

from collections.abc import Sequence
from dataclasses import replace

from linkage.records import PersonRecord

PREFIX = "te-"


def resolve(records: Sequence[PersonRecord]) -> list[PersonRecord]:
    """The records; one whose founded identity is named by another bears that id among its own."""
    named = {given for record in records for given in record.motem_ids}
    named |= {
        token.partition(":")[2]
        for record in records
        for token in record.copied
        if token.startswith("motem:")
    }
    return [
        bearing(record) if f"{PREFIX}{record.record_id}" in named else record for record in records
    ]


def bearing(record: PersonRecord) -> PersonRecord:
    """The record with the identity that it founded among its own numbers."""
    own = f"{PREFIX}{record.record_id}"
    return replace(record, motem_ids=tuple(sorted({*record.motem_ids, own})))
