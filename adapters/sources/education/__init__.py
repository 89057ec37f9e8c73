"""Schools: student lists of the Ministry of Education and Training (XLSX or CSV)."""

from adapters.contract import Conversion, Reading, SourceMessage, Statement
from adapters.sources.education import mapping, reader
from adapters.sources.education.fields import COLUMNS
from adapters.sources.education.terms import vocabulary

__all__ = ["adapter", "vocabulary"]


class EducationAdapter:
    """One statement for each student."""

    version = "education-1"
    columns = COLUMNS

    def recognises(self, message: SourceMessage) -> bool:
        return reader.recognises(message.content, message.dialect)

    def read(self, message: SourceMessage) -> Reading:
        return reader.read(message.content, message.dialect)

    def convert(self, statement: Statement) -> Conversion:
        return mapping.convert(statement)


adapter = EducationAdapter()
