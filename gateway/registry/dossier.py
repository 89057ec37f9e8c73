"""All that the records of a child say, with the bodies that they name, as FHIR resources."""

import json
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from gateway.registry.tables import among, resource
from gateway.registry.versions import REFERENCE, Resource

_c = resource.c
SHARED = ("Organization",)
"""Types that belong to no record: hospitals, homes, communes."""


def dossier(session: Session, record_ids: Collection[str]) -> list[Resource]:
    """What stands now in the records, in the order of type and id."""
    own = select(_c.body).where(_c.is_current, among(_c.record_id, record_ids))
    bodies = list(session.scalars(own.order_by(_c.type, _c.id)))
    named = {id_ for body in bodies for kind, id_ in REFERENCE.findall(body) if kind in SHARED}
    shared = select(_c.body).where(_c.is_current, _c.type.in_(SHARED), among(_c.id, named))
    bodies += session.scalars(shared.order_by(_c.type, _c.id))
    return [json.loads(body) for body in bodies]
