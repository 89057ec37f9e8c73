"""The door for senders, over a real connection."""

import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from sqlalchemy import URL, Engine, func, select

from audit import log
from audit.event import Action
from gateway.api import payload
from gateway.app import create_app
from gateway.database import printable, transaction
from gateway.registry import tables
from gateway.settings import Settings
from tests.gateway.api.conftest import served
from tests.gateway.api.payloads import NAME, girl, post, refused


def count(engine: Engine, table: object) -> int:
    with transaction(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[arg-type]


def test_a_payload_is_answered_with_each_record_and_its_identity(client: httpx.Client) -> None:
    answer = post(client, girl())
    assert answer.status_code == 201
    body = answer.json()
    (record,) = body["records"]
    assert answer.headers["location"] == f"/messages/{body['message']}"
    assert answer.headers["cache-control"] == "no-store"
    assert (body["state"], record["decision"], record["change"]) == ("accepted", "pending", "new")
    for reference in (record["reference"], record["identityReference"]):
        assert client.get(f"/fhir/R4/{reference}").status_code == 200
    assert NAME not in answer.text


def test_the_same_bytes_again_are_answered_as_before_with_200(client: httpx.Client) -> None:
    first, again = post(client, girl()), post(client, girl())
    assert again.status_code == 200
    assert again.json() == first.json() | {"repeated": True}


def test_a_refused_record_has_an_outcome_with_its_place_and_the_others_are_taken(
    client: httpx.Client,
) -> None:
    both = b"[" + girl() + b"," + refused() + b"]"
    answer = post(client, both)
    assert (answer.status_code, answer.json()["state"]) == (201, "partly-accepted")
    (outcome,) = answer.json()["rejections"]
    OperationOutcome.model_validate(outcome)
    (issue,) = outcome["issue"]
    assert issue["diagnostics"] == "/1/ngayLap"
    assert issue["details"]["coding"][0]["code"] == "wrong-date"
    assert "hôm qua" not in answer.text


def test_a_payload_of_which_nothing_can_be_taken_is_422_and_kept(
    client: httpx.Client, engine: Engine
) -> None:
    answer = post(client, refused())
    assert (answer.status_code, answer.json()["state"]) == (422, "rejected")
    assert client.get(answer.headers["location"]).json()["state"] == "rejected"
    assert post(client, refused()).status_code == 422
    assert count(engine, tables.message) == 1


def test_a_key_gets_the_same_answer_whatever_comes_in_between(client: httpx.Client) -> None:
    first = post(client, girl(), idempotency_key="k1")
    post(client, girl(2))
    again = post(client, girl(), idempotency_key="k1")
    assert (again.status_code, again.text) == (first.status_code, first.text)
    assert again.headers["location"] == first.headers["location"]


@pytest.mark.parametrize("change", ["body", "source", "prefer", "corrects"])
def test_a_key_with_another_request_is_422(client: httpx.Client, change: str) -> None:
    message = post(client, refused(), idempotency_key="k1").json()["message"]
    path = {
        "source": "/sources/hotline/messages",
        "corrects": f"/sources/police/messages?corrects={message}",
    }.get(change, "/sources/police/messages")
    body = girl() if change == "body" else refused()
    prefer = "respond-async" if change == "prefer" else ""
    answer = post(client, body, path, idempotency_key="k1", prefer=prefer)
    assert answer.status_code == 422
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_each_system_has_keys_of_its_own(client: httpx.Client) -> None:
    assert post(client, girl(), idempotency_key="k1", x_motem_system="a").status_code == 201
    assert post(client, girl(2), idempotency_key="k1", x_motem_system="b").status_code == 201


def test_sixteen_at_once_under_one_key_store_one_message(
    client: httpx.Client, engine: Engine
) -> None:
    def one(_: int) -> tuple[int, str]:
        while (answer := post(client, girl(), idempotency_key="k1")).status_code == 409:
            time.sleep(0.05)
        return answer.status_code, answer.text

    with ThreadPoolExecutor(16) as pool:
        answers = Counter(pool.map(one, range(16)))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 201
    assert (count(engine, tables.message), count(engine, tables.record)) == (1, 1)


def test_sixteen_at_once_without_a_key_store_one_record(
    client: httpx.Client, engine: Engine
) -> None:
    with ThreadPoolExecutor(16) as pool:
        statuses = Counter(pool.map(lambda _: post(client, girl()).status_code, range(16)))
    assert statuses == {201: 1, 200: 15}
    assert (count(engine, tables.message), count(engine, tables.record)) == (1, 1)


@pytest.mark.parametrize("prefer", ["respond-async", "wait=5, respond-async", "Respond-Async;x=1"])
def test_later_means_202_and_a_status_that_comes_to_an_end(
    client: httpx.Client, prefer: str
) -> None:
    answer = post(client, girl(), prefer=prefer)
    assert (answer.status_code, answer.json()["state"]) == (202, "received")
    assert answer.headers["preference-applied"] == "respond-async"
    until = time.monotonic() + 30
    while (found := client.get(answer.headers["content-location"]).json())["state"] == "received":
        assert time.monotonic() < until
        time.sleep(0.05)
    assert found["state"] == "accepted"
    (record,) = found["records"]
    assert record == post(client, girl()).json()["records"][0]
    assert (record["change"], record["decision"]) == ("new", "pending")
    assert client.get(f"/fhir/R4/{record['identityReference']}").status_code == 200


def test_other_preferences_change_nothing(client: httpx.Client) -> None:
    answer = post(client, girl(), prefer="respond-async-maybe, return=minimal")
    assert answer.status_code == 201


def test_a_correction_points_to_what_it_replaces_and_settles_it(client: httpx.Client) -> None:
    old = post(client, refused()).json()["message"]
    new = post(client, girl(), f"/sources/police/messages?corrects={old}").json()["message"]
    assert client.get(f"/messages/{new}").json()["corrects"] == old
    (refusal,) = client.get(f"/messages/{old}").json()["refusals"]
    assert refusal["settlement"] == "corrected"


def test_a_correction_that_takes_nothing_settles_nothing_and_says_so(client: httpx.Client) -> None:
    old = post(client, refused()).json()["message"]
    answer = post(client, b"[ ]", f"/sources/police/messages?corrects={old}")
    assert answer.status_code == 201
    (warning,) = answer.json()["warnings"]
    OperationOutcome.model_validate(warning)
    assert (warning["issue"][0]["severity"], "1 refusals" in str(warning)) == ("warning", True)
    assert client.get(f"/messages/{answer.json()['message']}").json()["warnings"] == [warning]
    assert 'motem_refusals_unsettled{source="police"} 1.0' in client.get("/metrics").text


def test_a_correction_of_another_source_is_told_so(client: httpx.Client) -> None:
    old = post(client, refused()).json()["message"]
    answer = post(client, b"[]", f"/sources/hotline/messages?corrects={old}")
    assert (answer.status_code, "of another source" in answer.text) == (409, True)


@pytest.mark.parametrize(
    ("corrects", "status"), [("0" * 26, 404), ("%00", 400), ("x", 400), ("A" * 26, 400)]
)
def test_a_correction_of_nothing_is_refused_and_stores_nothing(
    client: httpx.Client, engine: Engine, corrects: str, status: int
) -> None:
    answer = post(client, girl(), f"/sources/police/messages?corrects={corrects}")
    assert answer.status_code == status
    assert count(engine, tables.message) == 0


@pytest.mark.parametrize("source", ["nobody", "unknown", "POLICE", "%00", "poli%ff", "po%2Flice"])
def test_an_unknown_source_is_404(client: httpx.Client, source: str) -> None:
    assert post(client, girl(), f"/sources/{source}/messages").status_code == 404


@pytest.mark.parametrize("kind", ["image/png", "multipart/form-data; boundary=x", "json", ""])
def test_a_type_that_no_source_sends_is_415(client: httpx.Client, kind: str) -> None:
    answer = client.post("/sources/police/messages", content=girl(), headers={"Content-Type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("source", "kind", "status"),
    [
        ("police", "application/xml", 415),
        ("police", "text/csv", 415),
        ("police", "text/plain", 415),
        ("police", "application/json; charset=utf-16", 415),
        ("police", 'Application/JSON; Charset="UTF-8"', 422),
        ("police", "application/octet-stream", 422),
        ("hospital", "application/json", 415),
        ("hospital", "text/plain", 422),
        ("facility", "application/xml", 415),
        ("facility", "text/csv; charset=windows-1258", 422),
        ("fhir", "application/fhir+xml", 422),
    ],
)
def test_a_source_takes_the_types_of_its_own_formats(
    client: httpx.Client, source: str, kind: str, status: int
) -> None:
    for door in ("messages", "preview"):
        answer = client.post(
            f"/sources/{source}/{door}", content=b"?", headers={"Content-Type": kind}
        )
        assert answer.status_code == (200 if (door, status) == ("preview", 422) else status)


def test_compressed_bodies_are_415_and_not_kept_as_rubbish(
    client: httpx.Client, engine: Engine
) -> None:
    assert post(client, girl(), content_encoding="gzip").status_code == 415
    assert count(engine, tables.message) == 0


@pytest.mark.parametrize("key", ["x" * 256, "a\tb"])
def test_a_key_that_cannot_be_kept_is_400(client: httpx.Client, key: str) -> None:
    assert post(client, girl(), idempotency_key=key).status_code == 400


@pytest.fixture
def small(database_url: URL) -> Iterator[httpx.Client]:
    """A service that takes no more than 2 KiB."""
    settings = Settings.model_validate(
        {"DATABASE_URL": printable(database_url), "MOTEM_MAX_BODY": "2048"}
    )
    with served(create_app(settings)) as client:
        yield client


def test_what_is_too_large_is_413_whether_its_length_is_told_or_not(
    small: httpx.Client, engine: Engine
) -> None:
    def chunks() -> Iterator[bytes]:
        yield from [b" " * 1000] * 3

    assert post(small, b" " * 3000).status_code == 413
    told = small.post("/sources/police/messages", content=chunks())
    assert told.status_code == 413
    assert count(engine, tables.message) == 0
    assert post(small, girl()).status_code == 201


@pytest.mark.parametrize(
    ("header", "statuses"),
    [
        ("Content-Length: abc", {400}),
        ("Content-Length: -5", {400}),
        ("Content-Length: 1_0", {400}),
        ("Content-Length: 99999999999999999999999999", {400, 413}),
        ("Content-Length: 0\r\nIdempotency-Key: a\x01b", {400}),
        ("Content-Length: 0\r\nIdempotency-Key: \xff\xfe", {400, 422}),
    ],
)
def test_headers_out_of_form_are_no_error_of_ours(
    client: httpx.Client, header: str, statuses: set[int]
) -> None:
    request = f"POST /sources/police/messages HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n"
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), 10) as raw:
        raw.sendall(request.encode("latin-1"))
        status = int(raw.recv(4096).split(b" ")[1])
    assert status in statuses


