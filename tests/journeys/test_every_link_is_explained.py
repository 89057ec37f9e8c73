"""Promise 5: evidence in two languages adds up, and each value of a child names its source."""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from random import Random
from typing import Any

import pytest
from sqlalchemy import URL, Engine

from adapters.profile import EXT_VALUE_SOURCE
from audit.event import Caller
from gateway import explaining, linking
from gateway.database import transaction
from linkage.fate import Fate
from linkage.golden import SourcePatient, golden_patient
from linkage.store import IdentityStore, OpenReview
from tests.journeys.steps import (
    connected,
    decide,
    homes,
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
    for line in lines:
        assert line["vietnamese"]
        assert line["english"]
        assert line["vietnamese"] != line["english"]


def test_the_evidence_of_every_question_adds_up(linked: Engine, caller: Caller) -> None:
    found = reviews(linked, caller)
    assert len(found) >= 10
    for review in found:
        assert_adds_up(review)
    said = {line["feature"] for line in json.loads(found[0].evidence) if line["bits"]}
    assert len(said) > 3


def test_why_tells_every_question_with_its_weight_and_its_reason(
    linked: Engine, caller: Caller
) -> None:
    """Also where records are compared as groups, and a hospital is only named."""
    with transaction(linked) as session:
        for review in linking.reviews(session, caller):
            names = (review.left_key, review.right_key)
            found = explaining.why(session, names, shipped(), caller)
            assert found is not None
            assert (found.fate, found.question) == (Fate.ASKED, review.reason)
            assert found.weighed[-1].weight == review.weight
            evidence = [asdict(line) for line in found.weighed[-1].lines]
            told = [{k: v for k, v in line.items() if k != "total"} for line in evidence]
            assert told == json.loads(review.evidence)
            # What the second look found, or of what it does not look at what the weight says.
            looked = [one.probability for one in found.looked if not one.joined]
            weight = shipped().calibration.probability(review.weight)
            assert review.probability == pytest.approx([*looked, weight][0], abs=1e-5)


TOGETHER = (
    Fate.JOINED_BY_SOURCE,
    Fate.JOINED,
    Fate.JOINED_BY_SECOND_LOOK,
    Fate.JOINED_THROUGH_OTHERS,
)


def test_every_link_and_every_child_apart_has_a_reason_that_adds_up(
    linked: Engine, caller: Caller
) -> None:
    home = homes(linked)
    chance = Random(4)
    pairs = [tuple(chance.sample(sorted(home), 2)) for _ in range(60)]
    pairs += [(sorted(group)[0], sorted(group)[1]) for group in partition(linked) if len(group) > 1]
    with transaction(linked) as session:
        for left, right in pairs:
            found = explaining.why(session, (left, right), shipped(), caller)
            assert found is not None
            assert (found.fate in TOGETHER) == (home[left] == home[right])
            for weighed in found.weighed:
                total = weighed.lines[-1].total
                assert total == pytest.approx(weighed.weight, abs=ROUNDING)
            for looked in found.looked:
                assert looked.lines[-1].total == pytest.approx(looked.bits, abs=ROUNDING)


def test_how_names_every_record_of_an_identity_once(linked: Engine, caller: Caller) -> None:
    with transaction(linked) as session:
        for identity in sorted(set(homes(linked).values()))[:30]:
            found = explaining.how(session, identity, shipped(), caller)
            assert found is not None
            keys = {m.record_id for m in IdentityStore(session).members(identity)}
            assert {shown.record for shown in found.records} == keys
            assert len(found.links) == len(keys) - 1
            assert {id_ for link in found.links for id_ in (link.left, link.right)} <= keys


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
