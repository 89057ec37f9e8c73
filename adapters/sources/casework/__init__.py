"""Bodies that must prove a step which no register records: step reports (JSON, XLSX or CSV)."""

from adapters.contract import Conversion, Reading, SourceMessage, Statement
from adapters.sources.casework import mapping, reader
from adapters.sources.casework.fields import COLUMNS
from adapters.sources.casework.terms import vocabulary

__all__ = ["adapter", "vocabulary"]


class CaseworkAdapter:
    """One statement for each step of one child."""

    version = "casework-1"
    columns = COLUMNS

    def recognises(self, message: SourceMessage) -> bool:
        return reader.recognises(message.content, message.dialect)

    def read(self, message: SourceMessage) -> Reading:
        return reader.read(message.content, message.dialect)

    def convert(self, statement: Statement) -> Conversion:
        return mapping.convert(statement)


adapter = CaseworkAdapter()
