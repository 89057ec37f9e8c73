"""Budgets: how many requests a caller has in a minute, and another number for asking who a child is.

Counted in the memory of one process (library `limits`): several processes have a budget each.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter

from gateway.access.counts import Counts
from gateway.access.errors import OverBudgetError
from gateway.settings import Settings

CLIENT, MATCH, ADDRESS = "client", "match", "address"
MINUTE = 60
ONE_HOUSEHOLD = 64
"""Leading bits of an IPv6 address that one customer is given: the rest it chooses itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """What a request took from one budget. `again`: seconds until it is whole again."""

    budget: str
    quota: int
    left: int
    again: int

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers-10 writes them."""
        return {
            "RateLimit-Policy": f'"{self.budget}";q={self.quota};w={MINUTE}',
            "RateLimit": f'"{self.budget}";r={self.left};t={self.again}',
        }


_spending: ContextVar[list[Spent] | None] = ContextVar("spending", default=None)


@contextmanager
def spending() -> Iterator[list[Spent]]:
    """What is spent in this context, threads that it starts included."""
    found: list[Spent] = []
    token = _spending.set(found)
    try:
        yield found
    finally:
        _spending.reset(token)


class Budgets:
    """Those of the settings. Without numbers there are none over an embedded database."""

    def __init__(self, settings: Settings, *, embedded: bool) -> None:
        wanted = {
            CLIENT: settings.budget_client,
            MATCH: settings.budget_match,
            ADDRESS: settings.budget_address,
        }
        generous = {} if embedded else DEFAULTS
        self._items: dict[str, RateLimitItem] = {
            name: RateLimitItemPerMinute(amount, namespace=name)
            for name, told in wanted.items()
            if (amount := told or generous.get(name)) is not None
        }
        self._counts = FixedWindowRateLimiter(Counts())
        self._told = RateLimitItemPerMinute(1, namespace="told")

    def spend(self, budget: str, who: str) -> None:
        """Take one request from a budget of `who`. Raises OverBudgetError where it is used up.

        Only the first refusal of a minute is `first`: a flood must not cost us a row for each.
        """
        item = self._items.get(budget)
        if item is None:
            return
        is_left = self._counts.hit(item, who)
        found = self._counts.get_window_stats(item, who)
        again = min(MINUTE, max(1, math.ceil(found.reset_time - time.time())))
        spent = Spent(budget=budget, quota=item.amount, left=max(0, found.remaining), again=again)
        told = _spending.get()
        if told is not None:
            told.append(spent)
        if not is_left:
            raise OverBudgetError(first=self._counts.hit(self._told, budget, who))


DEFAULTS = {CLIENT: 12_000, MATCH: 1_200, ADDRESS: 600}
"""Requests in a minute with any but an embedded database, where the settings say nothing."""


def address_of(host: str) -> str:
    """Whose budget an address has: of IPv6, the network that one customer is given."""
    try:
        found = ip_address(host)
    except ValueError:
        return host
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(IPv6Address(int(found) >> (128 - ONE_HOUSEHOLD) << (128 - ONE_HOUSEHOLD)))
    return host
