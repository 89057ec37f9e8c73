"""JSON Patch (RFC 6902) on a resource: what stands → what shall stand."""

import base64
import json
from collections.abc import Callable
from typing import Any

import jsonpatch

from adapters.contract import Resource
from gateway.access.strict_json import strict
from gateway.api.payload import LARGEST_RESOURCE
from gateway.errors import GatewayError, WrongRequestError

MOST = 200
"""Operations."""
DEEPEST = 32

OPERATIONS = frozenset({"add", "remove", "replace", "move", "copy", "test"})


class WrongPatchError(WrongRequestError):
    """The body must be a JSON Patch: a list of at most 200 operations (RFC 6902)."""

    vietnamese = "Nội dung phải là JSON Patch: danh sách không quá 200 thao tác (RFC 6902)."


class PatchTestError(GatewayError):
    """A test of the patch fails: the resource is not as its sender believes. Nothing was done."""

    status = 409
    code = "conflict"
    vietnamese = "Phép kiểm (test) trong patch không đúng với tài nguyên hiện có; chưa ghi gì."


class NoPlaceError(GatewayError):
    """The patch cannot be carried out: a place that it names is not there. Nothing was done."""

    status = 422
    code = "processing"
    vietnamese = "Không áp dụng được patch: vị trí được nêu không có; chưa ghi gì."


def patch_of(content: bytes) -> Callable[[Resource], Resource]:
    """The change that a body asks for. Raises WrongPatchError."""
    try:
        told = strict(content, DEEPEST)
    except ValueError:
        raise WrongPatchError from None
    return _change(told)


def in_binary(resource: Resource) -> bytes | None:
    """The patch of an entry of a Bundle, where it stands as a Binary (R4, http.html#patch)."""
    try:
        return base64.b64decode(resource["data"], validate=True)
    except (KeyError, TypeError, ValueError):
        return None


def _change(told: Any) -> Callable[[Resource], Resource]:
    if not isinstance(told, list) or len(told) > MOST or not all(map(_is_operation, told)):
        raise WrongPatchError

    def change(resource: Resource) -> Resource:
        made = resource
        for one in told:
            made = _changed(made, one)
        return made

    return change


def _is_operation(one: Any) -> bool:
    return (
        isinstance(one, dict)
        and one.get("op") in OPERATIONS
        and all(isinstance(one.get(name, ""), str) for name in ("path", "from"))
    )


def _changed(resource: Resource, operation: Any) -> Resource:
    """One operation at a time: a copy of a copy of a copy must not fill the memory."""
    try:
        made = jsonpatch.apply_patch(resource, [operation])
    except jsonpatch.JsonPatchTestFailed:
        raise PatchTestError from None
    except (jsonpatch.JsonPatchConflict, jsonpatch.JsonPointerException):
        raise NoPlaceError from None
    except (jsonpatch.JsonPatchException, TypeError, ValueError, KeyError, AttributeError):
        raise WrongPatchError from None
    if not isinstance(made, dict) or len(json.dumps(made)) > LARGEST_RESOURCE:
        raise NoPlaceError
    return made
