"""Makes of a statement all that can be made without the database: its text, hash and resources."""

import hashlib
import json
from dataclasses import dataclass, field

import structlog

from adapters.contract import Conversion, SourceAdapter, Statement, content_text
from adapters.errors import PayloadError, Problem, Rejection, mistake
from adapters.validation import validated

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """A statement, ready for the registry; either its conversion or why there is none."""

    statement: Statement
    text: str = field(repr=False)
    """The content as JSON."""
    content_hash: str
    fingerprint: str
    """By which the statement is known again, whatever message it comes in."""
    conversion: Conversion | None = field(repr=False)
    refusal: Rejection | None = None


def prepare(source: str, adapter: SourceAdapter, statement: Statement) -> Prepared:
    """Convert one statement; never raises: what cannot be converted is a refusal.

    Whether it is valid FHIR is judged later: a part may lack what another part of its stay says.
    """
    text = content_text(statement.content)
    # A lone surrogate is refused later, with all that cannot be stored.
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    parts = (source, statement.record_id, statement.episode, statement.kind, digest)
    conversion, refusal = _converted(adapter, statement)
    return Prepared(
        statement=statement,
        text=text,
        content_hash=digest,
        fingerprint=hashlib.sha256(json.dumps(parts).encode()).hexdigest(),
        conversion=conversion,
        refusal=refusal,
    )


def refused(problem: Problem, statement: Statement, element: str | None = None) -> Rejection:
    """The rejection of one statement, at its own position."""
    return Rejection(problem=problem, position=statement.position, element=element)


def _converted(
    adapter: SourceAdapter, statement: Statement
) -> tuple[Conversion | None, Rejection | None]:
    try:
        return adapter.convert(statement), None
    except PayloadError as error:
        told = error.rejection
        return None, refused(told.problem, statement, told.element or told.position)
    # A mistake in a mapping must cost one record and never the whole file.
    except Exception as error:
        log.error("mapping failed", kind=statement.kind, error=type(error).__name__)
        return None, mistake(error, statement.position)


def is_valid(conversion: Conversion) -> bool:
    """Whether each resource by itself is valid FHIR."""
    try:
        for resource in conversion.resources:
            validated(resource)
    except PayloadError:
        return False
    return True
