"""Use cases: a sender revises or takes back a Patient of its own that it names by the id given out here."""

from adapters.contract import Resource
from adapters.fhir_body import as_content
from gateway.database import retried
from gateway.errors import GatewayError, WrongRequestError
from gateway.fed import Fed
from gateway.feed import Feed, Number, Sent, put, remove
from gateway.own_records import own_key

OURS = frozenset({"versionId", "lastUpdated", "source"})
"""In `meta` of what was read here: told by us, so no word of the sender's when it comes back."""
NOT_KEPT = ("text", "photo")
"""Left out by the fhir source anyhow; XML is not read that far."""
IN_PART = "SUBSETTED"


class OtherPatientError(WrongRequestError):
    """Patient.id must be that of the URL."""

    vietnamese = "Patient.id phải trùng với id trong URL."
    expression = "Patient.id"


class InPartError(GatewayError):
    """This is a resource in part (SUBSETTED): what it does not show would be taken for not known."""

    status = 422
    code = "business-rule"
    vietnamese = "Đây chỉ là một phần của tài nguyên (SUBSETTED); không dùng để cập nhật được."
    expression = "Resource.meta.tag"


def update(feed: Feed, id_: str, sent: Sent, version: int | None = None) -> Fed:
    """Revise the Patient with this id, as `feed.put` does by its number.

    Raises ComputedError, NotOwnError, OtherPatientError, InPartError, and what `put` raises.
    """
    number = _number(feed, id_)
    if sent.patient.get("id") != id_:
        raise OtherPatientError
    meta = sent.patient.get("meta")
    if isinstance(meta, dict):
        sent = _without_ours(sent, meta)
    return put(feed, number, sent, version, by_id=True)


def delete(feed: Feed, id_: str, version: int | None = None) -> Fed:
    """Mark the Patient with this id as not active. Raises ComputedError, NotOwnError, VersionError."""
    return remove(feed, _number(feed, id_), version)


def _number(feed: Feed, id_: str) -> Number:
    key = retried(feed.engine, lambda session: own_key(session, feed.domains, id_))
    system, _, value = key.partition("|")
    return Number(system=system, value=value)


def _without_ours(sent: Sent, meta: Resource) -> Sent:
    if not OURS & meta.keys():
        require_whole(sent.patient)
        return sent
    patient = as_told(sent.patient)
    return Sent(content=as_content(patient), patient=patient)


def require_whole(resource: Resource) -> None:
    """Raises InPartError for what was read in part."""
    meta = resource.get("meta")
    tags = meta.get("tag") if isinstance(meta, dict) else None
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, dict) and tag.get("code") == IN_PART:
            raise InPartError


def as_told(resource: Resource) -> Resource:
    """What is the sender's own word of what was read here. Raises InPartError."""
    require_whole(resource)
    plain = {name: value for name, value in resource.items() if name not in NOT_KEPT}
    meta = plain.get("meta")
    if isinstance(meta, dict):
        plain.pop("meta")
        kept = {name: value for name, value in meta.items() if name not in OURS}
        plain |= {"meta": kept} if kept else {}
    return plain
