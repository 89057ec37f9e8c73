"""Commune police and People's Committees: minutes of abandoned children (JSON, NĐ 123/2015 Đ14)."""

from adapters.contract import Conversion, Reading, SourceMessage, Statement
from adapters.sources.police import mapping, reader
from adapters.sources.police.terms import vocabulary

__all__ = ["adapter", "vocabulary"]


class PoliceAdapter:
    """One statement for each child of each minutes."""

    version = "police-1"

    def recognises(self, message: SourceMessage) -> bool:
        return reader.recognises(message.content, message.dialect)

    def read(self, message: SourceMessage) -> Reading:
        return reader.read(message.content, message.dialect)

    def convert(self, statement: Statement) -> Conversion:
        return mapping.convert(statement)


adapter = PoliceAdapter()
