"""Which right and which scope each route needs: what stands in no line is for nobody."""

import re
from collections.abc import Mapping, Sequence

from gateway.access.policy import Right
from gateway.admission import Need
from gateway.api.bundles import FHIR_BASE

OWN: Sequence[tuple[str, str, Need]] = (
    ("POST", "/sources/", Need(right=Right.SEND, scope="motem/send")),
    ("GET", "/sources", Need(right=Right.OPERATE, scope="motem/messages")),
    ("*", "/messages", Need(right=Right.OPERATE, scope="motem/messages")),
    ("*", "/registrations", Need(right=Right.REGISTER, scope="motem/registrations")),
    ("*", "/lookups", Need(right=Right.LOOK_UP, scope="motem/lookups")),
    ("GET", "/events", Need(right=Right.FOLLOW, scope="motem/events")),
    ("*", "/exports/", Need(right=Right.EXPORT)),
    ("*", "/clients", Need(right=Right.ADMINISTER, scope="motem/clients")),
    ("*", "/users", Need(right=Right.ADMINISTER, scope="motem/users")),
    ("GET", "/break-glass", Need(right=Right.AUDIT, scope="motem/audit")),
    ("POST", "/break-glass", Need(right=Right.BREAK_GLASS, scope="motem/break-glass")),
    ("GET", "/audit/who-saw/", Need(right=Right.AUDIT, scope="motem/audit")),
    ("GET", "/audit/incident", Need(right=Right.AUDIT, scope="motem/audit")),
    ("*", "/audit/findings", Need(right=Right.AUDIT, scope="motem/audit")),
    ("GET", "/audit/rules", Need(right=Right.AUDIT, scope="motem/audit")),
)
"""Method (`*` any) and begin of the path of our own routes."""
FILE = re.compile(r"/exports/[^/]+/([A-Z][A-Za-z]+)/.*")
"""A file of a bulk export, which the scope of its type must cover."""
REVIEW = re.compile(r"/break-glass/[^/]+/review")
"""What an emergency access is told by somebody else."""
TYPE = re.compile(r"/([A-Z][A-Za-z]+)(/.*)?")
OPERATIONS: Mapping[str, tuple[Right, str]] = {
    "$match": (Right.MATCH, "s"),
    "$ihe-pix": (Right.MATCH, "s"),
    "$everything": (Right.READ, "r"),
    "$validate": (Right.WRITE, "c"),
    "$replay": (Right.SUBSCRIBE, "u"),
}
"""Operation → the right and the letter of the scope; every other one needs a line of its own."""
EXPORT = re.compile(r"(/Patient|/Group/[^/]+)?/\$export")
"""For each type that is exported its scope is needed (`gateway.exporting`)."""
BATCH = Need(right=Right.READ)
"""To send one; each of its entries needs what it would need by itself."""
STEWARDSHIP = ("$mdm-", "$motem-")
"""How operations begin by which identities are looked into and decided about, on any level."""
LETTERS = {"PUT": "u", "PATCH": "u", "DELETE": "d", "POST": "c"}


def need_of(method: str, path: str) -> Need | None:
    """What a request that found its route needs; None: nobody may."""
    if path.startswith(FHIR_BASE):
        return _need_of_fhir(method, path.removeprefix(FHIR_BASE))
    file = FILE.fullmatch(path)
    if file is not None:
        return Need(right=Right.EXPORT, kind=file[1], letter="r")
    if REVIEW.fullmatch(path):
        return Need(right=Right.AUDIT, scope="motem/audit")
    for allowed, begin, need in OWN:
        if allowed in (method, "*") and path.startswith(begin):
            return need
    return None


def _need_of_fhir(method: str, path: str) -> Need | None:
    if path.rpartition("/")[2].startswith(STEWARDSHIP):
        return Need(right=Right.STEWARD, scope="motem/stewardship")
    if EXPORT.fullmatch(path):
        return Need(right=Right.EXPORT)
    if path in ("", "/") and method == "POST":
        return BATCH
    found = TYPE.fullmatch(path)
    if found is None:
        return None
    kind, rest = found[1], (found[2] or "").strip("/")
    if "$" in rest:
        instance, _, name = rest.rpartition("/")
        right, letter = OPERATIONS.get(name, (None, ""))
        if right is Right.WRITE and instance:
            letter = "u"
        return Need(right=right, kind=kind, letter=letter) if right else None
    reads = method in ("GET", "HEAD")
    searches = method == "POST" and rest == "_search"
    if reads or searches:
        return _reading(kind, "s" if searches or not rest else "r")
    return _writing(kind, LETTERS.get(method))


def _reading(kind: str, letter: str) -> Need:
    if kind == "Subscription":
        return Need(right=Right.SUBSCRIBE, kind=kind, letter=letter)
    if kind == "AuditEvent":
        return Need(right=Right.AUDIT, kind=kind, letter=letter)
    return Need(right=Right.SEARCH if letter == "s" else Right.READ, kind=kind, letter=letter)


def _writing(kind: str, letter: str | None) -> Need | None:
    if letter is None or kind == "AuditEvent":
        return None
    right = Right.SUBSCRIBE if kind == "Subscription" else Right.WRITE
    return Need(right=right, kind=kind, letter=letter)
