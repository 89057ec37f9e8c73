"""A FHIR Subscription as it comes and goes: what of it is supported, and all else refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from adapters.contract import Resource
from gateway.access.redaction import SUBSETTED
from gateway.errors import GatewayError
from gateway.registry.receivers import Receiver, State, Terms
from gateway.registry.subscription_versions import Version

KIND = "Subscription"
THIN = "application/json"
ELEMENTS = frozenset(
    {"resourceType", "id", "meta", "status", "end", "reason", "error", "criteria", "channel"}
)
CHANNEL = frozenset({"type", "endpoint", "payload", "header"})
ON, OFF = ("requested", "active", "error"), "off"
"""Of `status` as it is sent: what was read can be sent back as it is."""
ID = re.compile(r"(te-)?[0-9a-hjkmnp-tv-z]{26}")
HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}): ?([\x21-\x7e][\x20-\x7e]{0,999})")
OURS = re.compile(
    r"(?i)(host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|keep-alive"
    r"|proxy-.*|webhook-.*|x-motem-.*)"
)
"""Headers by which a request would be another one than the one that is signed."""
MOST_HEADERS, MOST_IDS, LONGEST = 10, 50, 1000


class UnsupportedSubscriptionError(GatewayError):
    """This Subscription asks for something that is not supported here, or not at all."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "not-supported"
    vietnamese: ClassVar[str] = "Subscription yêu cầu điều chưa được hỗ trợ hoặc không hợp lệ."

    def __init__(self, element: str, why: str) -> None:
        super().__init__(f"{type(self).__doc__} {why}")
        self.expression = f"{KIND}.{element}" if element else KIND


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What somebody subscribes to, and where it is to be told."""

    url: str = field(repr=False)
    is_on: bool
    terms: Terms


def wanted_of(resource: Resource, now: datetime) -> Wanted:
    """Raises UnsupportedSubscriptionError with the element, for all that would not be done."""
    _require_known(resource, ELEMENTS, "")
    _require_whole(resource.get("meta"))
    channel = resource.get("channel")
    if not isinstance(channel, Mapping):
        raise UnsupportedSubscriptionError("channel", "It must be there.")
    _require_known(channel, CHANNEL, "channel.")
    if channel.get("type") != "rest-hook":
        raise UnsupportedSubscriptionError("channel.type", "Only rest-hook.")
    status = resource.get("status")
    if status not in (*ON, OFF):
        raise UnsupportedSubscriptionError("status", "requested or off.")
    terms = Terms(
        criteria=_criteria(resource.get("criteria")),
        reason=_text(resource.get("reason"), "reason"),
        payload=_payload(channel.get("payload")),
        headers=_headers(channel.get("header", [])),
        end=_end(resource.get("end"), now),
    )
    url = _text(channel.get("endpoint"), "channel.endpoint")
    return Wanted(url=url, is_on=status != OFF, terms=terms)


def _require_known(told: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    if not told.keys() <= known:
        # Not by its name: a key is whatever somebody typed.
        raise UnsupportedSubscriptionError(place.rstrip("."), "It has an element that is not kept.")


def _require_whole(meta: object) -> None:
    """A version of the history has lost its headers: to send it back would take them away."""
    if "SUBSETTED" in str(meta):
        raise UnsupportedSubscriptionError("meta.tag", "This is a part of it (SUBSETTED).")


def _text(value: object, element: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        raise UnsupportedSubscriptionError(element, f"A text of 1 to {LONGEST} characters.")
    if not value.isprintable():
        raise UnsupportedSubscriptionError(element, "Printable characters only.")
    return value


def _criteria(value: object) -> str:
    """`Patient`, or Patients by their opaque ids: only these are known to be told in full."""
    text = _text(value, "criteria")
    kind, _, query = text.partition("?")
    named = ids_in(text)
    is_sound = kind == "Patient" and len(named) <= MOST_IDS and all(map(ID.fullmatch, named))
    if not is_sound or (query and [name for name, _ in parse_qsl(query)] != ["_id"]):
        raise UnsupportedSubscriptionError("criteria", "Patient, or Patient?_id=<id>,<id>…")
    return text


def ids_in(criteria: str) -> frozenset[str]:
    """The Patients that criteria name; none: they mean every one."""
    told = parse_qsl(criteria.partition("?")[2], keep_blank_values=True)
    return frozenset(id_ for _, value in told for id_ in value.split(","))


def _payload(value: object) -> str | None:
    if value not in (None, THIN):
        why = f"None, or {THIN}: ids and what happened. Resources are read, not sent."
        raise UnsupportedSubscriptionError("channel.payload", why)
    return THIN if value else None


def _headers(value: object) -> tuple[str, ...]:
    lines = value if isinstance(value, list) else [None]
    found = [HEADER.fullmatch(one) if isinstance(one, str) else None for one in lines]
    if len(lines) > MOST_HEADERS or not all(one and not OURS.fullmatch(one[1]) for one in found):
        why = f"At most {MOST_HEADERS} as `Name: value`, none that says how a request is sent."
        raise UnsupportedSubscriptionError("channel.header", why)
    return tuple(lines)


def _end(value: object, now: datetime) -> str | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
        is_sound = moment.tzinfo is not None and moment > now
    except ValueError:
        is_sound = False
    if not is_sound:
        raise UnsupportedSubscriptionError("end", "A moment to come, with its zone.")
    return str(value)


def headers_of(terms: Terms) -> dict[str, str]:
    """Name → value, as they are sent."""
    pairs = (one.partition(":") for one in terms.headers)
    return {name: value.strip() for name, _, value in pairs}


def status_of(one: Receiver) -> str:
    """As FHIR R4 has it; `error` as long as the last attempt failed."""
    if one.state is not State.ACTIVE:
        return OFF
    if not one.verified:
        return "requested"
    return "error" if one.error else "active"


def resource_of(one: Receiver) -> Resource:
    """The Subscription of a receiver, for the client whose it is."""
    assert one.terms is not None, "a subscription has terms"
    assert one.changed is not None, "a subscription says when it was changed"
    meta = {"versionId": str(one.version), "lastUpdated": one.changed.isoformat()}
    return _resource(one.id, meta, status_of(one), one.terms, one.url, one.error)


def past_of(one: Version) -> Resource:
    """A version as it was sent, without the headers: what they hold may still open something."""
    meta = {
        "versionId": str(one.number),
        "lastUpdated": one.changed.isoformat(),
        "tag": [SUBSETTED],
    }
    return _resource(one.id, meta, "requested" if one.is_on else OFF, one.terms, one.url)


def _resource(
    id_: str, meta: Resource, status: str, terms: Terms, url: str, error: str | None = None
) -> Resource:
    told: Resource = {
        "resourceType": KIND,
        "id": id_,
        "meta": meta,
        "status": status,
        "end": terms.end,
        "reason": terms.reason,
        "criteria": terms.criteria,
        "error": error,
        "channel": {"type": "rest-hook", "endpoint": url}
        | ({"payload": terms.payload} if terms.payload else {})
        | ({"header": list(terms.headers)} if terms.headers else {}),
    }
    return {name: value for name, value in told.items() if value is not None}
