"""Makes the parts of a source's page that come from its vocabulary and its samples."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from adapters.catalog import load_vocabularies
from adapters.errors import SENTENCES
from adapters.vocabulary import Term

SAMPLES = Path(__file__).parents[1] / "tests/adapters/sources"
LANGUAGES = {".json": "json", ".xml": "xml", ".csv": "csv", ".hl7": "text", ".ndjson": "json"}


def fields(source: str) -> Iterator[str]:
    """Every field: how it is spelt, where it goes, and who says so."""
    yield from ("| field | FHIR and record | sourced or assumed | |", "|---|---|---|---|")
    vocabulary = load_vocabularies()[source]
    for term in vocabulary.terms:
        yield f"| {_names(term)} | {_places(term)} | {term.origin} | {_cell(term.note)} |"
    if vocabulary.unmapped:
        others = ", ".join(f"`{name}`" for name in vocabulary.unmapped)
        yield f"| {others} | – | known | kept in the message only |"


def _names(term: Term) -> str:
    others = ", ".join(f"`{_cell(other)}`" for other in term.spellings)
    return f"`{_cell(term.name)}`" + (f"; also {others}" if others else "")


def _places(term: Term) -> str:
    return ", ".join(f"`{path}`" for path in term.to) or "–"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def codes(source: str) -> Iterator[str]:
    """Every code list: what is sent, what it means, what it becomes. Fields of one list together."""
    lists: dict[int, list[Term]] = defaultdict(list)
    for term in load_vocabularies()[source].terms:
        if term.codes:
            lists[id(term.codes)].append(term)
    yield from ("| field | code as sent | meaning | becomes |", "|---|---|---|---|")
    for terms in lists.values():
        names = ", ".join(f"`{term.name}`" for term in terms)
        for sent, meaning, becomes in _rows(terms[0]):
            yield f"| {names} | {sent} | {_cell(meaning)} | `{becomes}` |"
            names = ""


def _rows(term: Term) -> Iterator[tuple[str, str, str]]:
    """Codes that become the same stand in one row."""
    assert term.codes is not None, "only fields with a code list come here"
    by_target: dict[str, list[str]] = defaultdict(list)
    for sent, becomes in term.codes.known.items():
        by_target[becomes].append(f"`{sent}`" if sent else "nothing")
    for becomes, sent_codes in by_target.items():
        yield ", ".join(sent_codes), term.codes.meanings.get(becomes, ""), becomes


def errors(source: str) -> Iterator[str]:
    """Every code that a refusal of this source can have, with its sentences."""
    problems = load_vocabularies()[source].problems
    yield from ("| code | tiếng Việt | English |", "|---|---|---|")
    for problem, (vietnamese, english) in SENTENCES.items():
        if problem in problems:
            yield f"| `{problem}` | {vietnamese} | {english} |"


def examples(source: str) -> Iterator[str]:
    """Samples as they are sent, and the first record that comes of each, as recorded."""
    for name in load_vocabularies()[source].examples:
        sent = (SAMPLES / source / "samples" / name).read_text("utf-8").replace("\r", "\n")
        recorded = SAMPLES / source / "samples" / f"{Path(name).stem}.fhir.json"
        first = json.loads(recorded.read_text("utf-8"))["statements"][0]
        yield f"`{name}`, as sent:"
        yield from ("", f"```{LANGUAGES[Path(name).suffix]}", *sent.strip().splitlines(), "```", "")
        yield f"becomes (record id `{first['key']}`, its first record of {_count(recorded)}):"
        made = json.dumps(first["resources"], ensure_ascii=False, indent=1)
        yield from ("", "```json", *made.splitlines(), "```", "")


def _count(recorded: Path) -> int:
    return len(json.loads(recorded.read_text("utf-8"))["statements"])


def first_page(source: str, sentence: str) -> str:
    """A page for a source that has none yet: what can be made, and room for what cannot."""
    headings = {"fields": "Fields", "codes": "Codes", "errors": "What is refused"}
    made = "".join(
        f"\n## {headings.get(part, part.capitalize())}\n\n<!-- generated: {part} -->\n<!-- end -->\n"
        for part in PARTS
    )
    return f"# {source}\n\n{sentence}\n{made}"


PARTS = {part.__name__: part for part in (fields, codes, errors, examples)}
