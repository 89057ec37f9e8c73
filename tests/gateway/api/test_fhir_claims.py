"""What the CapabilityStatement claims is carried out, claim by claim, on a world of made-up children."""

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select, text

from gateway.api.metadata import capability_statement
from gateway.fhir.parameters import META
from gateway.registry.tables import resource, search

FHIR = "/fhir/R4"
STATEMENT = capability_statement()["rest"][0]
OTHERS = ("AuditEvent", "Subscription", "Group", "Person")
"""Not kept as the others are; they have tests of their own."""
CLAIMED = {one["type"]: one for one in STATEMENT["resource"] if one["type"] not in OTHERS}
SEARCHED = [
    (kind, one["name"], one["type"])
    for kind, c in CLAIMED.items()
    for one in c["searchParam"]
    if one["name"] != "mothersMaidenName"  # Has no rows of its own: a test below.
]
SHARED_NAME = {
    "patient": ("subject", "patient", "target"),
    "_lastUpdated": (META,),
    "_source": (META,),
}
RESULTS = {
    "_count": "3",
    "_sort": "-_lastUpdated",
    "_elements": "id",
    "_summary": "true",
    "_total": "accurate",
    "_totalMethod": "count",
    "_format": "json",
    "_pretty": "true",
    "_include": "Patient:link",
    "_revinclude": "Observation:patient",
}
INTERACTIONS = {
    "read": "/{id}",
    "vread": "/{id}/_history/1",
    "history-instance": "/{id}/_history",
    "history-type": "/_history",
    "search-type": "",
}


@pytest.fixture(scope="module")
def first(kept: Engine) -> dict[str, str]:
    """Type → the id of one that stands in its first version."""
    c = resource.c
    query = select(c.type, c.id).where(c.is_current, c.version_id == 1).order_by(c.id)
    with kept.connect() as connection:
        return {row.type: row.id for row in connection.execute(query)}


@pytest.mark.parametrize("kind", CLAIMED)
def test_every_interaction(service: httpx.Client, first: dict[str, str], kind: str) -> None:
    reading = [one for one in CLAIMED[kind]["interaction"] if one["code"] in INTERACTIONS]
    assert len(reading) == len(INTERACTIONS)  # Writing: tests/gateway/api/test_feed.py
    for one in reading:
        path = INTERACTIONS[one["code"]].format(id=first[kind])
        answer = service.get(f"{FHIR}/{kind}{path}")
        assert answer.status_code == 200, path
        assert answer.json()["resourceType"] == ("Bundle" if "id" not in answer.json() else kind)
        if "versions" in CLAIMED[kind]["versioning"] and one["code"].endswith("read"):
            assert answer.headers["etag"] == 'W/"1"'


def kept_value(engine: Engine, kind: str, name: str, form: str) -> tuple[str, str] | None:
    """The id of one that has a value of a parameter, and how to ask for that value."""
    s = search.c
    names = SHARED_NAME.get(name, (name,))
    query = select(s.id, s.value, s.qualifier, s.low).where(s.type == kind, s.parameter.in_(names))
    column = s.low if form == "date" else s.value
    with engine.connect() as connection:
        row = connection.execute(query.where(column.is_not(None)).order_by(s.id).limit(1)).first()
    if row is None:
        return None
    if form == "date":
        return row.id, f"ge{row.low.date().isoformat()}"
    return row.id, row.value


