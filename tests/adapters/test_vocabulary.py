"""What a source's page says is what its mapping does: every field, tried on every sample."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.catalog import load_adapters, load_vocabularies
from adapters.contract import SourceMessage
from adapters.vocabulary import Term
from tests.adapters.omission import lost, specific
from tests.adapters.test_contract import EXPECTED, SOURCES

ADAPTERS, VOCABULARIES = load_adapters(), load_vocabularies()
TERMS = [(source, term) for source, one in VOCABULARIES.items() for term in one.terms]
of_every_source = pytest.mark.parametrize("source", VOCABULARIES)


def samples(source: str) -> Iterator[SourceMessage]:
    for path in sorted((SOURCES / source / "samples").glob("*.*")):
        if not path.name.endswith(EXPECTED):
            yield SourceMessage(source=source, content=path.read_bytes())


def spellings(term: Term, names: frozenset[str]) -> Iterator[str]:
    """All that a field is known by, but for what holds other fields."""
    yield term.name
    for spelling in term.spellings:
        if not any(name.startswith(f"{spelling}.") for name in names):
            yield spelling


@pytest.mark.parametrize(("source", "term"), TERMS, ids=[f"{s}: {t.name}" for s, t in TERMS])
def test_a_field_goes_where_its_page_says_and_nowhere_else(source: str, term: Term) -> None:
    names = frozenset(one.name for one in VOCABULARIES[source].terms)
    found: set[str] = set()
    for message in samples(source):
        for spelling in spellings(term, names):
            found |= lost(ADAPTERS[source], message, spelling, names)
    assert specific(found) == set(term.to), json.dumps(sorted(specific(found)))


@of_every_source
def test_every_field_says_whether_it_is_sourced_or_assumed(source: str) -> None:
    for term in VOCABULARIES[source].terms:
        assert re.match(r"sourced: \S|assumed$", term.origin), term.name
        assert term.to or term.note, f"{term.name} goes nowhere, and does not say why"


@of_every_source
def test_a_name_is_that_of_one_field(source: str) -> None:
    names = [name for term in VOCABULARIES[source].terms for name in (term.name, *term.spellings)]
    assert len(set(names)) == len(names)


@of_every_source
def test_every_code_has_its_meaning_or_is_its_own(source: str) -> None:
    for term in VOCABULARIES[source].terms:
        if term.codes and term.codes.meanings:
            assert set(term.codes.known.values()) <= set(term.codes.meanings), term.name


@of_every_source
def test_the_examples_are_samples_of_the_source(source: str) -> None:
    folder = SOURCES / source / "samples"
    assert VOCABULARIES[source].examples
    for name in VOCABULARIES[source].examples:
        expected = json.loads((folder / f"{Path(name).stem}{EXPECTED}").read_text("utf-8"))
        assert (folder / name).exists()
        assert expected["statements"]
