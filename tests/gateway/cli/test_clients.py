"""`motem client` and `motem policy`: machines are registered, shown, switched off; each is an event."""

import json
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

import audit
from audit.event import Action
from gateway.access.policy import SHIPPED
from gateway.database import transaction
from tests.commands import Ended, motem
from tests.gateway.access.signing import elliptic, rsa_signer

ADD = (
    *("client", "add", "so-01", "--name", "Sở Y tế", "--role", "child-protection"),
    *("--province", "01", "--purpose", "CHILDPROT", "--scope", "system/Patient.rs"),
)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "key.jwk"
    file.write_text(json.dumps(elliptic().public))
    return file


def test_a_machine_is_registered_shown_and_switched_off_and_each_is_an_event(
    database_url: URL, engine: Engine, key: Path, tmp_path: Path
) -> None:
    assert motem(database_url, *ADD, "--keys", key).status == 0
    assert motem(database_url, *ADD, "--keys", key).status == 1  # There is one already.
    listed = motem(database_url, "client", "list")
    assert "so-01" in listed.out
    assert "ec-1" in motem(database_url, "client", "show", "so-01").out
    other = tmp_path / "other.jwk"
    other.write_text(json.dumps({"keys": [rsa_signer().public]}))
    assert motem(database_url, "client", "key", "so-01", "--keys", other).status == 0
    assert "rsa-1" in motem(database_url, "client", "show", "so-01").out
    assert motem(database_url, "client", "disable", "so-01").status == 0
    assert "không · no" in motem(database_url, "client", "list").out
    with transaction(engine) as session:
        told = [one.action for one in audit.events(session)]
    counts = {action: told.count(action) for action in (Action.CLIENT_ADD, Action.CLIENT_CHANGE)}
    assert counts == {Action.CLIENT_ADD: 1, Action.CLIENT_CHANGE: 2}


def wrong(database_url: URL, *words: object) -> Ended:
    ended = motem(database_url, *words)
    assert ended.status == 1
    assert "unexpected" not in ended.err
    return ended


def test_what_makes_no_sense_is_not_registered(
    database_url: URL, key: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.jwk"
    secret.write_text(json.dumps(elliptic().public | {"d": "AAAA"}))
    assert "private" in wrong(database_url, *ADD, "--keys", secret).err
    assert "either" in wrong(database_url, *ADD).err
    for option, value in (("--scope", "patient/*.read"), ("--purpose", "FUN"), ("--body", "x")):
        assert option.strip("-") in wrong(database_url, *ADD, "--keys", key, option, value).err
    wrong(database_url, "client", "show", "nobody")
    wrong(database_url, "client", "disable", "nobody")


def test_the_policy_is_shown_and_another_is_checked_first(
    database_url: URL, tmp_path: Path
) -> None:
    assert "school-enrols" in motem(database_url, "policy", "show").out
    twice = tmp_path / "policy.toml"
    rule = SHIPPED.read_text("utf-8").split("[[rule]]")[2]
    twice.write_text(f'version = "2"\n[[rule]]{rule}[[rule]]{rule}', encoding="utf-8")
    assert "same case" in wrong(database_url, "policy", "check", twice).err
    twice.write_text('version = "2"\n', encoding="utf-8")
    assert "rule" in wrong(database_url, "policy", "check", twice).err
