"""Hostile payloads over all readers: each has its answer, and none is an exception of ours.

The formats' own tests hold the attacks on a format as such; here stand what senders, attackers and
broken systems put into whole payloads of a source.
"""

import time
from collections import Counter

import pytest

from adapters.catalog import load_adapters, recognise
from adapters.contract import SourceMessage
from adapters.errors import PayloadError
from tests.adapters.formats.bounded import SECONDS, TRIES
from tests.adapters.hostile import markup, messages, objects, sheets
from tests.adapters.hostile.case import Case, Cases
from tests.machine import slowness

ADAPTERS = load_adapters()
TABLES: list[tuple[str, str, Cases]] = [
    ("hospital", "XML", markup.HOSPITAL),
    ("population", "XML", markup.POPULATION),
    ("fhir", "XML", markup.FHIR_XML),
    ("police", "JSON", objects.POLICE),
    ("civil_status", "JSON", objects.CIVIL_STATUS),
    ("fhir", "JSON", objects.FHIR),
    ("facility", "CSV", sheets.CSV),
    ("facility", "XLSX", sheets.XLSX),
    ("hospital", "HL7", messages.HL7),
]
CASES = {
    f"{source} {form}: {name}": (source, case)
    for source, form, cases in TABLES
    for name, case in cases.items()
}
SECRETS = ("Bí Mật", "BiMat", "BI-MAT", "BI MAT", "998326000024")
"""Stand in the payloads where a child's name or number would."""


def answer(source: str, case: Case) -> tuple[str, str]:
    """What came of it in short, and all that anybody is told about it."""
    adapter = ADAPTERS[source]
    try:
        reading = adapter.read(SourceMessage(source=source, content=case.content))
    except PayloadError as error:
        return error.rejection.problem.value, f"{error!r} {error.rejection!r}"
    told = repr((reading.statements, reading.rejections, reading.left_out, reading.unknown_fields))
    problems = Counter(rejection.problem.value for rejection in reading.rejections)
    for statement in reading.statements:
        try:
            assert adapter.convert(statement).resources
        except PayloadError as error:
            problems[error.rejection.problem.value] += 1
    words = [str(len(reading.statements)), *sorted(problems)]
    return " ".join(words), told


def seconds(source: str, case: Case) -> float:
    """Processor time of an idle machine: a busy one is slower at the plain reference as well."""
    start = time.process_time()
    answer(source, case)
    spent = time.process_time() - start
    return spent / slowness(1)


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_payload_has_its_answer_and_costs_little(name: str) -> None:
    source, case = CASES[name]
    start = time.process_time()
    found, told = answer(source, case)
    spent = time.process_time() - start
    assert spent < SECONDS or any(seconds(source, case) < SECONDS for _ in range(TRIES))
    assert found == case.answer
    assert not [secret for secret in SECRETS if secret in told]


@pytest.mark.parametrize("name", CASES)
def test_to_ask_whose_it_is_breaks_nobody(name: str) -> None:
    _, case = CASES[name]
    claims = recognise(SourceMessage(source="", content=case.content), ADAPTERS)
    assert claims in (None, *ADAPTERS)


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 200
    assert len({case.content for _, case in CASES.values()}) == len(CASES)
