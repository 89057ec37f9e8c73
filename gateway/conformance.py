"""Whether a FHIR service does what FHIR R4, IHE and SMART ask: checks that only read, and a report."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from gateway.client.credentials import Credentials

FHIR_JSON, FHIR_XML = "application/fhir+json", "application/fhir+xml"
NOBODY = "motem-check-nobody"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PDQM = frozenset(
    ["_id", "active", "family", "given", "identifier", "telecom", "birthdate", "address", "gender"]
)
"""Search parameters that ITI-78 wants of every supplier."""
LONGEST_TOKEN = 300


class State(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_OFFERED = "not-offered"


class FailedError(Exception):
    """What is wrong: codes, statuses and names of ours, nothing that the service said of a child."""


class NotOfferedError(Exception):
    """The service does not say that it does this, or there is nothing to try it with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One line of the report."""

    check: str
    requirement: str
    state: State
    detail: str = ""


@dataclass(kw_only=True)
class Probe:
    """A service to be asked. `base`: of FHIR, as https://partner.example/fhir."""

    base: str
    http: httpx.Client = field(repr=False)
    credentials: Credentials | None = None
    token: str = field(default="", repr=False)

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """One answer. A token goes to this service only, and no redirect is followed."""
        url = path if "://" in path else f"{self.base}/{path}"
        _require(urlsplit(url)[:2] == urlsplit(self.base)[:2], "a link leads to another service")
        told = {"Accept": FHIR_JSON} | given.pop("headers", {})
        if self.token and "Authorization" not in told:
            told["Authorization"] = f"Bearer {self.token}"
        return self.http.request(method, url, headers=told, follow_redirects=False, **given)

    @cached_property
    def statement(self) -> Mapping[str, Any]:
        return resource(self.ask("GET", "metadata"), "CapabilityStatement")

    @cached_property
    def patients(self) -> Mapping[str, Any]:
        """What the statement says of Patients. Raises NotOfferedError."""
        for rest in objects(self.statement.get("rest")):
            for one in objects(rest.get("resource")):
                if one.get("type") == "Patient":
                    return one
        raise NotOfferedError

    @cached_property
    def somebody(self) -> Mapping[str, Any]:
        """A Patient that the service shows. Raises NotOfferedError where it shows none."""
        self.offers("search-type")
        bundle = resource(self.ask("GET", "Patient", params={"_count": "1"}), "Bundle")
        for one in objects(bundle.get("entry")):
            found = one.get("resource")
            if isinstance(found, dict) and found.get("resourceType") == "Patient":
                return found
        raise NotOfferedError

    def offers(self, interaction: str) -> None:
        """Raises NotOfferedError."""
        told = [one.get("code") for one in objects(self.patients.get("interaction"))]
        if interaction not in told:
            raise NotOfferedError

    def offers_operation(self, name: str) -> None:
        told = [one.get("name") for one in objects(self.patients.get("operation"))]
        if name not in [str(one).removeprefix("$") for one in told]:
            raise NotOfferedError

    @cached_property
    def smart(self) -> Mapping[str, Any]:
        answer = self.ask("GET", ".well-known/smart-configuration")
        if answer.status_code == 404:
            raise NotOfferedError
        return body(answer)


def objects(told: Any) -> list[dict[str, Any]]:
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise FailedError(otherwise)


