"""Signs and sends one entry to a receiver, as Standard Webhooks say.

https://github.com/standard-webhooks/standard-webhooks: headers webhook-id, webhook-timestamp and
webhook-signature, which is HMAC-SHA-256 of `id.timestamp.body`.
"""

import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest
from secrets import token_bytes

import httpx

from gateway.outside import pinned

PREFIX = "whsec_"
SLOWEST = 15.0
"""Seconds for a receiver's answer: what it does with an entry is its own affair afterwards."""
GONE = 410


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """How a receiver took it: an HTTP status, or none and why; nothing of its answer is kept."""

    status: int | None
    why: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """It wants no more."""
        return self.status == GONE


Send = Callable[[str, str, str, bytes, Mapping[str, str]], Reply]
"""Address, secret, id of the entry, body, headers that the receiver asked for."""


def new_secret() -> str:
    """In the form that libraries of receivers take."""
    return PREFIX + b64encode(token_bytes(32)).decode()


def signature(secret: str, id_: str, timestamp: int, body: bytes) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    return "v1," + b64encode(digest(key, f"{id_}.{timestamp}.".encode() + body, sha256)).decode()


def sender(*, inside: bool) -> Send:
    """`inside`: also to private addresses, see `outside.pinned`."""

    def send(url: str, secret: str, id_: str, body: bytes, further: Mapping[str, str]) -> Reply:
        timestamp = int(time.time())
        headers = dict(further) | {
            **({"Content-Type": "application/json"} if body else {}),
            "webhook-id": id_,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(secret, id_, timestamp, body),
        }
        try:
            to = pinned(url, inside=inside)
            with (
                httpx.Client(timeout=SLOWEST, trust_env=False, follow_redirects=False) as client,
                client.stream(
                    "POST",
                    to.url,
                    content=body,
                    headers=headers | to.headers,
                    extensions=to.extensions,
                ) as answer,
            ):
                return Reply(status=answer.status_code)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Reply(status=None, why=type(error).__name__)

    return send
