"""Payloads that tests send over HTTP, and how they are sent."""

from typing import Any

import httpx

from tests.journeys.steps import minutes

JSON = {"Content-Type": "application/json"}
NAME = "Nguyễn Thị Bí Mật"


UNDATED: dict[str, Any] = {"ngayLap": "hôm qua", "phatHien": None}


def girl(number: int = 1, **changes: Any) -> bytes:
    """Police minutes of one girl, under a number of their own."""
    return minutes({"hoTen": NAME, "gioiTinh": "NU"}, soBienBan=f"{number}/BB-CAX", **changes)


def refused() -> bytes:
    """Minutes that cannot be taken: their day is no day, and no other time is stated."""
    return girl(99, **UNDATED)


def post(
    client: httpx.Client, content: bytes, path: str = "/sources/police/messages", **headers: str
) -> httpx.Response:
    """Send a payload; `idempotency_key="k"` is the header Idempotency-Key."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, content=content, headers=JSON | named)
