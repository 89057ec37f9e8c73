"""One exchange over HTTP, bounded in time and size; whatever comes back is data of a stranger."""

import socket
import ssl
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from gateway.exchange import Exchange
from gateway.outbound.failures import (
    NotConfiguredError,
    RefusedError,
    UnreachableError,
    UnwelcomeError,
    WrongAnswerError,
)

CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")
ANSWERS = (200, 201, 202, 204, 500)
"""Statuses with something to read: SOAP 1.1 sends a fault with 500 (section 6.2)."""
PASSING = (408, 425, 429)
"""Of the 4xx those that may be gone at the next attempt (RFC 9110, RFC 8470, RFC 6585)."""
OURS = (401, 403, 404, 405, 407)
"""Of the 4xx those that speak of addresses and secrets, and not of the message."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back; its bytes are never shown and never kept."""

    status: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """Which answer is read at all: media types, and bytes at most."""

    types: Collection[str]
    most: int


class Transport:
    """Sends to the addresses of the site's file, and nowhere else: no redirect, no proxy."""

    def __init__(self, client: httpx.Client, timeout: float) -> None:
        self._client, self._timeout = client, timeout

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        expected: Expected,
        content: bytes = b"",
    ) -> Answer:
        """Raises UnreachableError, WrongAnswerError, RefusedError; none quotes the answer."""
        with _deadline(self._timeout) as watch:
            try:
                with self._client.stream(
                    method,
                    url,
                    headers={"Accept-Encoding": "identity", **headers},
                    content=content,
                    extensions={"trace": watch},
                ) as response:
                    return _read(response, expected)
            except (httpx.HTTPError, OSError, ValueError) as error:
                # Not `from error`: a protocol error quotes the line that it could not read.
                raise UnreachableError(type(error).__name__) from None


@contextmanager
def open_transport(exchange: Exchange) -> Iterator[Transport]:
    """Raises NotConfiguredError where the certificates cannot be used."""
    try:
        tls = ssl.create_default_context(
            cafile=str(exchange.authorities) if exchange.authorities else None
        )
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        if exchange.certificate and exchange.key:
            tls.load_cert_chain(exchange.certificate, exchange.key)
    except OSError as error:
        raise NotConfiguredError("certificate, key, authorities") from error
    client = httpx.Client(
        verify=tls,
        timeout=exchange.timeout,
        trust_env=False,
        limits=httpx.Limits(max_keepalive_connections=0),
    )
    with client:
        yield Transport(client, exchange.timeout)


def _read(response: httpx.Response, expected: Expected) -> Answer:
    status = response.status_code
    if status not in ANSWERS:
        raise _not_an_answer(status)
    content = b"" if status == 204 else _bounded(response, expected.most)
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content and kind not in expected.types:
        raise WrongAnswerError("Content-Type")
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise WrongAnswerError("Content-Encoding")
    return Answer(status=status, content=content)


def _not_an_answer(status: int) -> Exception:
    if 400 <= status < 500 and status not in PASSING:
        return (UnwelcomeError if status in OURS else RefusedError)(f"HTTP {status}")
    return (UnreachableError if status >= 400 else WrongAnswerError)(f"HTTP {status}")


def _bounded(response: httpx.Response, most: int) -> bytes:
    """The bytes as they came: nothing is unpacked, so that no bomb is."""
    held = bytearray()
    for chunk in response.iter_raw():
        held += chunk
        if len(held) > most:
            raise WrongAnswerError("size")
    return bytes(held)


@contextmanager
def _deadline(seconds: float) -> Iterator[Any]:
    """Ends the connection when the time is over.

    The library's own timeout begins anew with each byte that comes, so that a byte now and then
    would keep a connection for ever.
    """
    held: list[socket.socket] = []
    over = threading.Event()

    def end() -> None:
        over.set()
        for one in held:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def watch(event: str, details: Mapping[str, Any]) -> None:
        if event in CONNECTED:
            held[:] = [details["return_value"].get_extra_info("socket")]
            if over.is_set():
                end()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
