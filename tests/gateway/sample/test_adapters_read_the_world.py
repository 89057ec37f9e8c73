"""Every true record of a sample world comes out of the real adapters under its own key."""

from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from adapters.catalog import load_adapters
from adapters.contract import SourceMessage
from adapters.errors import PayloadError
from adapters.history import Pair, group
from tests.gateway.sample.reading import table

SOURCES = (
    "casework",
    "civil_status",
    "education",
    "facility",
    "fhir",
    "hospital",
    "hotline",
    "police",
    "population",
)
FOLDERS = {"hospital": ("hospital", "hospital_hl7")}


def payloads(folder: Path, source: str) -> dict[str, SourceMessage]:
    return {
        path.relative_to(folder).as_posix(): SourceMessage(
            source=source, content=path.read_bytes(), name=path.name
        )
        for kind in FOLDERS.get(source, (source,))
        for path in sorted((folder / kind).rglob("*.*"))
    }


@cache
def broken(folder: Path) -> frozenset[str]:
    return frozenset(row["file"] for row in table(folder / "broken.csv"))


def true_keys(folder: Path, source: str) -> set[str]:
    rows = table(folder / "truth.csv")
    return {row["record"] for row in rows if row["source"] == source}


@pytest.mark.parametrize("source", SOURCES)
def test_each_payload_is_recognised_by_its_own_adapter_only(world: Path, source: str) -> None:
    adapters = load_adapters()
    for name, message in payloads(world, source).items():
        if name not in broken(world):
            takers = [other for other in adapters if adapters[other].recognises(message)]
            assert (name, takers) == (name, [source])


@pytest.mark.parametrize("source", SOURCES)
def test_the_adapter_reads_exactly_the_true_keys(world: Path, source: str) -> None:
    adapter = load_adapters()[source]
    keys: set[str] = set()
    for name, message in payloads(world, source).items():
        if name in broken(world):
            continue
        reading = adapter.read(message)
        assert (name, list(reading.rejections)) == (name, [])
        assert not any(statement.unkeyed for statement in reading.statements)
        keys |= {one.record_id for one in reading.statements if one.record_id is not None}
    assert keys == true_keys(world, source)


@pytest.mark.parametrize("source", SOURCES)
def test_each_statement_converts(world: Path, source: str) -> None:
    adapter = load_adapters()[source]
    for name, message in payloads(world, source).items():
        if name not in broken(world):
            for statement in adapter.read(message).statements:
                assert adapter.convert(statement).resources


@pytest.mark.parametrize("source", SOURCES)
def test_broken_payloads_are_refused(world: Path, source: str) -> None:
    adapter = load_adapters()[source]
    for name, message in payloads(world, source).items():
        if name in broken(world):
            try:
                reading = adapter.read(message)
            except PayloadError:
                continue
            assert (name, bool(reading.rejections)) == (name, True)


@pytest.mark.parametrize("source", SOURCES)
def test_no_versions_of_a_record_speak_of_two_children(world: Path, source: str) -> None:
    """The truth knows no reused keys: `<key>~<hash>` must not come out (formats.md)."""
    adapter = load_adapters()[source]
    versions: dict[str, list[Pair]] = defaultdict(list)
    for name, message in payloads(world, source).items():
        if name in broken(world):
            continue
        for statement in adapter.read(message).statements:
            if statement.record_id is not None:
                versions[statement.record_id].append((statement, adapter.convert(statement)))
    assert any(len(pairs) > 1 for pairs in versions.values())
    assert [key for key, pairs in versions.items() if set(group(pairs)) != {None}] == []
