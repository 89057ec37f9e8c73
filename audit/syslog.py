"""Sends checkpoints and outlines of events to a syslog (RFC 5424 over UDP, RFC 5426).

A security centre keeps them there, a copy that nobody here can change: a log that was cut later
does not lead to it any more.
"""

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog

from audit.errors import LedgerError

PRIORITY = 13 * 8 + 5
"""Facility 13, log audit; severity 5, notice (RFC 5424, section 6.2.1)."""
SECONDS = 1.0

log = structlog.get_logger()


def syslog_at(address: str) -> Callable[[str, str], None]:
    """A way to send each outline of an event and each note to `host:port` or to a socket.

    What cannot be sent is said, and never stops the log: the checkpoint stands in the anchor and
    with the witness. Raises LedgerError where the host has no address.
    """
    family, target = _place(address)

    def send(kind: str, text: str) -> None:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as sender:
                sender.settimeout(SECONDS)
                sender.sendto(line_of(kind, text), target)
        except OSError as error:
            log.warning("the syslog cannot be reached", error=type(error).__name__)

    return send


def _place(address: str) -> tuple[int, Any]:
    """Looked up once: whoever signs does not wait for names."""
    if address.startswith("/"):
        return socket.AF_UNIX, address
    host, _, port = address.rpartition(":")
    try:
        family, _, _, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    except OSError:
        raise LedgerError("MOTEM_AUDIT_SYSLOG names a host that has no address.") from None
    return family, target


def line_of(kind: str, text: str) -> bytes:
    """One message; lines are parted by a visible mark, as syslog takes one line."""
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    head = f"<{PRIORITY}>1 {moment} {socket.gethostname()} motem {os.getpid()} {kind} -"
    lines = " | ".join(line for line in text.split("\n") if line)
    return f"{head} {lines}".encode()
