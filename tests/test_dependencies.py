"""Dependencies: what is imported, named, explained and locked is the same set."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OURS = {"adapters", "audit", "gateway", "linkage"}


BY_NAME = {"fhir-resources"}
"""Imported by a computed name (adapters/validation.py), which a parser cannot see."""


def plain(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower().replace("_", "-").replace(".", "-")


def named(requirements: list[str]) -> set[str]:
    return {plain(requirement) for requirement in requirements}


EXTRAS = {name: named(extra) for name, extra in PROJECT["optional-dependencies"].items()}
RUN = named(PROJECT["dependencies"])
ALL = RUN.union(*EXTRAS.values())
APART = ("spark", "trees")
"""Extras with a lock of their own."""
LOCKS = {
    "lock.txt": ALL.difference(*(EXTRAS[name] for name in APART)),
    **{f"{name}.txt": EXTRAS[name] for name in APART},
}


def imported(*folders: str) -> set[str]:
    """Distributions that these folders import."""
    modules: set[str] = set()
    for package in folders:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    modules.update(alias.name.split(".")[0] for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    modules.add(node.module.split(".")[0])
    foreign = modules - OURS - {"scripts"} - set(sys.stdlib_module_names)
    found = packages_distributions()
    return {plain(found.get(module, [module])[0]) for module in foreign}


def test_every_import_is_a_named_dependency() -> None:
    assert imported(*OURS) <= RUN | EXTRAS["spark"]
    assert imported("scripts") <= RUN | EXTRAS["trees"]


def test_every_named_dependency_is_used() -> None:
    assert (RUN | EXTRAS["spark"]) - imported(*OURS) == BY_NAME
    assert EXTRAS["trees"] <= imported("scripts")


def test_every_named_dependency_is_explained() -> None:
    table = (ROOT / "docs/decisions/0003-dependencies.md").read_text().lower().replace(".", "-")
    assert {name for name in ALL if name not in table} == set()


@pytest.mark.parametrize("file", LOCKS)
def test_a_lock_has_an_exact_version_of_each_and_no_address(file: str) -> None:
    lines = (ROOT / "requirements" / file).read_text().splitlines()
    assert {plain(line) for line in lines} >= LOCKS[file]
    assert all(re.match(r"[a-z0-9.-]+==\S+( ; .+)?$", line) for line in lines)
    assert "://" not in "".join(lines)
