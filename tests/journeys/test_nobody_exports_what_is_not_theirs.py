"""Promise 9 for bulk exports: a file holds what its client may see, also where one of two walls is down."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, Engine, text

from audit.event import Action, Caller
from audit.log import events
from gateway import acting, exporting
from gateway.access.policy import Asking, Right, load_policy, rows_of
from gateway.database import Role, transaction
from tests.gateway.access.machines import bearing
from tests.journeys.steps import as_owner
from tests.journeys.test_nobody_finds_what_is_not_theirs import divided, escaped, names_of, stated
from tests.journeys.test_nobody_sees_what_is_not_theirs import (  # noqa: F401 (fixtures)
    CLIENTS,
    assert_nothing_is_from_elsewhere,
    children,
    engine,
    may_see,
    own_url,
    patients,
    service,
    tokens,
)
from tests.ledger import engine_for

EXPORTING = ("so-79", "so-all", "adoption", "home")
"""Of one province, of all, of other labels, of its own children."""
START = "/fhir/R4/Patient/$export"
RECORDS = "Patient?_tag:not=golden"
Rows = Mapping[str, Any]


@pytest.fixture(scope="module", autouse=True)
def counted(own_url: URL, engine: Engine) -> None:  # noqa: F811
    """Else the planner guesses at random: nobody has counted the rows yet."""
    as_owner(own_url, "ANALYZE registry_search", "ANALYZE registry_resource")


def exported(
    service: httpx.Client,  # noqa: F811
    token: str,
    *filters: str,
) -> tuple[str, list[dict[str, Any]]]:
    """The id of an export, and all that is in its files."""
    headers = bearing(token)
    asked = {"_typeFilter": list(filters)}
    answer = service.get(START, params=asked, headers=headers | {"Prefer": "respond-async"})
    assert answer.status_code == 202, answer.text
    address, until = answer.headers["content-location"], time.monotonic() + 60
    while (answer := service.get(address, headers=headers)).status_code in (202, 429):
        assert time.monotonic() < until
        time.sleep(0.6)
    pages = [service.get(one["url"], headers=headers).text for one in answer.json()["output"]]
    lines = [json.loads(line) for page in pages for line in page.splitlines()]
    return address.rpartition("/")[2], lines


@pytest.mark.parametrize("name", EXPORTING)
def test_an_export_holds_what_its_client_may_see_and_all_of_it(
    name: str,
    service: httpx.Client,  # noqa: F811
    tokens: dict[str, str],  # noqa: F811
    patients: Rows,  # noqa: F811
) -> None:
    mine = {id_ for id_, row in patients.items() if may_see(CLIENTS[name], row)}
    _, found = exported(service, tokens[name], RECORDS)
    assert {one["id"] for one in found if not one["id"].startswith("te-")} == mine
    _, goldens = exported(service, tokens[name])
    assert {one["id"] for one in goldens} == {patients[id_].identity_id for id_ in mine}
    every = children(patients)
    for told in goldens:
        visible = [row for row in every[told["id"]] if row.id in mine]
        assert {link["other"]["reference"] for link in told["link"]} == {
            f"Patient/{row.id}" for row in visible
        }
        assert_nothing_is_from_elsewhere(told, visible)


@pytest.mark.parametrize("name", [name for name in CLIENTS if name not in EXPORTING])
def test_whom_no_rule_allows_it_exports_nothing(
    name: str,
    service: httpx.Client,  # noqa: F811
    tokens: dict[str, str],  # noqa: F811
) -> None:
    headers = bearing(tokens[name]) | {"Prefer": "respond-async"}
    assert service.get(START, headers=headers).status_code == 403


def test_no_filter_finds_a_child_by_what_only_hidden_records_say(
    service: httpx.Client,  # noqa: F811
    tokens: dict[str, str],  # noqa: F811
    patients: Rows,  # noqa: F811
) -> None:
    asked = []
    for child, seen, hidden in list(divided(patients, "home"))[:4]:
        told = sorted(stated(hidden) - stated(seen))
        asked += [f"Patient?{name}={_percent(escaped(value))}&_id={child}" for name, value in told]
    assert asked
    _, found = exported(service, tokens["home"], *asked[:30])
    assert found == []


def _percent(value: str) -> str:
    for mark in "%,&+#":
        value = value.replace(mark, f"%{ord(mark):02X}")
    return value


@pytest.fixture(scope="module")
def overfull(
    service: httpx.Client,  # noqa: F811
    tokens: dict[str, str],  # noqa: F811
    patients: Rows,  # noqa: F811
    own_url: URL,  # noqa: F811
) -> str:
    """An export of a home whose list names every child there is, as if listing had gone wrong."""
    id_, _ = exported(service, tokens["home"])
    every = ",".join([*patients, *children(patients)])
    as_owner(
        own_url,
        f"UPDATE registry_export_file SET ids = '{{{every}}}' WHERE export_id = '{id_}'",
    )
    return id_


def assert_only_its_own(content: str, patients: Rows) -> None:  # noqa: F811
    home = CLIENTS["home"]
    found = {json.loads(line)["id"] for line in content.splitlines()}
    mine = {id_ for id_, row in patients.items() if may_see(home, row)}
    assert found == mine | {patients[id_].identity_id for id_ in mine}
    for _, seen, hidden in list(divided(patients, "home"))[:5]:
        assert not any(value in content for value in names_of(hidden, seen))


def test_a_list_that_names_too_much_gives_no_more(
    overfull: str,
    service: httpx.Client,  # noqa: F811
    tokens: dict[str, str],  # noqa: F811
    patients: Rows,  # noqa: F811
    engine: Engine,  # noqa: F811
) -> None:
    answer = service.get(f"/exports/{overfull}/Patient/1", headers=bearing(tokens["home"]))
    assert answer.status_code == 200
    assert_only_its_own(answer.text, patients)
    with transaction(engine) as session:
        *_, last = (one for one in events(session) if one.action is Action.EXPORT_READ)
    assert "link" in last.withheld


@contextmanager
def asking(*, is_open: bool) -> Iterator[None]:
    """As the home asks; `is_open`: as if every row were its own."""
    client = CLIENTS["home"]
    told = Asking(
        policy=load_policy(), subject=client.subject, right=Right.EXPORT, purpose="CHILDPROT"
    )
    with acting.request() as request:
        request.subject = told
        request.rows = acting.SYSTEM if is_open else rows_of(told)
        yield


def page_of(engine: Engine, id_: str, *, is_open: bool) -> str:  # noqa: F811
    caller = Caller(who="home", system="home", purpose="CHILDPROT")
    with asking(is_open=is_open), transaction(engine) as session:
        return exporting.page(session, caller, id_, "Patient", 1).content.decode()


def test_the_program_alone_holds_with_the_database_open(
    overfull: str,
    engine: Engine,  # noqa: F811
    patients: Rows,  # noqa: F811
) -> None:
    assert_only_its_own(page_of(engine, overfull, is_open=False), patients)


def test_the_database_alone_lists_no_more_than_it_may(
    overfull: str,
    own_url: URL,  # noqa: F811
    engine: Engine,  # noqa: F811
    patients: Rows,  # noqa: F811
) -> None:
    """Which ids a file names is decided by row-level security alone."""
    web = engine_for(own_url, Role.CALLER)
    with asking(is_open=False), transaction(web) as session:
        query = text("SELECT id FROM registry_resource WHERE type = 'Patient' AND id = ANY(:ids)")
        seen = session.scalars(query, {"ids": [*patients, *children(patients)]}).all()
    web.dispose()
    mine = {id_ for id_, row in patients.items() if may_see(CLIENTS["home"], row)}
    assert {id_ for id_ in seen if not id_.startswith("te-")} == mine


def test_with_both_down_the_test_would_see_it(
    overfull: str,
    engine: Engine,  # noqa: F811
    patients: Rows,  # noqa: F811
) -> None:
    """A test that cannot fail proves nothing."""
    content = page_of(engine, overfull, is_open=True)
    assert len(content.splitlines()) == len(patients) + len(children(patients))
