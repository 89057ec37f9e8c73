"""The way out of the service never takes all of its threads, and gives back what it took."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy import URL

from gateway.api.way_out import AT_ONCE, BusyError, WayOut
from gateway.database import printable
from gateway.outbound.failures import NotConfiguredError
from gateway.outbound.platform import Platform
from gateway.sandbox.population import Sandbox, site
from gateway.services import open_services
from gateway.settings import Settings
from tests.gateway.outbound.conftest import Clock, platform_to


@pytest.fixture
def platform(sandbox: Sandbox) -> Iterator[Platform]:
    with platform_to(sandbox.address, Clock()) as platform:
        yield platform


def test_one_more_than_may_is_told_to_come_again(platform: Platform) -> None:
    way_out = WayOut(platform)
    for _ in range(2):
        with ExitStack() as inside:
            for _ in range(AT_ONCE):
                assert inside.enter_context(way_out.entered()) is platform
            with pytest.raises(BusyError), way_out.entered():
                pass


def test_whoever_fails_gives_the_place_back(platform: Platform) -> None:
    way_out = WayOut(platform)
    for _ in range(AT_ONCE + 1):
        with pytest.raises(KeyError), way_out.entered():
            raise KeyError


def test_without_secrets_there_is_no_way_out_and_the_service_starts(
    database_url: URL, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("site") / "site.toml"
    file.write_text(site(sandbox.address), encoding="utf-8")
    told = {"DATABASE_URL": printable(database_url), "MOTEM_SITE": file}
    services = open_services(Settings.model_validate(told))
    with (
        WayOut.opened(services) as way_out,
        pytest.raises(NotConfiguredError, match="MOTEM_PLATFORM_SECRET"),
        way_out.entered(),
    ):
        pass
    services.engine.dispose()
