"""Large bodies over HTTP: cut, kept in one transaction, read by the worker, told as one message."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from sqlalchemy import URL, Engine, func, select

from adapters.formats import parts as cutting
from gateway.app import create_app
from gateway.database import printable, transaction
from gateway.registry import tables
from gateway.settings import Settings
from tests.gateway.api.conftest import served
from tests.gateway.api.payloads import JSON, post
from tests.gateway.cut_small import array, bad, cut_small, girl

PATH = "/sources/police/messages"
GIRLS = array(*(bad(number) if number == 5 else girl(number) for number in range(12)))


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_small(monkeypatch)


def ended(client: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    """What the status says once everything is read."""
    until = time.monotonic() + 60
    while (found := client.get(answer.headers["content-location"]).json())["state"] == "received":
        assert time.monotonic() < until
        time.sleep(0.05)
    told: dict[str, Any] = found
    return told


def count(engine: Engine, table: Any) -> int:
    with transaction(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("prefer", ["", "respond-async"])
def test_a_large_body_is_always_answered_with_202_and_a_status(
    client: httpx.Client, prefer: str
) -> None:
    answer = post(client, GIRLS, prefer=prefer)
    assert (answer.status_code, answer.json()["state"]) == (202, "received")
    assert ("preference-applied" in answer.headers) == bool(prefer)
    told = ended(client, answer)
    assert (told["state"], told["size"], told["parts"]) == ("partly-accepted", len(GIRLS), 6)
    assert told["counts"] == {"new": 11, "rejected": 1}
    assert told["progress"] == {"partsRead": 6, "bytesRead": len(GIRLS)}
    (refusal,) = told["refusals"]
    assert refusal["outcome"]["issue"][0]["diagnostics"] == "/5/ngayLap"
    assert "hôm qua" not in answer.text + str(told)


def test_its_parts_are_listed_and_each_says_where_it_begins(client: httpx.Client) -> None:
    whole = ended(client, post(client, GIRLS))["message"]
    assert [one["message"] for one in client.get("/messages").json()["messages"]] == [whole]
    parts = client.get(f"/messages?partOf={whole}").json()["messages"]
    assert sorted(one["part"] for one in parts) == [1, 2, 3, 4, 5, 6]
    (refused,) = client.get(f"/messages?partOf={whole}&state=partly-accepted").json()["messages"]
    assert (refused["part"], refused["partOf"]) == (3, whole)
    shown = client.get(f"/messages/{refused['message']}").json()
    assert shown["refusals"][0]["outcome"]["issue"][0]["diagnostics"] == "/5/ngayLap"


def test_its_bytes_come_back_as_sent(client: httpx.Client) -> None:
    answer = post(client, GIRLS)
    content = client.get(answer.headers["content-location"] + "/content")
    assert (content.status_code, content.content) == (200, GIRLS)
    assert content.headers["cache-control"] == "no-store"


def test_a_key_gets_the_same_answer_and_another_body_422(
    client: httpx.Client, engine: Engine
) -> None:
    first = post(client, GIRLS, idempotency_key="k1")
    again = post(client, GIRLS, idempotency_key="k1")
    assert (again.status_code, again.text) == (202, first.text)
    assert post(client, GIRLS + b" ", idempotency_key="k1").status_code == 422
    assert count(engine, tables.message) == 7


def test_eight_at_once_store_it_once(client: httpx.Client, engine: Engine) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: post(client, GIRLS), range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["message"] for answer in answers}) == 1
    ended(client, answers[0])
    assert (count(engine, tables.message), count(engine, tables.record)) == (7, 11)


def test_a_sender_that_hangs_up_in_the_middle_leaves_nothing(
    client: httpx.Client, engine: Engine
) -> None:
    head = f"POST /sources/police/messages HTTP/1.1\r\nHost: x\r\nContent-Length: {len(GIRLS)}\r\n"
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), 10) as raw:
        raw.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + GIRLS[:-10])
    assert post(client, girl(99)).status_code == 201
    assert count(engine, tables.message) == 1


def test_what_cannot_be_cut_is_413_and_says_so(
    client: httpx.Client, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "WHOLE", 4_000)
    answer = post(
        client, b'{"resourceType": "Bundle"' + b" " * 5_000 + b"}", "/sources/fhir/messages"
    )
    assert answer.status_code == 413
    OperationOutcome.model_validate(answer.json())
    assert "cannot be cut" in answer.json()["issue"][0]["diagnostics"]
    assert count(engine, tables.message) == 0


def test_a_large_body_that_cannot_be_cut_is_answered_as_any_other(client: httpx.Client) -> None:
    one = girl(1)[:-1] + b" " * 5_000 + b"}"
    assert post(client, one).status_code == 201


def test_a_large_correction_settles_what_it_replaces(client: httpx.Client) -> None:
    old = ended(client, post(client, GIRLS))["message"]
    right = array(*(girl(number) for number in range(12)))
    answer = post(client, right, f"/sources/police/messages?corrects={old}")
    assert ended(client, answer)["state"] == "accepted"
    (refusal,) = client.get(f"/messages/{old}").json()["refusals"]
    assert refusal["settlement"] == "corrected"


def test_a_replay_and_a_withdrawal_are_of_the_whole(client: httpx.Client) -> None:
    whole = ended(client, post(client, GIRLS))["message"]
    replayed = client.post(f"/messages/{whole}/replay").json()
    assert (replayed["before"], replayed["after"]) == ("partly-accepted", "partly-accepted")
    assert [one["issue"][0]["diagnostics"] for one in replayed["rejections"]] == ["/5/ngayLap"]
    done = client.post(f"/messages/{whole}/withdrawal", json={"reason": "test"})
    assert done.status_code == 204
    assert client.post(f"/messages/{whole}/replay").status_code == 409
    assert 'motem_refusals_unsettled{source="police"} 0.0' in client.get("/metrics").text


def test_a_preview_is_of_the_first_part_and_says_of_how_much(
    client: httpx.Client, engine: Engine
) -> None:
    shown = post(client, GIRLS, "/sources/police/preview").json()
    assert len(shown["records"]) == 2
    assert 0 < shown["bytes"] < shown["bytesInAll"] == len(GIRLS)
    assert count(engine, tables.message) == 0


def test_metrics_count_the_parts_and_not_the_whole(client: httpx.Client) -> None:
    ended(client, post(client, GIRLS))
    told = client.get("/metrics").text
    assert 'motem_messages{source="police",state="accepted"} 5.0' in told
    assert 'motem_messages{source="police",state="received"}' not in told
    assert "motem_oldest_unread_seconds 0.0" in told
    (police,) = (s for s in client.get("/sources").json()["sources"] if s["source"] == "police")
    assert police["messages"] == 1


def test_a_table_is_cut_by_the_columns_of_its_source(client: httpx.Client, engine: Engine) -> None:
    head = "Mã cơ sở,Số hồ sơ,Họ và tên,Ngày sinh\n"
    rows = "".join(f"HN01,{number},Nguyễn Thị Thử {number},2020-01-02\n" for number in range(60))
    path = "/sources/facility/messages"
    answer = client.post(
        path, content=(head + rows).encode(), headers=JSON | {"Content-Type": "text/csv"}
    )
    assert answer.status_code == 202
    assert ended(client, answer)["counts"] == {"new": 60}
    assert count(engine, tables.record) == 60


def test_what_stands_on_the_disk_has_no_name(database_url: URL, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": printable(database_url), "MOTEM_SPOOL": str(tmp_path)}
    seen: list[list[Path]] = []

    def dripping() -> Iterator[bytes]:
        for at in range(0, len(GIRLS), 1_000):
            yield GIRLS[at : at + 1_000]
            seen.append(list(tmp_path.iterdir()))

    with served(create_app(Settings.model_validate(settings))) as client:
        assert client.post(PATH, content=dripping(), headers=JSON).status_code == 202
    assert seen
    assert not any(seen)
    assert list(tmp_path.iterdir()) == []
