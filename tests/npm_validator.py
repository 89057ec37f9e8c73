"""The npm validator `fhir` (lantana), written by others in another language."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

MODULES = Path(__file__).parents[1] / "var" / "node" / "node_modules"
"""`.ci/run` installs it there: npm install --prefix var/node fhir@4.12.0."""
PROGRAM = """
const validator = new (require('fhir').Fhir)();
const lines = require('fs').readFileSync(0, 'utf8').trim().split('\\n').map(JSON.parse);
const errors = lines.flatMap((one) =>
  validator.validate(one, {errorOnUnexpected: true}).messages
    .filter((found) => found.severity === 'error')
    .map((found) => [one.resourceType, found.location, found.message]));
console.log(JSON.stringify({count: lines.length, errors}));
"""


def errors_in(resources: Sequence[Any]) -> Any:
    """Type, place and sentence of each error. Skips the test where the validator is not installed."""
    node = shutil.which("node")
    if node is None or not (MODULES / "fhir").exists():
        pytest.skip("no Node with the package fhir: npm install --prefix var/node fhir@4.12.0")
    ended = subprocess.run(
        [node, "-e", PROGRAM],
        input="\n".join(map(json.dumps, resources)),
        env=os.environ | {"NODE_PATH": str(MODULES)},
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(ended.stdout)
    assert told["count"] == len(resources)
    return told["errors"]
