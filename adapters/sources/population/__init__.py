"""National population database: citizens of QCVN 109:2017 (CongdanCollection, XML)."""

from adapters.contract import Conversion, Reading, SourceMessage, Statement
from adapters.sources.population import mapping, reader
from adapters.sources.population.terms import vocabulary

__all__ = ["adapter", "vocabulary"]


class PopulationAdapter:
    """One statement for each child."""

    version = "population-1"

    def recognises(self, message: SourceMessage) -> bool:
        return reader.recognises(message.content)

    def read(self, message: SourceMessage) -> Reading:
        return reader.read(message.content, message.dialect)

    def convert(self, statement: Statement) -> Conversion:
        return mapping.convert(statement)


adapter = PopulationAdapter()
