"""Canonical JSON: one text for one value, so that a hash of it can be made again anywhere."""

import json
from collections.abc import Mapping, Sequence

MAX_NUMBER = 2**53 - 1
"""The largest whole number that RFC 8785 keeps exact."""


def canonical(value: object) -> str:
    """The text of a value as RFC 8785 wants it: objects, lists, text, whole numbers, true, false.

    Raises ValueError for anything else (fractions, null, half a surrogate pair, keys that are no
    text): what has no exact form does not belong into a signed log.
    """
    text = json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("Text that is not Unicode has no canonical form.") from None
    return text


def _sorted(value: object) -> object:
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ValueError("A key of canonical JSON is text.")
        return {key: _sorted(value[key]) for key in sorted(value, key=_utf16)}
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if abs(value) > MAX_NUMBER:
            raise ValueError("A number is larger than canonical JSON keeps exact.")
        return value
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_sorted(one) for one in value]
    raise ValueError("Canonical JSON holds text, whole numbers, true, false, lists and objects.")


def _utf16(key: str) -> bytes:
    """RFC 8785, section 3.2.3: keys are sorted by their UTF-16 code units."""
    return key.encode("utf-16-be", "surrogatepass")
