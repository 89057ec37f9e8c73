"""Puts ADT messages into ER7 with the separators, line ends and batches of one hospital."""

from collections.abc import Sequence
from random import Random

from gateway.sample.hl7 import Message, Segment, Value
from gateway.sample.hospital import stamp
from gateway.sample.places import Hospital

USUAL, OTHERS = "|^~\\&", "!@*$%"
"""Field, component, repetition, escape, subcomponent: a receiver must read them from MSH."""
ESCAPES = "FSRET"
"""The letters that stand for them inside a value."""
LINE_ENDS = ("\r", "\r", "\n", "\r\n")


def batch(hospital: Hospital, messages: Sequence[Message], rng: Random) -> bytes:
    """A file of messages; `rng` must be the hospital's own, so that its habits stay."""
    marks = OTHERS if rng.random() < 0.1 else USUAL
    end, wrapped, framed = rng.choice(LINE_ENDS), rng.random() < 0.2, rng.random() < 0.2
    told = [_message(hospital, message, marks, end) for message in messages]
    if framed:
        told = [f"\x0b{text}\x1c\r" for text in told]
    text = "".join(told)
    if wrapped and not framed:
        sender = f"{marks}{marks[0]}HIS{marks[0]}{hospital.code}"
        text = f"FHS{sender}{end}BHS{sender}{end}{text}BTS{marks[0]}{len(told)}{end}FTS{marks[0]}1{end}"
    return text.encode()


def _message(hospital: Hospital, message: Message, marks: str, end: str) -> str:
    sent = stamp(message.time)
    head: dict[int, Value] = {
        3: "HIS",
        4: hospital.code,
        5: "MOTEM",
        7: sent,
        9: [["ADT", message.event]],
        10: message.control,
        11: "P",
        12: "2.5",
        18: "UNICODE UTF-8",
    }
    event: Segment = ("EVN", {1: message.event, 2: sent})
    lines = [("MSH", head), event, *message.segments]
    return "".join(f"{_segment(line, marks)}{end}" for line in lines)


def _segment(segment: Segment, marks: str) -> str:
    name, fields = segment
    # MSH-1 is the separator itself and MSH-2 the others.
    first, begin = (3, f"MSH{marks}") if name == "MSH" else (1, name)
    values = [_value(fields.get(at, ""), marks) for at in range(first, max(fields) + 1)]
    return marks[0].join([begin, *values])


def _value(value: Value, marks: str) -> str:
    repetitions = [[value]] if isinstance(value, str) else value
    return marks[2].join(
        marks[1].join(_escaped(text, marks) for text in components).rstrip(marks[1])
        for components in repetitions
    )


def _escaped(text: str, marks: str) -> str:
    letters = {
        sign: f"{marks[3]}{letter}{marks[3]}" for sign, letter in zip(marks, ESCAPES, strict=True)
    }
    return "".join(letters.get(sign, sign) for sign in text)
