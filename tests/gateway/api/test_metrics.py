"""Figures for a monitoring system: counts, and never a child's data."""

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.gateway.api.payloads import NAME, girl, post, refused


def samples(client: httpx.Client) -> dict[tuple[str, ...], float]:
    """(metric, label values…) → value."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert NAME not in answer.text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_every_source_stands_there_with_zero(client: httpx.Client) -> None:
    found = samples(client)
    for source in ("civil_status", "facility", "hospital", "police"):
        for name in ("refusals_unsettled", "child_refusals_overdue", "parts_waiting"):
            assert found[f"motem_{name}", source] == 0
    assert found[("motem_oldest_unread_seconds",)] == 0


def test_refused_reports_count_until_they_are_settled(client: httpx.Client) -> None:
    post(client, girl())
    message = post(client, refused()).json()["message"]
    found = samples(client)
    assert found["motem_messages", "police", "accepted"] == 1
    assert found["motem_messages", "police", "rejected"] == 1
    assert found["motem_child_refusals_unsettled", "police"] == 1
    assert found["motem_child_refusals_overdue", "police"] == 0
    client.post(f"/messages/{message}/withdrawal", json={"reason": "test"})
    assert samples(client)["motem_child_refusals_unsettled", "police"] == 0
