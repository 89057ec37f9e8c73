"""The OpenAPI 3.1 document: every route with what it takes, gives, needs and refuses."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI, Request, Response

from gateway.access.scopes import OWN
from gateway.admission import Need
from gateway.api import openapi_tables as tables
from gateway.api.audit_parameters import SEARCHABLE
from gateway.api.bundles import FHIR_BASE
from gateway.api.disclosure import PUBLIC, PUBLIC_UNDER
from gateway.api.groups import SEARCHED as GROUP_SEARCHED
from gateway.api.openapi_tables import Given, Taken
from gateway.api.outcome import FHIR_JSON
from gateway.api.rights import need_of
from gateway.api.subscriptions import SEARCHED
from gateway.fhir.parameters import TYPES
from gateway.fhir.query import CONTROLS
from gateway.persons import ABOUT_ANSWERS
from gateway.persons import SEARCHED as PERSON_SEARCHED

router = APIRouter()
SCHEME = "smart"
OUTCOME = {"$ref": "#/components/schemas/OperationOutcome"}
TYPE = re.compile(rf"{FHIR_BASE}/([A-Z][A-Za-z]+)(/.*)?")
HIDDEN = {"authorization", "x-csrf-token"}
"""Parameters of routes that are told as security instead."""
ID = {"type": "string", "pattern": r"^[A-Za-z0-9.-]{1,64}$", "examples": [tables.CHILD]}
EXAMPLES: Mapping[str, str] = {
    "source": "police",
    "message_id": "01m82pkf1pq2gyy0q6jsr5wq5h",
    "request_id": "01m82dnmd155s3hbb81qbbxkcb",
    "version": "1",
    "child": tables.CHILD,
    "override_id": "01M82DNMD155S3HBB81QBBXKCB",
}
"""Of what stands in a path."""
DESCRIPTION = (
    "Mỗi em một hồ sơ. FHIR R4 and the doors of Motem. Every error is an OperationOutcome in"
    " Vietnamese and English. Made-up children only in the examples."
)


@router.get("/openapi.json")
def openapi(request: Request) -> Response:
    """This document."""
    app: FastAPI = request.app
    if not hasattr(app.state, "openapi"):
        app.state.openapi = orjson.dumps(document(app))
    return Response(app.state.openapi, media_type=tables.JSON)


OTHERS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "AuditEvent": SEARCHABLE,
    "Subscription": SEARCHED,
    "Group": {**GROUP_SEARCHED, "_count": ("special", "groups of a page")},
    "Person": {
        **PERSON_SEARCHED,
        **dict.fromkeys(sorted(ABOUT_ANSWERS), ("special", "how the answer is to look")),
    },
}
"""Types that are not kept as the others are → their search parameters."""


def document(app: FastAPI) -> dict[str, Any]:
    """Made of the routes and of the tables by which they work."""
    drawn = app.openapi()
    paths = {
        _plain(path): {
            method: operation(method.upper(), _plain(path), told)
            for method, told in methods.items()
        }
        for path, methods in drawn["paths"].items()
    }
    schemas = {"OperationOutcome": tables.resource("OperationOutcome")}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Motem", "version": "1", "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": _shared(),
            "securitySchemes": {SCHEME: _security(paths)},
        },
    }


def operation(method: str, path: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """One route. `told`: what FastAPI drew of it."""
    needed = need_of(method, path)
    made: dict[str, Any] = {
        "operationId": _name(method, path),
        "summary": _summary(method, path, told),
        "tags": [_tag(path)],
        "parameters": list(_parameters(method, path, told)),
        "responses": _responses(method, path),
    }
    if path in tables.ANY_TOKEN:
        made["security"] = [{SCHEME: []}]
    elif needed is not None and not _is_public(path):
        made["security"] = [{SCHEME: [_scope(needed)]}]
    if "description" in told:
        made["description"] = told["description"]
    body = _body(method, path)
    if body is not None:
        content = {"schema": body.schema}
        if body.example is not None:
            content["example"] = body.example
        made["requestBody"] = {
            "required": method != "GET",
            "content": {
                kind: content if "json" in kind or kind == tables.FORM else {}
                for kind in body.types
            },
        }
    return made


def _plain(path: str) -> str:
    """Without what only Python needs."""
    return path.replace("_}", "}").replace(":path}", "}")


def _name(method: str, path: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", path.removeprefix(FHIR_BASE))
    return "-".join([method.lower(), *words])


def _tag(path: str) -> str:
    found = TYPE.fullmatch(path)
    if found:
        return found[1]
    return "FHIR" if path.startswith(FHIR_BASE) else path.split("/")[1]


SUMMARIES: tuple[tuple[str, str, str], ...] = (
    ("GET", r"[^$]*/_history/\{version\}", "One version"),
    ("GET", r"[^$]*/\{id\}/_history", "All versions of one, the newest first"),
    ("GET", r"[^$]*/_history", "What has changed of a type"),
    ("GET", r"[^$]*/[A-Z][A-Za-z]+", "Search"),
    ("POST", r"[^$]*/_search", "Search, with what is asked for in the body"),
    ("GET", r"[^$]*/\{(id|resource_id)\}", "Read one"),
)


def _summary(method: str, path: str, told: Mapping[str, Any]) -> str:
    if path.startswith(FHIR_BASE):
        for asked, form, words in SUMMARIES:
            found = TYPE.fullmatch(path)
            if found and method == asked and re.fullmatch(form, path):
                return f"{found[1]}: {words.lower()}"
    return str(told.get("summary", path))


def _scope(needed: Need) -> str:
    return needed.scope or f"system/{needed.kind or '*'}.{needed.letter or 'r'}"


def _parameters(method: str, path: str, told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for one in told.get("parameters", ()):
        if one["name"] not in HIDDEN:
            yield _named(one)
    if path.startswith(f"{FHIR_BASE}/"):
        yield {
            "name": "_format",
            "in": "query",
            "schema": {"type": "string", "enum": ["json", "xml"]},
        }
    if method == "GET" and _is_search(path):
        yield from _searched(path)
    if path == f"{FHIR_BASE}/Patient" and method in ("PUT", "DELETE"):
        number = f"{tables.DOMAIN}|PK.000900"
        yield {
            "name": "identifier",
            "in": "query",
            "required": True,
            "schema": {"type": "string", "examples": [number]},
        }
    if path.endswith("$ihe-pix") and method == "GET":
        for name, is_needed in (("sourceIdentifier", True), ("targetSystem", False)):
            yield {"name": name, "in": "query", "required": is_needed, "schema": {"type": "string"}}


def _named(one: Mapping[str, Any]) -> dict[str, Any]:
    name = one["name"].removesuffix("_")
    schema = dict(one["schema"])
    schema.pop("title", None)
    if one["in"] == "path":
        schema = dict(ID) if name == "id" else schema
        if name in EXAMPLES:
            schema["examples"] = [EXAMPLES[name]]
    return {**one, "name": name, "schema": schema}


def _is_search(path: str) -> bool:
    return path.removeprefix(f"{FHIR_BASE}/") in (*TYPES, *OTHERS)


def _searched(path: str) -> Iterator[dict[str, Any]]:
    """Parameters of a search as those of a query."""
    for name, (kind, words) in searchable(path.rpartition("/")[2]).items():
        if name == "_format":
            continue
        yield {
            "name": name,
            "in": "query",
            "description": f"{kind}: {words}",
            "schema": {"type": "string"},
        }


def searchable(kind: str) -> dict[str, tuple[str, str]]:
    """Search parameter → its kind, and of what it is."""
    if kind in OTHERS:
        return dict(OTHERS[kind])
    return {
        "_id": ("token", "id"),
        **{name: (one.kind.value, one.path) for name, one in TYPES[kind].items()},
        **dict.fromkeys(CONTROLS, ("special", "how the answer is to look")),
    }


def _body(method: str, path: str) -> Taken | None:
    if path.endswith("/_search"):
        properties = {
            name: {"type": "string", "description": words}
            for name, (_, words) in searchable(path.split("/")[-2]).items()
        }
        example: Any = {"name": "Nguyễn"} if "Patient" in path else {"_count": "10"}
        schema = {"type": "object", "properties": properties}
        return Taken(types=(tables.FORM,), schema=schema, example=example)
    if method == "PATCH":
        example = [{"op": "replace", "path": "/gender", "value": "male"}]
        return Taken(
            types=("application/json-patch+json",), schema={"type": "array"}, example=example
        )
    for asked, form, taken in tables.BODIES:
        if re.fullmatch(asked, method) and re.fullmatch(form, path):
            return taken
    return None


def _responses(method: str, path: str) -> dict[str, Any]:
    made = {str(one.status): _given(one) for one in _answers(method, path)}
    for status in _errors(method, path):
        if str(status) not in made:
            made[str(status)] = {"$ref": f"#/components/responses/{_error_of(status, path)}"}
    return dict(sorted(made.items()))


def _answers(method: str, path: str) -> tuple[Given, ...]:
    is_write = method in ("PUT", "PATCH", "DELETE") or (
        method == "POST" and "$" not in path and "_search" not in path
    )
    if is_write and re.fullmatch(tables.CREATED, path):
        return tables.WRITTEN[method]
    for asked, form, given in tables.ANSWERS:
        if re.fullmatch(asked, method) and re.fullmatch(form, path):
            return given
    return (Given(status=200, words="Done", types=(tables.JSON,), schema={"type": "object"}),)


def _given(one: Given) -> dict[str, Any]:
    made: dict[str, Any] = {"description": one.words}
    if one.types:
        made["content"] = {
            kind: {"schema": one.schema} if kind in (tables.JSON, FHIR_JSON) else {}
            for kind in one.types
        }
    return made


def _errors(method: str, path: str) -> Iterator[int]:
    yield from tables.FOR_ALL
    if not _is_public(path) or path in tables.OF_PEOPLE:
        yield from tables.GUARDED
    if path.startswith(f"{FHIR_BASE}/"):
        yield from tables.OF_FHIR
        if method == "GET":
            yield from tables.OF_READING
    if method != "GET" or "$" in path:
        yield from tables.OF_BODIES
    if path.startswith(("/lookups", "/registrations")):
        yield from tables.OF_WAYS_OUT


def _error_of(status: int, path: str) -> str:
    """The name of the answer."""
    if path == "/token" and status in (400, 401):
        return "TokenError"
    return f"{'Fhir' if path.startswith(f'{FHIR_BASE}/') else 'Error'}{status}"


def _shared() -> dict[str, Any]:
    """Every error, once as FHIR in either format and once in JSON alone."""
    told = tables.with_keys(error="string", error_description="string")
    made: dict[str, Any] = {
        "TokenError": {"description": "RFC 6749 5.2", "content": {tables.JSON: {"schema": told}}}
    }
    for status, words in tables.WORDS.items():
        json = {FHIR_JSON: {"schema": OUTCOME}}
        made[f"Error{status}"] = {"description": words, "content": json}
        made[f"Fhir{status}"] = {"description": words, "content": json | {tables.FHIR[1]: {}}}
    return made


def _is_public(path: str) -> bool:
    return path in PUBLIC or path.startswith(PUBLIC_UNDER)


def _security(paths: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    used = {
        scope
        for methods in paths.values()
        for one in methods.values()
        for named in one.get("security", ())
        for scope in named[SCHEME]
    }
    return {
        "type": "oauth2",
        "description": "SMART Backend Services (private_key_jwt, ES384 or RS384): docs/access.md",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "/token",
                "scopes": {one: _meaning(one) for one in sorted(used)},
            }
        },
    }


def _meaning(scope: str) -> str:
    return f"the right «{OWN[scope].value}»" if scope in OWN else "FHIR, as SMART App Launch 2.2"
