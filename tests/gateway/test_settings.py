"""Settings: described, frozen, and silent about secrets."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway import settings
from gateway.settings import Settings, WrongSettingError


@pytest.fixture(autouse=True)
def without_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in settings.variables():
        monkeypatch.delenv(name, raising=False)


def test_every_setting_is_described_and_has_a_variable_of_its_own() -> None:
    described = settings.variables()
    assert len(described) == len(Settings.model_fields)
    assert all(len(text) > 20 for text in described.values())
    assert all(name == "DATABASE_URL" or name.startswith("MOTEM_") for name in described)


def test_defaults_need_no_environment() -> None:
    loaded = settings.load()
    assert loaded.database_url is None
    assert loaded.home == Path("var")


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert settings.load().database_url is None


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings.load().port = 1


def test_the_password_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://motem:canary@db/motem")
    assert "canary" not in repr(settings.load())


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_serving_beyond_this_machine_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("MOTEM_HOST", address)
    with pytest.raises(WrongSettingError, match="MOTEM_HOST"):
        settings.load()


def test_a_wrong_value_is_named_but_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTEM_PORT", "canary")
    with pytest.raises(WrongSettingError, match="MOTEM_PORT") as caught:
        settings.load()
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MOTEM_OIDC_SECRET", "changeme"),
        ("MOTEM_PLATFORM_SECRET", "Secret"),
        ("MOTEM_PLATFORM_KEY", " password "),
        ("DATABASE_URL", "postgresql://motem:postgres@db/motem"),
        ("DATABASE_URL", "postgresql://motem:chang%65me@db/motem"),
    ],
)
def test_a_secret_that_every_manual_has_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettingError, match=name) as caught:
        settings.load()
    assert value.strip() not in str(caught.value)


def test_an_address_that_is_none_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://motem:can\u2100ary@[db/motem")
    assert settings.load().database_url is not None


def test_nothing_else_reads_the_environment() -> None:
    root = Path(__file__).parents[2]
    readers = {
        path.relative_to(root).as_posix()
        for package in ("adapters", "audit", "gateway", "linkage")
        for path in (root / package).rglob("*.py")
        if any(word in path.read_text() for word in ("os.environ", "getenv", "getpass"))
    }
    assert readers == set()


def test_the_document_says_the_same() -> None:
    page = (Path(__file__).parents[2] / "docs/settings.md").read_text()
    rows = [row.split("|") for row in page.splitlines() if row.startswith("| `")]
    written = {row[1].strip(" `"): row[3].strip() for row in rows}
    assert written == settings.variables()
