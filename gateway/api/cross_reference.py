"""`Patient/$ihe-pix` of IHE ITI-83: the other numbers of a child, by one of them."""

from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.api.dependencies import CurrentCaller, CurrentServices, Reading
from gateway.api.fhir_parameters import (
    MissingParameterError,
    UnknownParameterError,
    answered,
    asked_of,
    base_of,
    is_text,
    parameter,
    parameters,
)
from gateway.api.outcome import failure
from gateway.api.payload import SentResource
from gateway.cross_reference import CrossReference, Number, UnknownNumberError, cross_reference

router = APIRouter()
ASKED = "sourceIdentifier"
TARGETS = "targetSystem"


@router.get("/Patient/$ihe-pix")
@router.post("/Patient/$ihe-pix")
def ihe_pix(
    request: Request,
    content: SentResource,
    session: Reading,
    services: CurrentServices,
    caller: CurrentCaller,
) -> Response:
    """By GET as IHE has it; by POST no number stands in a URL."""
    said = asked_of(request, content)
    number = _number(said.values.get(ASKED, ()))
    targets = [one for one in said.all(TARGETS) if one]
    base = base_of(request)
    domains = services.site.domains()
    found = cross_reference(session, number, targets, domains, base, caller)
    if found is None:
        # Returned, not raised: the event that somebody asked in vain is to be kept.
        return failure(UnknownNumberError())
    return answered(_told(found))


def _number(told: Any) -> Number:
    """`system|value` as text, or an Identifier. Exactly one."""
    if not told:
        raise MissingParameterError(ASKED)
    one = told[0]
    if isinstance(one, dict):
        system, value = one.get("system"), one.get("value")
    else:
        system, _, value = str(one).rpartition("|")
    if not is_text(system) or not is_text(value):
        raise UnknownParameterError(ASKED)
    if len(told) > 1 or not value.strip():
        raise UnknownParameterError(ASKED)
    return Number(system=system.strip(), value=value.strip())


def _told(found: CrossReference) -> dict[str, Any]:
    return parameters(
        *(parameter("targetIdentifier", valueIdentifier=one) for one in found.identifiers),
        *(
            parameter("targetId", valueReference={"reference": f"Patient/{id_}"})
            for id_ in found.patients
        ),
    )
