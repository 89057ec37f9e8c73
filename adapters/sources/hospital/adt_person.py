"""What a PID and its neighbours say in more than one piece: numbers, names, address, family."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.errors import PayloadError, Problem
from adapters.formats.hl7 import Repetition, Segment, part
from adapters.legacy_text import fold
from adapters.sources.hospital.adt_fields import ADDRESSES, KIN, NAME_USES, NUMBERS
from adapters.sources.hospital.fields import (
    LONGEST_KEY,
    as_certificate,
    as_code,
    as_key,
    as_list,
    as_padded,
    cleaned,
)

MOST_NUMBERS = 100
NULL = '""'
"""HL7's "delete what you have": nothing is stated, and nothing is deleted here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A CX: a number, the facility that gave it ("" where none is said), its type as sent."""

    value: str = field(repr=False)
    facility: str
    type: str

    @property
    def kind(self) -> str | None:
        return NUMBERS.get(self.type)


def numbers(segment: Segment, at: int) -> Iterator[Number]:
    """All numbers of a field. Raises PayloadError.

    WRONG_IDENTIFIER for one that is too long, TOO_LARGE for more than MOST_NUMBERS.
    """
    found = segment.field(at)
    if len(found) > MOST_NUMBERS:
        raise PayloadError(Problem.TOO_LARGE, segment.position(at), f"{segment.name}-{at}")
    for which, repetition in enumerate(found, start=1):
        value = clean_part(repetition, 1)
        if not value:
            continue
        try:
            yield Number(
                value=as_key(value),
                facility=authority(repetition),
                type=as_code(clean_part(repetition, 5)),
            )
        except ValueError:
            place, element = segment.position(at, which), f"{segment.name}-{at}"
            raise PayloadError(Problem.WRONG_IDENTIFIER, place, element) from None


def authority(repetition: Repetition) -> str:
    """The facility code in component 4: its namespace, else its universal id."""
    return code(part(repetition, 4, 1)) or code(part(repetition, 4, 2))


def code(raw: str) -> str:
    """A facility's or commune's code with its zeros back; "" for none, and for what is too long."""
    stated = without_null(raw)
    return str(as_padded(5)(stated)) if len(stated) <= LONGEST_KEY else ""


def clean_part(repetition: Repetition, component: int) -> str:
    return without_null(part(repetition, component))


def without_null(raw: str) -> str:
    """Clean text, "" for HL7's null."""
    return cleaned(_not_null(raw))


def _not_null(raw: str) -> str:
    return "" if raw.strip() == NULL else raw


def stated_numbers(found: list[Number], facility: str) -> dict[str, Any]:
    """PID-3 → content. `facility` answers for numbers that name nobody.

    The record's file is the first of that facility; what other houses call the child, and further
    numbers of this one, are `other_files`.
    """
    files = [(n.facility or facility, n.value) for n in found if n.kind == "file"]
    own = next((file for file in files if file[0] == facility), None)
    certificates = [as_certificate(n.value) for n in found if n.kind == "certificate"]
    return {
        "file": own[1] if own else None,
        "other_files": [
            {"facility": house, "file": number}
            for house, number in dict.fromkeys(files)
            if (house, number) != own
        ],
        "papers": _once(as_code(n.value) for n in found if n.kind == "paper"),
        "cards": _once(card for n in found if n.kind == "card" for card in as_list(n.value)),
        "certificate": next(filter(None, certificates), None),
    }


def _once(values: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(values))


def unknown_types(found: list[Number]) -> Counter[str]:
    """Types of PID-3 that are not taken; a type that may be a value is not told."""
    types = (n.type for n in found if n.kind is None)
    return Counter(
        f"PID-3/{t if t.isascii() and t.isalpha() and len(t) <= 5 else '?'}" for t in types
    )


def name_of(repetition: Repetition) -> str:
    """An XPN as one Vietnamese name: family, middle, given; or the whole in the first component."""
    family, given, middle = (_not_null(part(repetition, component)) for component in (1, 2, 3))
    # Some write the whole name first and the given name once more.
    if given and fold(family).endswith(f" {fold(given)}"):
        return cleaned(family)
    # Joined before it is cleaned: legacy text is told by its syllables together.
    return cleaned(" ".join(filter(None, (family, middle, given))))


def stated_names(segment: Segment, at: int) -> dict[str, Any]:
    """The legal name, else the first of any kind but a pseudonym; the others with their use."""
    names = [
        (NAME_USES.get(clean_part(r, 7).upper(), "usual"), text)
        for r in segment.field(at)
        if (text := name_of(r))
    ]
    real = [name for name in names if name[0] != "anonymous"]
    main = next((name for name in real if name[0] == "official"), next(iter(real), None))
    others = [name for name in dict.fromkeys(names) if main is None or name[1] != main[1]]
    return {
        "name": main[1] if main else None,
        "other_names": [{"use": use, "text": text} for use, text in others],
    }


def stated_address(segment: Segment, at: int) -> dict[str, Any]:
    """Where the child lives: text, and the commune's code in component 9 (formats.md)."""
    found = {}
    for repetition in segment.field(at):
        kind = clean_part(repetition, 7).upper()
        text, commune = _place(repetition), code(part(repetition, 9))
        if kind in ADDRESSES and kind not in found and (text or commune):
            found[kind] = {
                "address": text,
                "commune": commune,
            }
    return next((found[kind] for kind in ADDRESSES if kind in found), {})


def _place(repetition: Repetition) -> str:
    """Street, further words, commune's name, city, province, as far as they are words."""
    street = " ".join(repetition[0][:3])
    parts = (without_null(text) for text in (street, *(part(repetition, c) for c in (2, 8, 3, 4))))
    return ", ".join(dict.fromkeys(text for text in parts if text and not text.isdigit()))


def stated_family(pid: Segment, kin: Iterable[Segment], facility: str) -> dict[str, Any]:
    """Mother, father and guardian from NK1, the mother also from PID-6 and PID-21."""
    content: dict[str, Any] = {}
    for segment in kin:
        relation = KIN.get(without_null(segment.text(3)).upper())
        if relation and relation not in content:
            papers = [n.value for n in numbers(segment, 33) if n.type in ("NI", "")]
            content[relation] = next(map(name_of, segment.field(2)), None)
            content[f"{relation}_paper"] = as_code(papers[0]) if papers else None
    stated = next(map(name_of, pid.field(6)), None)
    return _mothers_numbers(list(numbers(pid, 21)), facility) | {
        key: value for key, value in ({"mother": stated} | content).items() if value
    }


def _mothers_numbers(found: list[Number], facility: str) -> dict[str, Any]:
    """PID-21: without a type, twelve digits are a personal ID, all else her file number."""
    content: dict[str, Any] = {}
    for number in found:
        untyped_id = not number.type and len(number.value) == 12 and number.value.isdigit()
        kind = "paper" if untyped_id else number.kind
        if kind == "file":
            house = number.facility or facility
            content.setdefault("mother_file", {"facility": house, "file": number.value})
        elif kind in ("paper", "card"):
            content.setdefault(f"mother_{kind}", as_code(number.value))
    return content


def mother_of(adult: Mapping[str, Any]) -> dict[str, Any]:
    """What the mother's own record of the same file adds to her child's."""
    said = {
        "mother": adult.get("name"),
        "mother_paper": next(iter(adult.get("papers", ())), None),
        "mother_born": adult.get("born", "")[:10],
    }
    return {key: value for key, value in said.items() if value}
