"""XML of resources: read by two others' readers it is the JSON that it was made of."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import Engine, select

from adapters.sources.fhir.xml import READ, resource
from gateway.api.metadata import capability_statement
from gateway.api.outcome import operation_outcome
from gateway.errors import NotFoundError
from gateway.fhir.xml import xml_of
from gateway.registry.tables import resource as table

MODULES = Path(__file__).parents[3] / "var" / "node" / "node_modules"
"""`.ci/run` installs it there: npm install --prefix var/node fhir@4.12.0."""
PROGRAM = """
const fhir = new (require('fhir').Fhir)();
const lines = require('fs').readFileSync(0, 'utf8').trim().split('\\n');
console.log(JSON.stringify(lines.map((line) => fhir.xmlToObj(JSON.parse(line)))));
"""
WHOLE = {
    "resourceType": "Patient",
    "id": "x",
    "meta": {"versionId": "1", "lastUpdated": "2026-11-22T22:32:41.262+00:00"},
    "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Bé <b>Na</b></div>'},
    "extension": [
        {
            "url": "urn:motem:extension:discovery",
            "extension": [{"url": "time", "valueDateTime": "2026-03-04"}],
        },
        {"url": "urn:x", "valueDecimal": "1.10"},
    ],
    "active": False,
    "name": [{"family": "Đỗ", "given": ["A & B", "C"], "_given": [None, {"id": "g"}]}],
    "gender": "female",
    "birthDate": "2026",
    "_birthDate": {"extension": [{"url": "urn:y", "valueCode": "z"}]},
    "multipleBirthInteger": 2,
    "contained": [{"resourceType": "Organization", "id": "o", "name": "<Chùa>"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def bodies(kept: Engine) -> list[str]:
    """Some of each type."""
    c = table.c
    with kept.connect() as connection:
        kinds = list(connection.scalars(select(c.type).distinct()))
        return [
            body
            for kind in kinds
            for body in connection.scalars(select(c.body).where(c.type == kind).limit(25))
        ]


def test_our_reader_of_what_others_send_reads_it(bodies: list[str]) -> None:
    count = 0
    for body in bodies:
        told = json.loads(body)
        if told["resourceType"] in READ:
            assert dict(resource(etree.fromstring(xml_of(body)))) == told
            count += 1
    assert count > 50


def read_by_node(texts: list[str]) -> Any:
    node = shutil.which("node")
    if node is None or not (MODULES / "fhir").exists():
        pytest.skip("no Node with the package fhir: npm install --prefix var/node fhir@4.12.0")
    lines = [json.dumps(xml_of(text).decode()) for text in texts]
    ended = subprocess.run(
        [node, "-e", PROGRAM],
        input="\n".join(lines),
        env=os.environ | {"NODE_PATH": str(MODULES)},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ended.stdout)


def test_the_npm_reader_reads_it(bodies: list[str]) -> None:
    others = [
        json.dumps(capability_statement()),
        json.dumps(operation_outcome(NotFoundError())),
        f'{{"resourceType":"Bundle","type":"searchset","entry":[{{"resource":{bodies[0]}}}]}}',
    ]
    texts = [*bodies, *others]
    expected = [json.loads(text, parse_int=str, parse_float=str) for text in texts]
    assert in_words(read_by_node(texts)) == expected


def in_words(value: Any) -> Any:
    """Numbers as text: the npm package gives some of them so."""
    if isinstance(value, dict):
        return {name: in_words(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [in_words(inner) for inner in value]
    return value if isinstance(value, bool | str) or value is None else json.dumps(value)


def test_elements_stand_in_the_order_of_the_standard() -> None:
    root = etree.fromstring(xml_of(json.dumps(WHOLE)))
    names = [etree.QName(child).localname for child in root]
    assert names == [
        *("id", "meta", "text", "contained", "extension", "extension", "active", "name", "gender"),
        *("birthDate", "multipleBirthInteger"),
    ]


def test_nothing_is_lost_of_a_resource_with_all_that_is_rare() -> None:
    text = xml_of(json.dumps(WHOLE)).decode()
    for part in (
        '<div xmlns="http://www.w3.org/1999/xhtml">Bé <b>Na</b></div>',
        '<given value="A &amp; B"/><given value="C" id="g"/>',
        '<valueDecimal value="1.10"/>',
        '<active value="false"/>',
        '<birthDate value="2026"><extension url="urn:y"><valueCode value="z"/></extension></birthDate>',
        '<contained><Organization><id value="o"/><name value="&lt;Chùa&gt;"/></Organization></contained>',
    ):
        assert part in text, part


def test_a_number_stays_as_it_was_written() -> None:
    body = '{"resourceType":"Observation","valueQuantity":{"value":3.140,"unit":"kg"}}'
    assert b'<value value="3.140"/>' in xml_of(body)


def test_an_element_that_nobody_knows_is_not_left_out_in_silence() -> None:
    with pytest.raises(KeyError):
        xml_of('{"resourceType":"Patient","meta":{"colour":"x"}}')
