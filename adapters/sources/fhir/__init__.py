"""Any system that speaks FHIR R4: Patient or Bundle, JSON or XML, in its own identifier domain."""

from adapters.contract import Conversion, Reading, SourceMessage, Statement
from adapters.sources.fhir import mapping, payload, reader
from adapters.sources.fhir.terms import vocabulary

__all__ = ["adapter", "vocabulary"]


class FhirAdapter:
    """One statement for each child's Patient with what refers to it."""

    version = "fhir-1"

    def recognises(self, message: SourceMessage) -> bool:
        return payload.recognises(message.content)

    def read(self, message: SourceMessage) -> Reading:
        return reader.read(message)

    def convert(self, statement: Statement) -> Conversion:
        return mapping.convert(statement)


adapter = FhirAdapter()
