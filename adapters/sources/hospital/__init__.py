"""Hospitals and health stations: health XML of QĐ 130, 4750, 3176, 1931, GCS of TT 22; HL7 ADT."""

import re

from adapters.contract import Conversion, Reading, SourceMessage, Statement
from adapters.formats.hl7 import is_er7
from adapters.sources.hospital import adt
from adapters.sources.hospital.codes import ROOTS
from adapters.sources.hospital.mapping import to_conversion
from adapters.sources.hospital.reader import read
from adapters.sources.hospital.terms import vocabulary

__all__ = ["adapter", "vocabulary"]

BEGINNING = 64 * 1024


class HospitalAdapter:
    """Health XML or HL7 v2.5 ADT in, FHIR out."""

    version = "1.2.0"

    def recognises(self, message: SourceMessage) -> bool:
        """Whether it begins as HL7 does, or an envelope's or table's root stands near there."""
        if is_er7(message.content):
            return True
        # Without NULs a UTF-16 file reads like an ASCII one.
        beginning = message.content[:BEGINNING].replace(b"\0", b"")
        names = b"|".join(name.encode() for name in ("GIAMDINHHS", *ROOTS))
        return re.search(rb"<(?:[\w.-]+:)?(?:" + names + rb")[\s/>]", beginning) is not None

    def read(self, message: SourceMessage) -> Reading:
        return (
            adt.read(message.content, message.dialect) if is_er7(message.content) else read(message)
        )

    def convert(self, statement: Statement) -> Conversion:
        return to_conversion(statement)


adapter = HospitalAdapter()
