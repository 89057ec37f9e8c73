"""Which kind of body a name or a code means: hospital, care home or commune."""

import re

from adapters.formats.placeholders import names_facility
from adapters.legacy_text import fold
from adapters.profile import Place, PlaceKind

_HOME = re.compile(
    r"\b(?:bao tro|mai am|lang tre|lang sos|trung tam (?:cong tac )?xa hoi|co so btxh|nha mo|"
    r"tre mo coi|nuoi duong)\b"
)
_COMMUNE = re.compile(
    r"\b(?:ubnd|uy ban|cong an|cax|cap|xa|phuong|thi tran|dac khu|tu phap|p|x|tt)\b"
)


def places(code: str | None, name: str | None) -> list[Place]:
    """Readings of a code: one where code or name tell, hospital and commune where neither does.

    A code that has not five digits is a facility's own.
    """
    if not code:
        return []
    return [Place(kind=kind, code=code) for kind in _kinds(code, name or "")]


def names_house(name: str) -> bool:
    """Whether a name is that of a hospital or a care home, and no person's."""
    return names_facility(name) or _HOME.search(fold(name)) is not None


def _kinds(code: str, name: str) -> tuple[PlaceKind, ...]:
    folded = fold(name)
    if _HOME.search(folded) or not (len(code) == 5 and code.isdigit()):
        return (PlaceKind.HOME,)
    if names_facility(name):
        return (PlaceKind.HOSPITAL,)
    if _COMMUNE.search(folded):
        return (PlaceKind.COMMUNE,)
    return (PlaceKind.HOSPITAL, PlaceKind.COMMUNE)
