"""JSON of strangers: one object, no key twice, not deep, no NUL or half a character, no NaN."""

import json
import re
from collections.abc import Sequence
from typing import Any

STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
DEEPEST = 4


def strict_object(content: bytes, deepest: int = DEEPEST) -> dict[str, Any]:
    """The object of a JSON text in UTF-8. Raises ValueError, which quotes nothing."""
    found = strict(content, deepest)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


def strict(content: bytes, deepest: int = DEEPEST) -> Any:
    """Whatever a JSON text in UTF-8 holds. Raises ValueError, which quotes nothing."""
    try:
        text = content.decode("utf-8")
        if _depth(text) > deepest:
            raise ValueError("too deep")
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        _require_whole(text)
    except ValueError:
        raise ValueError("not the JSON that is expected") from None
    return found


def _depth(text: str) -> int:
    """Counted before it is parsed: the parser itself goes as deep as its stack."""
    deepest = depth = 0
    for sign in STRING.sub("", text):
        depth += (sign in "[{") - (sign in "]}")
        deepest = max(deepest, depth)
    return deepest


def _require_whole(text: str) -> None:
    """No string with NUL, which PostgreSQL cannot hold, or a surrogate without its other half."""
    for quoted in STRING.findall(text):
        if "\\" in quoted and b"\0" in json.loads(quoted).encode("utf-8"):
            raise ValueError("NUL")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _no_number(_name: str) -> Any:
    raise ValueError("NaN and Infinity are no JSON")
