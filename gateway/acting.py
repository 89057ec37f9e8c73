"""On whose behalf this thread or request works, and which rows the database shows to it.

The web service connects as a role that sees nothing by itself. What a caller may see is told to the
database at the begin of each transaction (`gateway.database`); what nobody said is not seen.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Everything:
    """The service itself: commands, the worker, linking, and writing use cases, which must compare
    what comes with all that is there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """What the policy lets one caller see: as row-level security is told it.

    `sees`: `source@province` (`@*` all, `@unknown` none known), and `source+label` for rows that
    carry a label. `types`: of resources, `*` for all. `body`: whose own rows are seen in any case;
    with `own_children`, those of others only where they are of a child of whom it has a row itself.
    `child`: of all this only what is of this one identity.
    """

    sees: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    body: str = ""
    own_children: bool = False
    child: str = ""


SYSTEM = Everything()
NOTHING = Rows()


class Acting:
    """Filled in once it is known who asks; a request that nobody named sees nothing."""

    def __init__(self, rows: Rows | Everything = NOTHING) -> None:
        self.rows = rows
        self.id = ""
        """Of the request, as `X-Request-Id` tells it."""
        self.subject: object | None = None
        """Whoever reads for it knows its type (`gateway.access.policy.Asking`)."""
        self.scopes: Collection[str] | None = None
        """What its token is good for; None: nobody asked for one."""


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


def current() -> Acting | None:
    """None outside of any request and of `as_system`."""
    return _acting.get()


@contextmanager
def request() -> Iterator[Acting]:
    """All that is done in this context, threads that it starts included, is for one request."""
    acting = Acting()
    token = _acting.set(acting)
    try:
        yield acting
    finally:
        _acting.reset(token)


@contextmanager
def as_system() -> Iterator[None]:
    """Transactions that begin inside the block see everything."""
    token = _acting.set(Acting(SYSTEM))
    try:
        yield
    finally:
        _acting.reset(token)
