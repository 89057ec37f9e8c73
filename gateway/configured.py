"""Tells the access log how the service is set up, whenever that is not what the log said last."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

import structlog
from pydantic import SecretStr
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

import audit
from audit import queries
from audit.event import Action, AuditEvent, Caller, DetailValue
from audit.queries import Wanted
from gateway import acting
from gateway.background import repeated
from gateway.database import retried
from gateway.settings import Settings

AGAIN = 5.0
"""Seconds until it is tried again to tell what could not be told when the service began."""
SET = "set"
"""Stands for a value that is nobody's business."""
LOCK = func.hashtextextended("configuration/change", 0)

log = structlog.get_logger()


def told_of(
    settings: Settings, policy: str | None = None, *, sandbox: bool = False
) -> dict[str, DetailValue]:
    """Every setting that is not as it comes, secrets as `set`; the policy, where one is gone by, and
    the site's file by their hashes."""
    told: dict[str, DetailValue] = {} if policy is None else {"policy": policy}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if value != field.default:
            told[str(field.validation_alias)] = _plain(value)
    if settings.site is not None:
        told["site"] = sha256(settings.site.read_bytes()).hexdigest()
    if sandbox:
        told["sandbox"] = True
    return told


def _plain(value: object) -> DetailValue:
    # An address can hold a password.
    is_secret = isinstance(value, SecretStr) or "@" in str(value)
    return SET if is_secret else value if isinstance(value, bool | int) else str(value)


def tell(session: Session, told: dict[str, DetailValue], caller: Caller) -> bool:
    """An event where this is not what the last one of this system says; whether there was one to write."""
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    wanted = Wanted(actions=(Action.CONFIGURATION_CHANGE,), system=caller.system)
    last = queries.search(session, wanted, most=1)
    if last and dict(last[0].event.detail) == told:
        return False
    event = AuditEvent(action=Action.CONFIGURATION_CHANGE, caller=caller, detail=told)
    audit.append(session, event)
    return True


@contextmanager
def telling_how(engine: Engine, told: dict[str, DetailValue], caller: Caller) -> Iterator[None]:
    """Before the first answer; where the log cannot be written yet, as soon as it can."""
    done = False

    def once() -> bool:
        nonlocal done
        if not done:
            retried(engine, lambda session: tell(session, told, caller))
            done = True
        return False

    try:
        with acting.as_system():
            once()
    except Exception as error:  # Nothing is disclosed meanwhile: that needs the same log.
        log.warning("the log was not told how the service is set up", error=type(error).__name__)
    if done:
        yield
        return
    with repeated("configured", once, AGAIN):
        yield
