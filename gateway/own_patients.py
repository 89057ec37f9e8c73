"""Use cases: a sender revises or takes back a Patient of its own that it names by the id given out here."""

from adapters.contract import Resource
from adapters.fhir_body import as_content
from gateway.database import retried
from gateway.errors import GatewayError, NotAllowedError, NotFoundError, WrongRequestError
from gateway.feed import SOURCE, Fed, Feed, Number, Sent, put, remove
from gateway.registry import records
from linkage.store import IDENTITY_PREFIX

OURS = frozenset({"versionId", "lastUpdated", "source"})
"""In `meta` of what was read here: told by us, so no word of the sender's when it comes back."""
NOT_KEPT = ("text", "photo")
"""Left out by the fhir source anyhow; XML is not read that far."""
IN_PART = "SUBSETTED"


class ComputedError(NotAllowedError):
    """A golden Patient is computed from its records: write the Patient of your own record."""

    vietnamese = "Patient chung được tính từ các hồ sơ gốc: chỉ ghi Patient của hồ sơ mình gửi."
    expression = "Patient.id"


class NotOwnError(NotFoundError):
    """There is no Patient with this id in the identifier domains of this sender."""

    vietnamese = "Không có Patient nào mang id này trong hệ thống định danh của bên gửi."
    expression = "Patient.id"


class OtherPatientError(WrongRequestError):
    """Patient.id must be that of the URL."""

    vietnamese = "Patient.id phải trùng với id trong URL."
    expression = "Patient.id"


class InPartError(GatewayError):
    """This is a Patient in part (SUBSETTED): what it does not show would be taken for not known."""

    status = 422
    code = "business-rule"
    vietnamese = "Đây chỉ là một phần của Patient (SUBSETTED); không dùng để cập nhật được."
    expression = "Patient.meta.tag"


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
    return put(feed, number, sent, version)


def delete(feed: Feed, id_: str, version: int | None = None) -> Fed:
    """Mark the Patient with this id as not active. Raises ComputedError, NotOwnError, VersionError."""
    return remove(feed, _number(feed, id_), version)


def _number(feed: Feed, id_: str) -> Number:
    """The own number that the record bears; of what is another's nothing is told, not that it is."""
    if id_.startswith(IDENTITY_PREFIX):
        raise ComputedError
    key = retried(feed.engine, lambda session: records.base_key(session, SOURCE, id_))
    system, bar, value = (key or "").partition("|")
    # Without domains of its own, what is nobody's would be everybody's.
    if not bar or feed.domains.own is None or not feed.domains.allow(system):
        raise NotOwnError
    return Number(system=system, value=value)


def _without_ours(sent: Sent, meta: Resource) -> Sent:
    tags = meta.get("tag")
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, dict) and tag.get("code") == IN_PART:
            raise InPartError
    if not OURS & meta.keys():
        return sent
    kept = {name: value for name, value in meta.items() if name not in OURS}
    plain = {name: value for name, value in sent.patient.items() if name not in NOT_KEPT}
    plain.pop("meta")
    patient = plain | ({"meta": kept} if kept else {})
    return Sent(content=as_content(patient), patient=patient)
