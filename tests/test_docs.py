"""The documents say what the code does: commands, targets, settings, sources, actions, modules."""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TypeAlias

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from adapters.catalog import load_adapters, load_vocabularies
from audit.event import Action
from gateway import cli, settings
from gateway.registry.messages import MessageState
from linkage.clustering import Reason
from linkage.conflicts import Conflict
from linkage.model import Thresholds
from scripts.docs import TABLES, renewed
from scripts.source_pages import PARTS

ROOT = Path(__file__).parents[1]
PACKAGES = ("adapters", "linkage", "audit", "gateway")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("adapters/**/*.md")])
README = ROOT / "README.md"
OPERATIONS = ROOT / "docs/operations.md"
LINKAGE = ROOT / "docs/linkage.md"
Command: TypeAlias = TyperCommand | TyperGroup
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
TEST_VARIABLES = {
    "MOTEM_TEST_DATABASE_URL",
    "MOTEM_RECORD",
    "MOTEM_BENCH_CHILDREN",
    "MOTEM_BENCH_SEEDS",
    "MOTEM_BENCH_ABLATIONS",
}

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())


def code_in(text: str) -> Iterator[str]:
    """Everything that a page sets as code, line by line."""
    for block in FENCE.findall(text):
        yield from block.splitlines()[1:-1]
    yield from CODE.findall(FENCE.sub("", text))


def prose_in(text: str) -> str:
    return CODE.sub("", FENCE.sub("", text))


def rows(page: Path, columns: int) -> Iterator[list[str]]:
    """The cells of all table rows with so many columns, the heads included."""
    for line in page.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == columns:
            yield cells


@cache
def motem() -> Command:
    """To build it takes a fifth of a second, and pages name hundreds of commands."""
    command = typer.main.get_command(cli.build())
    assert isinstance(command, TyperGroup)
    return command


def inner_of(command: Command) -> dict[str, Command]:
    """The commands of a group; none under a command."""
    if isinstance(command, TyperCommand):
        return {}
    return {
        name: inner
        for name, inner in command.commands.items()
        if isinstance(inner, TyperCommand | TyperGroup)
    }


def command_of(words: list[str]) -> tuple[Command, list[str]]:
    """The command that the words begin with, and what follows it."""
    command = motem()
    while (inner := inner_of(command)) and words and not words[0].startswith("-"):
        name, *words = words
        assert name in inner, f"there is no command {name!r} under motem"
        command = inner[name]
    return command, words


def options_of(command: Command) -> set[str]:
    """Those that say no too."""
    named = (option for p in command.params for option in (*p.opts, *p.secondary_opts))
    return {option for option in named if option.startswith("--")}


def leaves(command: Command, path: str = "motem") -> Iterator[tuple[str, Command]]:
    """Every command with the words that call it."""
    for name, inner in inner_of(command).items():
        if inner_of(inner):
            yield from leaves(inner, f"{path} {name}")
        else:
            yield f"{path} {name}", inner


@every_page
def test_each_command_that_is_named_exists_with_its_options(page: Path) -> None:
    for line in code_in(page.read_text("utf-8")):
        for called in re.findall(r"(?<![\w.-])motem ([a-z-][^|;&)\"#]*)", line):
            command, rest = command_of(called.split())
            used = {word.split("=")[0] for word in rest if word.startswith("--")}
            assert used <= options_of(command) | {"--help"}, line


def test_the_readme_lists_every_command_with_every_option() -> None:
    listed = {}
    for cells in rows(README, 3):
        if cells[0].startswith("`motem "):
            words = [word for word in cells[0].strip("`").split() if word.islower()]
            listed[" ".join(words)] = set(CODE.findall(cells[1]))
    assert listed == {path: options_of(command) for path, command in leaves(motem())}


@every_page
def test_each_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for line in code_in(page.read_text("utf-8"))
        for target in re.findall(r"(?:^|&& |; |\w=\S+ )make ([a-z]+)\b", line)
    }
    assert named <= targets


