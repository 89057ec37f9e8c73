"""SMART Backend Services: the token endpoint, and the document by which clients find it."""

from http import HTTPStatus
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse

from gateway.access.assertion import RefusedAssertionError
from gateway.access.keys import ALGORITHMS
from gateway.access.scopes import SHOWN
from gateway.access.tokens import LASTS, Issued, RefusedScopeError
from gateway.admission import Entrance
from gateway.api.dependencies import CurrentEntrance, CurrentServices, host_of
from gateway.api.outcome import ERROR, failure
from gateway.api.payload import read_body
from gateway.errors import NotFoundError
from gateway.settings import Settings

router = APIRouter()
TOKEN_PATH = "/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = "application/x-www-form-urlencoded"
LARGEST_FORM = 32 * 1024
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


async def form_of(request: Request) -> dict[str, str] | None:
    """The form of a request; None where it is none, or tells something twice (RFC 6749 3.2)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        return None
    body = await read_body(request, LARGEST_FORM)
    try:
        told = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return None
    return dict(told) if len(dict(told)) == len(told) else None


Form = Annotated[dict[str, str] | None, Depends(form_of)]


@router.post(TOKEN_PATH)
def issue(
    request: Request, form: Form, entrance: CurrentEntrance, services: CurrentServices
) -> Response:
    """A token for a signed assertion (RFC 6749 4.4, RFC 7523 2.2); errors by RFC 6749 5.2."""
    if form is None:
        return _refused("invalid_request", "A form is needed, with each parameter once.")
    if form.get("grant_type") != "client_credentials":
        kind = "unsupported_grant_type" if form.get("grant_type") else "invalid_request"
        return _refused(kind, "grant_type is client_credentials.")
    if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
        return _refused("invalid_request", "client_assertion and its type are needed.")
    audience = own_url(request, services.settings)
    if audience is None:
        return _refused("invalid_client", "MOTEM_URL is not set here.")
    return _answer(entrance, form, audience + TOKEN_PATH, host_of(request))


def _answer(entrance: Entrance, form: dict[str, str], audience: str, host: str) -> Response:
    try:
        made = entrance.token_for(
            form["client_assertion"], form.get("scope", "").split(), audience=audience, host=host
        )
    except RefusedAssertionError:
        return _refused("invalid_client", "The assertion is not accepted.")
    except RefusedScopeError as error:
        return _refused("invalid_scope", str(error))
    return JSONResponse(_told(made), headers=NO_STORE)


def _told(made: Issued) -> dict[str, str | int]:
    bound = [f"purpose/{made.purpose}"] if made.purpose else []
    return {
        "access_token": made.token,
        "token_type": "bearer",
        "expires_in": LASTS,
        "scope": " ".join([*made.scopes, *bound]),
    }


def _refused(error: str, why: str) -> Response:
    """Whether there is such a client, or what is wrong with its assertion, is not told."""
    status = HTTPStatus.UNAUTHORIZED if error == "invalid_client" else HTTPStatus.BAD_REQUEST
    told = {"error": error, "error_description": why}
    return JSONResponse(told, status_code=status, headers=NO_STORE | {ERROR: "1"})


def own_url(request: Request, settings: Settings) -> str | None:
    """As it is set; else as it was called, if that is this machine: other names can be made up."""
    if settings.url is not None:
        return str(settings.url).rstrip("/")
    host = request.url.hostname or ""
    try:
        is_here = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_here = False
    return str(request.base_url).rstrip("/") if is_here else None


@router.get("/fhir/R4/.well-known/smart-configuration")
def configuration(request: Request, services: CurrentServices) -> Response:
    """What works, and nothing else (SMART App Launch 2.2, 4.2)."""
    base = own_url(request, services.settings)
    if base is None:  # Whatever name the caller made up must not come back to it.
        return failure(NotFoundError())
    return JSONResponse(
        {
            "token_endpoint": base + TOKEN_PATH,
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
            "grant_types_supported": ["client_credentials"],
            "scopes_supported": list(SHOWN),
            "capabilities": ["client-confidential-asymmetric", "permission-v1", "permission-v2"],
        }
    )
