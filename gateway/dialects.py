"""Gives each source system's adapter the spellings of the site's file, and refuses wrong ones."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from adapters.contract import Conversion, Reading, SourceAdapter, SourceMessage, Statement
from adapters.dialect import Dialect
from adapters.formats.dialects import with_dialect
from adapters.formats.fields import Field
from adapters.formats.parts import columns_of
from adapters.formats.values import plain
from adapters.vocabulary import Term, Vocabulary
from gateway.site import Site, Spellings, WrongSiteError


class SpeakingAdapter:
    """An adapter that is told how the sender spells; else like the one inside."""

    def __init__(self, inner: SourceAdapter, dialect: Dialect) -> None:
        self.inner = inner
        self.dialect = dialect
        self.version = inner.version

    @property
    def columns(self) -> Sequence[Field]:
        return with_dialect(columns_of(self.inner), self.dialect)

    def recognises(self, message: SourceMessage) -> bool:
        return self.inner.recognises(replace(message, dialect=self.dialect))

    def read(self, message: SourceMessage) -> Reading:
        return self.inner.read(replace(message, dialect=self.dialect))

    def convert(self, statement: Statement) -> Conversion:
        return self.inner.convert(statement)


def speaking(
    adapters: Mapping[str, SourceAdapter], site: Site, system: str
) -> Mapping[str, SourceAdapter]:
    """The adapters for what a system sends, each with the spellings that the site's file tells."""
    if not site.dialects:
        return adapters
    return {name: _speaking(name, adapter, site, system) for name, adapter in adapters.items()}


def _speaking(source: str, adapter: SourceAdapter, site: Site, system: str) -> SourceAdapter:
    dialect = dialect_of(site, source, system)
    return SpeakingAdapter(adapter, dialect) if dialect else adapter


def dialect_of(site: Site, source: str, system: str) -> Dialect:
    """The spellings of the whole source, and over them those of the system."""
    spellings: dict[str, str] = {}
    codes: dict[str, dict[str, str]] = {}
    for one in (_entry(site, source, None), _entry(site, source, system)):
        if one is None:
            continue
        spellings |= {other: name for name, others in one.fields.items() for other in others}
        for name, translated in one.codes.items():
            codes[name] = {**codes.get(name, {}), **translated}
    return Dialect(spellings=spellings, codes=codes)


def _entry(site: Site, source: str, system: str | None) -> Spellings | None:
    return next((d for d in site.dialects if (d.source, d.system) == (source, system)), None)


def require_sound_dialects(site: Site, vocabularies: Mapping[str, Vocabulary]) -> None:
    """Raises WrongSiteError for the first spelling that the source's vocabulary does not allow."""
    for number, one in enumerate(site.dialects, 1):
        vocabulary = vocabularies[one.source]
        wrong = next(_wrong(one, vocabulary), None)
        if wrong:
            key, vietnamese, english = wrong
            raise WrongSiteError(f"MOTEM_SITE: dialect {number}, {key}: {vietnamese} · {english}")


Wrong = tuple[str, str, str]
"""The file's key, and what is wrong with it in two languages."""


def _wrong(one: Spellings, vocabulary: Vocabulary) -> Iterator[Wrong]:
    if not vocabulary.is_extensible:
        standard = "nguồn này theo chuẩn, không có cách viết riêng"
        yield f'source = "{one.source}"', standard, "a standard fixes all spellings of this source"
        return
    terms = {term.name: term for term in vocabulary.terms}
    for name in (*one.fields, *one.codes):
        if name not in terms:
            key = f'{"fields" if name in one.fields else "codes"}."{name}"'
            told = f"nguồn {one.source} không có trường này"
            yield key, told, f"source {one.source} has no such field"
            return
    yield from _wrong_fields(one, terms, vocabulary.unmapped)
    yield from _wrong_codes(one, terms)


def _wrong_fields(
    one: Spellings, terms: Mapping[str, Term], unmapped: Iterable[str]
) -> Iterator[Wrong]:
    taken = {_folded(name): name for name in unmapped}
    taken |= {_folded(s): t.name for t in terms.values() for s in (t.name, *t.spellings)}
    for name, spellings in one.fields.items():
        for spelling in spellings:
            key = f'fields."{name}", "{spelling}"'
            owner = taken.setdefault(_folded(spelling), name)
            if not re.fullmatch(terms[name].spelling or r"(?!)", spelling) or not plain(spelling):
                yield key, "trường này không thể viết như vậy", "this field cannot be spelt so"
            elif owner != name:
                told = f"cách viết này đã là của trường {owner}"
                yield key, told, f"this spelling is that of field {owner} already"


def _wrong_codes(one: Spellings, terms: Mapping[str, Term]) -> Iterator[Wrong]:
    for name, translated in one.codes.items():
        listed = terms[name].codes
        known = {plain(code): ours for code, ours in listed.known.items()} if listed else {}
        for sent, ours in translated.items():
            key = f'codes."{name}"."{sent}"'
            if not listed:
                yield key, "trường này không có danh mục mã", "this field has no code list"
            elif plain(ours) not in known:
                told = f'mã "{ours}" không có trong danh mục'
                yield key, told, f'the code "{ours}" is not in its list'
            elif not plain(sent):
                yield key, "mã phải có chữ hoặc số", "a code has letters or digits"
            elif known.get(plain(sent), known[plain(ours)]) != known[plain(ours)]:
                told = f'mã "{sent}" đã có nghĩa khác'
                yield key, told, f'the code "{sent}" means something else already'


def _folded(spelling: str) -> tuple[str, ...]:
    return tuple(map(plain, spelling.split(".")))
