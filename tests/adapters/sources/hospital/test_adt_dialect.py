"""A sender's places and codes stand for the standard's in ADT messages."""

from adapters.contract import Reading
from adapters.dialect import Dialect
from adapters.sources.hospital import adt

MESSAGE = "\r".join(
    [
        "MSH|^~\\&|HIS|01999|||20260304091600||ADT^A08|1|P|2.5",
        "PID|1||BN77^^^^MABN~998326000024^^^^CC||Lê^Mẫu||20260304|TRAI",
        "NK1|1|Lê^Mai|ME",
        "ZPD|1|x|12",
    ]
).encode()
SPEAKS = Dialect(
    spellings={"ZPD-3": "PID-22", "ZPD-9": "PID-23", "ZPD-1": "PID-7"},
    codes={
        "PID-8": {"Trai": "M"},
        "PID-3.5": {"MABN": "MR", "CC": "NI"},
        "NK1-3": {"ME": "MTH"},
        "PID-30": {"1": "Y"},
    },
)


def read(dialect: Dialect) -> Reading:
    return adt.read(MESSAGE, dialect)


def test_places_and_codes_of_a_sender_are_read_as_the_standard_s() -> None:
    (statement,) = read(SPEAKS).statements
    assert statement.record_id == "01999/BN77"
    content = statement.content
    assert (content["sex"], content["ethnicity"], content["mother"]) == ("male", "12", "Lê Mai")
    assert content["papers"] == ["998326000024"]
    assert content["born"] == "2026-03-04"
    assert read(SPEAKS).unknown_fields == {}


def test_without_the_dialect_the_same_words_are_unreadable() -> None:
    plain = read(Dialect())
    assert {"ZPD", "PID-8 (unreadable)"} <= plain.unknown_fields.keys()
