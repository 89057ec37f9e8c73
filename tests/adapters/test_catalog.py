"""Every folder in adapters/sources is a source, found by its name and by its content."""

from pathlib import Path

import pytest

from adapters import catalog, sources
from adapters.catalog import accepts, load_adapters, recognise
from adapters.contract import SourceMessage
from tests.fake_source import FakeAdapter, fake_message


def test_every_folder_is_a_source_with_an_adapter() -> None:
    folders = {path.parent.name for path in Path(sources.__path__[0]).glob("*/__init__.py")}
    adapters = load_adapters()
    assert set(adapters) == folders
    assert list(adapters) == sorted(adapters)
    assert all(adapter.version and accepts(adapter) for adapter in adapters.values())


def test_a_folder_without_adapter_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "forgetful.py").write_text('"""Says nothing."""\n')
    monkeypatch.setattr(sources, "__path__", [str(tmp_path)])
    with pytest.raises(RuntimeError, match="adapters/sources/forgetful"):
        load_adapters()
    assert catalog.__doc__


def test_a_source_is_found_by_its_content_if_exactly_one_claims_it() -> None:
    message = fake_message({"id": "k"})
    assert recognise(message, {"fake": FakeAdapter()}) == "fake"
    assert recognise(SourceMessage(source="", content=b"?"), {"fake": FakeAdapter()}) is None
    assert recognise(message, {"a": FakeAdapter(), "b": FakeAdapter()}) is None
