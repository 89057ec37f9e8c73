"""How the service is set up is in the log: when it changes, without secrets, before the first answer."""

import time
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import URL, Engine

import audit
from audit.event import Action, AuditEvent, Caller
from gateway.app import create_app
from gateway.configured import tell, told_of
from gateway.database import printable, transaction
from gateway.mllp import Listener
from gateway.settings import Settings
from tests.commands import motem
from tests.gateway.api.conftest import served
from tests.journeys.steps import as_owner

SECRET = "nobody's-business-7"


def told(engine: Engine) -> list[AuditEvent]:
    with transaction(engine) as session:
        return list(audit.events(session, action=Action.CONFIGURATION_CHANGE))


def started(url: URL, **more: object) -> None:
    settings = Settings.model_validate({"DATABASE_URL": printable(url), **more})
    with served(create_app(settings)) as client:
        assert client.get("/livez").is_success


def test_a_service_that_begins_otherwise_tells_so_and_one_as_before_does_not(
    engine: Engine, database_url: URL, tmp_path: Path
) -> None:
    site, policy = tmp_path / "site.toml", tmp_path / "policy.toml"
    site.write_text("", "utf-8")
    shipped = Path("gateway/access/policy.toml").read_text("utf-8")
    policy.write_text(f"{shipped}\n# ours\n", "utf-8")
    changes: tuple[dict[str, object], ...] = (
        {},
        {"MOTEM_AUDIT_GRACE": 60},
        {"MOTEM_AUDIT_GRACE": 60, "MOTEM_SITE": site},
        {"MOTEM_POLICY": policy},
    )
    for count, more in enumerate(changes, 1):
        for _ in range(2):
            started(database_url, **more)
        assert len(told(engine)) == count
    first, grace, with_site, other_policy = (dict(one.detail) for one in told(engine))
    assert grace["MOTEM_AUDIT_GRACE"] == 60
    assert "MOTEM_AUDIT_GRACE" not in first
    assert with_site["MOTEM_SITE"] == str(site)
    assert len(str(with_site["site"])) == 64
    assert other_policy["policy"] != first["policy"] == grace["policy"]


def test_no_secret_is_in_the_log() -> None:
    settings = Settings.model_validate(
        {
            "DATABASE_URL": f"postgresql://u:{SECRET}@h/d",
            "MOTEM_OIDC_SECRET": SECRET,
            "MOTEM_OIDC_ISSUER": f"https://u:{SECRET}@idp.example",
            "MOTEM_AUDIT_WITNESS": f"https://u:{SECRET}@witness.example",
        }
    )
    detail = told_of(settings, "0" * 64, sandbox=True)
    assert SECRET not in repr(detail)
    assert {name for name, value in detail.items() if value == "set"} == {
        *("DATABASE_URL", "MOTEM_OIDC_SECRET", "MOTEM_OIDC_ISSUER", "MOTEM_AUDIT_WITNESS")
    }
    assert detail["sandbox"] is True


def test_only_a_change_is_told_and_a_change_back_is_one(engine: Engine, caller: Caller) -> None:
    with transaction(engine) as session:
        assert tell(session, {"policy": "a"}, caller)
        assert not tell(session, {"policy": "a"}, caller)
        assert tell(session, {"policy": "b"}, caller)
        assert tell(session, {"policy": "a"}, caller)


def test_a_service_whose_log_cannot_be_written_begins_and_tells_it_later(
    engine: Engine, database_url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.configured.AGAIN", 0.05)
    as_owner(database_url, "REVOKE INSERT ON audit_event FROM motem_app, motem_sequencer")
    settings = Settings.model_validate({"DATABASE_URL": printable(database_url)})
    with served(create_app(settings)) as client:
        assert client.get("/livez").is_success
        assert client.get("/fhir/R4/Patient").status_code == 503
        as_owner(database_url, "GRANT INSERT ON audit_event TO motem_app, motem_sequencer")
        for _ in range(600):
            if told(engine):
                break
            time.sleep(0.05)
    assert len(told(engine)) == 1


def test_the_door_of_hospitals_tells_its_own_and_not_again_what_the_service_said(
    engine: Engine, database_url: URL, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: Listener) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(Listener, "serve_forever", stop)
    with transaction(engine) as session:
        assert tell(session, {"policy": "a"}, caller)
    for system in ("ward-7", "ward-7", "ward-8"):
        assert motem(database_url, "mllp", "--port", "0", "--system", system).status == 0
    with transaction(engine) as session:
        assert not tell(session, {"policy": "a"}, caller)
    of_door = [one.detail for one in told(engine) if one.caller.system == "motem-mllp"]
    assert [detail["system"] for detail in of_door] == ["ward-7", "ward-8"]
    assert (of_door[0]["tls"], of_door[0]["known-clients"]) == (False, False)
