"""Log lines: to standard error, with the command's or request's id, and without child data."""

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor
from ulid import ULID

from gateway.settings import LogFormat, Settings

REMOVED = "[removed]"

CHILD_DATA = frozenset(
    {
        *("name", "names", "full_name", "family", "given", "ho_ten", "hoten"),
        *("birth_date", "birthdate", "ngay_sinh", "ngaysinh", "dob"),
        *("address", "addresses", "telecom", "phone", "mother", "father", "guardian", "finder"),
        *("identifier", "identifiers", "personal_id", "certificate", "record_id", "record_key"),
        *("content", "payload", "resource", "resources", "statement", "excerpt", "body"),
    }
)
"""Keys whose values never reach a log line, at any depth. A net under the rule, not the rule."""

TALKATIVE = ("httpx", "httpcore")
"""Libraries that write what another system sent them into their lines."""


def configure(settings: Settings) -> None:
    """Send the lines of structlog and of the standard library to standard error.

    Each line carries `run`, an id for this command or service.
    """
    structlog.contextvars.bind_contextvars(run=str(ULID()))
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        remove_child_data,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(settings.log_format),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for library in TALKATIVE:
        logging.getLogger(library).setLevel(logging.WARNING)


def remove_child_data(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor that blanks the values of known keys, however deep they stand."""
    for key, value in event.items():
        event[key] = REMOVED if key.lower() in CHILD_DATA else _without_child_data(value)
    return event


def _without_child_data(value: object) -> object:
    if isinstance(value, Mapping):
        return {
            key: REMOVED if str(key).lower() in CHILD_DATA else _without_child_data(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_child_data(inner) for inner in value]
    return value


def _rendering(log_format: LogFormat) -> list[Processor]:
    if log_format is LogFormat.JSON:
        # Tracebacks as frames without local variables: those would hold child data.
        traces = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        return [
            structlog.processors.ExceptionRenderer(traces),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    ]