@every_page
def test_each_variable_that_is_named_is_a_setting(page: Path) -> None:
    named = set(re.findall(r"\b(?:MOTEM_[A-Z_]+|DATABASE_URL)\b", page.read_text("utf-8")))
    assert named <= settings.variables().keys() | TEST_VARIABLES


def test_every_source_has_a_page_and_every_page_a_source() -> None:
    pages = {page.stem for page in (ROOT / "docs/sources").glob("*.md")}
    assert pages == load_adapters().keys()


def field_names(source: str) -> set[str]:
    """The names that a source's tables of fields are written with."""
    stated: list[ast.expr] = []
    for path in (ROOT / "adapters/sources" / source).glob("*fields.py"):
        tree = ast.parse(path.read_text("utf-8"))
        stated += [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.keyword) and node.arg in ("name", "elements")
        ]
    return {
        constant.value
        for value in stated
        if isinstance(value, ast.Constant | ast.Tuple)
        for constant in ast.walk(value)
        if isinstance(constant, ast.Constant) and isinstance(constant.value, str)
    }


@pytest.mark.parametrize("source", load_adapters())
def test_every_field_of_a_source_is_in_its_vocabulary(source: str) -> None:
    vocabulary = load_vocabularies()[source]
    known = {name for term in vocabulary.terms for name in (term.name, *term.spellings)}
    page = (ROOT / f"docs/sources/{source}.md").read_text("utf-8")
    for name in field_names(source):
        told = any(f".{name}." in f".{one}." for one in known)
        assert told or f"`{name}`" in page, name


def test_every_audit_action_is_explained_and_those_to_come_are_marked() -> None:
    writers = [*(ROOT / "gateway").rglob("*.py"), ROOT / "audit" / "sequencer.py"]
    source = "".join(path.read_text("utf-8") for path in writers)
    written = {action.value for action in Action if f"Action.{action.name}" in source}
    named = {
        cells[0].strip("`"): cells[2] for cells in rows(OPERATIONS, 3) if ":" in cells[0].strip("`")
    }
    explained = {name: when for name, when in named.items() if when in ("now", "later")}
    assert explained == {
        action.value: "now" if action.value in written else "later" for action in Action
    }


def test_every_state_reason_conflict_and_threshold_is_explained() -> None:
    states = {cells[0].strip("`") for cells in rows(OPERATIONS, 2)}
    assert states >= {state.value for state in MessageState}
    named = set(CODE.findall(LINKAGE.read_text("utf-8")))
    assert named >= {reason.value for reason in Reason}
    assert named >= {conflict.value for conflict in Conflict}
    assert named >= {field.name for field in fields(Thresholds)}


@every_page
def test_generated_parts_are_up_to_date(page: Path) -> None:
    text = page.read_text("utf-8")
    assert renewed(page) == text, "out of date: run python -m scripts.docs"


def test_every_generated_part_stands_in_a_page() -> None:
    marks = {
        page: Counter(re.findall(r"<!-- generated: (\w+) -->", page.read_text("utf-8")))
        for page in PAGES
    }
    of_sources = {page for page in PAGES if page.parent == ROOT / "docs/sources"}
    assert {page.name for page in of_sources if marks[page] != Counter(PARTS.keys())} == set()
    others = sum((marks[page] for page in marks.keys() - of_sources), Counter[str]())
    assert others == Counter(TABLES.keys())


def test_every_module_says_its_sentence_in_the_architecture() -> None:
    listed = {
        cells[0].strip("`"): cells[1]
        for cells in rows(ROOT / "docs/architecture.md", 2)
        if cells[0].startswith("`") and "/" in cells[0]
    }
    real = {}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            sentence = ast.get_docstring(ast.parse(path.read_text("utf-8")))
            assert sentence, f"{path} has no docstring"
            name = path.relative_to(ROOT).as_posix().removesuffix("__init__.py")
            real[name] = sentence.splitlines()[0]
    assert listed == real


