"""Use case: the source register, which system sends what under which agreement, and how well."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

import audit
from adapters.catalog import accepts
from adapters.contract import SourceAdapter
from audit.event import Action, AuditEvent, Caller
from gateway.registry import traffic
from gateway.registry.traffic import Traffic
from gateway.site import Agreement, Site

WINDOW = timedelta(days=30)
"""Over which errors and unknown fields are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One source system: what was agreed, and what came of it in the last 30 days."""

    source: str
    system: str | None
    """None: all systems of the source that have no entry of their own."""
    version: str
    accepts: str
    agreement: Agreement | None
    last: datetime | None
    lag: timedelta | None
    """Since the last message."""
    late: bool
    """Nothing came for longer than was agreed."""
    messages: int
    error_rate: float
    """Of the records that came, the share that was refused."""
    open_refusals: int
    overdue: int
    unknown_fields: Mapping[str, int]


def register(
    session: Session, adapters: Mapping[str, SourceAdapter], site: Site, caller: Caller
) -> list[Entry]:
    """Every source, and each of its systems that has an agreement of its own."""
    now = datetime.now(UTC)
    found = traffic.traffic(session, now - WINDOW, now)
    audit.append(session, AuditEvent(action=Action.REPORT_READ, caller=caller))
    return [
        _entry(name, adapter, agreement, _of(found, name, agreement, site), now)
        for name, adapter in adapters.items()
        for agreement in _agreements(site, name)
    ]


def _agreements(site: Site, source: str) -> Iterator[Agreement | None]:
    """That of the whole source first, None where there is none; then those of its systems."""
    yield next((a for a in site.agreements if (a.source, a.system) == (source, None)), None)
    yield from (a for a in site.agreements if a.source == source and a.system)


def _of(
    found: Iterable[Traffic], source: str, agreement: Agreement | None, site: Site
) -> list[Traffic]:
    """The traffic for which this agreement holds, or for which there is none."""
    return [
        one
        for one in found
        if one.source == source and site.agreement_of(source, one.system) == agreement
    ]


def _entry(
    source: str,
    adapter: SourceAdapter,
    agreement: Agreement | None,
    came: list[Traffic],
    now: datetime,
) -> Entry:
    last = max((one.last for one in came if one.last), default=None)
    lag = now - last if last else None
    rhythm = agreement.rhythm if agreement else None
    records = sum(one.records for one in came)
    unknown = {name: 0 for one in came for name in one.unknown_fields}
    return Entry(
        source=source,
        system=agreement.system if agreement else None,
        version=adapter.version,
        accepts=accepts(adapter),
        agreement=agreement,
        last=last,
        lag=lag,
        late=rhythm is not None and (lag is None or lag > rhythm),
        messages=sum(one.messages for one in came),
        error_rate=sum(one.refused for one in came) / records if records else 0.0,
        open_refusals=sum(one.unsettled.refusals for one in came),
        overdue=sum(one.unsettled.overdue for one in came),
        unknown_fields={
            name: sum(one.unknown_fields.get(name, 0) for one in came) for name in sorted(unknown)
        },
    )
