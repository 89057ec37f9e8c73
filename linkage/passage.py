"""Days on which a child may have passed from one body to the next."""

from collections.abc import Iterator

from linkage.records import PersonRecord

NOTICE, LAST_REGISTERED = 7, 120
"""Days: a foundling is registered after the notice (NĐ 123/2015 Điều 14), seldom later than that."""


def spread(start: int, width: int) -> range:
    """Two numbers share an element of their spreads exactly when they are at most `width` apart."""
    return range(start, start + width + 1)


def days_in_care(record: PersonRecord) -> Iterator[str]:
    """Days on which a child may pass from one body to the next, whatever their names.

    `found` to hospital, hospital to home, `found` to home; only between different sources.
    """
    for day in spread(record.found_low, 1) if record.found_low is not None else ():
        yield from (f"fh|{day}", f"fm|{day}")
    for move in record.moves:
        if record.source == "hospital" and move.direction == "in":
            yield f"fh|{move.day}"
        if record.source == "hospital" and move.direction == "out":
            yield f"hm|{move.day}"
        if record.source == "facility" and move.direction == "in":
            yield from (f"hm|{move.day}", f"fm|{move.day}")


def began(record: PersonRecord) -> int | None:
    """The day on which the child was found, as far as the record knows: else its first move."""
    if record.found_low is not None:
        return record.found_low
    return min((move.day for move in record.moves), default=None)
