"""What is special at one site, from a TOML file: agreements with senders, spellings, the way out."""

import re
import tomllib
from collections.abc import Collection, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from adapters.contract import Domains
from gateway.errors import GatewayError
from gateway.exchange import Exchange

RHYTHM = re.compile(r"([1-9]\d{0,3})([mhdw])")
WITH_DOMAINS = "fhir"
"""The source whose record keys name the identifier system that they belong to."""
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class WrongSiteError(GatewayError):
    """The site's file (MOTEM_SITE) cannot be read."""


def duration(value: object) -> timedelta:
    """`30m`, `12h`, `1d`, `2w`. Raises ValueError."""
    found = RHYTHM.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError('a number and m, h, d or w, as "12h" or "1d"')
    return timedelta(**{UNITS[found[2]]: int(found[1])})


SYSTEM_NAME = r"^[A-Za-z0-9._-]{1,64}$"
"""What a sending system may call itself."""
Text = Annotated[str, Field(min_length=1, max_length=500)]
System = Annotated[str, Field(pattern=SYSTEM_NAME)] | None


class Agreement(BaseModel):
    """Under which a source system sends: who owns it, why it may, what it may, how often."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Text
    system: System = None
    """The sending system; without it, all systems of the source that have no entry of their own."""
    owner: Text
    agreement: Text | None = None
    legal_basis: Text | None = None
    purpose: Text | None = None
    allowed_fields: frozenset[Text] | None = None
    """Names of the source's page, or the beginnings of dotted ones; without it, every field."""
    domains: frozenset[Text] | None = None
    """Identifier systems in which it writes records (source fhir); nobody else may."""
    rhythm: Annotated[timedelta, BeforeValidator(duration)] | None = None
    """How often a message is expected."""


class Spellings(BaseModel):
    """How a source system spells fields and codes beside the spellings of the source's page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Text
    system: System = None
    """The sending system; without it, all systems of the source."""
    fields: Mapping[Text, tuple[Text, ...]] = Field(default={})
    """The source's own name of a field → further spellings."""
    codes: Mapping[Text, Mapping[Text, Text]] = Field(default={})
    """The source's own name of a field → code as sent → a code of the source's page."""


class Site(BaseModel):
    """All that a site's file may hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agreements: tuple[Agreement, ...] = Field(default=(), alias="agreement")
    platform: Exchange | None = None
    """Without it nothing goes out."""
    dialects: tuple[Spellings, ...] = Field(default=(), alias="dialect")

    @model_validator(mode="after")
    def one_entry_for_each(self) -> "Site":
        names = [(one.source, one.system) for one in self.agreements]
        if len(names) != len(set(names)):
            raise ValueError("two agreements for one source and system")
        names = [(one.source, one.system) for one in self.dialects]
        if len(names) != len(set(names)):
            raise ValueError("two dialects for one source and system")
        return self

    @model_validator(mode="after")
    def one_owner_for_each_domain(self) -> "Site":
        named = [domain for one in self.agreements for domain in one.domains or ()]
        if len(named) != len(set(named)):
            raise ValueError("two agreements for one identifier system (domains)")
        if any(one.domains is not None and one.source != WITH_DOMAINS for one in self.agreements):
            raise ValueError(f"domains: only for the source {WITH_DOMAINS}")
        return self

    def domains_of(self, source: str, system: str | None) -> Domains:
        """Its own where they are agreed, else all that nobody else has."""
        agreement = self.agreement_of(source, system)
        own = agreement.domains if agreement else None
        every = (one.domains or frozenset() for one in self.agreements if one.source == source)
        return Domains(own=own, foreign=frozenset().union(*every) - (own or frozenset()))

    def domains(self) -> frozenset[str]:
        """Every identifier system that somebody has under an agreement."""
        return frozenset().union(*(one.domains or () for one in self.agreements))

    def narrows(self, source: str) -> bool:
        """Whether any agreement of a source allows some of its fields only."""
        return any(
            one.source == source and one.allowed_fields is not None for one in self.agreements
        )

    def agreement_of(self, source: str, system: str | None) -> Agreement | None:
        """The entry for the system, else that for the whole source."""
        found = {one.system: one for one in self.agreements if one.source == source}
        return found.get(system) or found.get(None)


def load_site(path: Path | None, sources: Collection[str]) -> Site:
    """Read a site's file; without one everything is allowed. Raises WrongSiteError with the place."""
    if path is None:
        return Site()
    site = _read(path)
    named = {one.source for one in site.agreements} | {one.source for one in site.dialects}
    unknown = sorted(named - set(sources))
    if unknown:
        known = ", ".join(sources)
        raise WrongSiteError(f"MOTEM_SITE: there is no source {unknown[0]!r}; there are: {known}")
    return site


def _read(path: Path) -> Site:
    try:
        return Site.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise WrongSiteError(f"MOTEM_SITE: the file cannot be read: {path}") from error
    except ValidationError as error:
        wrong = "; ".join(
            _place(problem) for problem in error.errors(include_input=False, include_url=False)
        )
        raise WrongSiteError(f"MOTEM_SITE: {wrong}") from None
    except ValueError as error:  # Both of TOML and of UTF-8.
        raise WrongSiteError(f"MOTEM_SITE: not TOML in UTF-8: {error}") from None


def _place(problem: Any) -> str:
    """`agreement 2, rhythm: what is wrong`; entries are counted from 1."""
    parts = [part + 1 if isinstance(part, int) else part for part in problem["loc"]]
    words = "".join(f" {part}" if isinstance(part, int) else f", {part}" for part in parts)
    return f"{words.removeprefix(', ') or 'file'}: {problem['msg']}"