@pytest.mark.parametrize(("kind", "name", "form"), SEARCHED)
def test_every_search_parameter(
    service: httpx.Client, kept: Engine, first: dict[str, str], kind: str, name: str, form: str
) -> None:
    """By a value that there is; where no source states any, nothing has one, and all lack it."""
    if name == "_id":
        id_, value = first[kind], first[kind]
    else:
        stated = kept_value(kept, kind, name, form)
        if stated is None and form == "reference":
            stated = kept_value(kept, kind, f"{name}:identifier", form)
            name = f"{name}:identifier" if stated else name
        if stated is None:
            assert ids(service, kind, {f"{name}:missing": "false"}) == []
            assert ids(service, kind, {f"{name}:missing": "true"})
            return
        id_, value = stated
    for mark in "\\,|$":
        value = value.replace(mark, f"\\{mark}")
    found = ids(service, kind, {name: value, "_id": id_})
    assert found == [id_]
    if name != "_id":
        missing = f"{name.removesuffix(':identifier')}:missing"
        assert ids(service, kind, {missing: "true", "_id": id_}) == []


def test_a_child_is_found_by_its_mothers_name_and_by_nobody_elses(
    service: httpx.Client, kept: Engine
) -> None:
    with kept.connect() as connection:
        mother, other = (connection.execute(text(asked)).first() for asked in (MOTHER, OTHER))
    assert mother is not None
    assert other is not None
    plain = mother.value.split(" ")[0]
    for name, value in (("", mother.name), (":exact", mother.name), (":contains", plain)):
        asked = {f"mothersMaidenName{name}": value}
        assert ids(service, "Patient", asked | {"_id": mother.record}) == [mother.record]
        golden = ids(service, "Patient", asked | {"_count": "500"})
        assert golden
        assert all(id_.startswith("te-") for id_ in golden)
    assert ids(service, "Patient", {"mothersMaidenName": other.name, "_id": other.record}) == []
    observed = {"patient.mothersMaidenName": mother.name, "_id": "none"}
    assert ids(service, "Observation", observed) == []
    for wrong in ({"mothersMaidenName:missing": "maybe"}, {"mothersMaidenName:not": "x"}):
        assert service.get(f"{FHIR}/Patient", params=wrong).status_code == 400


def test_who_has_no_mothers_name_is_missing_it_by_all_of_its_records(
    service: httpx.Client, kept: Engine
) -> None:
    """Compared with each child's own RelatedPersons; of records by their own."""
    with kept.connect() as connection:
        of_records = set(connection.scalars(text(RECORDS_WITH_MOTHER)))
        links = connection.execute(text(LINKS)).all()
    named: dict[str, bool] = {}
    for child, record in links:
        named[child] = named.get(child, False) or record in of_records
    assert set(named.values()) == {True, False}
    for value in (True, False):
        asked = {"mothersMaidenName:missing": str(not value).lower()}
        assert set(every(service, asked)) == {id_ for id_, has in named.items() if has is value}
        some = next(id_ for id_, has in sorted(named.items()) if has is value)
        assert ids(service, "Patient", asked | {"_id": some}) == [some]
    record = min(of_records)
    missing = {"mothersMaidenName:missing": "true", "_id": record}
    assert ids(service, "Patient", missing) == []
    assert ids(service, "Patient", missing | {"mothersMaidenName:missing": "false"}) == [record]
    chained = {"patient.mothersMaidenName:missing": "true", "patient": record}
    assert ids(service, "RelatedPerson", chained) == []


def test_it_is_refused_to_sort_by_mothers_names_and_left_out_for_who_prefers_it(
    service: httpx.Client,
) -> None:
    asked = {"_sort": "gender,-mothersMaidenName", "_count": "1"}
    for prefer in ({}, {"prefer": "handling=strict"}):
        refused = service.get(f"{FHIR}/Patient", params=asked, headers=prefer)
        assert refused.status_code == 400
        (issue,) = refused.json()["issue"]
        assert (issue["code"], issue["expression"]) == ("not-supported", ["_sort"])
    lenient = {"prefer": "handling=lenient"}
    answer = service.get(f"{FHIR}/Patient", params=asked, headers=lenient).json()
    (own,) = (one["url"] for one in answer["link"] if one["relation"] == "self")
    assert "_sort" not in own
    assert "_count=1" in own


