"""Writes the parts of the documents that come from the code: `python -m scripts.docs`."""

import ast
import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from adapters.catalog import accepts, load_adapters
from adapters.errors import SENTENCES
from gateway.api.errors import catalog
from gateway.fhir.parameters import OF_ALL, TYPES
from linkage.features import FEATURES
from linkage.golden import POLICY
from scripts.source_pages import PARTS, first_page

ROOT = Path(__file__).parents[1]
PACKAGES = ("adapters", "linkage", "audit", "gateway")
PAGES_OF_SOURCES = ROOT / "docs/sources"
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def modules() -> Iterator[str]:
    """Every module with the first line of its docstring; a folder stands for its `__init__`."""
    for package in PACKAGES:
        yield from ("", f"| {package} | |", "|---|---|")
        for path in sorted((ROOT / package).rglob("*.py")):
            sentence = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").split("\n")[0]
            name = path.relative_to(ROOT).as_posix().removesuffix("__init__.py")
            yield f"| `{name}` | {sentence} |"


def features() -> Iterator[str]:
    """Every level of every comparison, in the order in which they are tried."""
    yield from ("| feature | tiếng Việt | English | bits | |", "|---|---|---|---|---|")
    for feature in FEATURES:
        rows = [
            (lv.vietnamese, lv.english, lv.m, lv.u, feature.trained and lv.trained)
            for lv in feature.levels
        ]
        rows.append((*feature.otherwise_words, *feature.otherwise, feature.trained))
        for first, (vietnamese, english, m, u, trained) in enumerate(rows):
            name = "" if first else f"`{feature.name}`"
            kind = "trained" if trained else "fixed"
            yield f"| {name} | {vietnamese} | {english} | {math.log2(m / u):+.1f} | {kind} |"


def refusals() -> Iterator[str]:
    """Every reason for which a payload or a record is refused."""
    yield from ("| code | tiếng Việt | English |", "|---|---|---|")
    for problem, (vietnamese, english) in SENTENCES.items():
        yield f"| `{problem}` | {vietnamese} | {english} |"


def policy() -> Iterator[str]:
    """Element of the golden Patient → whose word counts, the most believed first."""
    yield from ("| element | believed, the most first |", "|---|---|")
    for element, origins in POLICY.items():
        yield f"| `{element.rpartition(':')[2]}` | {', '.join(origins)} |"


def searching() -> Iterator[str]:
    """Every search parameter of every type."""
    yield from ("| type | parameter | | elements | |", "|---|---|---|---|---|")
    for kind, known in TYPES.items():
        for one in known.values():
            if one not in OF_ALL or kind == "Patient":
                veiled = "veiled" if one.veiled else ""
                path = f"`{one.path}`".replace(" | ", "`, `")
                yield f"| {kind} | `{one.name}` | {one.kind} | {path} | {veiled} |"


def errors() -> Iterator[str]:
    """Every error that a request can be answered with, by its stable code."""
    yield from ("| code | status | tiếng Việt | English |", "|---|---|---|---|")
    for code, told in catalog().items():
        if code not in {str(one) for one in SENTENCES}:
            words = (told["vietnamese"], told["english"])
            yield f"| `{code}` | {told['status']} | {' | '.join(words)} |"


TABLES: Mapping[str, Callable[[], Iterator[str]]] = {
    table.__name__: table for table in (modules, features, refusals, policy, searching, errors)
}


def renewed(page: Path) -> str:
    """The text of a page with its generated parts made anew; a source's page has those of its own."""
    is_source = page.parent == PAGES_OF_SOURCES

    def block(found: re.Match[str]) -> str:
        lines = PARTS[found[2]](page.stem) if is_source else TABLES[found[2]]()
        return "\n".join((found[1], *lines, "", found[3]))

    return BLOCK.sub(block, page.read_text("utf-8"))


def add_missing_pages() -> None:
    """Each source has a page; a new one's begins with the sentence of its folder."""
    for source, adapter in load_adapters().items():
        page = PAGES_OF_SOURCES / f"{source}.md"
        if not page.exists():
            page.write_text(first_page(source, accepts(adapter)), "utf-8")


if __name__ == "__main__":
    add_missing_pages()
    for path in sorted((ROOT / "docs").rglob("*.md")):
        path.write_text(renewed(path), "utf-8")
