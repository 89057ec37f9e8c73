"""Commune police and People's Committees: minutes of abandoned children (JSON, NĐ 123/2015 Đ14)."""

from adapters.contract import Conversion, Reading, SourceMessage, Statement
from adapters.sources.police import mapping, reader


class PoliceAdapter:
    """One statement for each child of each minutes."""

    version = "police-1"

    def recognises(self, message: SourceMessage) -> bool:
        return reader.recognises(message.content)

    def read(self, message: SourceMessage) -> Reading:
        return reader.read(message.content)

    def convert(self, statement: Statement) -> Conversion:
        return mapping.convert(statement)


adapter = PoliceAdapter()
