"""The import contracts of pyproject.toml hold."""

from importlinter.cli import lint_imports


def test_imports_point_the_way_the_contracts_say() -> None:
    assert lint_imports(no_cache=True) == 0
