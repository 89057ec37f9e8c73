"""The npm validator `fhir` (lantana), written by others in another language, takes every event."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from audit.balp import resources_of
from audit.event import Action, Outcome, Seen
from tests.audit.test_balp import CHILD, event

MODULES = Path(__file__).parents[2] / "var" / "node" / "node_modules"
"""`.ci/run` installs it there: npm install --prefix var/node fhir@4.12.0."""
PROGRAM = """
const validator = new (require('fhir').Fhir)();
const lines = require('fs').readFileSync(0, 'utf8').trim().split('\\n');
const errors = lines.flatMap((line) =>
  validator.validate(JSON.parse(line), {errorOnUnexpected: true}).messages
    .filter((found) => found.severity === 'error'));
console.log(JSON.stringify({count: lines.length, errors}));
"""


def test_the_npm_validator_finds_no_error() -> None:
    node = shutil.which("node")
    if node is None or not (MODULES / "fhir").exists():
        pytest.skip("no Node with the package fhir: npm install --prefix var/node fhir@4.12.0")
    seen = (Seen(**CHILD), Seen(record="01jf"))
    told = [
        resource
        for action in Action
        for outcome in Outcome
        for resource in resources_of(event(action, outcome=outcome, seen=seen))
    ]
    ended = subprocess.run(
        [node, "-e", PROGRAM],
        input="\n".join(map(json.dumps, told)),
        env=os.environ | {"NODE_PATH": str(MODULES)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ended.stdout) == {"count": len(told), "errors": []}
