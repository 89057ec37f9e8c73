"""Makes a small payload a large one, so that tests cut what is quickly read.

As a program it is `motem` with these sizes: python -m tests.gateway.cut_small ingest FILE
"""

import pytest

from gateway import ingest, large, spool
from tests.journeys.steps import minutes

SIZES = (
    (spool, "LARGE", 1_500),
    (large, "SIZE", 1_200),
    (large, "RECORDS", 2),
    (large, "REST", 1_200),
    (ingest, "TOGETHER", 6),
)


def cut_small(patch: pytest.MonkeyPatch) -> None:
    for module, name, value in SIZES:
        patch.setattr(module, name, value)


def girl(number: int, **changes: object) -> bytes:
    """Minutes of one girl under a number of their own: about 500 bytes."""
    return minutes(
        {"hoTen": f"Nguyễn Thị Thử {number}", "gioiTinh": "NU"},
        **{"soBienBan": f"{number}/BB-CAX"} | changes,
    )


def bad(number: int) -> bytes:
    """Minutes that are refused at `/…/ngayLap`."""
    return girl(number, ngayLap="hôm qua", phatHien=None)


def array(*elements: bytes) -> bytes:
    return b"[" + b",\n".join(elements) + b"]\n"


def cut_always_small() -> None:
    """In a process of its own."""
    for module, name, value in SIZES:
        setattr(module, name, value)


if __name__ == "__main__":
    cut_always_small()
    from gateway.__main__ import main

    main()
