"""What commands that send something share: the service, the platform, and words for failures."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.table import Table

from audit.event import Caller
from gateway import settings
from gateway.cli.caller import command_caller
from gateway.errors import GatewayError
from gateway.migrate import require_newest
from gateway.outbound.platform import Platform, open_platform
from gateway.services import Services, open_services

FAILED = 1
"""Exit status when something could not be done; the table says what."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The service, and who asks it."""

    services: Services
    caller: Caller


@contextmanager
def open_desk() -> Iterator[Desk]:
    services = open_services(settings.load())
    try:
        require_newest(services.engine)
        yield Desk(services=services, caller=command_caller(services.settings))
    finally:
        services.engine.dispose()


@contextmanager
def way_out(desk: Desk) -> Iterator[Platform]:
    """The platform of the site's file."""
    with open_platform(desk.services.site.platform, desk.services.settings) as platform:
        yield platform


def table_of(*columns: str) -> Table:
    """A table whose ids stay whole on a narrow screen: they are typed again."""
    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def why(error: GatewayError | None) -> str:
    """What went wrong, in both languages."""
    return f"{error.vietnamese} {error}" if error else ""
