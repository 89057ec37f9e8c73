"""The examples of docs/client.md run as they stand there, against a service that asks for tokens."""

import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import URL

from tests.gateway.access.machines import KEY, client_of, guarded, registered
from tests.journeys.steps import connected, minutes

PAGE = (Path(__file__).parents[3] / "docs/client.md").read_text("utf-8")
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def service(database_url: URL) -> Iterator[httpx.Client]:
    told = {"provinces": ("*",), "sources": ("fhir", "police")}
    scopes = ("system/Patient.cruds", "motem/send")
    with connected(database_url) as engine:
        registered(
            engine,
            client_of("phong-kham", "child-protection", "CHILDPROT", scopes=scopes, **told),
            client_of("theo-doi", "subscriber", "CHILDPROT", scopes=("motem/events",)),
        )
    with guarded(database_url) as client:
        yield client


def test_the_examples_work_as_they_stand_there(
    service: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    private = KEY.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "machine.pem").write_bytes(private)
    (tmp_path / "minutes.json").write_bytes(minutes({"gioiTinh": "NAM"}))
    code = "\n".join(map(textwrap.dedent, EXAMPLE.findall(PAGE)))
    address = str(service.base_url).rstrip("/")
    code = code.replace("http://127.0.0.1:8000", address).replace('"key-1"', json.dumps(KEY.kid))
    assert code.count(address) == 3
    exec(compile(code, "docs/client.md", "exec"), {"__name__": "page"})
