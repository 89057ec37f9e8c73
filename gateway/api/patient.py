"""Read of Patient: a source's own, or the golden one of a child."""

from email.utils import format_datetime

from fastapi import APIRouter, Response

from gateway.api.dependencies import CurrentCaller, Transaction
from gateway.api.outcome import FhirResponse, failure
from gateway.errors import NotFoundError
from gateway.lookup import read_patient

router = APIRouter()


@router.get("/Patient/{patient_id}")
def read(patient_id: str, session: Transaction, caller: CurrentCaller) -> Response:
    found = read_patient(session, patient_id, caller)
    if found is None:
        # Returned, not raised: the event that somebody asked in vain is to be kept.
        return failure(NotFoundError())
    headers = {
        "ETag": f'W/"{found.version_id}"',
        "Last-Modified": format_datetime(found.last_updated, usegmt=True),
        "Cache-Control": "no-store",
    }
    return FhirResponse(found.body, headers=headers)
