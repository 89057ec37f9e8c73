"""Who bears a number: records by an identifier of their Patient, whatever its system."""

from sqlalchemy import Boolean, ColumnElement, any_, cast, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, JSONPATH
from sqlalchemy.orm import Session

from gateway.fhir.extraction import code
from gateway.registry.tables import resource, search

CURRENT = '$.identifier[*] ? (@.system == $system && @.value == $value && !(@.use == "old"))'


def bearers(session: Session, system: str, value: str, kind: str = "Patient") -> list[str]:
    """Ids of the resources of records, mostly Patients, that have this identifier now, in order.

    Not those that had it: a number that was corrected may have been another child's.
    """
    c = resource.c
    wanted = literal({"system": system, "value": value}, JSONB)
    still = func.jsonb_path_exists(cast(c.body, JSONB), cast(CURRENT, JSONPATH), wanted)
    query = (
        select(c.id)
        .distinct()
        .join(search, search.c.id == c.id)
        .where(c.type == kind, c.is_current, c.record_id.is_not(None), still)
        .where(*_identified(kind), search.c.value == code(value), search.c.qualifier == system)
    )
    return sorted(session.scalars(query))


def is_used(session: Session, system: str) -> bool:
    """Whether any Patient has an identifier of this system."""
    query = select(literal(1)).select_from(search)
    found = query.where(*_identified(), search.c.qualifier == system).limit(1)
    return session.scalar(found) is not None


def _identified(kind: str = "Patient") -> tuple[ColumnElement[bool], ...]:
    """Rows of a type's identifiers; `listed` stands in the index between, so both are named."""
    both = any_(literal([False, True], ARRAY(Boolean)))
    c = search.c
    return c.type == kind, c.parameter == "identifier", c.listed == both
