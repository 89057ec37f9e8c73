"""Promise 5: evidence in two languages adds up, and each value of a child names its source."""

import json
import math
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from sqlalchemy import URL, Engine

from adapters.profile import EXT_VALUE_SOURCE
from audit.event import Caller
from gateway import linking
from gateway.database import transaction
from linkage.golden import SourcePatient, golden_patient
from linkage.store import IdentityStore, OpenReview
from tests.journeys.steps import (
    connected,
    decide,
    ingest,
    link,
    minutes,
    partition,
    patients,
    project_all,
    registration,
    shipped,
    versions,
)

ROUNDING = 1e-4
"""Bits; every line is rounded to a millionth."""


def reviews(engine: Engine, caller: Caller) -> list[OpenReview]:
    with transaction(engine) as session:
        return linking.reviews(session, caller)


def assert_adds_up(review: OpenReview) -> None:
    lines = json.loads(review.evidence)
    prior = shipped().prior
    assert lines[0]["feature"] == "prior"
    assert lines[0]["bits"] == pytest.approx(math.log2(prior / (1 - prior)), abs=ROUNDING)
    assert math.fsum(line["bits"] for line in lines) == pytest.approx(review.weight, abs=ROUNDING)
    assert review.probability == pytest.approx(1 / (1 + 2**-review.weight), abs=1e-6)
    for line in lines:
        assert line["vietnamese"]
        assert line["english"]
        assert line["vietnamese"] != line["english"]


def test_the_evidence_of_every_question_adds_up(linked: Engine, caller: Caller) -> None:
    found = reviews(linked, caller)
    assert len(found) > 20
    for review in found:
        assert_adds_up(review)
    said = {line["feature"] for line in json.loads(found[0].evidence) if line["bits"]}
    assert len(said) > 3


def test_what_is_asked_without_evidence_adds_up_too(linked: Engine, caller: Caller) -> None:
    """Stewards contradict one another about records that share nothing."""
    one, two, three = sorted(min(group) for group in partition(linked))[:3]
    decide(linked, (one, two, "same"), (two, three, "same"), (one, three, "not-same"))
    link(linked)
    (asked,) = [r for r in reviews(linked, caller) if r.reason == "contradicting-decisions"]
    assert_adds_up(asked)


def sources_of(child: dict[str, Any]) -> set[str]:
    return {link["other"]["reference"] for link in child["link"]}


def named_sources(value: dict[str, Any]) -> set[str]:
    return {
        extension["valueReference"]["reference"]
        for extension in value.get("extension", ())
        if extension["url"] == EXT_VALUE_SOURCE
    }


def values(child: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Element, what carries its extensions, and the value itself."""
    for element in ("name", "identifier", "address"):
        for value in child.get(element, ()):
            yield element, value, {k: v for k, v in value.items() if k not in ("extension", "use")}
    for element in ("gender", "birthDate", "deceasedBoolean", "multipleBirthBoolean"):
        if element in child:
            yield element, child[f"_{element}"], child[element]


def states(patient: dict[str, Any], element: str, value: Any) -> bool:
    if isinstance(value, dict):
        return any(value.items() <= one.items() for one in patient.get(element, ()))
    return bool(patient.get(element) == value)


def test_each_value_of_a_child_names_a_source_that_says_so(linked: Engine) -> None:
    told = {f"Patient/{id_}": p for id_, p in patients(linked, of_records=True).items()}
    seen: set[str] = set()
    for child in patients(linked).values():
        for element, carrier, value in values(child):
            named = named_sources(carrier)
            assert named
            assert named <= sources_of(child)
            assert all(states(told[source], element, value) for source in named), element
            seen.add(element)
    assert seen >= {"name", "identifier", "address", "gender", "birthDate"}


def test_the_child_is_a_pure_function_of_its_sources(linked: Engine) -> None:
    before = versions(linked)
    assert project_all(linked) == 0
    assert versions(linked) == before


def test_the_order_of_sources_does_not_matter(linked: Engine) -> None:
    told = patients(linked, of_records=True)
    with transaction(linked) as session:
        members = {
            identity: IdentityStore(session).members(identity)
            for identity in {m.identity_id for m in IdentityStore(session).memberships()}
        }
    golden = patients(linked)
    for identity, those in members.items():
        sources = [
            SourcePatient(
                record_id=m.record_id,
                source=m.key.partition(":")[0],
                key=m.key,
                patient=told[m.record_id],
            )
            for m in Random(3).sample(those, len(those))
        ]
        made, stood = golden_patient(identity, sources), golden[identity]
        assert made | {"meta": None} == stood | {"meta": None}


def test_a_question_names_the_two_records_it_is_about(database_url: URL, caller: Caller) -> None:
    with connected(database_url) as engine:
        ingest(engine, [minutes({"gioiTinh": "NU"}, {"gioiTinh": "NU"}), registration(24)])
        link(engine)
        asked = reviews(engine, caller)
    assert asked
    for review in asked:
        assert review.left_key == "civil_status:00199/01/2026/24"
        assert review.right_key.startswith("police:00199/12/BB-CAX/2026#")
        assert_adds_up(review)
