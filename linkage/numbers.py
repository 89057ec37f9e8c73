"""The numbers of a record as one list of tokens: what a report about the child may have copied."""

from collections.abc import Iterator
from datetime import date

from linkage.records import PersonRecord

UNKNOWN = "?"
SHARED = ("min:", "card:")
"""Kinds whose number twins may share: one minutes for both, one temporary card."""
ONE_A_CHILD = ("id", "cert")
ONE_A_HOUSE = ("file", "reg")
"""Kinds of which a child has one number: in the country, in one house or office."""


def number_tokens(record: PersonRecord) -> Iterator[str]:
    """Every number that a report may copy, with its kind: `id:998326000001`, `min:12|00199|2026`.

    Minutes go by commune and year, files by house; what no issuer makes unique is left out.
    """
    for kind, numbers in (
        ("id", record.personal_ids),
        ("cert", record.certificates),
        ("reg", record.registrations),
        ("card", record.cards),
        ("file", [file.rpartition("|")[0] for file in record.files]),
        ("case", record.cases),
        ("motem", record.motem_ids),
    ):
        yield from (f"{kind}:{number}" for number in numbers)
    for number in record.minutes:
        report, commune, day = number.split("|")
        if commune != UNKNOWN:
            yield f"min:{report}|{commune}|{_year(day)}"


def register_of(token: str) -> str | None:
    """The book in which one child has one number: `id`, `cert`, `file:home:HP05`, `reg:00199`.

    None for what twins share, and for cases of the hotline, of which one child may have several.
    """
    kind, _, number = token.partition(":")
    if kind in ONE_A_CHILD:
        return kind
    if kind in ONE_A_HOUSE:
        return f"{kind}:{number.replace('/', '|').partition('|')[0]}"
    return None


def _year(day: str) -> str:
    """Minutes state a day, or only a year."""
    return day if len(day) == 4 else str(date.fromordinal(int(day)).year)
