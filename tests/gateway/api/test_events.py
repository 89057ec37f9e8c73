"""Changes by polling: all of them, in order, with whole partitions, and nothing of a child."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, Engine

import audit
from audit.event import Action
from gateway.database import transaction
from tests.journeys.steps import decide, homes, ingest, link, minutes, withdraw
from tests.ledger import engine_for

NAME = "Nguyễn Thị Bí Mật"


def report(number: int) -> bytes:
    return minutes({"hoTen": NAME, "gioiTinh": "NU"}, soBienBan=f"{number}/BB-CAX")


OTHER = minutes(
    {"gioiTinh": "NAM"},
    soBienBan="13/BB-CAX",
    ngayLap="2025-10-09T08:30:00+07:00",
    phatHien={"thoiGian": "2025-10-09T05:10:00+07:00", "maXa": "00004", "diaDiem": "bến xe"},
)


def read(client: httpx.Client, since: str = "-1.0", count: int = 100) -> dict[str, Any]:
    answer = client.get("/events", params={"since": since, "_count": count})
    assert answer.status_code == 200
    assert NAME not in answer.text
    found: dict[str, Any] = answer.json()
    return found


def all_of(client: httpx.Client, count: int) -> list[dict[str, Any]]:
    """Page by page to the end."""
    path, found, more = "/events", [], True
    while more:
        page = client.get(path, params=None if "?" in path else {"_count": count}).json()
        path, more = f"{page['next']}&_count={count}", page["more"]
        found += page["events"]
    return found


def test_records_and_identities_are_told_in_their_order(
    client: httpx.Client, engine: Engine
) -> None:
    assert read(client)["events"] == []
    ingest(engine, [report(12)])
    ingest(engine, [report(12).replace(b'"NU"', b'"NAM"')])
    told = read(client)["events"]
    assert [one["type"] for one in told] == ["record.created", "record.updated"]
    (identity,) = set(homes(engine).values())
    assert {one["data"]["identity"] for one in told} == {identity}
    assert len({one["data"]["record"] for one in told}) == 1


def test_a_decision_brings_the_whole_partition_before_and_after_and_so_does_its_undoing(
    client: httpx.Client, engine: Engine
) -> None:
    ingest(engine, [report(12), OTHER])
    link(engine)
    place = read(client)["next"].partition("=")[2]
    one, other = sorted(homes(engine))
    left, right = (homes(engine)[key] for key in (one, other))
    records = {told["data"]["identity"]: told["data"]["record"] for told in read(client)["events"]}
    standing = decide(engine, (one, other, "same"))
    link(engine)
    withdraw(engine, standing)
    link(engine)
    there, back = (told["data"] for told in read(client, place)["events"])
    assert there["before"] == {left: [records[left]], right: [records[right]]}
    assert there["before"] == back["after"]
    assert there["after"] == back["before"]
    assert sorted(there["after"].values(), key=len)[0] == []


def test_each_page_begins_where_the_last_one_ended_and_nothing_is_lost_in_between(
    client: httpx.Client, database_url: URL
) -> None:
    def take(number: int) -> None:
        own = engine_for(database_url)
        ingest(own, [report(number)])
        own.dispose()

    with ThreadPoolExecutor(4) as pool:
        taking = [pool.submit(take, number) for number in range(12)]
        seen: list[str] = []
        path = "/events?since=-1.0"
        while not (all(one.done() for one in taking) and len(seen) == 12):
            page = client.get(f"{path}&_count=2").json()
            seen += [one["data"]["record"] for one in page["events"]]
            path = page["next"]
        for one in taking:
            one.result()
    assert len(set(seen)) == 12
    assert [one["data"]["record"] for one in all_of(client, 5)] == seen


def test_from_a_moment_on(client: httpx.Client, engine: Engine) -> None:
    ingest(engine, [report(12)])
    between = datetime.now(UTC)
    ingest(engine, [report(13)])
    whole = read(client)["events"]
    assert len(whole) == 2
    assert read(client, between.isoformat())["events"] == whole[1:]
    assert read(client, (between + timedelta(days=1)).isoformat())["events"] == []
    assert read(client, (between - timedelta(days=1)).isoformat())["events"] == whole


@pytest.mark.parametrize("since", ["x", "1", "1.2.3", "2026-03-04", "-2.0", "0' OR 1=1", "đ"])
def test_what_is_no_place_is_refused(client: httpx.Client, since: str) -> None:
    answer = client.get("/events", params={"since": since})
    assert answer.status_code in (400, 422)
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_each_child_that_is_named_is_in_the_log(client: httpx.Client, engine: Engine) -> None:
    ingest(engine, [report(12), report(13)])
    told = read(client)["events"]
    with transaction(engine) as session:
        *_, event = audit.events(session, action=Action.CHANGES_READ)
    assert {(seen.identity, seen.record) for seen in event.seen} == {
        (one["data"]["identity"], one["data"]["record"]) for one in told
    }
    assert json.dumps(told).count("te-") == 2
