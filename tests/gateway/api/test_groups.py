"""Groups of children: each caller finds those of whom it sees somebody, and in them no one else."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.group import Group
from sqlalchemy import URL, Engine, select, text

from audit.event import Action, Caller
from audit.log import events
from gateway import acting, grouping
from gateway.access.policy import Asking, Right, load_policy
from gateway.database import transaction
from gateway.registry.groups import KINDS
from linkage.tables import record as linked
from tests.conftest import fresh_database
from tests.gateway.access.machines import bearing, client_of, guarded, registered, token_of
from tests.gateway.api.test_exports import ended, fetched
from tests.journeys.steps import connected
from tests.journeys.test_nobody_sees_what_is_not_theirs import (  # noqa: F401 (a fixture)
    HOSPITAL,
    may_see,
    patients,
)

PATH = "/fhir/R4/Group"
ALL = ("system/*.rs",)
LATER = {"Prefer": "respond-async"}
CLIENTS = {
    one.id: one
    for one in (
        client_of("so-79", "child-protection", "CHILDPROT", provinces=("79",), scopes=ALL),
        client_of("so-all", "child-protection", "CHILDPROT", provinces=("*",), scopes=ALL),
        client_of("hospital", "hospital", "TREAT", body=HOSPITAL, provinces=("04",), scopes=ALL),
        client_of("home", "facility", "CHILDPROT", body="home:CB05", provinces=(), scopes=ALL),
        client_of("school", "school", "EDUC", body="school:04000003", scopes=ALL),
    )
}
SEEING = ("so-79", "so-all", "hospital", "home")
Rows = Mapping[str, Any]


@pytest.fixture(scope="module")
def own_url(server_url: URL, linked_template: URL) -> Iterator[URL]:
    with fresh_database(server_url, linked_template.database) as url:
        yield url


@pytest.fixture(scope="module")
def engine(own_url: URL) -> Iterator[Engine]:
    with connected(own_url) as engine:
        registered(engine, *CLIENTS.values())
        yield engine


@pytest.fixture(scope="module")
def service(own_url: URL, engine: Engine) -> Iterator[httpx.Client]:
    with guarded(own_url) as client:
        yield client


@pytest.fixture(scope="module")
def tokens(service: httpx.Client) -> dict[str, dict[str, str]]:
    return {name: bearing(token_of(service, name, "system/*.rs")) for name in CLIENTS}


def found(service: httpx.Client, headers: Mapping[str, str], **asked: str) -> dict[str, Any]:
    """What a group is of (`source police`) → the group, from all pages."""
    answer = service.get(PATH, params={"_count": "7"} | asked, headers=headers)
    groups: dict[str, Any] = {}
    while True:
        assert answer.status_code == 200, answer.text
        told = answer.json()
        for one in told.get("entry", ()):
            assert one["resource"]["id"] not in {g["id"] for g in groups.values()}
            groups[name_of(one["resource"])] = one["resource"]
        following = [one["url"] for one in told["link"] if one["relation"] == "next"]
        if not following:
            assert len(groups) == told["total"]
            return groups
        answer = service.get(following[0], headers=headers)


def name_of(group: Mapping[str, Any]) -> str:
    (told,) = group["characteristic"]
    return (
        f"{told['code']['coding'][0]['code']} {told['valueCodeableConcept']['coding'][0]['code']}"
    )


def wanted(name: str, rows: Rows) -> dict[str, set[str]]:
    """Group → its children, said again from what the caller may see."""
    groups: dict[str, set[str]] = {}
    for row in rows.values():
        if may_see(CLIENTS[name], row):
            groups.setdefault(f"source {row.source}", set()).add(row.identity_id)
            if row.custodian != "shared":
                groups.setdefault(f"custodian {row.custodian}", set()).add(row.identity_id)
    return groups


@pytest.mark.parametrize("name", SEEING)
def test_groups_are_of_the_children_whom_the_caller_sees(
    name: str,
    service: httpx.Client,
    tokens: dict[str, dict[str, str]],
    patients: Rows,  # noqa: F811
) -> None:
    right, groups = wanted(name, patients), found(service, tokens[name])
    assert {of: one["quantity"] for of, one in groups.items()} == {
        of: len(children) for of, children in right.items()
    }
    assert not any("member" in one for one in groups.values())
    largest = sorted(right, key=lambda of: (-len(right[of]), of))
    for of in [*largest[:3], *largest[-2:]]:
        answer = service.get(f"{PATH}/{groups[of]['id']}", headers=tokens[name])
        Group.model_validate_json(answer.content)
        members = [one["entity"]["reference"] for one in answer.json()["member"]]
        assert sorted(members) == sorted(f"Patient/{child}" for child in right[of])


def test_a_group_of_others_is_not_there(
    service: httpx.Client, tokens: dict[str, dict[str, str]], engine: Engine
) -> None:
    every, own = (found(service, tokens[name]) for name in ("so-all", "so-79"))
    foreign = [every[of]["id"] for of in sorted(every.keys() - own.keys())]
    assert foreign
    nobody = "g-" + "a" * 32
    for id_ in (foreign[0], nobody, "te-01m82pkf1pq2gyy0q6jsr5wq5h"):
        for path in (f"{PATH}/{id_}", f"{PATH}/{id_}/$export"):
            answer = service.get(path, headers=tokens["so-79"] | LATER)
            assert answer.status_code == 404, path
    assert found(service, tokens["so-79"], _id=foreign[0]) == {}
    assert service.get(PATH, headers=tokens["school"]).status_code == 403
    some = next(iter(own.values()))["id"]
    assert service.get(f"{PATH}/{some}", headers=tokens["school"]).status_code == 404


def test_the_program_alone_names_nobody_else_with_the_database_open(
    service: httpx.Client,
    tokens: dict[str, dict[str, str]],
    engine: Engine,
    patients: Rows,  # noqa: F811
) -> None:
    of, client = "source police", CLIENTS["so-79"]
    id_ = found(service, tokens["so-79"])[of]["id"]
    with acting.request() as request, transaction(engine) as session:
        request.subject = Asking(
            policy=load_policy(), subject=client.subject, right=Right.READ, purpose="CHILDPROT"
        )
        told = grouping.read(session, id_, Caller(who="x", system="x", purpose="CHILDPROT"))
    assert told is not None
    members = {one["entity"]["reference"].removeprefix("Patient/") for one in told["member"]}
    assert members == wanted("so-79", patients)[of]
    assert len(members) < len(wanted("so-all", patients)[of])


def test_whoever_is_named_in_a_group_is_in_the_log(
    service: httpx.Client, tokens: dict[str, dict[str, str]], engine: Engine
) -> None:
    (group, *_) = found(service, tokens["home"], code="custodian").values()
    answer = service.get(f"{PATH}/{group['id']}", headers=tokens["home"])
    with transaction(engine) as session:
        (event,) = [e for e in events(session) if e.id == answer.headers["x-audit-event"]]
    assert event.action is Action.RESOURCE_READ
    assert {f"Patient/{one.identity}" for one in event.seen} == {
        one["entity"]["reference"] for one in answer.json()["member"]
    }


def test_of_a_large_group_is_told_how_large_it_is(
    service: httpx.Client, tokens: dict[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "MOST_MEMBERS", 2)
    group = found(service, tokens["so-all"])["source police"]
    told = service.get(f"{PATH}/{group['id']}", headers=tokens["so-all"]).json()
    assert told["quantity"] == group["quantity"] > 2
    assert "member" not in told
    assert told["meta"]["tag"][0]["code"] == "SUBSETTED"


@pytest.mark.parametrize("name", ["so-79", "home"])
def test_the_export_of_a_group_holds_all_of_its_children_and_nobody_else(
    name: str,
    service: httpx.Client,
    tokens: dict[str, dict[str, str]],
    patients: Rows,  # noqa: F811
) -> None:
    headers, right = tokens[name], wanted(name, patients)
    groups = found(service, headers)
    of = min(right, key=lambda of: (abs(len(right[of]) - 5), of))
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "_type", "valueString": "Patient,Provenance"}],
    }
    answer = service.post(f"{PATH}/{groups[of]['id']}/$export", json=body, headers=headers | LATER)
    assert answer.status_code == 202, answer.text
    told = ended(service, headers, answer.headers["content-location"]).json()
    assert f"/Group/{groups[of]['id']}/$export" in told["request"]
    files = fetched(service, headers, told)
    assert {one["id"] for one in files["Patient"]} == right[of]
    records = {
        id_ for id_, row in patients.items()
        if row.identity_id in right[of] and may_see(CLIENTS[name], row)
    }  # fmt: skip
    everybody = service.get(
        "/fhir/R4/Patient/$export?_type=Patient,Provenance", headers=headers | LATER
    ).headers["content-location"]
    every = fetched(service, headers, ended(service, headers, everybody).json())
    assert len(every["Patient"]) > len(files["Patient"])
    right_ones = {one["id"] for one in every["Provenance"] if targets(one) & records}
    assert {one["id"] for one in files["Provenance"]} == right_ones != set()


def targets(provenance: Mapping[str, Any]) -> set[str]:
    return {one["reference"].removeprefix("Patient/") for one in provenance["target"]}


@pytest.mark.parametrize("asked", ["name=x", "code=nobody", "_count=many", "_cursor=x"])
def test_what_cannot_be_heeded_is_refused(
    service: httpx.Client, tokens: dict[str, dict[str, str]], asked: str
) -> None:
    assert service.get(f"{PATH}?{asked}", headers=tokens["so-all"]).status_code == 400


@pytest.mark.parametrize("kind", KINDS)
def test_who_is_in_a_group_is_found_by_an_index(kind: str, engine: Engine) -> None:
    """Without the plan of reading whole tables, which is the quicker one in a small database."""
    query = select(linked.c.identity_id).where(KINDS[kind] == "x").distinct()
    compiled = query.compile(dialect=engine.dialect, compile_kwargs={"literal_binds": True})
    with transaction(engine) as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(session.scalars(text(f"EXPLAIN {compiled}")))
    assert f"ix_linkage_record_{kind}" in plan, plan
    assert "Index Cond" in plan, plan
