"""Schools: student lists of the Ministry of Education and Training (XLSX or CSV)."""

from adapters.contract import Conversion, Reading, SourceMessage, Statement
from adapters.sources.education import mapping, reader


class EducationAdapter:
    """One statement for each student."""

    version = "education-1"

    def recognises(self, message: SourceMessage) -> bool:
        return reader.recognises(message.content)

    def read(self, message: SourceMessage) -> Reading:
        return reader.read(message.content)

    def convert(self, statement: Statement) -> Conversion:
        return mapping.convert(statement)


adapter = EducationAdapter()