def test_a_sender_that_hangs_up_leaves_nothing_and_the_service_goes_on(
    client: httpx.Client, engine: Engine
) -> None:
    head = "POST /sources/police/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), 10) as raw:
        raw.sendall(head.encode())
    assert post(client, girl()).status_code == 201
    assert count(engine, tables.message) == 1


def test_a_sender_that_trickles_is_408_and_holds_nothing(
    client: httpx.Client, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payload, "SLOWEST", 0.2)
    head = "POST /sources/police/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"
    with socket.create_connection((client.base_url.host, client.base_url.port or 0), 60) as raw:
        raw.sendall(head.encode())
        assert raw.recv(4096).split(b" ")[1] == b"408"
    assert count(engine, tables.message) == 0


HOSTILE = [
    b"",
    b"\x00",
    b"{}",
    b"[" * 2000,
    girl(hoTenMoi="\x00"),
    girl().replace(NAME.encode(), b"\\ud800"),
    girl().replace(NAME.encode(), b"a\\u0000b"),
    girl(soTrang=10**400),
    girl(**{"a\x00b": 1, "😀": 2}),
    girl().replace(b'"tre"', b'"\\ud800": 1, "tre"'),
]


@pytest.mark.parametrize("path", ["messages", "preview"])
@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_no_payload_is_an_error_of_ours(client: httpx.Client, path: str, content: bytes) -> None:
    answer = post(client, content, f"/sources/police/{path}")
    assert answer.status_code in {200, 201, 422}
    assert answer.json()


