"""The same conditional create from very many callers at once: one resource, a hundred times over.

By itself: python -m pytest -m bench --capture=no tests/bench/gateway/test_at_once.py
(HAPI #3141: 8 of 8 threads made the same resource.)
"""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import URL

from tests.bench.measure import report
from tests.gateway.api.operating import CLINIC, FHIR, Service, agreed
from tests.gateway.api.test_transactions import child, weight

CALLERS = 64
ROUNDS = int(os.environ.get("MOTEM_BENCH_ROUNDS", "100"))
ORDER = "urn:test:order"


@pytest.fixture(scope="module")
def service(server_url: URL, template_url: URL, tmp_path_factory: Any) -> Iterator[Service]:
    with agreed(server_url, template_url, tmp_path_factory.mktemp("site")) as service:
        yield service


def create(service: Service, kind: str, resource: Any, by: str) -> httpx.Response:
    headers = FHIR | {"x-motem-system": "clinic", "if-none-exist": f"identifier={by}"}
    content = json.dumps(resource)
    return service.client.post(f"/fhir/R4/{kind}", content=content, headers=headers, timeout=600)


@pytest.mark.bench
def test_at_once_makes_one_a_hundred_times(service: Service) -> None:
    of = create(service, "Patient", child("B", "Bùi Thị Bền"), f"{CLINIC}|B").json()["id"]
    begun = time.monotonic()
    with ThreadPoolExecutor(CALLERS) as pool:
        for round_ in range(ROUNDS):
            if round_ % 2:
                number = f"{ORDER}|{round_}"
                told = weight(f"Patient/{of}", 3000 + round_)
                told["identifier"] = [{"system": ORDER, "value": str(round_)}]
                asked = partial(create, service, "Observation", told, number)
            else:
                told = child(f"B{round_}", f"Bùi Thị {round_}")
                asked = partial(create, service, "Patient", told, f"{CLINIC}|B{round_}")
            found = [one.result() for one in [pool.submit(asked) for _ in range(CALLERS)]]
            assert sorted(one.status_code for one in found) == [200] * (CALLERS - 1) + [201]
            assert len({one.json()["id"] for one in found}) == 1
    spent = time.monotonic() - begun
    report("conditional-creates", callers=CALLERS, rounds=ROUNDS, seconds=round(spent, 1))
