"""Answers to HL7 v2 messages: AA, AE or AR, with one ERR segment for each refusal.

HL7 v2.5 chapter 2.9 (original mode), tables 0008, 0357 and 0516. The caller commits first and asks
for the answer after; `hl7.FRAME_START` and `hl7.FRAME_END` go around it on an MLLP connection.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from adapters.errors import PayloadError, Problem, Rejection
from adapters.formats.er7 import escaped
from adapters.formats.hl7 import Segment, first_head

MEANINGS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "207": "Application internal error",
}
"""Table 0357: HL7's codes of errors."""
CODES = {
    Problem.MALFORMED: "100",
    Problem.EMPTY: "100",
    Problem.MISSING_VALUE: "101",
    Problem.WRONG_CODE: "103",
    Problem.UNKNOWN_STRUCTURE: "200",
    Problem.TOO_LARGE: "207",
    Problem.NOT_CONVERTIBLE: "207",
    Problem.INTERNAL: "207",
    Problem.BROKE_OFF: "207",
}
"""Our problem → table 0357; any other is a data type error."""
CODES_OF_ELEMENTS = {"MSH-9.1": "200", "MSH-9.2": "201", "MSH-11": "202", "MSH-12": "203"}
UNSUPPORTED = frozenset({"200", "201", "202", "203"})
"""Not for this receiver whatever it holds: AR instead of AE."""
OWN_CODES = "99MOTEM"
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?)?")
_INTERNAL = "An error of this system, please send again.", "Lỗi trong hệ thống, xin gửi lại."


def acknowledgement(
    content: bytes, rejections: Sequence[Rejection], *, time: datetime, control_id: str
) -> bytes:
    """The answer to one message that was read and committed: AA, or AE or AR for what was refused.

    `content` is the message as received (of several, the first), `rejections` all that its reading
    refused, a refusal of the whole included; `time` has a zone and becomes MSH-7, `control_id` our
    MSH-10. UTF-8, lines end in CR, no frame. Quotes nothing of the message but its head.
    """
    codes = {_code(rejection) for rejection in rejections}
    answer = "AA" if not codes else "AR" if codes & UNSUPPORTED else "AE"
    errors = [_error(rejection) for rejection in rejections]
    return _text(content, answer, errors, time, control_id)


def unavailable(content: bytes, *, time: datetime, control_id: str) -> bytes:
    """AR where the receiver itself failed and nothing was committed: the sender sends again."""
    error = _err("", "207", "internal-error", *_INTERNAL)
    return _text(content, "AR", [error], time, control_id)


def _text(
    content: bytes, answer: str, errors: Sequence[str], time: datetime, control_id: str
) -> bytes:
    head = first_head(content)
    to = [_as_sent(head, number) for number in (5, 6, 3, 4)]
    event = _as_sent(head, 9).partition("^")[2].partition("^")[0]
    mode = _as_sent(head, 11) or "P"
    kind = f"ACK^{event}^ACK" if event else "ACK"
    sent = time.strftime("%Y%m%d%H%M%S%z")
    first = ["MSH", "^~\\&", *to, sent, "", kind, escaped(control_id), mode, "2.5"]
    lines = ["|".join([*first, "", "", "", "", "", "UNICODE UTF-8"])]
    lines.append(f"MSA|{answer}|{_as_sent(head, 10)}")
    return "".join(f"{line}\r" for line in [*lines, *errors]).encode()


def _as_sent(head: Segment | None, number: int) -> str:
    """A field of the sender's head, in our separators. Senders compare MSA-2 with their MSH-10."""
    try:
        found = head.field(number) if head else ()
    except PayloadError:
        return ""
    return "~".join(
        "^".join("&".join(escaped(part) for part in component) for component in repetition)
        for repetition in found
    )


def _error(rejection: Rejection) -> str:
    code = _code(rejection)
    own = rejection.problem.value
    return _err(_location(rejection), code, own, rejection.english, rejection.vietnamese)


def _err(location: str, code: str, own: str, *texts: str) -> str:
    """ERR-2 place, ERR-3 code, ERR-4 severity, ERR-5 our code, ERR-7 English, ERR-8 Vietnamese."""
    meaning = f"{code}^{MEANINGS[code]}^HL70357"
    return "|".join(
        ["ERR", "", location, meaning, "E", f"{own}^^{OWN_CODES}", "", *map(escaped, texts)]
    )


def _code(rejection: Rejection) -> str:
    special = CODES_OF_ELEMENTS.get(rejection.element or "")
    return special or CODES.get(rejection.problem, "102")


def _location(rejection: Rejection) -> str:
    """`message[1]/PID[2]-3[1].4` as ERL: segment, which of them, field, repetition, component."""
    place = _PLACE.fullmatch(rejection.position.rpartition("/")[2])
    if place is None:
        return ""
    segment, which, number, repetition, component = (found or "" for found in place.groups())
    return "^".join([segment, which or "1", number, repetition, component]).rstrip("^")
