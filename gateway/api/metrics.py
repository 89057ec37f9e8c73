"""Figures for a monitoring system, in the text format of Prometheus; never a child's data."""

from collections.abc import Iterable, Iterator, Mapping

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from gateway.api.dependencies import CurrentServices, Transaction
from gateway.database import ledger_of
from gateway.figures import Figures, Unsettled, figures

router = APIRouter()


@router.get("/metrics")
def metrics(session: Transaction, services: CurrentServices) -> Response:
    """Counts by source and state. Sources that never sent stand with 0, so that alarms work."""
    registry = CollectorRegistry()
    witness = ledger_of(services.engine).witness
    silence = witness.silence() if witness else None
    registry.register(Shown(figures(session), services.adapters, silence))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class Shown(Collector):
    """Figures as metrics. Labels are names of sources, states and results, and nothing else."""

    def __init__(
        self, found: Figures, sources: Iterable[str], silence: float | None = None
    ) -> None:
        self.found = found
        self.silence = silence
        self.sources = sorted({*sources, *found.unsettled, *found.waiting})

    def collect(self) -> Iterator[Metric]:
        """One family for each figure."""
        states = GaugeMetricFamily(
            "motem_messages", "Messages by source and state.", labels=["source", "state"]
        )
        for (source, state), count in self.found.states.items():
            states.add_metric([source, state], count)
        yield states
        none = Unsettled()
        stands = {one: self.found.unsettled.get(one, none) for one in self.sources}
        yield _by_source(
            "motem_refusals_unsettled",
            "Refusals that nobody has settled.",
            {one: each.refusals for one, each in stands.items()},
        )
        yield _by_source(
            "motem_child_refusals_unsettled",
            "Refused reports about children that nobody has settled. Zero is the only good number.",
            {one: each.children for one, each in stands.items()},
        )
        yield _by_source(
            "motem_child_refusals_overdue",
            "Refused reports about children that nobody has settled by their deadline.",
            {one: each.overdue for one, each in stands.items()},
        )
        yield _by_source(
            "motem_internal_errors_unsettled",
            "Refusals that are an error of this system and no fault of the sender.",
            {one: each.mistakes for one, each in stands.items()},
        )
        yield _by_source(
            "motem_parts_waiting",
            "Parts that wait for the statement which gives their key.",
            {one: self.found.waiting.get(one, 0) for one in self.sources},
        )
        yield GaugeMetricFamily(
            "motem_oldest_unread_seconds",
            "Seconds since the message came that waits longest to be read.",
            value=self.found.unread,
        )
        yield _by(
            "result",
            "motem_lookups",
            "Look-ups in the population database by result.",
            self.found.lookups,
        )
        yield _by(
            "state",
            "motem_registrations",
            "Requests for a birth registration by state.",
            self.found.registrations,
        )
        yield GaugeMetricFamily(
            "motem_audit_unsigned",
            "Events of the access log that wait for a signature.",
            value=self.found.unsigned,
        )
        yield GaugeMetricFamily(
            "motem_audit_events", "Events in the signed access log.", value=self.found.signed
        )
        if self.silence is not None:
            yield GaugeMetricFamily(
                "motem_audit_witness_silence_seconds",
                "Seconds since the witness of the access log agreed last.",
                value=self.silence,
            )


def _by_source(name: str, words: str, values: Mapping[str, int]) -> Metric:
    return _by("source", name, words, values)


def _by(label: str, name: str, words: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for one, value in values.items():
        family.add_metric([one], value)
    return family
