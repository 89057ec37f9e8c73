"""Use case: what a client may see, as a table in its own columns; every child of it is in the log."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import orjson
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway import acting, showing
from gateway.access import clients
from gateway.access.policy import Right, rows_of
from gateway.admission import Entrance
from gateway.consumers import Consumer, Tally, csv_of, row_of
from gateway.database import seeing_everything, transaction
from gateway.errors import GatewayError
from gateway.exporting import tell
from gateway.fhir.criteria import Ids
from gateway.fhir.query import search_of
from gateway.registry import exports, resources, search
from gateway.registry.resources import KeptResource

PAGE = 1000


class NoSuchClientError(GatewayError):
    """No such client may export for this purpose. See: motem client show"""

    vietnamese = "Hệ thống này không có hoặc không được xuất dữ liệu cho mục đích này."


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table as it is handed over: CSV, and what was wrong with it."""

    text: str = field(repr=False)
    rows: int
    tally: Tally


def table(
    engine: Engine,
    entrance: Entrance,
    consumer: Consumer,
    client: str,
    account: str,
    *,
    most: int = PAGE,
) -> Table:
    """All that the client may see, by its registration and the policy of today; committed.

    `account`: who makes it. `engine`: one that sees what a caller may see. `most`: resources that are
    looked at at a time. Raises NoSuchClientError, NotAllowedHereError, WrongParameterError,
    TooCostlyError.
    """
    with acting.as_system(), transaction(engine) as session:
        found = clients.find(session, client)
    if found is None or len(found.purposes) != 1:
        raise NoSuchClientError
    asking = entrance.still(client, found.purposes[0], Right.EXPORT)
    if asking is None:
        raise NoSuchClientError
    caller = Caller(
        who=account, system=client, purpose=asking.purpose, policy=entrance.policy.sha256
    )
    with acting.request() as request:
        request.subject, request.rows = asking, rows_of(asking)
        with transaction(engine) as session:
            return _table(session, consumer, caller, most)


def _table(session: Session, consumer: Consumer, caller: Caller, most: int) -> Table:
    tally = Tally()
    shown: list[tuple[KeptResource, showing.Shown]] = []
    rows: list[Sequence[str]] = []
    for kept in _pages(session, consumer, most):
        for one, view in zip(kept, showing.shown(session, caller, kept), strict=True):
            if view.text is not None:
                rows.append(row_of(consumer, orjson.loads(view.text), tally))
                shown.append((one, view))
    text = csv_of(consumer, rows)
    tell(
        session,
        caller,
        {
            "consumer": consumer.name,
            "version": consumer.version,
            "type": consumer.type,
            "count": len(rows),
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
        },
        shown,
    )
    return Table(text=text, rows=len(rows), tally=tally)


def _pages(session: Session, consumer: Consumer, most: int) -> Iterator[list[KeptResource]]:
    kind, veil = consumer.type, search.veil_of(session)
    wanted = replace(search_of(kind, consumer.criteria, veil), count=most)
    goldens = kind == "Patient" and not wanted.asks_for_records
    after = ""
    while True:
        with seeing_everything(session):
            names = exports.standing(session, kind, after=after, goldens=goldens, most=most)
        if not names:
            return
        after = names[-1]
        among = replace(wanted, criteria=(*wanted.criteria, Ids(ids=tuple(names))))
        found = search.page(session, among).ids
        kept = resources.read_many(session, [(kind, id_) for id_ in found])
        yield [kept[kind, id_] for id_ in found if (kind, id_) in kept]
