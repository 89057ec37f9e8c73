"""What a sender is told of each record of a message: its change, and the identity it has now."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from linkage.store import IdentityStore


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordResult:
    """What became of one record, and the identity it has at this moment."""

    record: str
    """Opaque id, also that of the record's Patient."""
    identity: str
    decision: str
    """pending until the next linking, then auto, manual or single."""
    change: str
    """new, updated or unchanged."""

    @property
    def reference(self) -> str:
        """The record's Patient as a FHIR reference."""
        return f"Patient/{self.record}"


def answered(
    session: Session, answers: Iterable[Mapping[str, str]]
) -> list[tuple[RecordResult, ...]]:
    """For each answer (opaque record id → change) its records; asks once for all identities."""
    every = list(answers)
    asked = {record for answer in every for record in answer}
    identities = IdentityStore(session).identities_of(asked) if asked else {}
    return [
        tuple(
            RecordResult(record=record, identity=identity, decision=decision, change=change)
            for record, change in answer.items()
            for identity, decision in [identities[record]]
        )
        for answer in every
    ]
