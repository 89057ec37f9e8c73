"""Writes ADT messages for tests: segments by the numbers of their fields."""

from collections.abc import Mapping

CHILD = {3: "BN1^^^01999^MR", 5: "Nguyễn^An^Thị", 7: "20260304", 8: "F"}
STAY = {2: "I", 19: "L-1", 44: "202603060900", 45: "202603101530"}


def segment(name: str, fields: Mapping[int, str]) -> str:
    """`fields` by HL7's numbers; those of MSH begin at 3."""
    first = 3 if name == "MSH" else 1
    last = max(fields, default=0)
    head = [name, "^~\\&"] if name == "MSH" else [name]
    return "|".join([*head, *(fields.get(number, "") for number in range(first, last + 1))])


def head(event: str = "A08", **fields: str) -> str:
    """MSH; other fields as `msh_4="…"`."""
    said = {
        3: "HIS",
        4: "01999",
        7: "202603061000",
        9: f"ADT^{event}",
        10: "C1",
        11: "P",
        12: "2.5",
    }
    return segment("MSH", said | {int(name[4:]): value for name, value in fields.items()})


def adt(*segments: str, event: str = "A08", end: str = "\r", **fields: str) -> bytes:
    """A message of a head and the segments."""
    return "".join(line + end for line in (head(event, **fields), *segments)).encode()


def pid(fields: Mapping[int, str] | None = None) -> str:
    """The usual child, changed."""
    return segment("PID", CHILD | dict(fields or {}))


def pv1(fields: Mapping[int, str] | None = None) -> str:
    """The usual stay, changed."""
    return segment("PV1", STAY | dict(fields or {}))
