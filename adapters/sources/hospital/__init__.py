"""Hospitals and health stations: health XML of QĐ 130, 4750, 3176 and 1931/QĐ-BYT, GCS of TT 22.

HL7 v2.5 ADT of the same senders is a later format of this source.
"""

import re

from adapters.contract import Conversion, Reading, SourceMessage, Statement
from adapters.sources.hospital.codes import ROOTS
from adapters.sources.hospital.mapping import to_conversion
from adapters.sources.hospital.reader import read

BEGINNING = 64 * 1024


class HospitalAdapter:
    """Health XML in, FHIR out."""

    version = "1.0.0"

    def recognises(self, message: SourceMessage) -> bool:
        """Whether an envelope's or a table's root stands near the beginning."""
        # Without NULs a UTF-16 file reads like an ASCII one.
        beginning = message.content[:BEGINNING].replace(b"\0", b"")
        names = b"|".join(name.encode() for name in ("GIAMDINHHS", *ROOTS))
        return re.search(rb"<(?:[\w.-]+:)?(?:" + names + rb")[\s/>]", beginning) is not None

    def read(self, message: SourceMessage) -> Reading:
        return read(message)

    def convert(self, statement: Statement) -> Conversion:
        return to_conversion(statement)


adapter = HospitalAdapter()
