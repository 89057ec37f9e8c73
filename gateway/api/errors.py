"""What each error means, by its stable code: where OperationOutcomes lead to."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from inspect import getdoc
from typing import Any

from fastapi import APIRouter, Response

import gateway
from adapters.errors import SENTENCES
from gateway.api import answers
from gateway.errors import GatewayError, NotFoundError

router = APIRouter()
ELSEWHERE = ("gateway.__main__", "gateway.app", "gateway.cli", "gateway.migrations")
"""Modules that define no error of a request, or do something when they are imported."""
REFUSED = HTTPStatus.UNPROCESSABLE_ENTITY.value
"""Of a payload in which a record is refused; alone where others are taken."""


@router.get("/errors/{code}")
def explained(code: str) -> Response:
    """What an error means, in Vietnamese and English."""
    found = catalog().get(code)
    if found is None:
        raise NotFoundError
    return answers.document(found)


@cache
def catalog() -> Mapping[str, Mapping[str, Any]]:
    """Stable code → what is told of it, whatever was imported before; two classes may share one."""
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if not module.name.startswith(ELSEWHERE):
            importlib.import_module(module.name)
    found = {str(code): _told(str(code), REFUSED, *words) for code, words in SENTENCES.items()}
    kinds = [one for one in _below(GatewayError) if not _is_elsewhere(one)]
    kinds.sort(key=lambda one: (one.__module__, one.__name__))
    kinds.insert(0, GatewayError)
    for one in kinds:
        found.setdefault(
            one.problem, _told(one.problem, one.status, one.vietnamese, getdoc(one) or "")
        )
    return dict(sorted(found.items()))


def _below(kind: type[GatewayError]) -> Iterator[type[GatewayError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


def _is_elsewhere(kind: type[GatewayError]) -> bool:
    return not kind.__module__.startswith("gateway.") or kind.__module__.startswith(ELSEWHERE)


def _told(code: str, status: int, vietnamese: str, english: str) -> dict[str, Any]:
    return {
        "code": code,
        "status": status,
        "vietnamese": vietnamese,
        "english": " ".join(english.split()),
    }
