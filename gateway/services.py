"""The composition root: makes of the settings all that the service works with."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from adapters.catalog import load_adapters
from adapters.contract import SourceAdapter
from gateway.database import database_url, engine_for
from gateway.settings import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """What commands and routes are given."""

    settings: Settings
    engine: Engine
    adapters: Mapping[str, SourceAdapter]


def open_services(settings: Settings) -> Services:
    """Start the embedded database where there is no other, and load the adapters."""
    engine = engine_for(database_url(settings), pool_size=settings.pool_size)
    return Services(settings=settings, engine=engine, adapters=load_adapters())
