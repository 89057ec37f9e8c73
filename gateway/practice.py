"""Use case: fills the sandbox with made-up children, marked ones first, and clients that all can be."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from adapters.catalog import addressed, load_adapters
from adapters.contract import SourceMessage
from audit.event import Caller
from gateway import modelling
from gateway.access import clients
from gateway.access.clients import Client
from gateway.access.published import public_jwk
from gateway.database import retried, transaction
from gateway.ingest import deliver_many
from gateway.linking import link
from gateway.sample.world import World, write
from gateway.sandbox.children import payloads

WORLD = World(children=60, seed=5, all_sources=True)
"""Beside the marked children: enough to page through, few enough to be there in seconds."""
NOT_PAPERS = ("truth.csv", "strata.csv", "broken.csv")
SOURCES = ("police", "hospital", "facility", "civil_status", "fhir")
CLIENTS: Sequence[Client] = (
    Client(
        id="sandbox-child-protection",
        name="Sandbox: bảo vệ trẻ em",
        role="child-protection",
        provinces=("*",),
        sources=SOURCES,
        purposes=("CHILDPROT",),
        scopes=("system/*.cruds", "motem/send"),
    ),
    Client(
        id="sandbox-hospital",
        name="Sandbox: bệnh viện",
        role="hospital",
        body="hospital:22103",
        sources=("hospital", "fhir"),
        purposes=("TREAT",),
        scopes=("system/*.cruds", "motem/send"),
    ),
    Client(
        id="sandbox-school",
        name="Sandbox: trường học",
        role="school",
        body="school:01001",
        purposes=("EDUC",),
        scopes=("system/*.rs",),
    ),
    Client(
        id="sandbox-steward",
        name="Sandbox: người đối soát",
        role="steward",
        purposes=("CHILDPROT",),
        scopes=("motem/stewardship",),
    ),
    Client(
        id="sandbox-changes",
        name="Sandbox: theo dõi thay đổi",
        role="subscriber",
        purposes=("CHILDPROT",),
        scopes=("motem/events",),
    ),
    Client(
        id="sandbox-operator",
        name="Sandbox: vận hành",
        role="operator",
        purposes=("HOPERAT",),
        scopes=("motem/messages",),
    ),
    Client(
        id="sandbox-auditor",
        name="Sandbox: kiểm tra",
        role="auditor",
        purposes=("HOPERAT",),
        scopes=("motem/audit", "system/AuditEvent.rs"),
    ),
)
"""One for each role; all have the key that everybody has."""


def is_filled(engine: Engine) -> bool:
    """Clients come last: where they are, all is there."""
    with transaction(engine) as session:
        return clients.find(session, CLIENTS[-1].id) is not None


def fill(engine: Engine, caller: Caller, world: World = WORLD) -> None:
    """Take all in, link it, register the clients. What is there already changes nothing."""
    adapters = load_adapters()
    with tempfile.TemporaryDirectory() as folder:
        write(world, Path(folder))
        papers = [path for path in sorted(Path(folder).rglob("*")) if _is_paper(path)]
        contents = [*payloads(), *(path.read_bytes() for path in papers)]
    sent = (SourceMessage(source="", content=content, name="sandbox") for content in contents)
    list(deliver_many(engine, (addressed(one, adapters) for one in sent), caller))
    retried(engine, lambda session: link(session, modelling.in_use(session), caller))
    keys = clients.as_set(json.dumps(public_jwk()).encode())
    with transaction(engine) as session:
        for one in CLIENTS:
            clients.add(session, replace(one, keys=keys), caller)


def _is_paper(path: Path) -> bool:
    return path.is_file() and path.name not in NOT_PAPERS
