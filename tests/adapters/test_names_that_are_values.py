"""Where a sender puts a child's name or number into a field's name, nobody is told it."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from adapters.catalog import load_adapters
from adapters.contract import SourceMessage
from adapters.errors import PayloadError

SECRETS = ("Nguyễn Thị Bí Mật", "998326012345", "NguyenThiMat")
PARTS = ("Nguy", "Bí Mật", "99832")
"""None of these may be seen in what is told."""
SAMPLES = sorted(
    path
    for path in (Path(__file__).parent / "sources").glob("*/samples/*")
    if path.suffix in (".json", ".ndjson", ".csv", ".xml")
    and not path.name.endswith(".fhir.json")
    and "utf16" not in path.name
    and "legacy" not in path.name
)


def with_secrets(value: Any) -> Any:
    """Each object with members that bear the secrets for names, once with a wrong inner type."""
    if isinstance(value, list):
        return [with_secrets(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    inner = {name: with_secrets(member) for name, member in value.items()}
    return inner | {name: {"a": name} for name in SECRETS}


def spoilt(path: Path) -> bytes:
    text = path.read_text("utf-8-sig")
    match path.suffix:
        case ".json":
            return json.dumps(with_secrets(json.loads(text)), ensure_ascii=False).encode()
        case ".ndjson":
            lines = (json.dumps(with_secrets(json.loads(line))) for line in _objects(text))
            return "\n".join(lines).encode()
        case ".csv":
            return _with_columns(text)
        case _:
            named = (name.replace(" ", "_") for name in SECRETS)
            more = "".join(f"<_{name}>x</_{name}>" for name in named)
            return re.sub(r"</([A-Za-z]\w*)>", rf"{more}</\1>", text).encode()


def _objects(text: str) -> list[str]:
    return [line for line in text.splitlines() if _is_json(line)]


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _with_columns(text: str) -> bytes:
    """Further columns with the secrets for headings in every line, as a header repeats itself."""
    first = text.splitlines()[0]
    sign = max(",;\t|", key=first.count)
    rows = csv.reader(io.StringIO(text), delimiter=sign)
    out = io.StringIO()
    csv.writer(out, delimiter=sign).writerows([*row, *SECRETS] for row in rows)
    return out.getvalue().encode()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_no_secret_is_told(path: Path) -> None:
    source = path.parts[-3]
    message = SourceMessage(source=source, content=spoilt(path))
    try:
        reading = load_adapters()[source].read(message)
        told = repr((reading.unknown_fields, reading.left_out, reading.rejections))
    except PayloadError as error:
        told = f"{error!r} {error.rejection!r}"
    assert not [part for part in PARTS if part in told]


def test_the_samples_are_of_most_sources() -> None:
    assert len({path.parts[-3] for path in SAMPLES}) == 9
    assert len(SAMPLES) > 50