def body(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    """The JSON object of an answer. Raises FailedError."""
    _require(answer.status_code == status, f"status {answer.status_code} instead of {status}")
    return _object(answer)


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = json.loads(answer.content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise FailedError("the body is no JSON object")
    return found


def resource(answer: httpx.Response, kind: str, status: int = 200) -> dict[str, Any]:
    """A FHIR resource of this type. Raises FailedError."""
    found = body(answer, status)
    _require(found.get("resourceType") == kind, f"the body is no {kind}")
    _require(_kind(answer) == FHIR_JSON, f"Content-Type is not {FHIR_JSON}")
    return found


def outcome(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    """An error as an OperationOutcome. Raises FailedError."""
    expected = " or ".join(map(str, statuses))
    _require(answer.status_code in statuses, f"status {answer.status_code} instead of {expected}")
    found = resource(answer, "OperationOutcome", answer.status_code)
    _require(bool(objects(found.get("issue"))), "an OperationOutcome without issue")
    return found


def _kind(answer: httpx.Response) -> str:
    told: str = answer.headers.get("content-type", "")
    return told.partition(";")[0].strip().lower()


def searchset(answer: httpx.Response) -> dict[str, Any]:
    found = resource(answer, "Bundle")
    _require(found.get("type") == "searchset", "the Bundle is no searchset")
    return found


def link_of(bundle: Mapping[str, Any], relation: str) -> str | None:
    links = objects(bundle.get("link"))
    found = (str(one.get("url")) for one in links if one.get("relation") == relation)
    return next(found, None)


def statement(probe: Probe) -> None:
    told = str(probe.statement.get("fhirVersion", ""))
    _require(told.startswith("4.0."), "fhirVersion is not 4.0.x")
    _require("json" in " ".join(map(str, probe.statement.get("format", ()))), "no JSON in format")


def in_xml(probe: Probe) -> None:
    if "xml" not in " ".join(map(str, probe.statement.get("format", ()))):
        raise NotOfferedError
    answer = probe.ask("GET", "metadata", headers={"Accept": FHIR_XML})
    _require(answer.status_code == 200 and _kind(answer) == FHIR_XML, f"no {FHIR_XML} for Accept")


def read(probe: Probe) -> None:
    probe.offers("read")
    wanted = probe.somebody.get("id")
    found = resource(probe.ask("GET", f"Patient/{wanted}"), "Patient")
    _require(found.get("id") == wanted, "another id than was asked for")


def version(probe: Probe) -> None:
    probe.offers("vread")
    id_ = probe.somebody.get("id")
    answer = probe.ask("GET", f"Patient/{id_}")
    number = objects([resource(answer, "Patient").get("meta")])
    told = number[0].get("versionId") if number else None
    _require(told is not None, "no meta.versionId")
    _require(answer.headers.get("etag") == f'W/"{told}"', "ETag is not that of meta.versionId")
    found = resource(probe.ask("GET", f"Patient/{id_}/_history/{told}"), "Patient")
    _require(found.get("id") == id_, "another id than was asked for")


def nobody(probe: Probe) -> None:
    probe.offers("read")
    outcome(probe.ask("GET", f"Patient/{NOBODY}"), 404)


def search(probe: Probe) -> None:
    probe.offers("search-type")
    bundle = searchset(probe.ask("GET", "Patient", params={"_count": "1"}))
    _require(link_of(bundle, "self") is not None, "no link self")
    matches = [
        one for one in objects(bundle.get("entry")) if one.get("search", {}).get("mode") == "match"
    ]
    _require(len(matches) <= 1, "more on a page than _count")


def search_by_form(probe: Probe) -> None:
    probe.offers("search-type")
    searchset(probe.ask("POST", "Patient/_search", data={"_count": "1"}))


def unknown_number(probe: Probe) -> None:
    probe.offers("search-type")
    asked = {"identifier": f"urn:{NOBODY}|{NOBODY}"}
    answer = probe.ask("POST", "Patient/_search", data=asked)
    if answer.status_code == 404:  # PDQm: an Assigning Authority that nobody knows may be told so.
        outcome(answer, 404)
        return
    found = objects(searchset(answer).get("entry"))
    _require(all(_is_remark(one) for one in found), "somebody is found under a number of nobody")


def _is_remark(entry: Mapping[str, Any]) -> bool:
    return isinstance(entry.get("search"), dict) and entry["search"].get("mode") == "outcome"


def pages(probe: Probe) -> None:
    probe.offers("search-type")
    first = searchset(probe.ask("GET", "Patient", params={"_count": "1"}))
    following = link_of(first, "next")
    if following is None:
        raise NotOfferedError
    second = searchset(probe.ask("GET", following))
    _require(_ids(first).isdisjoint(_ids(second)), "somebody is on two pages")


def _ids(bundle: Mapping[str, Any]) -> set[str]:
    found = (one.get("resource", {}) for one in objects(bundle.get("entry")))
    return {str(one["id"]) for one in found if one.get("resourceType") == "Patient" and "id" in one}


def parameters(probe: Probe) -> None:
    probe.offers("search-type")
    told = {one.get("name") for one in objects(probe.patients.get("searchParam"))}
    missing = sorted(PDQM - told)
    _require(not missing, f"not declared: {' '.join(missing)}")


def match(probe: Probe) -> None:
    probe.offers_operation("match")
    patient = {"resourceType": "Patient", "name": [{"text": NOBODY}]}
    asked = {
        "resourceType": "Parameters",
        "parameter": [{"name": "resource", "resource": patient}],
    }
    bundle = searchset(_operation(probe, "match", asked))
    for one in objects(bundle.get("entry")):
        score = one.get("search", {}).get("score")
        _require(_is_remark(one) or (score is not None and 0 <= score <= 1), "no score from 0 to 1")


def match_of_nothing(probe: Probe) -> None:
    probe.offers_operation("match")
    outcome(_operation(probe, "match", {"resourceType": "Parameters"}), 400, 422)


def cross_reference(probe: Probe) -> None:
    probe.offers_operation("ihe-pix")
    asked = _pix("sourceIdentifier", f"urn:{NOBODY}", NOBODY)
    found = outcome(_operation(probe, "ihe-pix", asked), 400)
    codes = [one.get("code") for one in found["issue"]]
    _require("code-invalid" in codes, "an unknown Assigning Authority is not code-invalid")


def cross_reference_of_nothing(probe: Probe) -> None:
    probe.offers_operation("ihe-pix")
    outcome(_operation(probe, "ihe-pix", {"resourceType": "Parameters"}), 400)


def _operation(probe: Probe, name: str, asked: Mapping[str, Any]) -> httpx.Response:
    headers = {"Content-Type": FHIR_JSON}
    content = json.dumps(asked).encode()
    return probe.ask("POST", f"Patient/${name}", content=content, headers=headers)


def _pix(name: str, system: str, value: str) -> dict[str, Any]:
    told = {"name": name, "valueIdentifier": {"system": system, "value": value}}
    return {"resourceType": "Parameters", "parameter": [told]}


def feed(probe: Probe) -> None:
    """What the statement says; nothing is written to somebody's service."""
    if probe.patients.get("conditionalUpdate") is None:
        raise NotOfferedError
    _require(probe.patients["conditionalUpdate"] is True, "no conditional update")
    told = probe.patients.get("conditionalDelete", "not-supported")
    _require(told in ("single", "multiple"), "no conditional delete")


def discovery(probe: Probe) -> None:
    told = probe.smart
    _require(isinstance(told.get("token_endpoint"), str), "no token_endpoint")
    for name, wanted in SMART.items():
        stated = told.get(name)
        _require(isinstance(stated, list), f"no {name}")
        _require(bool(wanted & set(map(str, stated or ()))), f"{name} lacks what is needed")


SMART: Mapping[str, frozenset[str]] = {
    "grant_types_supported": frozenset({"client_credentials"}),
    "token_endpoint_auth_methods_supported": frozenset({"private_key_jwt"}),
    "token_endpoint_auth_signing_alg_values_supported": frozenset({"RS384", "ES384"}),
    "capabilities": frozenset({"client-confidential-asymmetric"}),
}
"""Of the discovery document, one value of each at least."""


def _asked_token(probe: Probe, assertion: str, scope: str) -> httpx.Response:
    endpoint = urljoin(f"{probe.base}/", str(probe.smart.get("token_endpoint")))
    form = {
        "grant_type": "client_credentials",
        "scope": scope,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }
    is_ours = (
        urlsplit(endpoint).scheme == "https" or urlsplit(endpoint)[:2] == urlsplit(probe.base)[:2]
    )
    _require(is_ours, "the token endpoint is elsewhere and not https")
    return probe.http.post(endpoint, data=form, follow_redirects=False)


def token(probe: Probe) -> None:
    """The token is used for all that follows."""
    who = probe.credentials
    if who is None:
        raise NotOfferedError
    endpoint = urljoin(f"{probe.base}/", str(probe.smart.get("token_endpoint")))
    answer = _asked_token(probe, who.assertion(endpoint), " ".join(who.scopes))
    told = body(answer)
    _require(isinstance(told.get("access_token"), str), "no access_token")
    probe.token = told["access_token"]
    _require(str(told.get("token_type", "")).lower() == "bearer", "token_type is not bearer")
    _require(0 < float(told.get("expires_in", 0)) <= LONGEST_TOKEN, "expires_in is not 1 to 300")
    _require("no-store" in answer.headers.get("cache-control", ""), "the token may be cached")


def forged(probe: Probe) -> None:
    answer = _asked_token(probe, "e30.e30.e30", "system/Patient.rs")
    _require(answer.status_code in (400, 401), f"status {answer.status_code} instead of 400 or 401")
    _require(_object(answer).get("error") is not None, "no error code of RFC 6749")


def guarded(probe: Probe) -> None:
    if not probe.token:
        raise NotOfferedError
    told = {"Authorization": "Bearer motem-check"}
    answer = probe.ask("GET", f"Patient/{NOBODY}", headers=told)
    _require(answer.status_code == 401, f"status {answer.status_code} instead of 401")


REST, SMART_NAME = "FHIR R4 REST", "SMART Backend Services"
CHECKS: Sequence[tuple[str, str, Callable[[Probe], None]]] = (
    ("discovery document", SMART_NAME, discovery),
    ("a token for a signed assertion", SMART_NAME, token),
    ("no token for a forged assertion", SMART_NAME, forged),
    ("no answer without a valid token", SMART_NAME, guarded),
    ("CapabilityStatement", REST, statement),
    ("XML where it is declared", REST, in_xml),
    ("read", REST, read),
    ("ETag and vread", REST, version),
    ("404 with an OperationOutcome", REST, nobody),
    ("search, with _count and self", REST, search),
    ("paging", REST, pages),
    ("search by POST", "ITI-78 PDQm", search_by_form),
    ("search parameters", "ITI-78 PDQm", parameters),
    ("nobody under an unknown number", "ITI-78 PDQm", unknown_number),
    ("unknown Assigning Authority", "ITI-83 PIXm", cross_reference),
    ("no sourceIdentifier", "ITI-83 PIXm", cross_reference_of_nothing),
    ("conditional update and delete declared", "ITI-104 PIXm feed", feed),
    ("$match answers a searchset with scores", "ITI-119 PDQm match", match),
    ("$match without a Patient", "ITI-119 PDQm match", match_of_nothing),
)
"""In the order in which they are tried: the token first."""


def check(probe: Probe) -> tuple[Finding, ...]:
    """All checks. Whatever a service does, each ends with a line."""
    return tuple(_found(probe, *one) for one in CHECKS)


def _found(probe: Probe, name: str, requirement: str, run: Callable[[Probe], None]) -> Finding:
    state, detail = State.PASSED, ""
    try:
        run(probe)
    except NotOfferedError:
        state = State.NOT_OFFERED
    except FailedError as error:
        state, detail = State.FAILED, str(error)
    except httpx.HTTPError as error:
        state, detail = State.FAILED, f"not reached: {type(error).__name__}"
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        state, detail = State.FAILED, "the answer does not have the form that FHIR gives it"
    return Finding(check=name, requirement=requirement, state=state, detail=detail)