def test_no_line_of_the_log_holds_what_was_sent(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    sent = [girl(), refused(), girl(soTrang=10**400), girl()[:-5], b"[" + girl() + b"]"]
    for content in sent:
        for headers in ({}, {"prefer": "respond-async"}, {"idempotency_key": "k"}):
            post(client, content, **headers)
        post(client, content, "/sources/police/preview")
    assert caplog.records
    assert not [line for line in caplog.messages if NAME in line or "hôm qua" in line]


def test_a_preview_shows_resources_and_keeps_nothing(client: httpx.Client, engine: Engine) -> None:
    answer = post(client, b"[" + girl() + b"," + refused() + b"]", "/sources/police/preview")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    body = answer.json()
    kinds = {one["resourceType"] for one in body["records"][0]["resources"]}
    assert "Patient" in kinds
    assert body["records"][0]["keyed"] is True
    assert [one["issue"][0]["diagnostics"] for one in body["rejections"]] == ["/1/ngayLap"]
    assert count(engine, tables.message) == 0
    with transaction(engine) as session:
        assert len(list(log.events(session, action=Action.MESSAGE_PREVIEW))) == 1


def test_the_register_lists_every_source_and_what_came(client: httpx.Client) -> None:
    post(client, girl(canNang="3000", soLaNhaRieng="x"))
    post(client, refused())
    found = {one["source"]: one for one in client.get("/sources").json()["sources"]}
    police = found["police"]
    assert {"hospital", "facility", "civil_status"} <= found.keys()
    assert (police["messages"], police["openRefusals"], police["errorRate"]) == (2, 1, 0.5)
    assert police["unknownFields"] == {"canNang": 1, "soLaNhaRieng": 1}
    assert police["lastMessage"] is not None
    assert found["facility"]["lastMessage"] is None


@pytest.mark.parametrize(
    "header",
    [{"X-Motem-System": "ca hn"}, {"X-Motem-System": "x" * 65}, {"X-Purpose-Of-Use": "treat"}],
)
def test_a_header_out_of_form_is_400_and_never_replaced(
    client: httpx.Client, engine: Engine, header: dict[str, str]
) -> None:
    headers = {"Content-Type": "application/json"} | header
    answer = client.post("/sources/police/messages", content=girl(), headers=headers)
    OperationOutcome.model_validate(answer.json())
    assert (answer.status_code, count(engine, tables.message)) == (400, 0)


def agreed(path: Path, url: URL) -> Settings:
    path.write_text(
        """
        [[agreement]]
        source = "police"
        system = "ca-hn"
        owner = "Công an Hà Nội"
        agreement = "12/2026"
        rhythm = "1d"
        allowed_fields = ["soBienBan", "ngayLap", "donViLap", "phatHien", "tre", "loai"]
        """,
        encoding="utf-8",
    )
    return Settings.model_validate({"DATABASE_URL": printable(url), "MOTEM_SITE": str(path)})


def test_what_no_agreement_covers_is_dropped_and_counted(database_url: URL, tmp_path: Path) -> None:
    finder = {"nguoiPhatHien": {"hoTen": "Trần Văn Bảo", "loaiGiayTo": "CCCD"}}
    with served(create_app(agreed(tmp_path / "site.toml", database_url))) as client:
        covered = post(client, girl(1, **finder), x_motem_system="ca-hn")
        assert covered.json()["counts"]["left-out:no-agreement"] == 2
        for other in ("ca-hcm", "CA-HN", ""):
            refused = post(client, girl(2, **finder), x_motem_system=other)
            assert (refused.status_code, "no agreement" in refused.text) == (403, True)
            OperationOutcome.model_validate(refused.json())
        hotline = post(client, b"[]", "/sources/hotline/messages", x_motem_system="CA-HN")
        assert hotline.status_code == 201, "nothing is narrowed there"
        shown = post(client, girl(3, **finder), "/sources/police/preview", x_motem_system="ca-hn")
        assert "Bảo" not in shown.text
        rows = [
            one for one in client.get("/sources").json()["sources"] if one["source"] == "police"
        ]
    assert [(one["system"], one["messages"], one["late"]) for one in rows] == [
        (None, 0, False),
        ("ca-hn", 1, False),
    ]
    assert rows[1]["agreement"]["owner"] == "Công an Hà Nội"
