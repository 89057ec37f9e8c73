"""The CapabilityStatement is FHIR and says what the routes are."""

import re

import httpx
from fastapi import APIRouter
from fastapi.routing import APIRoute
from fhir.resources.R4B.capabilitystatement import CapabilityStatement

from gateway.api import (
    auditing,
    cross_reference,
    exports,
    feed,
    fhir,
    identity_links,
    match,
    stewardship,
    subscriptions,
    validate,
    writes,
)
from gateway.api.audit_parameters import READERS, SEARCHABLE
from gateway.api.metadata import capability_statement
from gateway.api.written_types import NUMBERED, OF_A_CHILD
from gateway.fhir.parameters import TYPES


def test_the_statement_is_fhir_r4(client: httpx.Client) -> None:
    answer = client.get("/fhir/R4/metadata")
    assert answer.status_code == 200
    CapabilityStatement.model_validate_json(answer.content)
    assert answer.json()["fhirVersion"] == "4.0.1"


def test_it_names_exactly_the_interactions_that_there_are() -> None:
    """Of what is kept: tests/gateway/api/test_fhir_claims.py carries them out."""
    resources = capability_statement()["rest"][0]["resource"]
    others = ["AuditEvent", "Subscription", "Group", "Person"]
    assert [one["type"] for one in resources] == [*TYPES, *others]
    paths = {re.sub("{.*?}", "{}", route.path) for route in routes_in(fhir.routes())}
    for kind in TYPES:
        own = {f"/{kind}", f"/{kind}/{{}}", f"/{kind}/{{}}/_history/{{}}"}
        own |= {f"/{kind}/_history", f"/{kind}/{{}}/_history", f"/{kind}/_search"}
        assert own <= paths
        paths -= own
    assert paths == {"/Patient/{}/$everything"}
    (events,) = [one for one in resources if one["type"] == "AuditEvent"]
    assert {one["code"] for one in events["interaction"]} == {"search-type", "read"}
    assert {route.path for route in routes_in(auditing.fhir)} == {
        "/AuditEvent",
        "/AuditEvent/{resource_id}",
    }


def routes_in(router: APIRouter) -> list[APIRoute]:
    return [route for route in router.routes if isinstance(route, APIRoute)]


def test_what_is_written_is_what_its_routes_write() -> None:
    resources = capability_statement()["rest"][0]["resource"]
    codes = {"create": "POST", "update": "PUT", "patch": "PATCH", "delete": "DELETE"}
    claimed = {
        (one["type"], codes[said["code"]])
        for one in resources
        for said in one["interaction"]
        if said["code"] in codes
    }
    written = (
        methods(feed.router)
        | methods(writes.routes())
        | {
            (path, method)
            for path, method in methods(subscriptions.router)
            if method in codes.values()
        }
    )
    assert {(path.split("/")[1], method) for path, method in written} == claimed
    assert {kind for kind, _ in claimed} == {"Patient", "Subscription", *OF_A_CHILD}
    for kind in ("Patient", *OF_A_CHILD):
        by_condition = {method for path, method in written if path == f"/{kind}"}
        by_id = {method for path, method in written if path == f"/{kind}/{{id_}}"}
        by_number = {"PUT", "PATCH", "DELETE"} if kind in NUMBERED else set()
        assert by_condition == {"POST"} | by_number
        assert by_id == {"PUT", "PATCH", "DELETE"}


def methods(router: APIRouter) -> set[tuple[str, str]]:
    routes = [route for route in router.routes if isinstance(route, APIRoute)]
    return {(route.path, method) for route in routes for method in route.methods or ()}


def test_it_names_exactly_the_operations_that_there_are() -> None:
    routers = (
        *(match.router, cross_reference.router, identity_links.router, stewardship.router),
        *(exports.fhir, validate.routes()),
    )
    paths = {path for router in routers for path, _ in methods(router)}
    rest = capability_statement()["rest"][0]
    told = {f"/${one['name']}" for one in rest["operation"]}
    (patient,) = [one for one in rest["resource"] if one["type"] == "Patient"]
    told |= {f"/Patient/${one['name']}" for one in patient["operation"]}
    by_id = ("Group", "Subscription")
    for one in (kept for kept in rest["resource"] if kept["type"] not in by_id):
        told |= {f"/{one['type']}/${name['name']}" for name in one.get("operation", ())}
    (subscription,) = [one for one in rest["resource"] if one["type"] == "Subscription"]
    own = {f"/Subscription/{{id_}}/${one['name']}" for one in subscription["operation"]}
    assert own == {path for path, _ in methods(subscriptions.router) if "$" in path}
    assert told - {"/Patient/$everything"} == {path for path in paths if "{" not in path}


def test_it_names_every_search_parameter() -> None:
    assert SEARCHABLE.keys() == {name for name in READERS if not name.startswith("_")}
