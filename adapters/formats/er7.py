"""Separators of HL7 v2 messages, and the escapes that stand for them inside a value."""

import re
from dataclasses import dataclass

_BYTES = r"X(?:[0-9A-Fa-f]{2})+"
_COMMANDS = {"H": "", "N": "", ".br": "\n", ".sp": "\n"}
"""Highlighting falls away, line breaks stay; any other formatting (\\.in+4\\) is a space."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Separators:
    """MSH-1 and MSH-2; "" for one that the message does not declare."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    def letters(self) -> dict[str, str]:
        """Escape letter → what it stands for."""
        declared = (self.field, self.component, self.subcomponent, self.repetition, self.escape)
        return {
            letter: own or usual
            for letter, own, usual in zip("FSTRE", declared, "|^&~\\", strict=True)
        }


USUAL = Separators()


def unescaped(raw: str, separators: Separators = USUAL, codec: str = "utf-8") -> str:
    """A value with its escapes resolved; what is no known escape stays as sent."""
    mark = separators.escape
    if not mark or mark not in raw:
        return raw
    letters = separators.letters()

    def meaning(found: re.Match[str]) -> str:
        if found["bytes"]:
            return _from_hex(found["bytes"], mark, codec)
        sign = found["sign"]
        if sign in letters:
            return letters[sign]
        # Switches of the character set say nothing where all is one set.
        return "" if sign[0] in "CM" else _COMMANDS.get(sign[:3].lower(), _COMMANDS.get(sign, " "))

    e = re.escape(mark)
    known = r"[FSTREHN]|\.[A-Za-z]{2}[+-]?\d*|[CM](?:[0-9A-Fa-f]{2})+"
    return re.sub(rf"(?P<bytes>(?:{e}{_BYTES}{e})+)|{e}(?P<sign>{known}){e}", meaning, raw)


def _from_hex(escapes: str, mark: str, codec: str) -> str:
    """Bytes of the message's own character set; neighbours belong together."""
    data = bytes.fromhex(escapes.replace(mark, "").replace("X", ""))
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return data.decode("latin-1")


def escaped(text: str, separators: Separators = USUAL) -> str:
    """A value as it is written into a message; line ends become breaks, other controls go."""
    mark = separators.escape
    signs = {sign: f"{mark}{letter}{mark}" for letter, sign in separators.letters().items()}
    signs["\n"] = f"{mark}.br{mark}"
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(signs.get(sign, sign if sign.isprintable() else "") for sign in unified)
