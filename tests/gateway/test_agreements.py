"""Only what an agreement covers goes on; the rest is dropped and counted."""

import json
import pickle

import pytest

from adapters.catalog import load_adapters
from adapters.contract import SourceMessage
from adapters.errors import PayloadError, Problem
from adapters.vocabulary import Term, Vocabulary
from gateway.agreements import NO_AGREEMENT, AgreedAdapter, agreed
from gateway.coverage import coverage
from gateway.ingest import draft
from gateway.site import Agreement, Site
from tests.fake_source import ADAPTER, SOURCE, fake_message

GIRL = {"id": "k1", "name": "Nguyễn Thị Thử", "mother": "Trần Thị Mẹ", "a.b": 1, "a.c": 2}


def site(*allowed: str, system: str | None = None) -> Site:
    entry = Agreement(source=SOURCE, system=system, owner="x", allowed_fields=frozenset(allowed))
    return Site(agreement=(entry,))


WORDS = {
    SOURCE: Vocabulary(
        terms=(
            Term(name="id", origin="assumed", to=("record id",)),
            *(Term(name=name, origin="assumed") for name in ("name", "mother", "a.b", "a.c")),
        ),
        problems=frozenset(),
        examples=(),
    )
}


def test_fields_that_are_not_covered_are_dropped_and_counted() -> None:
    adapter = agreed({SOURCE: ADAPTER}, site("name", "a.b"), "any", WORDS)[SOURCE]
    reading = adapter.read(fake_message(GIRL))
    (statement,) = reading.statements
    assert statement.content.keys() == {"fake", "id", "name", "a.b"}, "the key is always taken"
    assert statement.record_id == "k1"
    assert reading.left_out == {"adult": 1, NO_AGREEMENT: 2}


def test_the_beginning_of_a_dotted_name_covers_all_under_it() -> None:
    adapter = AgreedAdapter(ADAPTER, coverage(WORDS[SOURCE], {"a"}))
    (statement,) = adapter.read(fake_message(GIRL)).statements
    assert statement.content.keys() == {"fake", "id", "a.b", "a.c"}


def test_what_is_dropped_is_in_no_resource() -> None:
    adapter = agreed({SOURCE: ADAPTER}, site("id", "name"), "any", WORDS)[SOURCE]
    (prepared,) = draft(fake_message(GIRL), adapter).prepared
    assert prepared.conversion is not None
    assert [r["resourceType"] for r in prepared.conversion.resources] == ["Patient"]
    assert "Mẹ" not in prepared.text


@pytest.mark.parametrize(
    ("one", "system"),
    [(Site(), "a"), (Site(agreement=(Agreement(source=SOURCE, owner="x"),)), "a")],
)
def test_where_nothing_is_agreed_everything_is_allowed(one: Site, system: str) -> None:
    assert agreed({SOURCE: ADAPTER}, one, system, WORDS)[SOURCE] is ADAPTER


@pytest.mark.parametrize("system", ["B", "b ", "unnamed"])
def test_no_other_name_escapes_what_was_agreed_with_one(system: str) -> None:
    adapter = agreed({SOURCE: ADAPTER}, site("id", system="b"), system, WORDS)[SOURCE]
    refused = draft(fake_message(GIRL), adapter)
    assert refused.refusal is not None
    assert (refused.refusal.problem, refused.prepared) == (Problem.NO_AGREEMENT, ())


def test_an_agreed_adapter_is_else_like_the_one_inside() -> None:
    adapter = AgreedAdapter(ADAPTER, coverage(WORDS[SOURCE], {"name"}))
    assert adapter.version == ADAPTER.version
    assert adapter.recognises(fake_message(GIRL))
    message = fake_message(GIRL)
    with pytest.raises(PayloadError):
        adapter.read(type(message)(source=SOURCE, content=b"{"))
    there = pickle.loads(pickle.dumps(adapter))  # Readers are other processes.
    assert there.read(message) == adapter.read(message)


OWN, OTHER, FREE = (
    "https://own.example/mrn",
    "https://other.example/mrn",
    "https://free.example/mrn",
)
DOMAINS = Site(
    agreement=(
        Agreement(source="fhir", system="own", owner="x", domains=frozenset({OWN})),
        Agreement(source="fhir", system="other", owner="y", domains=frozenset({OTHER})),
    )
)


def patient(*systems: str) -> SourceMessage:
    numbers = [{"system": system, "value": "BN1"} for system in systems]
    body = {"resourceType": "Patient", "birthDate": "2026-03-01", "identifier": numbers}
    return SourceMessage(source="fhir", content=json.dumps(body).encode())


@pytest.mark.parametrize(
    ("system", "systems", "key"),
    [
        ("own", [OTHER, OWN], OWN),
        ("own", [OWN], OWN),
        ("own", [OTHER], None),
        ("own", [FREE], None),
        ("unnamed", [OWN, FREE, OTHER], FREE),
        ("unnamed", [FREE], FREE),
        ("unnamed", [OWN], None),
    ],
)
def test_a_sender_writes_only_in_its_own_domain(
    system: str, systems: list[str], key: str | None
) -> None:
    reading = agreed(load_adapters(), DOMAINS, system, {})["fhir"].read(patient(*systems))
    keys = [one.record_id for one in reading.statements]
    assert keys == ([f"{key}|BN1"] if key else [])
    problems = [(one.problem.value, one.position) for one in reading.rejections]
    assert problems == ([] if key else [("foreign-domain", "/")])


def test_a_record_without_a_number_is_in_nobodys_domain() -> None:
    (statement,) = agreed(load_adapters(), DOMAINS, "own", {})["fhir"].read(patient()).statements
    assert statement.unkeyed


def test_without_a_site_file_every_domain_is_open() -> None:
    reading = agreed(load_adapters(), Site(), "own", {})["fhir"].read(patient(OTHER))
    assert [one.record_id for one in reading.statements] == [f"{OTHER}|BN1"]


def test_a_bound_adapter_can_be_sent_to_a_reading_process() -> None:
    adapter = agreed(load_adapters(), DOMAINS, "own", {})["fhir"]
    again = pickle.loads(pickle.dumps(adapter))
    assert again.read(patient(OTHER)).rejections == adapter.read(patient(OTHER)).rejections
    assert again.version == adapter.version
