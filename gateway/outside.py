"""Requests to addresses that others gave: never inside our own network, never where they lead on."""

import socket
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx

PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, kw_only=True, slots=True)
class Pinned:
    """An address that was looked at, with what a request to it needs."""

    url: httpx.URL
    headers: dict[str, str]
    extensions: dict[str, Any] = field(default_factory=dict)


def pinned(url: str, *, inside: bool = False) -> Pinned:
    """The very address to ask: a name may lead elsewhere a moment later.

    `inside`: private addresses and http too, for tests and for a network that has no other. Raises
    ValueError, or OSError where the name leads nowhere.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if (
        not host
        or parts.username
        or not (parts.scheme == "https" or (inside and parts.scheme == "http"))
    ):
        raise ValueError("only https")
    address = _address(host, parts.port or PORTS[parts.scheme], inside=inside)
    return Pinned(
        url=httpx.URL(url).copy_with(host=address),
        headers={"Host": parts.netloc},
        extensions={"sni_hostname": host},
    )


def _address(host: str, port: int, *, inside: bool) -> str:
    """The first address of a host. Raises ValueError where any of them is of an inner network."""
    found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not inside and not all(is_outside(one) for one in found):
        raise ValueError("an address inside")
    return found[0]


def is_outside(text: str) -> bool:
    """Whether an address is of the public network; one of IPv4 in IPv6 counts as what it holds."""
    address = ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_global and not address.is_multicast
