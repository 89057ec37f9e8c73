"""Finds every source: each folder in `adapters.sources` defines `adapter` and `vocabulary`."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import replace

from adapters import sources
from adapters.contract import SourceAdapter, SourceMessage
from adapters.vocabulary import Vocabulary


def load_adapters() -> dict[str, SourceAdapter]:
    """Source name → adapter, sorted by name; fails at start-up, not at the first message.

    Raises RuntimeError that names the folder which defines no `adapter`.
    """
    return {package.rpartition(".")[2]: _load(package) for package in packages()}


def packages() -> list[str]:
    """The packages or modules that define an adapter each, sorted by name."""
    names = sorted(found.name for found in pkgutil.iter_modules(sources.__path__))
    return [f"{sources.__name__}.{name}" for name in names]


def _load(package: str) -> SourceAdapter:
    module = importlib.import_module(package)
    adapter: SourceAdapter | None = getattr(module, "adapter", None)
    if adapter is None:
        raise RuntimeError(f"{package.replace('.', '/')} defines no `adapter`")
    return adapter


def load_vocabularies() -> dict[str, Vocabulary]:
    """Source name → its fields, codes and errors, sorted by name.

    Raises RuntimeError that names the folder which defines no `vocabulary`.
    """
    return {name: _vocabulary(name) for name in load_adapters()}


def _vocabulary(name: str) -> Vocabulary:
    module = importlib.import_module(f"{sources.__name__}.{name}")
    vocabulary: Vocabulary | None = getattr(module, "vocabulary", None)
    if vocabulary is None:
        raise RuntimeError(f"adapters/sources/{name} defines no `vocabulary`")
    return vocabulary


def recognise(message: SourceMessage, adapters: Mapping[str, SourceAdapter]) -> str | None:
    """The source whose content this is; None where none or more than one claims it."""
    claims = [name for name, adapter in adapters.items() if adapter.recognises(message)]
    return claims[0] if len(claims) == 1 else None


def addressed(
    message: SourceMessage, adapters: Mapping[str, SourceAdapter]
) -> tuple[SourceMessage, SourceAdapter | None]:
    """A message of the source it states, else of the one that recognises it, and the adapter."""
    found = message.source or recognise(message, adapters) or ""
    return replace(message, source=found), adapters.get(found)


def accepts(adapter: SourceAdapter) -> str:
    """What the adapter's package says of itself: the first line of its docstring."""
    package = type(adapter).__module__.split(".")
    text = importlib.import_module(".".join(package[:3])).__doc__ or ""
    return text.strip().split("\n")[0]
