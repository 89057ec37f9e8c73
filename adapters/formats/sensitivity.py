"""Which resources speak of HIV: they carry its label (Luật phòng, chống HIV/AIDS 2006, Điều 30)."""

import re
from collections.abc import Iterable
from typing import Any

from adapters.contract import Resource
from adapters.profile import Label, remark

_CODE = re.compile(
    r"(?:B2[0-4]\d?|Z21\d?|Z206|Z114|Z717|R75\d?|F024|O987)(?![A-Z0-9])", re.IGNORECASE
)
"""ICD-10 without its dot: disease and infection (B20-B24, Z21, F02.4, O98.7), and what is known of a
child before (R75 inconclusive, Z20.6 exposed, Z11.4 screened, Z71.7 counselled)."""
_AIDS_THAT_HELP = "".join(
    f"(?<!{word} )(?<!{word}-)"
    for word in ("hearing", "visual", "walking", "mobility", "teaching", "learning", "decision")
)
_WORD = re.compile(
    r"\b(?:(?:anti-?)?h\.?i\.?v(?:-?[12])?"
    rf"|{_AIDS_THAT_HELP}aids"
    r"|arv"
    r"|suy gi[aả]m mi[eễ]n d[iị]ch (?:m[aắ]c ph[aả]i|[oở] ng[uư][oờ]i)"
    r"|(?:b[eệ]nh|nhi[eễ]m|b[iị]|m[aắ]c) si-?[dđ]a"
    r"|(?:nhi[eễ]m|ng[uư][oờ]i c[oó]) h(?!\.? ?(?:pylori|influenza|parainfluenza|ducreyi))"
    r")\b",
    re.IGNORECASE,
)
"""Names of the virus, the disease and its treatment, with and without marks, and "nhiễm H". Alone,
"sida" is second-hand clothes, and "aids" may be hearing aids."""


def is_about_hiv(value: Any) -> bool:
    """Whether any code, or any word of any text, inside a FHIR element or a list says so."""
    if isinstance(value, dict):
        return any(map(is_about_hiv, value.values())) or (
            "icd" in str(value.get("system", "")).lower() and is_code_of_hiv(value.get("code"))
        )
    if isinstance(value, list | tuple):
        return any(map(is_about_hiv, value))
    return isinstance(value, str) and _WORD.search(value) is not None


def is_code_of_hiv(code: Any) -> bool:
    """Whether an ICD-10 code, with or without its dot, says so."""
    return _CODE.match(str(code or "").replace(".", "").strip()) is not None


def hiv_labels(*told: Any) -> list[Label]:
    """The label of a resource that tells this in free text."""
    return [Label.HIV] if is_about_hiv(told) else []


def remarks(source: str, code: str, texts: Iterable[str]) -> list[Resource]:
    """Observations of free texts as `profile.remark` makes them, each with the label it needs."""
    return [one for text in texts for one in remark(source, code, [text], labels=hiv_labels(text))]
