"""Every sample of every source: payload → read → convert → compare with the expected FHIR beside it.

A sample is `tests/adapters/sources/<source>/samples/<case>.<ending>` with `<case>.fhir.json`.
Record with `MOTEM_RECORD=1`, then read the diff: the samples are the specification.
"""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters import history, validation
from adapters.catalog import load_adapters, recognise
from adapters.contract import SourceAdapter, SourceMessage, Statement
from adapters.errors import PayloadError, Rejection

SOURCES = Path(__file__).parent / "sources"
EXPECTED = ".fhir.json"
ADAPTERS = load_adapters()


def _samples(source: str) -> list[Path]:
    folder = SOURCES / source / "samples"
    return sorted(path for path in folder.glob("*.*") if not path.name.endswith(EXPECTED))


SAMPLES = [(source, path) for source in ADAPTERS for path in _samples(source)]
of_every_sample = pytest.mark.parametrize(
    ("source", "path"), SAMPLES, ids=[f"{source}/{path.name}" for source, path in SAMPLES]
)
of_every_source = pytest.mark.parametrize("source", ADAPTERS)


def _message(source: str, path: Path) -> SourceMessage:
    return SourceMessage(source=source, content=path.read_bytes(), name=path.name)


def _statements(source: str, path: Path) -> list[Statement]:
    try:
        return list(ADAPTERS[source].read(_message(source, path)).statements)
    except PayloadError:
        return []


def _refusal(rejection: Rejection) -> dict[str, Any]:
    return {
        "problem": rejection.problem.value,
        "position": rejection.position,
        "element": rejection.element,
    }


def _outcome(adapter: SourceAdapter, message: SourceMessage) -> dict[str, Any]:
    try:
        reading = adapter.read(message)
    except PayloadError as error:
        return {"refused": _refusal(error.rejection)}
    return {
        "statements": [
            {
                "key": statement.record_id,
                "kind": statement.kind,
                "episode": statement.episode,
                "effective": statement.effective.isoformat() if statement.effective else None,
                "resources": list(adapter.convert(statement).resources),
            }
            for statement in reading.statements
        ],
        "rejections": [_refusal(rejection) for rejection in reading.rejections],
        "left_out": dict(sorted(reading.left_out.items())),
    }


@of_every_source
def test_each_source_has_samples(source: str) -> None:
    folder = SOURCES / source / "samples"
    assert _samples(source), f"put <case>.<ending> and <case>{EXPECTED} into {folder}"


@of_every_source
def test_no_expected_result_stands_alone(source: str) -> None:
    cases = {path.name.partition(".")[0] for path in _samples(source)}
    results = (SOURCES / source / "samples").glob(f"*{EXPECTED}")
    assert {path.name.removesuffix(EXPECTED) for path in results} <= cases


@of_every_sample
def test_a_sample_becomes_the_expected_fhir(source: str, path: Path) -> None:
    expected = path.parent / (path.name.partition(".")[0] + EXPECTED)
    outcome = _outcome(ADAPTERS[source], _message(source, path))
    if os.environ.get("MOTEM_RECORD"):
        text = json.dumps(outcome, ensure_ascii=False, indent=1)
        expected.write_text(text + "\n", encoding="utf-8")
    assert outcome == json.loads(expected.read_text(encoding="utf-8"))


@of_every_sample
def test_a_sample_is_recognised_by_its_content_alone(source: str, path: Path) -> None:
    unnamed = replace(_message(source, path), source="", name="")
    refused = "refused" in _outcome(ADAPTERS[source], unnamed)
    assert recognise(unnamed, ADAPTERS) in ({source, None} if refused else {source})


@of_every_sample
def test_what_a_statement_keeps_is_enough_to_convert_it_again(source: str, path: Path) -> None:
    for statement in _statements(source, path):
        kept = json.loads(json.dumps(statement.content))
        again = replace(statement, content=kept)
        assert again.content_hash == statement.content_hash
        assert ADAPTERS[source].convert(again) == ADAPTERS[source].convert(statement)


@of_every_sample
def test_records_are_valid_fhir_r4(source: str, path: Path) -> None:
    adapter = ADAPTERS[source]
    pairs = [(statement, adapter.convert(statement)) for statement in _statements(source, path)]
    keys = {statement.episode: statement.record_id for statement, _ in pairs if statement.record_id}
    records: dict[str, list[history.Pair]] = {}
    for pair in pairs:
        key = pair[0].record_id or keys.get(pair[0].episode)
        # A part whose record came in another file is only half a resource.
        if key is not None:
            records.setdefault(key, []).append(pair)
    for said in records.values():
        for group in history.group(said).values():
            for resource in history.compose(history.by_time(group)).resources:
                validation.validated(resource)


@of_every_sample
def test_statements_keep_the_contract(source: str, path: Path) -> None:
    for statement in _statements(source, path):
        assert statement.position
        assert statement.record_id or statement.episode
        assert statement.effective is None or statement.effective.tzinfo is not None
        if statement.unkeyed:
            assert statement.record_id == f"~{statement.content_hash[:12]}"
        conversion = ADAPTERS[source].convert(statement)
        assert conversion.custodian.partition(":")[0] in ("hospital", "home", "commune", "school")
        roles = [(r["resourceType"], r["id"]) for r in conversion.resources]
        assert len(roles) == len(set(roles))


@of_every_sample
def test_no_error_text_quotes_the_payload(source: str, path: Path) -> None:
    try:
        rejections = ADAPTERS[source].read(_message(source, path)).rejections
    except PayloadError as error:
        rejections = [error.rejection]
    for rejection in rejections:
        assert rejection.vietnamese
        assert rejection.english
        assert not rejection.excerpt or rejection.excerpt.decode("utf-8", "replace") not in repr(
            rejection
        )