RECORDS_WITH_MOTHER = (
    "SELECT p.value FROM registry_search n"
    " JOIN registry_search p ON p.type = n.type AND p.id = n.id AND p.parameter = 'patient'"
    " WHERE n.type = 'RelatedPerson' AND n.parameter = 'mothers-name'"
)
LINKS = "SELECT identity_id, record_id FROM linkage_record"


def every(service: httpx.Client, asked: dict[str, str]) -> list[str]:
    """Ids from all pages."""
    answer = service.get(f"{FHIR}/Patient", params=asked | {"_count": "500"}).json()
    found: list[str] = []
    while True:
        found += [one["resource"]["id"] for one in answer.get("entry", ())]
        onward = [one["url"] for one in answer["link"] if one["relation"] == "next"]
        if not onward:
            return found
        answer = service.get(onward[0]).json()


OF_KIN = (
    "SELECT n.value, n.qualifier AS name, p.value AS record FROM registry_search n"
    " JOIN registry_search p ON p.type = n.type AND p.id = n.id AND p.parameter = 'patient'"
    " WHERE n.type = 'RelatedPerson' AND "
)
MOTHER = f"{OF_KIN} n.parameter = 'mothers-name' ORDER BY n.qualifier, record LIMIT 1"
OTHER = (
    f"{OF_KIN} n.parameter = 'name' AND NOT EXISTS (SELECT FROM registry_search m"
    " WHERE m.parameter = 'mothers-name' AND m.value = n.value) ORDER BY n.qualifier, record LIMIT 1"
)


def ids(service: httpx.Client, kind: str, asked: dict[str, str]) -> Sequence[str]:
    answer = service.get(f"{FHIR}/{kind}", params=asked)
    assert answer.status_code == 200, answer.text
    return [one["resource"]["id"] for one in answer.json().get("entry", [])]


def test_everything_of_a_child(service: httpx.Client, first: dict[str, str]) -> None:
    """The other operations: test_match.py, test_cross_reference.py, test_stewardship.py."""
    (name,) = (
        one["name"] for one in CLAIMED["Patient"]["operation"] if one["name"] == "everything"
    )
    answer = service.get(f"{FHIR}/Patient/{first['Patient']}/${name}")
    assert answer.json()["resourceType"] == "Bundle"


@pytest.mark.parametrize("kind", CLAIMED)
def test_everything_that_may_come_along(service: httpx.Client, kind: str) -> None:
    for name, claim in (("_include", "searchInclude"), ("_revinclude", "searchRevInclude")):
        for value in CLAIMED[kind].get(claim, ()):
            answer = service.get(f"{FHIR}/{kind}", params={name: value, "_count": "2"})
            assert answer.status_code == 200, value


@pytest.mark.parametrize("name", [one["name"] for one in STATEMENT["searchParam"]])
def test_every_parameter_of_results(service: httpx.Client, name: str) -> None:
    assert service.get(f"{FHIR}/Patient", params={name: RESULTS[name]}).status_code == 200


def test_every_format(service: httpx.Client) -> None:
    for form in capability_statement()["format"]:
        answer = service.get(f"{FHIR}/Patient", params={"_format": form, "_count": "1"})
        assert (
            form.rpartition("+")[2].removeprefix("application/") in answer.headers["content-type"]
        )


def test_nothing_more_is_heeded(service: httpx.Client) -> None:
    """A parameter of another type, or one that R4 has and we do not, is refused."""
    for kind, claim in CLAIMED.items():
        own = {one["name"] for one in claim["searchParam"]}
        foreign = {name for _, name, _ in SEARCHED} - own
        for name in [*sorted(foreign)[:5], "_text", "_content", "_filter", "_list", "_query"]:
            assert service.get(f"{FHIR}/{kind}", params={name: "x"}).status_code == 400, name


def test_the_statement_that_is_served_is_this_one(service: httpx.Client) -> None:
    served: Any = json.loads(service.get(f"{FHIR}/metadata").text)
    assert served == capability_statement()
