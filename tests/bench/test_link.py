"""Ten thousand records through `motem link`, the first time and again.

By itself: python -m pytest -m bench --capture=no tests/bench/test_link.py
"""

import pytest

from tests.bench.conftest import Ingested
from tests.bench.measure import PATIENCE, report, run

SECONDS = 60
BYTES = 1_500_000_000

pytestmark = pytest.mark.bench


def test_link_of_ten_thousand_records(ingested: Ingested) -> None:
    first, again = run(ingested.home, "link"), run(ingested.home, "link")
    report("link", records=ingested.records, link=first, link_again=again)
    for linking in (first, again):
        assert linking.status == 0
        assert linking.seconds <= SECONDS * PATIENCE
        assert linking.peak < BYTES
