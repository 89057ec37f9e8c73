"""Payloads that tests send over HTTP, and how they are sent."""

from typing import Any

import httpx

from tests.journeys.steps import minutes

JSON = {"Content-Type": "application/json"}
NAME = "Nguyễn Thị Bí Mật"


def girl(number: int = 1, **changes: Any) -> bytes:
    """Police minutes of one girl, under a number of their own."""
    return minutes({"hoTen": NAME, "gioiTinh": "NU"}, soBienBan=f"{number}/BB-CAX", **changes)


def refused() -> bytes:
    """Minutes that cannot be taken: their day is no day."""
    return girl(99, ngayLap="hôm qua")


def post(
    client: httpx.Client, content: bytes, path: str = "/sources/police/messages", **headers: str
) -> httpx.Response:
    """Send a payload; `idempotency_key="k"` is the header Idempotency-Key."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, content=content, headers=JSON | named)
