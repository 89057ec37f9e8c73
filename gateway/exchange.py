"""How the exchange platform is reached: addresses, patience, certificates, on whose behalf."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def address(value: str) -> str:
    """A service's address. Raises ValueError.

    Encrypted unless it is on this machine; without a query, because addresses end up in the logs of
    everything between here and there.
    """
    parts = urlsplit(value)
    if not parts.hostname or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("an address such as https://platform.example/service")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("an address without a query, a fragment or credentials")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ValueError("https, or http on this machine (127.0.0.1)")
    return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


Address = Annotated[str, AfterValidator(address)]
Text = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x20-\x7e]+$")]
"""What goes into HTTP headers and codes: printable ASCII."""


class Exchange(BaseModel):
    """The part `[platform]` of a site's file. Its two secrets are settings: they are in no file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lookup: Address
    """Service "037" of C06 (vn_domain.md 5.1)."""
    registrations: Address
    """Where requests to civil-status offices go; `/<request id>` is appended."""
    client: Text
    """X-Road-Client, the name of this body on the platform."""
    user: Text
    service_code: Text
    officer: Text = Field(repr=False)
    unit: Text
    account: Text = Field(repr=False)
    phone: Text = Field(default="0", repr=False)
    requester: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """The body that asks for registrations; without it, the home that the child is in."""
    certificate: Path | None = None
    key: Path | None = Field(default=None, repr=False)
    authorities: Path | None = None
    """Who signs the platform's certificate; without it, whom this machine trusts."""
    timeout: Annotated[float, Field(gt=0, le=300)] = 20.0
    """Seconds for one attempt, from the connection to the last byte."""
    attempts: Annotated[int, Field(ge=1, le=10)] = 3
    failures: Annotated[int, Field(ge=1, le=100)] = 5
    """Attempts in a row that fail, after which nothing is sent for `pause` seconds."""
    pause: Annotated[float, Field(gt=0, le=3600)] = 30.0

    @model_validator(mode="after")
    def a_certificate_has_its_key(self) -> "Exchange":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("a certificate and its key come together")
        return self
