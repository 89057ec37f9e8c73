"""The part [platform] of a site's file: addresses that may be used, secrets that are not in it."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.exchange import Exchange
from gateway.site import WrongSiteError, load_site

TOLD = {
    "lookup": "https://platform.invalid/037/",
    "registrations": "https://platform.invalid/khai-sinh",
    "client": "VN/GOV/1",
    "user": "u",
    "service_code": "DVC",
    "officer": "CB-SECRET",
    "unit": "DV",
    "account": "TK-SECRET",
}


def exchange(**changes: Any) -> Exchange:
    return Exchange.model_validate(TOLD | changes)


def test_an_address_ends_without_a_slash() -> None:
    assert exchange().lookup == "https://platform.invalid/037"


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_on_this_machine_an_address_needs_no_encryption(host: str) -> None:
    assert exchange(lookup=f"http://{host}:8037/x").lookup


@pytest.mark.parametrize(
    "address",
    [
        "http://platform.invalid/037",
        "http://127.0.0.1.platform.invalid/037",
        "http://localhost/037",
        "ftp://platform.invalid/037",
        "https://user:secret@platform.invalid/037",
        "https://platform.invalid/037?so=999326000101",
        "https://platform.invalid/037#x",
        "https:///037",
        "platform.invalid",
        "https://platform.invalid/a b",
        "https://platform.invalid/a\nb",
        "https://nền.invalid/x",
        "",
    ],
)
def test_an_address_that_tells_or_risks_too_much_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        exchange(lookup=address)


@pytest.mark.parametrize(
    "changes",
    [
        {"certificate": "one.pem"},
        {"key": "one.key"},
        {"timeout": 0},
        {"attempts": 0},
        {"user": "a\r\nApiKey: x"},
        {"client": "đơn vị"},
        {"secret": "s"},
    ],
)
def test_what_cannot_work_or_does_not_belong_there_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        exchange(**changes)


def test_who_asks_is_not_printed() -> None:
    assert "SECRET" not in repr(exchange())


def test_a_sites_file_says_where_it_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    lines = [f'{name} = "{value}"' for name, value in TOLD.items()]
    path.write_text("\n".join(["[platform]", *lines]), encoding="utf-8")
    assert load_site(path, ()).platform == exchange()
    path.write_text("\n".join(["[platform]", *lines[1:]]), encoding="utf-8")
    with pytest.raises(WrongSiteError, match="platform, lookup: Field required"):
        load_site(path, ())