def anchors_of(page: Path) -> set[str]:
    """Anchors as GitHub makes them of headings."""
    headings = HEADING.findall(FENCE.sub("", page.read_text("utf-8")))
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).lower() for text in headings)
    return {re.sub(r"[^\w\- ]", "", text).strip().replace(" ", "-") for text in plain}


@every_page
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(prose_in(page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in anchors_of(target), link


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, todo = {README}, [README]
    while todo:
        page = todo.pop()
        for link in LINK.findall(prose_in(page.read_text("utf-8"))):
            target = (page.parent / link.partition("#")[0]).resolve()
            found = sorted(target.glob("*.md")) if target.is_dir() else [target]
            new = [one for one in found if one in PAGES and one not in reached]
            reached.update(new)
            todo += new
    assert {page.relative_to(ROOT).as_posix() for page in PAGES if page not in reached} == set()


def test_no_page_loads_an_image_from_elsewhere() -> None:
    images = re.compile(r"!\[[^\]]*\]\([a-z]+:|<img ")
    assert [page for page in PAGES if images.search(page.read_text("utf-8"))] == []


@every_page
def test_nothing_is_left_to_be_filled_in(page: Path) -> None:
    prose = prose_in(page.read_text("utf-8"))
    assert re.findall(r"\b(TODO|TBD|FIXME|XXX|lorem)\b|\?\?\?|\bXX ?%", prose) == []


def test_where_figures_stand_the_command_that_makes_them_is_named() -> None:
    for page in PAGES:
        for following in page.read_text("utf-8").split("<!-- figures -->")[1:]:
            paragraph = following.strip().split("\n\n")[0]
            assert re.search(r"`make (demo|bench)", paragraph), page


def test_one_word_has_one_meaning_and_the_name_that_the_code_uses() -> None:
    terms = [cells for cells in rows(ROOT / "docs/glossary.md", 4) if cells[2].startswith("`")]
    for column in (0, 1):
        words = Counter(cells[column].lower() for cells in terms)
        assert [word for word, count in words.items() if count > 1] == []
    code = "".join(p.read_text("utf-8") for k in PACKAGES for p in (ROOT / k).rglob("*.py"))
    whole = set(re.findall(r"\w+", code))
    missing = {cells[2].strip("`") for cells in terms} - whole
    assert {n for n in missing if not re.search(rf"\b{re.escape(n)}\b", code)} == set()
    assert len(terms) > 60


def test_the_changelog_knows_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## \[(.+)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert version in headings


def test_every_test_that_a_page_names_is_there() -> None:
    named = {
        found[1]
        for page in PAGES
        for code in code_in(page.read_text("utf-8"))
        if (found := re.fullmatch(r"(test_\w+)(\[.*\])?", code))
    }
    there = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", file.read_text("utf-8"), re.MULTILINE)
    }
    assert named - there == set()
    assert len(named) >= 20


MADE_IN_THE_PAGE = {"tests/adapters/sources/mobile_clinic/samples/visits.json"}
"""Files that a reader writes, in docs/adding_a_source.md."""


def test_every_file_of_tests_that_a_page_names_is_there() -> None:
    """With its folder, or by its name alone, of which there must be one or more."""
    codes = {code for page in PAGES for code in code_in(page.read_text("utf-8"))}
    named = {
        word
        for code in codes
        for word in re.findall(r"(?:tests/[\w./-]*\w|\btest_\w+\.py)", code)
        if not word.startswith("test_") or f"/{word}" not in code
    }
    files = {file.name for file in (ROOT / "tests").rglob("test_*.py")}
    assert {n for n in named if not (ROOT / n).exists() and n not in files} <= MADE_IN_THE_PAGE
    assert len(named) >= 40
