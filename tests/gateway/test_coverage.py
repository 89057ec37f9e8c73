"""Allowed fields are those of a source's page: all of them change nothing, each drops the rest."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from adapters.catalog import load_adapters, load_vocabularies
from adapters.contract import Reading, SourceMessage, Statement
from adapters.errors import PayloadError
from gateway.agreements import NO_AGREEMENT, AgreedAdapter, require_known_fields
from gateway.coverage import NEEDED, coverage
from gateway.site import Agreement, Site, WrongSiteError

ADAPTERS, VOCABULARIES = load_adapters(), load_vocabularies()
SAMPLES = Path("tests/adapters/sources")


class Known:
    """An adapter that reads each sample once."""

    def __init__(self, source: str) -> None:
        self.version = ADAPTERS[source].version
        self.recognises = ADAPTERS[source].recognises
        self.convert = ADAPTERS[source].convert
        self.readings: dict[str, Reading] = {}

    def read(self, message: SourceMessage) -> Reading:
        if message.name not in self.readings:
            self.readings[message.name] = ADAPTERS[message.source].read(message)
        return self.readings[message.name]


known = cache(Known)


@cache
def messages(source: str) -> list[SourceMessage]:
    """The samples of a source."""
    paths = sorted((SAMPLES / source / "samples").iterdir())
    return [
        SourceMessage(source=source, content=path.read_bytes(), name=path.name)
        for path in paths
        if not path.name.endswith((".fhir.json", ".toml"))
    ]


def both(source: str, allowed: set[str]) -> Iterator[tuple[Reading, Reading]]:
    """What is read of each sample, and what of it under an agreement."""
    under = AgreedAdapter(known(source), coverage(VOCABULARIES[source], allowed))
    for message in messages(source):
        try:
            reading = under.inner.read(message)
        except PayloadError:
            continue
        yield reading, under.read(message)


def names(source: str) -> set[str]:
    return {term.name for term in VOCABULARIES[source].terms}


@pytest.mark.parametrize("source", ADAPTERS)
def test_every_field_of_the_page_changes_nothing(source: str) -> None:
    found = list(both(source, names(source)))
    assert any(sent.statements for sent, _ in found)
    for sent, kept in found:
        assert list(kept.statements) == list(sent.statements)
        assert kept.left_out == sent.left_out


@pytest.mark.parametrize("source", ADAPTERS)
def test_with_any_one_field_each_record_can_be_expressed(source: str) -> None:
    for allowed in [set[str](), *({name} for name in sorted(names(source)))]:
        for sent, kept in both(source, allowed):
            assert len(kept.statements) == len(sent.statements)
            for statement in kept.statements:
                assert ADAPTERS[source].convert(statement).resources


@pytest.mark.parametrize("source", ADAPTERS)
def test_each_field_adds_to_what_none_leaves_and_what_it_leaves_out_is_counted(
    source: str,
) -> None:
    needed = {t.name for t in VOCABULARIES[source].terms if not NEEDED.isdisjoint(t.to)}
    told = {name for name in names(source) if any(_adds(source, name))}
    dropped = [kept.left_out.get(NO_AGREEMENT, 0) for _, kept in both(source, set())]
    assert max(dropped) > 0
    assert not told & needed, "what every record needs is there anyway"
    assert told, "a field that is allowed comes in"


def _adds(source: str, name: str) -> Iterator[bool]:
    for (_, less), (_, more) in zip(both(source, set()), both(source, {name}), strict=True):
        fewer = less.left_out.get(NO_AGREEMENT, 0) - more.left_out.get(NO_AGREEMENT, 0)
        assert fewer >= 0
        yield fewer > 0


KEPT = [
    ("police", {"tre.hoTen"}, "minutes", {"tre.hoTen"}),
    ("hospital", {"HO_TEN", "NGAY_SINH"}, "XML1", {"name", "born", "named_after"}),
    ("hospital", {"HO_TEN_CON"}, "XML9", {"name"}),
    ("hospital", {"PID-5"}, "ADT^A08", {"name", "other_names"}),
    ("population", {"HoVaTen"}, "citizen", {"HoVaTen.DayDu", "HoVaTen.Ho", "HoVaTen.Ten"}),
]


@pytest.mark.parametrize(("source", "allowed", "kind", "expected"), KEPT)
def test_what_is_left_is_what_the_names_of_the_page_say(
    source: str, allowed: set[str], kind: str, expected: set[str]
) -> None:
    none, some = (_keys(source, one, kind) for one in (set[str](), allowed))
    assert some - none <= expected | {"HoVaTen.ChuDem"}
    assert some - none


def _keys(source: str, allowed: set[str], kind: str) -> set[str]:
    return {
        name
        for _, kept in both(source, allowed)
        for statement in kept.statements
        if statement.kind == kind
        for name in statement.content
    }


def fhir(**allowed: bool) -> Statement:
    body = """{"resourceType": "Bundle", "type": "collection", "entry": [
      {"fullUrl": "urn:uuid:1", "resource": {"resourceType": "Patient", "birthDate": "2026-03-01",
        "deceasedBoolean": true, "gender": "female", "name": [{"text": "Trần Thị Mẫu"}]}},
      {"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Encounter", "status": "finished",
        "class": {"code": "IMP"}, "subject": {"reference": "urn:uuid:1"}}},
      {"fullUrl": "urn:uuid:3", "resource": {"resourceType": "Observation", "status": "final",
        "code": {"text": "cân nặng"}, "subject": {"reference": "urn:uuid:1"},
        "encounter": {"reference": "urn:uuid:2"}, "valueString": "3 kg"}}]}"""
    covered = coverage(VOCABULARIES["fhir"], {name.replace("_", ".") for name in allowed})
    adapter = AgreedAdapter(ADAPTERS["fhir"], covered)
    message = SourceMessage(source="fhir", content=body.encode())
    (statement,) = adapter.read(message).statements
    assert adapter.convert(statement).resources
    return statement


def test_of_fhir_an_element_goes_and_a_resource_without_its_code_goes_as_a_whole() -> None:
    content: Mapping[str, Any] = fhir(Patient_birthDate=True, Observation=True).content
    assert content["patient"].keys() == {"resourceType", "id", "birthDate"}
    (observation,) = content["resources"]
    assert observation["valueString"] == "3 kg"
    assert "encounter" not in observation, "what it refers to is not there"
    assert fhir(Patient_gender=True).content["resources"] == []
    assert "deceasedBoolean" in fhir(Patient=True).content["patient"]


@pytest.mark.parametrize("names_of_keys", [{"tre.khoa.giaTri"}, {"tre.khoa.GCS"}])
def test_a_key_of_a_child_is_covered_by_its_member_or_its_column(names_of_keys: set[str]) -> None:
    systems = {
        key["he"]
        for _, kept in both("casework", names_of_keys)
        for statement in kept.statements
        for key in statement.content.get("tre.khoa", [])
    }
    assert "GCS" in systems
    assert (systems == {"GCS"}) == (names_of_keys == {"tre.khoa.GCS"})


@pytest.mark.parametrize("name", ["soTre", "table", "hoTen", "tre.", ""])
def test_a_name_that_is_not_on_the_page_is_refused_at_start(name: str) -> None:
    one = Agreement.model_construct(source="police", owner="x", allowed_fields=frozenset({name}))
    with pytest.raises(WrongSiteError, match=r"agreement 1, allowed_fields.*docs/sources/police"):
        require_known_fields(Site.model_construct(agreements=(one,)), VOCABULARIES)
    known = Agreement(source="police", owner="x", allowed_fields=frozenset({"tre", "ghiChu"}))
    require_known_fields(Site(agreement=(known,)), VOCABULARIES)
