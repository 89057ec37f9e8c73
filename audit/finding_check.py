"""Compares findings and their states, as the database has them, with what events of the log tell of them."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, text

from audit.finding_store import digest_of
from audit.tables import finding, finding_state

TOLD = text(
    "SELECT e.id, e.body FROM audit_event e LEFT JOIN audit_leaf l ON l.event_id = e.id"
    " LEFT JOIN audit_pending p ON p.id = e.id WHERE e.action IN ('finding:open', 'finding:change')"
    " AND e.body IS NOT NULL AND coalesce(l.seq, p.number) IS NOT NULL ORDER BY l.seq, p.number"
)
"""In the order of the tree, and then of what waits for it."""
NEAR = 60 * 1_000_000
"""Microseconds by which a state may be older than the event that tells of it."""


class Step(NamedTuple):
    """A state of a finding, by whom, and the first event of the transaction that wrote it."""

    state: str
    outcome: str | None
    owner: str | None
    who: str
    unit: str


@dataclass(kw_only=True)
class _Told:
    """What events say of one finding: the first event, its digest, and each state."""

    event: str
    digest: str | None
    steps: list[tuple[Step, int, str]] = field(default_factory=list)


def misfits(connection: Connection) -> Iterator[str]:
    """Ids of events that tell of what is not there as they say; of findings that no event tells of."""
    told = _told(connection)
    rows = {row.id: digest_of(row) for row in connection.execute(select(finding))}
    steps: defaultdict[str, list[tuple[Step, int]]] = defaultdict(list)
    for row in connection.execute(select(finding_state).order_by(finding_state.c.number)):
        step = Step(row.state, row.outcome, row.owner, row.who, row.event)
        steps[row.finding].append((step, row.occurred))
    for id_ in sorted(told.keys() | rows.keys() | steps.keys()):
        one = told.get(id_)
        if one is None:
            yield id_
        elif id_ not in rows or one.digest not in (None, rows[id_]):
            yield one.event
        else:
            yield from _differing(id_, one, steps[id_])


def _differing(id_: str, told: _Told, steps: list[tuple[Step, int]]) -> Iterator[str]:
    """The first state that is not as told: by its event, or the finding where no event has it."""
    for said, stands in zip_longest(told.steps, steps):
        if said is None:
            yield id_
            return
        step, occurred, event = said
        if stands is None or stands[0] != step or abs(stands[1] - occurred) > NEAR:
            yield event
            return


def _told(connection: Connection) -> dict[str, _Told]:
    found: dict[str, _Told] = {}
    for row in connection.execute(TOLD):
        try:
            body = json.loads(row.body)
        except ValueError:  # It is found by its commitment.
            continue
        detail: dict[str, Any] = body["detail"]
        if "named" in detail:
            _opened(found, row.id, body)
        elif "state" in detail and detail["finding"] in found:
            found[detail["finding"]].steps.append(_step(row.id, body))
    return found


def _opened(found: dict[str, _Told], event: str, body: dict[str, Any]) -> None:
    detail = body["detail"]
    digests = detail.get("digests", "").split()
    for id_, digest in zip_longest(detail["named"].split(), digests):
        step = Step("open", None, None, body["who"], body.get("unit", event))
        one = _Told(event=event, digest=digest)
        one.steps.append((step, int(body["occurred"]), event))
        found[id_] = one


def _step(event: str, body: dict[str, Any]) -> tuple[Step, int, str]:
    detail, who = body["detail"], body["who"]
    owner, outcome = detail.get("owner", who), detail.get("outcome")
    step = Step(detail["state"], outcome, owner, who, body.get("unit", event))
    return step, int(body["occurred"]), event
