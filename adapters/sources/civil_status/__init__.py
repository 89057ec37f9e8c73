"""Commune civil-status officers: birth registrations (JSON, HT_KHAISINH of CV 1437/BTP-CNTT)."""

from adapters.contract import Conversion, Reading, SourceMessage, Statement
from adapters.sources.civil_status import mapping, reader
from adapters.sources.civil_status.terms import vocabulary

__all__ = ["adapter", "vocabulary"]


class CivilStatusAdapter:
    """One statement for each registration."""

    version = "civil-status-2"

    def recognises(self, message: SourceMessage) -> bool:
        return reader.recognises(message.content, message.dialect)

    def read(self, message: SourceMessage) -> Reading:
        return reader.read(message.content, message.dialect)

    def convert(self, statement: Statement) -> Conversion:
        return mapping.convert(statement)


adapter = CivilStatusAdapter()
