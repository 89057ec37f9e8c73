"""Use case: a caller searches for resources, and the log names every child that is shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

import audit
from audit.event import Action, Caller, DetailValue, naming
from gateway import nearness, showing
from gateway.fhir.parts import in_part, with_identifiers_of
from gateway.fhir.query import Place, Search, place_text, search_of
from gateway.fhir.veil import Veil
from gateway.registry import resources, search
from gateway.registry.resources import KeptResource
from gateway.registry.search import FoundPage, Name
from gateway.sight import seen_in

MOST_INCLUDED = 1000
"""Resources that may come along with a page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A resource of an answer, as it is served."""

    type: str
    id: str
    body: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A page; may be shown only after the transaction has ended.

    `total`: how many there are on all pages, where that is known. `following`, `previous`: cursors.
    `is_cut`: more would have come along than may.
    """

    asked: Search
    matches: Sequence[Shown]
    included: Sequence[Shown]
    total: int | None
    following: str | None
    previous: str | None
    is_cut: bool


def find(
    session: Session,
    kind: str,
    asked: Sequence[tuple[str, str]],
    caller: Caller,
    *,
    is_lenient: bool = False,
) -> Answer:
    """Search for resources of a type. Raises WrongParameterError and TooCostlyError.

    The access events are written in the session's transaction, also where nothing is found.
    """
    veil = search.veil_of(session)
    wanted = search_of(kind, asked, veil, is_lenient=is_lenient)
    page = FoundPage(ids=()) if wanted.only_counts else search.page(session, wanted)
    names: list[Name] = [(kind, id_) for id_ in page.ids]
    further = search.included(session, wanted, page.ids, MOST_INCLUDED + 1)
    along = [name for name in further[:MOST_INCLUDED] if name not in set(names)]
    kept = resources.read_many(session, [*names, *along])
    matches, included = (
        _in_part(wanted, shown_to(session, caller, [kept[name] for name in some if name in kept]))
        for some in (names, along)
    )
    total = _total(session, wanted, page)
    shown = {(one.type, one.id) for one in (*matches, *included)}
    is_vain = total == 0 or (bool(page.ids) and not matches)
    told = [kept[name] for name in kept if name in shown]
    _tell(session, caller, wanted, veil, told, is_vain=is_vain)
    return Answer(
        asked=wanted,
        matches=matches,
        included=included,
        total=total,
        following=_cursor(page.following, kind, veil),
        previous=_cursor(page.previous, kind, veil),
        is_cut=len(further) > MOST_INCLUDED,
    )


def shown_to(session: Session, caller: Caller, found: Sequence[KeptResource]) -> list[Shown]:
    """Resources in their order, as this caller sees them; what is not for them is left out."""
    texts = showing.texts(session, caller, found)
    return [
        Shown(type=one.type, id=one.id, body=text)
        for one, text in zip(found, texts, strict=True)
        if text is not None
    ]


def versions_of(shown: Iterable[KeptResource]) -> str:
    """Each resource with its version, for the log."""
    return " ".join(f"{one.type}/{one.id}/{one.version_id}" for one in shown)


def _in_part(wanted: Search, shown: Sequence[Shown]) -> list[Shown]:
    return [replace(one, body=_part(wanted, one)) for one in shown]


def _part(wanted: Search, one: Shown) -> str:
    text = in_part(one.body, one.type, wanted.elements, wanted.summary)
    is_narrowed = wanted.domains and one.type == "Patient"
    return with_identifiers_of(text, wanted.domains) if is_narrowed else text


def _total(session: Session, wanted: Search, page: FoundPage) -> int | None:
    """Counted where it is asked for; known for nothing where all is on one page."""
    if wanted.only_counts or wanted.is_total_wanted:
        return search.count(session, wanted)
    is_whole = wanted.place is None and page.following is None
    return len(page.ids) if is_whole else None


def _cursor(place: Place | None, kind: str, veil: Veil) -> str | None:
    return place_text(place, kind, veil) if place else None


def _tell(
    session: Session,
    caller: Caller,
    wanted: Search,
    veil: Veil,
    shown: Sequence[KeptResource],
    *,
    is_vain: bool,
) -> None:
    """What was asked: names of parameters, and a digest by which equal questions are known.

    The values are left out: they may be a child's number, and what is in the log stays there. For
    the rules of findings it says of Patients whether there was none (`vain`), and which numbers lie
    `near` one another.
    """
    is_patient = wanted.kind == "Patient"
    detail: dict[str, DetailValue] = {
        "type": wanted.kind,
        "parameters": " ".join(name for name, _ in wanted.applied),
        "digest": veil.digest(repr((wanted.kind, wanted.criteria))),
        "count": len(shown),
        **nearness.near(veil, nearness.numbers_in(wanted.criteria)),
    }
    if is_patient and is_vain:
        detail["vain"] = True
    others = versions_of(one for one in shown if one.type != "Patient")
    if others:
        detail["shown"] = others
    action = Action.PATIENT_SEARCH if is_patient else Action.RESOURCE_SEARCH
    audit.append_many(session, naming(action, caller, seen_in(shown), detail))
