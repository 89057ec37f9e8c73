"""fhir-kit-client, which others wrote in another language, unmodified, with a token, to the running service."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import URL

from tests.conftest import fresh_database
from tests.gateway.access.machines import client_of, guarded, registered, token_of
from tests.gateway.api.operating import CLINIC
from tests.journeys.steps import connected

MODULES = Path(__file__).parents[3] / "var" / "node" / "node_modules"
"""`.ci/run` installs it there: npm install --prefix var/node fhir-kit-client@2.0.3."""
SCOPE = "system/Patient.cruds system/Observation.cruds"
PROGRAM = """
const {entry, base, token, clinic} = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const patient = (number, name) => ({resourceType: 'Patient', gender: 'female',
  birthDate: '2024-05-06', name: [{text: name}],
  identifier: [{use: 'official', system: clinic, value: number}]});
const main = async () => {
  const {Client} = await import(entry);
  const client = new Client({baseUrl: base, bearerToken: token});
  const told = {};
  // It asks for metadata and for smart-configuration at once and goes by what comes first. In metadata
  // tokens have no address: fhirclient would take it for a login, and could do nothing any more.
  for (let times = 0; times < 50 && !told.token; times++) {
    told.token = (await client.smartAuthMetadata()).tokenUrl?.href;
  }
  told.version = (await client.capabilityStatement()).fhirVersion;
  const names = ['Đỗ Thị Bé', 'Lý A Sùng', 'Trần Bảo Ngọc'];
  const made = [];
  for (const [at, name] of names.entries()) {
    made.push(await client.create({resourceType: 'Patient', body: patient(`KIT.${at}`, name)}));
  }
  const again = await client.create({resourceType: 'Patient', body: patient('KIT.0', names[0]),
    options: {headers: {'If-None-Exist': `identifier=${clinic}|KIT.0`}}});
  told.once = again.id === made[0].id;
  const {id} = made[0];
  told.read = (await client.read({resourceType: 'Patient', id})).name[0].text;
  const changed = await client.update({resourceType: 'Patient', id,
    body: {...made[0], telecom: [{system: 'phone', value: '0900 000 000'}]},
    options: {headers: {'If-Match': `W/"${made[0].meta.versionId}"`}}});
  told.phone = changed.telecom[0].value.slice(-3);
  told.before = 'telecom' in await client.vread(
    {resourceType: 'Patient', id, version: made[0].meta.versionId});
  told.versions = (await client.history({resourceType: 'Patient', id})).entry.length;
  let page = await client.search({resourceType: 'Patient',
    searchParams: {gender: 'female', _count: 1, _sort: '_lastUpdated', _total: 'accurate'}});
  told.total = page.total;
  const seen = [];
  while (page) {
    seen.push(...(page.entry || []).map((one) => one.resource.id));
    page = await client.nextPage({bundle: page});
  }
  told.pages = new Set(seen).size;
  const form = await client.search({resourceType: 'Patient', options: {postSearch: true},
    searchParams: {identifier: `${clinic}|KIT.1`}});
  told.form = form.entry[0].resource.name[0].text;
  const resource = {resourceType: 'Patient', name: [{text: names[2]}], gender: 'female',
    birthDate: '2024-05-06'};
  const match = await client.operation({resourceType: 'Patient', name: '$match',
    input: {resourceType: 'Parameters', parameter: [{name: 'resource', resource}]}});
  told.match = match.entry.map((one) => one.resource?.name?.[0].text);
  const batch = await client.batch({body: {resourceType: 'Bundle', type: 'batch', entry: [
    {request: {method: 'GET', url: `Patient/${id}`}},
    {request: {method: 'GET', url: 'Patient/nobody'}}]}});
  told.batch = batch.entry.map((one) => one.response.status.slice(0, 3));
  const patched = await client.patch({resourceType: 'Patient', id,
    jsonPatch: [{op: 'replace', path: '/birthDate', value: '2024-05-07'}]});
  told.patched = patched.birthDate;
  const child = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0';
  const made4 = await client.transaction({body: {resourceType: 'Bundle', type: 'transaction', entry: [
    {fullUrl: child, resource: patient('KIT.3', 'Hồ Văn Tèo'),
      request: {method: 'POST', url: 'Patient'}},
    {resource: {resourceType: 'Observation', status: 'final', subject: {reference: child},
      code: {coding: [{system: 'http://loinc.org', code: '29463-7'}]},
      valueQuantity: {value: 3200, unit: 'g', system: 'http://unitsofmeasure.org', code: 'g'}},
      request: {method: 'POST', url: 'Observation'}}]}});
  told.transaction = made4.entry.map((one) => one.response.status.slice(0, 3));
  told.resolved = (await client.resolve({reference: `${base}/Patient/${id}`})).id === id;
  const gone = await client.delete({resourceType: 'Patient', id});
  told.gone = gone.resourceType ?? 'nothing';
  try {
    await client.read({resourceType: 'Patient', id: 'nobody'});
  } catch (error) {
    told.error = [error.response.status, error.response.data.resourceType];
  }
  console.log(JSON.stringify(told));
};
main().catch((error) => { console.error(error, error.response?.data?.issue); process.exit(1); });
"""


@pytest.fixture
def service(server_url: URL, template_url: URL, tmp_path: Path) -> Iterator[httpx.Client]:
    site = tmp_path / "site.toml"
    agreement = f'source = "fhir"\nsystem = "clinic"\nowner = "Mẫu"\ndomains = ["{CLINIC}"]'
    site.write_text(f"[[agreement]]\n{agreement}\n", encoding="utf-8")
    with fresh_database(server_url, template_url.database) as url:
        rights: dict[str, Any] = {
            "provinces": ("*",),
            "sources": ("fhir",),
            "scopes": tuple(SCOPE.split()),
        }
        with connected(url) as engine:
            registered(engine, client_of("clinic", "child-protection", "CHILDPROT", **rights))
        with guarded(url, MOTEM_SITE=site) as client:
            yield client


def test_it_writes_reads_searches_and_asks(service: httpx.Client) -> None:
    node = shutil.which("node")
    package = MODULES / "fhir-kit-client"
    if node is None or not package.exists():
        pytest.skip("no Node with fhir-kit-client: npm install --prefix var/node fhir-kit-client")
    address = str(service.base_url).rstrip("/")
    told = {
        "entry": (package / "dist" / "index.js").as_uri(),
        "base": f"{address}/fhir/R4",
        "token": token_of(service, "clinic", SCOPE),
        "clinic": CLINIC,
    }
    ended = subprocess.run(
        [node, "-e", PROGRAM],
        input=json.dumps(told),
        env=os.environ | {"NO_PROXY": "*"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found == {
        "token": f"{address}/token",
        "version": "4.0.1",
        "once": True,
        "read": "Đỗ Thị Bé",
        "phone": "000",
        "before": False,
        "versions": 2,
        "total": 3,
        "pages": 3,
        "form": "Lý A Sùng",
        "match": found["match"],
        "batch": ["200", "404"],
        "patched": "2024-05-07",
        "transaction": ["201", "201"],
        "resolved": True,
        "gone": "OperationOutcome",
        "error": [404, "OperationOutcome"],
    }
    assert "Trần Bảo Ngọc" in found["match"]
