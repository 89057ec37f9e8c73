"""Groups of children over FHIR: read and search; their export stands with the other exports."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from gateway import grouping
from gateway.api.bundles import FHIR_BASE, NO_STORE, Pairs
from gateway.api.dependencies import CurrentCaller, Transaction
from gateway.api.fhir import Asked, AskedInForm
from gateway.api.outcome import FhirResponse, failure
from gateway.errors import NotFoundError
from gateway.fhir.bundle import Entry, bundle
from gateway.fhir.errors import UnknownParameterError, WrongValueError
from gateway.fhir.query import CURSOR, MOST
from gateway.grouping import SYSTEM, TYPE, WORDS

ID = re.compile(r"g-[a-p]{32}")
SEARCHED: Mapping[str, tuple[str, str]] = {
    "_id": ("token", "id"),
    "code": ("token", "by what its children belong together: " + ", ".join(WORDS)),
}
router = APIRouter(prefix=f"/{TYPE}")


async def id_of(id_: str) -> str:
    """Raises NotFoundError for what no Group can have."""
    if not ID.fullmatch(id_):
        raise NotFoundError
    return id_


GroupId = Annotated[str, Depends(id_of)]


@router.get("")
def search(request: Request, asked: Asked, session: Transaction, caller: CurrentCaller) -> Response:
    return _found(request, asked, session, caller)


@router.post("/_search")
def search_by_form(
    request: Request, asked: AskedInForm, session: Transaction, caller: CurrentCaller
) -> Response:
    return _found(request, asked, session, caller)


@router.get("/{id_}")
def read(session: Transaction, caller: CurrentCaller, id_: GroupId) -> Response:
    """With its members, as they are now and as far as the caller may see them."""
    found = grouping.read(session, id_, caller)
    if found is None:
        # Returned, not raised: the event that somebody asked in vain is to be kept.
        return failure(NotFoundError())
    return FhirResponse(json.dumps(found, ensure_ascii=False), headers=NO_STORE)


def _found(request: Request, asked: Pairs, session: Transaction, caller: CurrentCaller) -> Response:
    wanted = asked_of(asked)
    page = grouping.find(session, wanted, caller)
    own = f"{str(request.base_url).rstrip('/')}{FHIR_BASE}/{TYPE}"
    links = [("self", _address(own, wanted))]
    if page.following is not None:
        links.append(("next", _address(own, replace(wanted, after=page.following))))
    entries = [
        Entry(
            url=f"{own}/{one['id']}",
            body=json.dumps(one, ensure_ascii=False),
            rest={"search": {"mode": "match"}},
        )
        for one in page.resources
    ]
    return FhirResponse(bundle("searchset", links, entries, page.total), headers=NO_STORE)


def _address(own: str, wanted: grouping.Asked) -> str:
    """What was heeded, and nothing else of what was asked."""
    told = [("_count", str(wanted.count))]
    told += [("_id", ",".join(sorted(wanted.ids)))] if wanted.ids else []
    told += [("code", ",".join(sorted(wanted.kinds)))] if wanted.kinds else []
    told += [(CURSOR, wanted.after)] if wanted.after else []
    return f"{own}?{urlencode(told)}"


def asked_of(parameters: Pairs) -> grouping.Asked:
    """All must hold; values with commas are alternatives. Raises WrongParameterError."""
    asked = grouping.Asked()
    for name, value in parameters:
        reading = READERS.get(name)
        if reading is None:
            raise UnknownParameterError
        try:
            asked = reading(asked, value)
        except ValueError as error:
            wrong = WrongValueError()
            wrong.expression = name
            raise wrong from error
    return asked


def _id(asked: grouping.Asked, value: str) -> grouping.Asked:
    ids = {one for one in value.split(",") if ID.fullmatch(one)}
    return replace(asked, ids=ids if asked.ids is None else ids & set(asked.ids))


def _code(asked: grouping.Asked, value: str) -> grouping.Asked:
    kinds = {one.removeprefix(f"{SYSTEM}|") for one in value.split(",")}
    if not kinds <= WORDS.keys():
        raise ValueError("no code of ours")
    return replace(asked, kinds=kinds if asked.kinds is None else kinds & set(asked.kinds))


def _count(asked: grouping.Asked, value: str) -> grouping.Asked:
    if not value.isascii() or not value.isdigit():
        raise ValueError("no number")
    return replace(asked, count=min(int(value[:6]), MOST))


def _cursor(asked: grouping.Asked, value: str) -> grouping.Asked:
    if not ID.fullmatch(value):
        raise ValueError("no cursor")
    return replace(asked, after=value)


def _as_is(asked: grouping.Asked, _value: str) -> grouping.Asked:
    """Read by whoever writes the answer."""
    return asked


READERS: Mapping[str, Callable[[grouping.Asked, str], grouping.Asked]] = {
    "_id": _id,
    "code": _code,
    "_count": _count,
    CURSOR: _cursor,
    "_format": _as_is,
    "_pretty": _as_is,
}
