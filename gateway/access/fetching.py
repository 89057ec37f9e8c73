"""Fetches a client's public keys from its own address: bounded, cached, never from inside."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx

from gateway.access.assertion import RefusedAssertionError
from gateway.access.keys import LARGEST_SET, Jwk, UnusableKeyError, key_set
from gateway.outside import pinned

FRESH = 300.0
"""Seconds for which fetched keys hold: for so long a key that was withdrawn is still believed."""
PAUSE = 15.0
"""Seconds before an address is asked again, whatever came of it: nobody makes us ask in a flood."""
SLOWEST = 5.0
Clock = Callable[[], float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """What an address had, and when it was asked; no keys where it had none."""

    at: float
    keys: tuple[Jwk, ...] = field(repr=False)


class KeySets:
    """The key sets of all clients that give an address. `inside`: private addresses too, for tests
    and for a network that has no other."""

    def __init__(self, *, inside: bool = False, clock: Clock = time.monotonic) -> None:
        self._inside, self._clock = inside, clock
        self._held: dict[str, Fetched] = {}
        # One for each address: who answers slowly keeps only its own client waiting.
        self._asking: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def of(self, url: str, kid: str) -> Sequence[Jwk]:
        """The keys under an address, asked anew where this kid is not known.

        Raises RefusedAssertionError where they cannot be had.
        """
        with self._asking[url]:
            held = self._held.get(url)
            age = self._clock() - held.at if held else FRESH
            known = held is not None and any(key.get("kid") == kid for key in held.keys)
            if held is None or (age >= PAUSE and (age >= FRESH or not known)):
                held = self._held[url] = Fetched(at=self._clock(), keys=self._fetched(url))
        if not held.keys:
            raise RefusedAssertionError("keys")
        return held.keys

    def _fetched(self, url: str) -> tuple[Jwk, ...]:
        try:
            return key_set(_content(url, inside=self._inside))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, UnusableKeyError):
            return ()


def _content(url: str, *, inside: bool) -> bytes:
    """What an address has, in bounded time and size."""
    to = pinned(url, inside=inside)
    ends = time.monotonic() + SLOWEST
    with (
        httpx.Client(timeout=SLOWEST, trust_env=False, follow_redirects=False) as client,
        client.stream(
            "GET",
            to.url,
            headers=to.headers | {"Accept-Encoding": "identity"},
            extensions=to.extensions,
        ) as answer,
    ):
        if answer.status_code != 200:
            raise ValueError("no key set there")
        content = bytearray()
        for piece in answer.iter_raw():
            content += piece
            if len(content) > LARGEST_SET or time.monotonic() > ends:
                raise ValueError("too large or too slow")
    return bytes(content)
