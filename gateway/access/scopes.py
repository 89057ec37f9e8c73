"""Scopes of SMART App Launch 2.2, in both spellings, and ours: what a token is good for."""

import re
from collections.abc import Collection, Iterable

from audit.purposes import PURPOSES
from gateway.access.policy import Right

FHIR = re.compile(r"system/([A-Z][A-Za-z]{1,63}|\*)\.(read|write|\*|c?r?u?d?s?)")
OF_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}
OWN = {
    "motem/send": Right.SEND,
    "motem/messages": Right.OPERATE,
    "motem/registrations": Right.REGISTER,
    "motem/lookups": Right.LOOK_UP,
    "motem/audit": Right.AUDIT,
    "motem/stewardship": Right.STEWARD,
    "motem/events": Right.FOLLOW,
    "motem/clients": Right.ADMINISTER,
    "motem/users": Right.ADMINISTER,
    "motem/break-glass": Right.BREAK_GLASS,
}
"""For what is no FHIR resource: our own routes."""
EVERY = ("system/*.cruds", *OWN)
"""Those of people, for whom the policy decides alone."""
PURPOSE = "purpose/"
"""`purpose/CHILDPROT` binds a token to a purpose of use."""
SHOWN = (
    *("system/*.rs", "system/Patient.rs", "system/AuditEvent.rs", "system/*.read"),
    *OWN,
    *(f"{PURPOSE}{code}" for code in PURPOSES),
)
"""What the discovery document names; what works is more (`system/<any type>.<letters>`)."""


def is_known(scope: str) -> bool:
    """Whether a scope can be given at all."""
    if scope.startswith(PURPOSE):
        return scope.removeprefix(PURPOSE) in PURPOSES
    return scope in OWN or bool(_letters(scope))


def _letters(scope: str) -> frozenset[tuple[str, str]]:
    """Type and letter (c, r, u, d, s) of each thing that a scope of FHIR allows."""
    found = FHIR.fullmatch(scope)
    if found is None:
        return frozenset()
    kind, verbs = found.groups()
    return frozenset((kind, letter) for letter in OF_VERSION_1.get(verbs, verbs))


def granted(asked: Iterable[str], registered: Collection[str]) -> tuple[str, ...]:
    """Those of the scopes asked for that the registration covers, as they were spelt."""
    return tuple(dict.fromkeys(scope for scope in asked if _is_covered(scope, registered)))


def _is_covered(scope: str, registered: Collection[str]) -> bool:
    if scope in registered:
        return True
    letters = _letters(scope)
    return bool(letters) and all(allows(registered, kind, letter) for kind, letter in letters)


def allows(scopes: Iterable[str], kind: str, letter: str) -> bool:
    """Whether scopes allow an interaction (c, r, u, d, s) with a type of resource."""
    return any(_letters(scope) & {(kind, letter), ("*", letter)} for scope in scopes)


def purposes_in(scopes: Iterable[str]) -> tuple[str, ...]:
    """The purposes that scopes name."""
    return tuple(one.removeprefix(PURPOSE) for one in scopes if one.startswith(PURPOSE))


def without_purposes(scopes: Iterable[str]) -> tuple[str, ...]:
    return tuple(one for one in scopes if not one.startswith(PURPOSE))
