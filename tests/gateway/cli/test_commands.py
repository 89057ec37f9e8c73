"""The table of commands says which module defines each."""

import importlib

import pytest
import typer

from gateway.cli import MODULES, build


def names(app: typer.Typer) -> set[str]:
    """The commands and groups of an application."""
    groups = (group.name for group in app.registered_groups)
    return {str(name) for name in (*(c.name for c in app.registered_commands), *groups)}


@pytest.mark.parametrize("module", sorted(set(MODULES.values())))
def test_a_module_defines_the_commands_that_the_table_says(module: str) -> None:
    app = typer.Typer()
    importlib.import_module(f"gateway.cli.{module}").register(app)
    assert names(app) == {command for command, where in MODULES.items() if where == module}


def test_without_a_command_all_are_there_and_with_one_only_its_module() -> None:
    assert names(build()) == names(build("--help")) == set(MODULES)
    assert names(build("ingest")) == {"ingest"}
