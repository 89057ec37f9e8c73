"""Holds senders to their agreement: fields that it does not cover, domains that others have."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from adapters.contract import (
    EVERY_DOMAIN,
    Conversion,
    Domains,
    Reading,
    SourceAdapter,
    SourceMessage,
    Statement,
)
from adapters.formats.fields import Field
from adapters.formats.parts import columns_of
from gateway.site import Site

NO_AGREEMENT = "no-agreement"
"""Under which a dropped field is counted as left out."""


class AgreedAdapter:
    """An adapter whose statements hold only the allowed fields; else like the one inside."""

    def __init__(self, inner: SourceAdapter, allowed: Set[str]) -> None:
        self.inner = inner
        self.allowed = allowed
        self.version = inner.version

    @property
    def columns(self) -> Sequence[Field]:
        return columns_of(self.inner)

    def recognises(self, message: SourceMessage) -> bool:
        return self.inner.recognises(message)

    def read(self, message: SourceMessage) -> Reading:
        """As the adapter inside reads it, without the fields that no agreement covers."""
        reading = self.inner.read(message)
        statements = [self._agreed(one) for one in reading.statements]
        dropped = sum(
            len(before.content) - len(after.content)
            for before, after in zip(reading.statements, statements, strict=True)
        )
        left_out = Counter(reading.left_out) + Counter({NO_AGREEMENT: dropped})
        return replace(reading, statements=statements, left_out=dict(left_out))

    def convert(self, statement: Statement) -> Conversion:
        return self.inner.convert(statement)

    def _agreed(self, statement: Statement) -> Statement:
        kept = {name: value for name, value in statement.content.items() if self._covers(name)}
        return replace(statement, content=kept)

    def _covers(self, name: str) -> bool:
        """`phatHien` covers `phatHien.maXa`."""
        parts = name.split(".")
        return any(".".join(parts[:end]) in self.allowed for end in range(1, len(parts) + 1))


class BoundAdapter:
    """An adapter that knows in which domains its sender may write; else like the one inside."""

    def __init__(self, inner: SourceAdapter, domains: Domains) -> None:
        self.inner = inner
        self.domains = domains
        self.version = inner.version
        self.recognises = inner.recognises
        self.convert = inner.convert

    @property
    def columns(self) -> Sequence[Field]:
        return columns_of(self.inner)

    def read(self, message: SourceMessage) -> Reading:
        """As the adapter inside reads it; a record in another's domain is refused."""
        return self.inner.read(replace(message, domains=self.domains))


def agreed(
    adapters: Mapping[str, SourceAdapter], site: Site, system: str
) -> Mapping[str, SourceAdapter]:
    """The adapters for what a system sends, each under the agreement that holds for it."""
    if not site.agreements:
        return adapters
    return {name: _under(adapter, site, name, system) for name, adapter in adapters.items()}


def _under(adapter: SourceAdapter, site: Site, source: str, system: str) -> SourceAdapter:
    agreement = site.agreement_of(source, system)
    domains = site.domains_of(source, system)
    if domains != EVERY_DOMAIN:
        adapter = BoundAdapter(adapter, domains)
    if agreement is None or agreement.allowed_fields is None:
        return adapter
    return AgreedAdapter(adapter, agreement.allowed_fields)
