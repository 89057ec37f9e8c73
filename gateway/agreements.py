"""Holds senders to their agreement: fields that it does not cover, domains that others have."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from adapters.contract import (
    EVERY_DOMAIN,
    Domains,
    Reading,
    SourceAdapter,
    SourceMessage,
)
from adapters.errors import PayloadError, Problem
from adapters.formats.fields import Field
from adapters.formats.parts import columns_of
from adapters.vocabulary import Vocabulary
from gateway.coverage import Coverage, coverage, unknown_fields
from gateway.site import Site, WrongSiteError

NO_AGREEMENT = "no-agreement"
"""Under which a dropped field is counted as left out."""


class _Around:
    """An adapter around another one, which is like it in all that is not said."""

    def __init__(self, inner: SourceAdapter) -> None:
        self.inner = inner
        self.version = inner.version
        self.recognises = inner.recognises
        self.convert = inner.convert

    @property
    def columns(self) -> Sequence[Field]:
        return columns_of(self.inner)


class AgreedAdapter(_Around):
    """An adapter whose statements hold only what the allowed fields say; else like the one inside."""

    def __init__(self, inner: SourceAdapter, coverage: Coverage) -> None:
        super().__init__(inner)
        self.coverage = coverage

    def read(self, message: SourceMessage) -> Reading:
        """As the adapter inside reads it, without the fields that no agreement covers."""
        reading = self.inner.read(message)
        left_out = Counter(reading.left_out)
        statements = []
        for one in reading.statements:
            content, dropped = self.coverage.content(one)
            left_out[NO_AGREEMENT] += dropped
            statements.append(replace(one, content=content))
        return replace(reading, statements=statements, left_out=dict(+left_out))


class UnagreedAdapter(_Around):
    """Of a source whose fields are agreed for others: every payload is refused as `no-agreement`."""

    def read(self, message: SourceMessage) -> Reading:
        """Raises PayloadError: a mistyped name must not escape what was agreed."""
        raise PayloadError(Problem.NO_AGREEMENT)


class BoundAdapter(_Around):
    """An adapter that knows in which domains its sender may write; else like the one inside."""

    def __init__(self, inner: SourceAdapter, domains: Domains) -> None:
        super().__init__(inner)
        self.domains = domains

    def read(self, message: SourceMessage) -> Reading:
        """As the adapter inside reads it; a record in another's domain is refused."""
        return self.inner.read(replace(message, domains=self.domains))


def agreed(
    adapters: Mapping[str, SourceAdapter],
    site: Site,
    system: str,
    vocabularies: Mapping[str, Vocabulary],
) -> Mapping[str, SourceAdapter]:
    """The adapters for what a system sends, each under the agreement that holds for it."""
    if not site.agreements:
        return adapters
    return {
        name: _under(adapter, site, name, system, vocabularies)
        for name, adapter in adapters.items()
    }


def _under(
    adapter: SourceAdapter,
    site: Site,
    source: str,
    system: str,
    vocabularies: Mapping[str, Vocabulary],
) -> SourceAdapter:
    agreement = site.agreement_of(source, system)
    if agreement is None and site.narrows(source):
        return UnagreedAdapter(adapter)
    domains = site.domains_of(source, system)
    if domains != EVERY_DOMAIN:
        adapter = BoundAdapter(adapter, domains)
    if agreement is None or agreement.allowed_fields is None:
        return adapter
    return AgreedAdapter(adapter, coverage(vocabularies[source], agreement.allowed_fields))


def require_known_fields(site: Site, vocabularies: Mapping[str, Vocabulary]) -> None:
    """Raises WrongSiteError for the first allowed field that is not on its source's page."""
    for number, one in enumerate(site.agreements, 1):
        unknown = unknown_fields(vocabularies[one.source], one.allowed_fields or ())
        if unknown:
            raise WrongSiteError(
                f'MOTEM_SITE: agreement {number}, allowed_fields, "{unknown[0]}":'
                f" nguồn {one.source} không có trường này, xem docs/sources/{one.source}.md"
                f" · source {one.source} has no such field, see docs/sources/{one.source}.md"
            )
