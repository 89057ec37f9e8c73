"""Messages over HTTP: what became of them, why, and reading them again."""

import httpx
import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from sqlalchemy import Engine

from audit import log
from audit.event import Action
from gateway.database import transaction
from tests.gateway.api.payloads import JSON, NAME, UNDATED, girl, post, refused


@pytest.fixture
def message(client: httpx.Client) -> str:
    """The id of a message of which nothing was taken."""
    found: str = post(client, refused()).json()["message"]
    return found


def test_a_list_holds_no_records_no_refusals_and_no_child_data(
    client: httpx.Client, message: str
) -> None:
    post(client, girl())
    answer = client.get("/messages")
    newest, oldest = answer.json()["messages"]
    assert (newest["state"], oldest["state"], oldest["message"]) == (
        "accepted",
        "rejected",
        message,
    )
    assert "records" not in newest
    assert NAME not in answer.text


def test_a_list_goes_on_where_it_ended(client: httpx.Client) -> None:
    ids = [post(client, girl(n)).json()["message"] for n in range(5)]
    found, before = [], ""
    while True:
        page = client.get(f"/messages?_count=2{before}").json()
        found += [one["message"] for one in page["messages"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert found == sorted(ids, reverse=True)


def test_a_list_can_be_narrowed(client: httpx.Client, message: str) -> None:
    post(client, girl())
    for query, count in (("state=rejected", 1), ("source=police", 2), ("source=hospital", 0)):
        assert len(client.get(f"/messages?{query}").json()["messages"]) == count
    assert client.get(f"/messages?partOf={message}").json()["messages"] == []


@pytest.mark.parametrize(
    "query",
    [
        "state=nonsense",
        "source=%00",
        "before=%00",
        "partOf=x",
        "_count=0",
        "_count=999999",
        "before=",
    ],
)
def test_a_question_out_of_form_is_400(client: httpx.Client, query: str) -> None:
    answer = client.get(f"/messages?{query}")
    assert answer.status_code == 400
    OperationOutcome.model_validate_json(answer.content)


def test_one_message_shows_its_refusals_with_their_deadline(
    client: httpx.Client, message: str
) -> None:
    found = client.get(f"/messages/{message}").json()
    (refusal,) = found["refusals"]
    OperationOutcome.model_validate(refusal["outcome"])
    assert refusal["aboutChild"] is True
    assert refusal["due"] is not None
    assert refusal["settled"] is None
    assert (found["system"], found["source"]) == ("unnamed", "police")


def test_the_bytes_are_those_that_were_sent_and_looking_at_them_is_in_the_log(
    client: httpx.Client, engine: Engine, message: str
) -> None:
    answer = client.get(f"/messages/{message}/content")
    assert answer.content == refused()
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "no-store"
    with transaction(engine) as session:
        (event,) = log.events(session, action=Action.MESSAGE_READ)
    assert (event.message, event.detail) == (message, {"what": "content"})


@pytest.mark.parametrize("message_id", ["0" * 26, "%00", "x", "A" * 26, "đ", "' OR 1=1", "a" * 999])
@pytest.mark.parametrize("part", ["", "/content", "/replay", "/withdrawal"])
def test_a_message_that_does_not_exist_is_404(
    client: httpx.Client, message_id: str, part: str
) -> None:
    path = f"/messages/{message_id}{part}"
    if part in ("", "/content"):
        answer = client.get(path)
    else:
        answer = client.post(path, content=b'{"reason": "test"}', headers=JSON)
    assert answer.status_code == 404
    OperationOutcome.model_validate_json(answer.content)


def test_refusals_that_are_alike_are_shown_together(client: httpx.Client) -> None:
    for number in range(3):
        post(client, girl(number, **UNDATED))
    (cause,) = client.get("/messages/errors").json()["errors"]
    assert (cause["source"], cause["code"], cause["count"], cause["aboutChild"]) == (
        "police",
        "wrong-date",
        3,
        3,
    )
    assert "about_child" not in cause


def test_a_dry_run_changes_nothing(client: httpx.Client, message: str) -> None:
    answer = client.post(f"/messages/{message}/replay?dryRun=true")
    assert (answer.status_code, answer.json()["after"]) == (200, "rejected")
    assert len(client.get(f"/messages/{message}").json()["refusals"]) == 1


def test_a_replay_shows_what_came_of_it(client: httpx.Client, message: str) -> None:
    found = client.post(f"/messages/{message}/replay").json()
    assert (found["before"], found["after"], found["counts"]) == (
        "rejected",
        "rejected",
        {"rejected": 1},
    )
    OperationOutcome.model_validate(found["rejections"][0])


def test_a_message_that_was_taken_cannot_be_read_again(client: httpx.Client) -> None:
    message = post(client, girl()).json()["message"]
    answer = client.post(f"/messages/{message}/replay")
    assert answer.status_code == 409
    OperationOutcome.model_validate_json(answer.content)


def test_a_group_is_read_again(client: httpx.Client) -> None:
    ids = [post(client, girl(n, **UNDATED)).json()["message"] for n in range(3)]
    post(client, b"{")

    def group(**wanted: object) -> list[str]:
        answer = client.post("/messages/replay", json={"source": "police", **wanted})
        assert answer.status_code == 200
        assert answer.json()["next"] is None
        return [one["message"] for one in answer.json()["messages"]]

    assert group(code="wrong-date", dryRun=True) == sorted(ids)
    assert group(code="wrong-date") == sorted(ids)
    assert len(group()) == 4
    assert group(code="wrong-date", after=sorted(ids)[0]) == sorted(ids)[1:]
    assert group(code="missing-value") == []


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"[]", b"{}", b'{"source": "a\\u0000b"}', b'{"source": "police", "x": 1}', b"null"],
)
def test_a_group_out_of_form_is_400(client: httpx.Client, document: bytes) -> None:
    assert client.post("/messages/replay", content=document, headers=JSON).status_code == 400


@pytest.mark.parametrize("path", ["/messages/replay", f"/messages/{'0' * 26}/withdrawal"])
def test_orders_come_as_small_json_only(client: httpx.Client, path: str) -> None:
    """A page in somebody's browser can send text or a form to this machine, but no JSON."""
    order = b'{"source": "police", "reason": "test"}'
    assert client.post(path, content=order).status_code == 415
    text = {"Content-Type": "text/plain"}
    assert client.post(path, content=order, headers=text).status_code == 415
    assert client.post(path, content=b" " * 70_000, headers=JSON).status_code == 413


def test_a_message_is_put_aside_once_with_a_reason(client: httpx.Client, message: str) -> None:
    path = f"/messages/{message}/withdrawal"
    assert client.post(path, json={"reason": "because"}).status_code == 400
    assert client.post(path, json={"reason": "test"}).status_code == 204
    assert client.post(path, json={"reason": "test"}).status_code == 409
    found = client.get(f"/messages/{message}").json()
    assert (found["state"], found["refusals"][0]["settlement"]) == ("withdrawn", "withdrawn")
    assert client.get("/messages/errors").json()["errors"] == []


def test_a_group_of_a_source_that_does_not_exist_is_404(client: httpx.Client) -> None:
    for source, status in (("nobody", 404), ("unknown", 200), ("police", 200)):
        assert client.post("/messages/replay", json={"source": source}).status_code == status
