"""The stand-in answers as the real services are described, and takes no number that may be real."""

import json

import httpx
import pytest
from lxml import etree

from adapters.outbound import population_lookup
from adapters.outbound.population_lookup import Asker, Question, Verdict
from gateway.sandbox.population import LOOKUP, REGISTRATIONS, Behaviour, Sandbox
from gateway.sandbox.register import Register
from tests.gateway.outbound.conftest import NAME, NUMBER, OTHER_NUMBER, running

ASKER = Asker(service_code="DVC", officer="CB", unit="DV", account="TK")
XS, WSDL_SOAP = "{http://www.w3.org/2001/XMLSchema}", "{http://schemas.xmlsoap.org/wsdl/soap/}"


def question(number: str = NUMBER, born: str = "2026-01-15") -> Question:
    return Question(transaction_id="t-1", number=number, name=NAME, birth_date=born)


def asked(server: Sandbox, one: Question) -> httpx.Response:
    content = population_lookup.request(one, ASKER)
    return httpx.post(f"{server.address}{LOOKUP}", content=content, trust_env=False)


def schema_of(server: Sandbox) -> tuple[etree._Element, etree.XMLSchema]:
    """The description that is served, and the types in it."""
    served = httpx.get(f"{server.address}{LOOKUP}?wsdl", trust_env=False)
    root = etree.fromstring(served.content)
    types = root.find(f".//{XS}schema")
    assert types is not None
    return root, etree.XMLSchema(types)


@pytest.mark.parametrize("born", ["2026-01-15", "2026"])
@pytest.mark.parametrize("number", [NUMBER, OTHER_NUMBER])
def test_questions_and_answers_are_as_the_description_says(number: str, born: str) -> None:
    with running(Behaviour()) as server:
        root, schema = schema_of(server)
        one = question(number, born)
        body = etree.fromstring(population_lookup.request(one, ASKER))[1]
        schema.assertValid(body[0])
        schema.assertValid(etree.fromstring(asked(server, one).content)[0][0])
        place = root.find(f".//{WSDL_SOAP}address")
        assert place is not None
        assert place.get("location") == f"{server.address}{LOOKUP}"


def test_by_rule_it_knows_even_numbers() -> None:
    with running(Behaviour()) as server:
        for number, verdict in ((NUMBER, "confirmed"), (OTHER_NUMBER, "not-confirmed")):
            answer = population_lookup.answer(
                asked(server, question(number)).content, question(number)
            )
            assert answer.verdict == verdict


def test_with_a_register_it_knows_whom_it_holds() -> None:
    citizens = {OTHER_NUMBER: ("quach thi thu", "2026-01-15")}
    with running(Behaviour(register=Register(citizens=citizens))) as server:
        for one, known in (
            (question(OTHER_NUMBER), True),
            (question(OTHER_NUMBER, "2026"), True),
            (question(OTHER_NUMBER, "2026-01-16"), False),
            (question(NUMBER), False),
        ):
            verdict = population_lookup.answer(asked(server, one).content, one).verdict
            assert (verdict is Verdict.CONFIRMED) is known


def test_a_number_that_may_be_real_is_refused() -> None:
    real = question("0013" + "26000100")
    with running(Behaviour()) as server:
        answer = asked(server, real)
        assert answer.status_code == 500
        found = population_lookup.answer(answer.content, real)
        assert (found.verdict, found.worth_retrying) == (Verdict.FAULT, False)


def test_it_listens_on_this_machine_only() -> None:
    with Sandbox(Behaviour()) as server:
        assert server.server_address[0] == "127.0.0.1"


def test_what_is_no_question_and_no_request_is_refused() -> None:
    with running(Behaviour()) as server, httpx.Client(trust_env=False) as client:
        there = f"{server.address}{REGISTRATIONS}"
        told = json.dumps({"maYeuCau": "r-1"})
        for status, answer in (
            (500, client.post(f"{server.address}{LOOKUP}", content=b"<a/>")),
            (404, client.post(f"{server.address}/elsewhere", content=b"<a/>")),
            (400, client.put(f"{there}/r-1", content=b"no json")),
            (400, client.put(f"{there}/r-1", content=b"[]")),
            (400, client.put(f"{there}/r-2", content=told)),
            (400, client.put(f"{there}/a/r-1", content=told)),
            (404, client.get(f"{there}/r-1")),
            (202, client.put(f"{there}/r-1", content=told)),
            (200, client.get(f"{there}/r-1")),
        ):
            assert answer.status_code == status


def test_it_says_nothing_of_what_it_is_asked(capfd: pytest.CaptureFixture[str]) -> None:
    with running(Behaviour(fail=1)) as server:
        for _ in range(2):
            asked(server, question())
    printed = capfd.readouterr()
    assert printed.out + printed.err == ""
