"""smart-fetch, which others wrote, unmodified: token, bulk export, download and letting go, end to end."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, Engine, text

from tests.gateway.access.machines import KEY, bearing, client_of, registered, token_of
from tests.gateway.access.signing import number
from tests.journeys.kills.nursery import nursery
from tests.journeys.serving import serving

PROGRAM = Path(sys.executable).parent / "smart-fetch"
TYPES = "Patient,Encounter,Condition,Observation,EpisodeOfCare"
CLIENT = client_of(
    "child-register",
    "child-protection",
    "CHILDPROT",
    provinces=("*",),
    scopes=("system/*.read", "system/Group.rs"),
)


@pytest.fixture(scope="module")
def strict(kept_url: URL, kept: Engine) -> Iterator[httpx.Client]:
    """A real `motem serve` that asks for tokens."""
    registered(kept, CLIENT)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOTEM_ACCESS", "required")
        with nursery(kept_url) as start, serving(start) as (_, client):
            yield client


def private_key(folder: Path) -> Path:
    """As the program wants it: a JWK Set."""
    secret = number(KEY.private.private_numbers().private_value, 48)
    own = KEY.public | {"d": secret, "alg": "ES384", "key_ops": ["sign"]}
    file = folder / "machine.jwks"
    file.write_text(json.dumps({"keys": [own]}), encoding="utf-8")
    return file


def fetched(service: httpx.Client, folder: Path, *words: str) -> dict[str, list[Any]]:
    """Type → what was written of it."""
    out = folder / "out"
    command = [
        *(str(PROGRAM), "bulk", str(out), "--fhir-url", f"{service.base_url}/fhir/R4/"),
        *("--smart-client-id", CLIENT.id, "--smart-key", str(private_key(folder))),
        *("--no-compression", "--no-default-filters", "--type", TYPES, *words),
    ]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "NO_PROXY": "*"}
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=180, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found: dict[str, list[Any]] = {}
    for file in sorted(out.glob("*.*.ndjson")):
        lines = file.read_text(encoding="utf-8").splitlines()
        found.setdefault(file.name.partition(".")[0], []).extend(map(json.loads, lines))
    return found


def test_it_fetches_every_child_once_and_lets_go(
    strict: httpx.Client, kept: Engine, tmp_path: Path
) -> None:
    found = fetched(strict, tmp_path)
    with kept.connect() as connection:
        children = connection.scalar(text("SELECT count(DISTINCT identity_id) FROM linkage_record"))
        left = connection.scalar(text("SELECT count(*) FROM registry_export"))
    assert set(found) == set(TYPES.split(","))
    ids = [one["id"] for one in found["Patient"]]
    assert len(ids) == len(set(ids)) == children
    assert left == 0
    log = [json.loads(line) for line in (tmp_path / "out/log.ndjson").read_text().splitlines()]
    assert [one["eventId"] for one in log][-1] == "export_complete"


def test_it_fetches_what_a_filter_names_since_a_moment(
    strict: httpx.Client, tmp_path: Path
) -> None:
    found = fetched(
        strict,
        tmp_path,
        "--since",
        "2020-01-01T00:00:00+07:00",
        "--type-filter",
        "Patient?gender=female,male&_tag:not=golden",
    )
    assert {one["gender"] for one in found["Patient"]} == {"female", "male"}
    assert sum(not one["id"].startswith("te-") for one in found["Patient"]) > 60


def test_it_fetches_the_children_of_a_group(
    strict: httpx.Client, kept: Engine, tmp_path: Path
) -> None:
    headers = bearing(token_of(strict, CLIENT.id, "system/Group.rs"))
    answer = strict.get("/fhir/R4/Group", params={"code": "source"}, headers=headers)
    groups = {one["resource"]["name"]: one["resource"]["id"] for one in answer.json()["entry"]}
    (group,) = (id_ for name, id_ in groups.items() if "police" in name)
    found = fetched(strict, tmp_path, "--group", group)
    children = text("SELECT count(DISTINCT identity_id) FROM linkage_record WHERE source = :source")
    with kept.connect() as connection:
        number = connection.scalar(children, {"source": "police"})
        everybody = connection.scalar(
            text("SELECT count(DISTINCT identity_id) FROM linkage_record")
        )
    assert 0 < len(found["Patient"]) == number < everybody
