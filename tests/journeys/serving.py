"""A real `motem serve` and a client of it."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.journeys.kills.nursery import Running, Start


@contextmanager
def serving(start: Start) -> Iterator[tuple[Running, httpx.Client]]:
    """A real `motem serve`, and a client of it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start("serve", "--port", str(port))
    base = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=base, trust_env=False, timeout=60) as client:
            _wait_until_ready(client, process)
            yield process, client
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(client: httpx.Client, process: Running) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert process.poll() is None, "the service has ended"
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the service is not ready after a minute")
