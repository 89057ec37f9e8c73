"""Hundreds of generated messages say the same to our reader and to hl7apy."""

import random
import re
from collections.abc import Iterator
from functools import cache

import pytest
from hl7apy.base_datatypes import ST
from hl7apy.parser import parse_message

from adapters.formats import hl7
from adapters.formats.er7 import Separators, escaped, unescaped
from adapters.formats.hl7 import Message

MESSAGES, BATCHES = 400, 4
SEPARATORS = (
    Separators(),
    Separators(field="$", component="%", repetition="*", escape="!", subcomponent="@"),
    Separators(field="#", component=":", repetition=";", escape="/", subcomponent="+"),
    Separators(field="*", component="|", repetition="&", escape="^", subcomponent="~"),
)
TEXTS = (
    *("Nguyễn", "Thị Ánh", "Đỗ", "phường Láng", "01999", "998326012345", "BN-1", "MR", "trẻ"),
    *("a|b", "c^d", "e&f", "g~h", "C:\\x", "$%*!@", "#:;/+", '""', "NguyÔn V¨n §øc", "L\u0301"),
)
SHAPES = {
    "PID": {
        2: (4, 1),
        3: (5, 3),
        4: (4, 1),
        5: (6, 5),
        6: (3, 5),
        9: (3, 1),
        11: (8, 3),
        21: (5, 3),
    },
    "MRG": {1: (5, 3), 7: (4, 5)},
    "PV1": {3: (3, 3), 19: (5, 3)},
    "ZBE": {1: (3, 3), 2: (4, 1), 7: (2, 4)},
}
"""Segment → field → how many components, and subcomponents of its first or its fourth one.

Only where the types of HL7 2.5 allow what is written: hl7apy sorts by them."""
DEEP = {"PID": {3: 4, 5: 1, 11: 1, 21: 4}, "MRG": {1: 4}}
REPEATED = {("PID", 3), ("PID", 5), ("PID", 11), ("PID", 21), ("MRG", 1), ("ZBE", 2)}

Leaves = dict[tuple[str, int, int, int, int], str]
"""(segment, field, repetition, component, subcomponent), all but the first from 1 → its value."""


def _messages(batch: int) -> Iterator[tuple[Separators, str, Leaves]]:
    """Separators, the message, and what it says."""
    chance = random.Random(f"motem {batch}")
    for number in range(MESSAGES // BATCHES):
        marks = chance.choice(SEPARATORS)
        yield marks, *_message(chance, marks, number)


def _message(chance: random.Random, marks: Separators, number: int) -> tuple[str, Leaves]:
    signs = marks.component + marks.repetition + marks.escape + marks.subcomponent
    head = ["MSH", signs, "HIS", "01999", "", "", "20260304", "", f"ADT{marks.component}A08"]
    lines = [marks.field.join([*head, f"C{number}", "P", "2.5"])]
    said: Leaves = {}
    for name, fields in SHAPES.items():
        written = {at: _field(chance, marks, (name, at), said) for at in fields}
        row = (written.get(at, "") for at in range(1, max(fields) + 1))
        lines.append(marks.field.join([name, *row]))
    return "\r".join(lines) + "\r", said


def _field(chance: random.Random, marks: Separators, place: tuple[str, int], said: Leaves) -> str:
    if chance.random() < 0.2:
        return ""
    name, at = place
    many = chance.randint(1, 2) if place in REPEATED else 1
    components, inner = SHAPES[name][at]
    repetitions = []
    for which in range(1, many + 1):
        written = []
        for component in range(1, components + 1):
            deep = name == "ZBE" or DEEP.get(name, {}).get(at) == component
            values = [_value(chance) for _ in range(inner if deep else 1)]
            # A repetition that says nothing is kept by one reader and left out by the other.
            values[0] = values[0] or ("x" if component == 1 else "")
            said |= {
                (name, at, which, component, sub): value
                for sub, value in enumerate(values, start=1)
                if value
            }
            written.append(marks.subcomponent.join(escaped(value, marks) for value in values))
        repetitions.append(marks.component.join(written))
    return marks.repetition.join(repetitions)


def _value(chance: random.Random) -> str:
    return chance.choice(TEXTS) if chance.random() < 0.7 else ""


def _ours(text: str) -> Leaves:
    (message,) = hl7.messages(text.encode())
    assert isinstance(message, Message)
    return {
        (segment.name, at, which, component, sub): value
        for segment in message.segments[1:]
        for at in range(1, len(segment.raw))
        for which, repetition in enumerate(segment.field(at), start=1)
        for component, values in enumerate(repetition, start=1)
        for sub, value in enumerate(values, start=1)
        if value
    }


def _theirs(text: str, marks: Separators) -> Leaves:
    """hl7apy's tree. It leaves escapes in the values, so that they are resolved here."""
    leaves: Leaves = {}
    for segment in parse_message(text, find_groups=False).children:
        counts: dict[int, int] = {}
        for field in segment.children if segment.name != "MSH" else ():
            at = _number(field.name)
            counts[at] = counts.get(at, 0) + 1
            for order, component in enumerate(field.children, start=1):
                for inner, sub in enumerate(component.children, start=1):
                    value = unescaped(
                        sub.value.value if hasattr(sub.value, "value") else sub.value, marks
                    )
                    where = _number(component.name, order), _number(sub.name, inner)
                    leaves |= {(segment.name, at, counts[at], *where): value} if value else {}
    return leaves


@cache
def _number(name: str, otherwise: int = 0) -> int:
    """`XPN_3` is the third; what has no number of its own goes by its order."""
    found = re.search(r"_(\d+)$", name)
    return int(found[1]) if found else otherwise


@pytest.mark.parametrize("batch", range(BATCHES))
def test_both_read_the_same_and_what_was_written(batch: int) -> None:
    for marks, text, said in _messages(batch):
        assert _ours(text) == said
        assert _theirs(text, marks) == said


@pytest.mark.parametrize("marks", SEPARATORS)
def test_what_hl7apy_escapes_is_read_back(marks: Separators) -> None:
    theirs = {
        "FIELD": marks.field,
        "COMPONENT": marks.component,
        "SUBCOMPONENT": marks.subcomponent,
        "REPETITION": marks.repetition,
        "ESCAPE": marks.escape,
    }
    for text in TEXTS:
        assert unescaped(ST(text).to_er7(theirs), marks) == text
