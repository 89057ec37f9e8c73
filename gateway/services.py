"""The composition root: makes of the settings all that the service works with."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from adapters.catalog import load_adapters, load_vocabularies
from adapters.contract import SourceAdapter
from adapters.vocabulary import Vocabulary
from gateway.agreements import agreed, require_known_fields
from gateway.database import Role, database_url, engine_for, log_of
from gateway.dialects import require_sound_dialects, speaking
from gateway.settings import Settings
from gateway.site import Site, load_site


@dataclass(frozen=True, kw_only=True, slots=True)
class Services:
    """What commands and routes are given."""

    settings: Settings
    site: Site
    engine: Engine
    adapters: Mapping[str, SourceAdapter]
    vocabularies: Mapping[str, Vocabulary]

    def adapters_of(self, system: str) -> Mapping[str, SourceAdapter]:
        """The adapters for what a system sends: they know how it spells, and what was agreed."""
        spoken = speaking(self.adapters, self.site, system)
        return agreed(spoken, self.site, system, self.vocabularies)


def open_services(settings: Settings, role: Role = Role.APP) -> Services:
    """Load the adapters and the site's file; start the embedded database where there is no other."""
    adapters = load_adapters()
    site = load_site(settings.site, adapters)
    vocabularies = load_vocabularies()
    require_sound_dialects(site, vocabularies)
    require_known_fields(site, vocabularies)
    engine = engine_for(
        database_url(settings), role, pool_size=settings.pool_size, audit=log_of(settings)
    )
    return Services(
        settings=settings, site=site, engine=engine, adapters=adapters, vocabularies=vocabularies
    )
