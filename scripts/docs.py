"""Writes the parts of the documents that come from the code: `python -m scripts.docs`."""

import ast
import math
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from adapters.errors import SENTENCES
from linkage.features import FEATURES
from linkage.golden import POLICY

ROOT = Path(__file__).parents[1]
PACKAGES = ("adapters", "linkage", "audit", "gateway")
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


TABLES: Mapping[str, Callable[[], Iterator[str]]] = {
    table.__name__: table for table in (modules, features, refusals, policy)
}


def renewed(page: str) -> str:
    """The text of a page with its generated parts made anew."""
    return BLOCK.sub(lambda found: "\n".join((found[1], *TABLES[found[2]](), "", found[3])), page)


if __name__ == "__main__":
    for path in sorted((ROOT / "docs").rglob("*.md")):
        path.write_text(renewed(path.read_text("utf-8")), "utf-8")
