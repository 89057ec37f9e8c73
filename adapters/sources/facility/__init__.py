"""Social-protection facilities: rosters of resident children (XLSX or CSV)."""

from adapters.contract import Conversion, Reading, SourceMessage, Statement
from adapters.sources.facility import mapping, reader
from adapters.sources.facility.fields import COLUMNS
from adapters.sources.facility.terms import vocabulary

__all__ = ["adapter", "vocabulary"]


class FacilityAdapter:
    """One statement for each row."""

    version = "facility-1"
    columns = COLUMNS

    def recognises(self, message: SourceMessage) -> bool:
        return reader.recognises(message.content, message.dialect)

    def read(self, message: SourceMessage) -> Reading:
        return reader.read(message.content, message.dialect)

    def convert(self, statement: Statement) -> Conversion:
        return mapping.convert(statement)


adapter = FacilityAdapter()
