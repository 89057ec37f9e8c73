"""What goes into and comes out of each route, as tables for the OpenAPI document; examples are made up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.profile import UCUM
from gateway.api import break_glass, clients, findings, lookups, messages, registrations, users
from gateway.api.negotiation import FHIR_XML
from gateway.api.outcome import FHIR_JSON
from gateway.api.payload import FHIR_TYPES, KINDS
from gateway.api.written_types import JSON_PATCH

JSON, TEXT, BYTES, FORM = (
    "application/json",
    "text/plain",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
)
FHIR = (FHIR_JSON, FHIR_XML)
CHILD = "te-01m82pkf1pq2gyy0q6jsr5wq5h"
DOMAIN = "https://phong-kham-mau.example/benh-nhan"
PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"use": "official", "system": DOMAIN, "value": "PK.000900"}],
    "name": [{"text": "Nguyễn Bảo An"}],
    "gender": "female",
    "birthDate": "2026-03-04",
}
FOUND = {
    "resourceType": "Patient",
    "gender": "female",
    "extension": [
        {
            "url": "urn:motem:extension:discovery",
            "extension": [
                {"url": "time", "valueDateTime": "2026-03-04T05:10:00+07:00"},
                {"url": "commune", "valueCode": "00199"},
                {"url": "place-text", "valueString": "cổng chùa Láng"},
            ],
        }
    ],
}
ASKED = {
    "resourceType": "Parameters",
    "parameter": [{"name": "count", "valueInteger": 5}, {"name": "resource", "resource": FOUND}],
}
NUMBER = {
    "resourceType": "Parameters",
    "parameter": [
        {
            "name": "sourceIdentifier",
            "valueIdentifier": {
                "system": "http://fhir.ehealth.gov.vn/core/sid/national_id",
                "value": "999326000101",
            },
        }
    ],
}
DECISION = {
    "resourceType": "Parameters",
    "parameter": [
        {"name": "goldenResourceId", "valueString": f"Patient/{CHILD}"},
        {"name": "resourceId", "valueString": "Patient/01m82pkf1pq2gyy0q6jsr5wq5h"},
    ],
}
OPENING = {
    "child": CHILD,
    "code": "treatment",
    "reason": "Cấp cứu: cần biết dị ứng thuốc trước khi mổ",
}
WEIGHT = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
    "subject": {"reference": "Patient/01m82pkf1pq2gyy0q6jsr5wq5h"},
    "valueQuantity": {"value": 3200, "unit": "g", "system": UCUM, "code": "g"},
}
CHILD_TO_COME = "urn:uuid:8c1a1e52-5f4f-4f8e-9b5e-0d6f0f1f2a3b"
TRANSACTION = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {
            "fullUrl": CHILD_TO_COME,
            "resource": PATIENT,
            "request": {"method": "POST", "url": "Patient"},
        },
        {
            "resource": WEIGHT | {"subject": {"reference": CHILD_TO_COME}},
            "request": {"method": "POST", "url": "Observation"},
        },
    ],
}
SUBSCRIBED = {
    "resourceType": "Subscription",
    "status": "requested",
    "reason": "Theo dõi trẻ của trung tâm",
    "criteria": f"Patient?_id={CHILD}",
    "channel": {
        "type": "rest-hook",
        "endpoint": "https://trung-tam-mau.example/motem",
        "payload": "application/json",
    },
}
SINCE = {
    "resourceType": "Parameters",
    "parameter": [{"name": "since", "valueInstant": "2026-03-04T00:00:00+07:00"}],
}
MINUTES = {
    "loai": "BIEN_BAN_TRE_BI_BO_ROI",
    "soBienBan": "12/BB-CAX",
    "ngayLap": "2026-03-04T08:30:00+07:00",
    "donViLap": {"maXa": "00199", "ten": "Công an phường Láng"},
    "phatHien": {
        "thoiGian": "2026-03-04T05:10:00+07:00",
        "maXa": "00199",
        "diaDiem": "cổng chùa Láng",
    },
    "tre": [{"stt": 1, "hoTen": "Nguyễn Bảo An", "gioiTinh": "NU"}],
}
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def resource(*kinds: str) -> dict[str, Any]:
    """A FHIR resource of one of these types; its elements are those of FHIR R4."""
    told = {"enum": list(kinds)} if kinds else {}
    return {
        "type": "object",
        "required": ["resourceType"],
        "properties": {"resourceType": {"type": "string", **told}},
    }


def with_keys(**properties: str) -> dict[str, Any]:
    """An object of ours with these properties at least; "" for any type."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": {
            name: {"type": kind.split("|")} if kind else {} for name, kind in properties.items()
        },
    }


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The body of a request."""

    types: tuple[str, ...]
    schema: Mapping[str, Any]
    example: Any = None


@dataclass(frozen=True, kw_only=True)
class Given:
    """An answer, mostly no error. Without types it has no body."""

    status: int
    words: str
    types: tuple[str, ...] = ()
    schema: Mapping[str, Any] = field(default_factory=dict)


def _fhir(*kinds: str, example: Any) -> Taken:
    types = (FHIR_JSON, *sorted(FHIR_TYPES - {FHIR_JSON}))
    return Taken(types=types, schema=resource(*kinds), example=example)


def _json(model: Any, example: Any) -> Taken:
    """`model`: of pydantic. What it refers to is put in its place."""
    drawn = model.model_json_schema(by_alias=True)
    inner = {f"#/$defs/{name}": one for name, one in drawn.pop("$defs", {}).items()}
    properties = drawn.get("properties", {})
    for name, one in properties.items():
        properties[name] = inner.get(one.get("$ref"), one)
    return Taken(types=(JSON,), schema=drawn, example=example)


PAYLOAD = Taken(types=tuple(KINDS), schema={}, example=MINUTES)
TOKEN_FORM = {
    "type": "object",
    "required": ["grant_type", "scope", "client_assertion_type", "client_assertion"],
    "properties": {
        "grant_type": {"const": "client_credentials"},
        "scope": {"type": "string"},
        "client_assertion_type": {"const": ASSERTION},
        "client_assertion": {"type": "string", "description": "A JWT, ES384 or RS384"},
    },
}
TOKEN_ASKED = {
    "grant_type": "client_credentials",
    "scope": "system/Patient.rs",
    "client_assertion_type": ASSERTION,
    "client_assertion": "eyJhbGciOiJFUzM4NCJ9.e30.c2lnbmF0dXJl",
}
DEVELOPING = {"type": "object", "properties": {"user": {"type": "string"}}}
LEAVING = {"type": "object", "properties": {"csrf": {"type": "string"}}}
PATCHED = Taken(
    types=(JSON_PATCH,),
    schema={
        "type": "array",
        "items": {
            "type": "object",
            "required": ["op", "path"],
            "properties": {"op": {"type": "string"}, "path": {"type": "string"}},
        },
    },
    example=[{"op": "replace", "path": "/gender", "value": "female"}],
)
BODIES: Sequence[tuple[str, str, Taken]] = (
    ("POST", r"/token", Taken(types=(FORM,), schema=TOKEN_FORM, example=TOKEN_ASKED)),
    ("POST", r"/login/development", Taken(types=(FORM,), schema=DEVELOPING)),
    ("POST", r"/logout", Taken(types=(FORM,), schema=LEAVING)),
    ("POST", r"/sources/\{source\}/(messages|preview)", PAYLOAD),
    ("POST", r"/messages/replay", _json(messages.Group, {"source": "police", "dryRun": True})),
    ("POST", r"/messages/.*/withdrawal", _json(messages.Withdrawal, {"reason": "test"})),
    ("POST", r"/lookups", _json(lookups.Asking, {"about": CHILD})),
    ("POST", r"/registrations", _json(registrations.Drafting, {"about": CHILD})),
    ("POST", r"/registrations/.*/withdrawal", _json(registrations.Withdrawal, None)),
    ("POST", r"/registrations/.*", _json(registrations.Nothing, {})),
    ("POST", r"/break-glass", _json(break_glass.Opening, OPENING)),
    ("POST", r"/break-glass/.*/end", _json(break_glass.Ending, {})),
    ("POST", r"/break-glass/.*/review", _json(break_glass.Reviewing, None)),
    ("POST", r"/clients", _json(clients.Registering, None)),
    ("POST", r"/clients/.*/(disable|enable)", _json(clients.Switch, {})),
    ("POST", r"/clients/.*/keys", _json(clients.Keys, None)),
    ("POST", r"/users", _json(users.Adding, None)),
    ("POST", r"/users/.*/(disable|enable)", _json(clients.Switch, {})),
    ("POST", r"/users/.*/role", _json(users.Role, {"role": "child-protection"})),
    ("POST", r"/sandbox/reset", _json(registrations.Nothing, {})),
    ("POST", r"/audit/findings/.*/taken", _json(findings.Taking, {})),
    ("POST", r"/audit/findings/.*/owner", _json(findings.Assigning, {"owner": "auditor-1"})),
    ("POST", r"/audit/findings/.*/outcome", _json(findings.Closing, None)),
    ("POST", r"/fhir/R4/.*\$validate", _fhir("Parameters", example=None)),
    ("POST", r"/fhir/R4/Patient/\$match", _fhir("Parameters", "Patient", example=ASKED)),
    ("POST", r"/fhir/R4/Patient/\$ihe-pix", _fhir("Parameters", example=NUMBER)),
    ("POST", r"/fhir/R4/Subscription/.*\$replay", _fhir("Parameters", example=SINCE)),
    ("POST", r"/fhir/R4/.*\$.*", _fhir("Parameters", example=DECISION)),
    ("(POST|PUT)", r"/fhir/R4/Patient(/\{id\})?", _fhir("Patient", example=PATIENT)),
    ("(POST|PUT)", r"/fhir/R4/Subscription(/.*)?", _fhir("Subscription", example=SUBSCRIBED)),
    ("POST", r"/fhir/R4", _fhir("Bundle", example=TRANSACTION)),
    ("PATCH", r"/fhir/R4/.*", PATCHED),
    ("(POST|PUT)", r"/fhir/R4/.*", _fhir(example=WEIGHT)),
)
"""Method and path, the first that fits; searches by POST have the form of their parameters."""


def _told(words: str, schema: Mapping[str, Any], status: int = 200) -> Given:
    return Given(status=status, words=words, types=(JSON,), schema=schema)


def _of_fhir(words: str, *kinds: str, status: int = 200) -> Given:
    return Given(status=status, words=words, types=FHIR, schema=resource(*kinds))


STATUS = with_keys(status="string")
TAKEN_MESSAGE = with_keys(message="string", state="string")
DONE = Given(status=204, words="Done")
PUT_BACK = with_keys(
    state="integer", removed="object", standing="object", clients="integer", logOfBefore="string"
)
KEPT_AS_IS = Given(status=304, words="As it was at If-None-Match")
NDJSON = "application/fhir+ndjson"
EXPORTED = with_keys(transactionTime="string", output="array", error="array")
UNDER_WAY = Given(status=202, words="Under way: Content-Location or X-Progress says more")
SEARCHSET = (_of_fhir("What was found, page by page", "Bundle"),)
ELSEWHERE = Given(status=303, words="Go there")
HTML = "text/html"
ANSWERS: Sequence[tuple[str, str, tuple[Given, ...]]] = (
    (
        "GET",
        r"/login",
        (ELSEWHERE, Given(status=200, words="Whom, for development", types=(HTML,))),
    ),
    ("(GET|POST)", r"/(login/.*|logout)", (ELSEWHERE,)),
    ("GET", r"/session", (Given(status=200, words="Who is logged in", types=(JSON, HTML)),)),
    ("GET", r"/openapi\.json", (_told("This document", with_keys(openapi="string")),)),
    ("GET", r"/(livez|readyz)", (_told("It works", STATUS),)),
    ("GET", r"/metrics", (Given(status=200, words="Prometheus", types=(TEXT,)),)),
    ("GET", r"/audit/(checkpoint|proof/.*)", (Given(status=200, words="C2SP", types=(TEXT,)),)),
    ("GET", r"/audit/tile/.*", (Given(status=200, words="C2SP", types=(BYTES,)),)),
    ("GET", r"/messages/.*/content", (Given(status=200, words="As sent", types=(BYTES,)),)),
    (
        "GET",
        r"/fhir/R4/\.well-known/smart-configuration",
        (_told("SMART App Launch 2.2", with_keys(token_endpoint="string")),),
    ),
    (
        "POST",
        r"/token",
        (
            _told(
                "A token for five minutes",
                with_keys(
                    access_token="string",
                    token_type="string",
                    expires_in="integer",
                    scope="string",
                ),
            ),
        ),
    ),
    (
        "POST",
        r"/sources/.*/messages",
        (
            _told("Taken, with what became of each record", TAKEN_MESSAGE, 201),
            _told("The same bytes came before", TAKEN_MESSAGE),
            _told("Kept, and read soon", TAKEN_MESSAGE, 202),
            Given(
                status=422,
                words="Kept, and all of it refused; or the key came before with another request",
                types=(JSON, FHIR_JSON),
                schema={"type": "object"},
            ),
        ),
    ),
    ("GET", r"/sources", (_told("The register", with_keys(sources="array")),)),
    (
        "GET",
        r"/events",
        (_told("What changed", with_keys(events="array", next="string", more="boolean")),),
    ),
    ("POST", r"/.*/withdrawal", (DONE,)),
    ("POST", r"/registrations", (_told("A draft", with_keys(request="string"), 201),)),
    ("POST", r"/fhir/R4", (_of_fhir("What each was answered", "Bundle"),)),
    ("POST", r"/sandbox/reset", (_told("As at first", PUT_BACK),)),
    ("POST", r"/break-glass", (_told("Open", with_keys(id="string", until="string"), 201),)),
    ("POST", r"/clients", (_told("Registered", with_keys(id="string"), 201),)),
    ("POST", r"/users", (_told("Added", with_keys(id="string"), 201),)),
    ("GET", r"/exports/[^/]*", (_told("All files", EXPORTED), UNDER_WAY)),
    ("DELETE", r"/exports/.*", (Given(status=202, words="It ends, and its files are gone"),)),
    ("GET", r"/exports/.*", (Given(status=200, words="A file", types=(NDJSON,)),)),
    ("(GET|POST)", r"/fhir/R4/.*\$export", (UNDER_WAY,)),
    ("GET", r"/fhir/R4/metadata", (_of_fhir("What works", "CapabilityStatement"),)),
    ("(GET|POST)", r"/fhir/R4/[A-Za-z]+(/_search)?", SEARCHSET),
    ("GET", r"/fhir/R4/.*(/_history|\$everything)", SEARCHSET),
    ("POST", r"/fhir/R4/Patient/\$match", (_of_fhir("The likeliest first", "Bundle"),)),
    ("(GET|POST)", r"/fhir/R4/.*\$.*", (_of_fhir("What was asked"),)),
    ("GET", r"/fhir/R4/.*", (_of_fhir("The resource, as it is kept"), KEPT_AS_IS)),
)
"""Of reading and of our own routes, the first that fits; else 200 with JSON."""
WRITTEN: Mapping[str, tuple[Given, ...]] = {
    "POST": (_of_fhir("New", status=201), _of_fhir("It was there")),
    "PUT": (_of_fhir("New", status=201), _of_fhir("Known")),
    "PATCH": (_of_fhir("Changed"),),
    "DELETE": (_of_fhir("Marked as removed"), DONE),
}
"""Of writing FHIR resources."""
CREATED = r"/fhir/R4/[A-Z][A-Za-z]+(/\{id\})?"

WORDS: Mapping[int, str] = {
    400: "The request cannot be understood",
    401: "A token is needed",
    403: "This caller may not do this",
    404: "There is nothing here, or not for this caller",
    405: "This cannot be done here",
    406: "FHIR is answered in JSON or XML",
    408: "The body came too slowly",
    409: "The state of things does not allow it, or several fit",
    410: "It was here; its versions are in its history",
    412: "Another version stands, or several fit",
    413: "The body is too large",
    415: "Such a Content-Type is not taken",
    422: "It was understood and cannot be taken",
    429: "Too often; Retry-After says when",
    500: "An error of the service",
    502: "Whoever was asked answered something that cannot be used",
    503: "Not at this moment; Retry-After says when",
    504: "Whoever was asked did not answer in time",
    507: "There is no room on the disk",
}
"""Every status of an error, each an OperationOutcome."""
FOR_ALL = (400, 404, 405, 503)
GUARDED = (401, 403, 429)
OF_PEOPLE = ("/login", "/login/callback", "/login/development", "/logout", "/session")
"""Public, because people are not known before, and guarded all the same."""
ANY_TOKEN = ("/sandbox/reset",)
"""Needs a token, of whatever scope."""
OF_FHIR = (406,)
OF_READING = (410,)
OF_BODIES = (408, 409, 412, 413, 415, 422, 507)
OF_WAYS_OUT = (502, 504)
