"""Commands that explain: `why` two are together or apart, and `how` an identity grew."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TypeVar

import orjson
import typer
from rich.table import Table
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway import explaining, settings
from gateway.cli import screen
from gateway.cli.linking import model_in_use, work
from gateway.errors import GatewayError
from gateway.explained import How, Looked, Shown, Weighed, Why
from gateway.explaining import UnknownNameError
from gateway.weighing import Line
from linkage.fate import CONFLICT_WORDS, DOUBT_WORDS, FATE_WORDS, REASON_WORDS, Words
from linkage.model import MatchModel

FAILED = 1
Name = Annotated[str, typer.Argument(help="source:record, a record's id or an identity's id.")]
Model = Annotated[
    Path | None, typer.Option(help="A model file; default: the one in use, see `motem model`.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]
Found = TypeVar("Found")
VERDICT_WORDS: dict[str, Words] = {
    "same": ("người duyệt: là một trẻ", "a steward: one child"),
    "not-same": ("người duyệt: là hai trẻ", "a steward: two children"),
}


def register(app: typer.Typer) -> None:
    app.command("why")(why)
    app.command("how")(how)


def why(left: Name, right: Name, model: Model = None, as_json: Json = False) -> None:
    """Vì sao · Why two records or identities are one child, wait for a steward, or are apart.

    Each piece of evidence with its bits; they add up to the weight.
    """
    found = _asked(
        "why",
        model,
        lambda session, chosen, caller: explaining.why(session, (left, right), chosen, caller),
    )
    if as_json:
        _print_json(found)
        return
    for weighed in found.weighed:
        screen.show(_evidence(weighed))
    for looked in found.looked:
        screen.show(_clues(looked))
    for line in _said_of(found):
        typer.echo(line)


def how(identity: Name, model: Model = None, as_json: Json = False) -> None:
    """Hình thành thế nào · How an identity holds together: its links, the weakest, its bridges.

    The links are the strongest that hold all its records together, the strongest first.
    """
    found = _asked(
        "how",
        model,
        lambda session, chosen, caller: explaining.how(session, identity, chosen, caller),
    )
    if as_json:
        _print_json(found)
        return
    screen.show(_records(found))
    if found.links:
        screen.show(_links(found))
    for line in _said_of_links(found):
        typer.echo(line)


def _asked(
    title: str,
    model: Path | None,
    ask: Callable[[Session, MatchModel, Caller], Found | None],
) -> Found:
    """The answer, once its access events are committed. What is refused is said in two languages."""
    try:
        with work(settings.load(), title) as (session, caller, _):
            found = ask(session, model_in_use(session, model), caller)
        if found is None:
            raise UnknownNameError
    except GatewayError as error:
        typer.echo(f"motem: {error.vietnamese} {error}", err=True)
        raise typer.Exit(FAILED) from None
    return found


def _print_json(found: Any) -> None:
    typer.echo(orjson.dumps(asdict(found)).decode())


def _both(words: Words) -> str:
    return f"{words[0]} · {words[1]}"


def _evidence(weighed: Weighed) -> Table:
    kind = ("Hai bên, mỗi bên như một bản ghi", "each side as one record")
    title = _both(kind if weighed.groups else ("Hai bản ghi", "two records"))
    sides = f"{weighed.left} – {weighed.right}"
    table = _adding_up("bằng chứng · evidence", weighed.lines, f"{title}: {sides}")
    share = f"xác suất · probability {weighed.probability:.4f}"
    table.add_row("=", "trọng số", "match weight", f"{weighed.weight:+.2f}", share)
    return table


def _clues(looked: Looked) -> Table:
    title = ("Xét lại mọi manh mối", "the second look")
    sides = " – ".join(" + ".join(side) for side in (looked.left, looked.right))
    table = _adding_up("manh mối · clue", looked.lines, f"{_both(title)}: {sides}")
    share = f"xác suất · probability {looked.probability:.4f}"
    table.add_row("=", "tỷ số chênh (log)", "log odds", f"{looked.bits:+.2f}", share)
    return table


def _adding_up(what: str, lines: Sequence[Line], title: str) -> Table:
    table = screen.table(
        what, "tiếng Việt", "English", "bits", "cộng dồn · sum", exact=(what,), title=title
    )
    for line in lines:
        figures = (f"{line.bits:+.2f}", f"{line.total:+.2f}")
        table.add_row(line.feature, line.vietnamese, line.english, *figures)
    table.add_section()
    return table


def _said_of(found: Why) -> Iterator[str]:
    """All that is known beside the bits, one sentence a line; the last says what became of it."""
    sides = (found.left, found.right)
    for words, side in zip((("Bên trái", "Left"), ("Bên phải", "Right")), sides, strict=True):
        yield f"{_both(words)}: {', '.join(map(_name, side))}"
    if found.weighed:
        shared = ", ".join(found.shared_keys) or "không · none"
        yield f"Khóa phân khối chung · Block keys in common: {shared}"
    if found.conflict and found.conflict_of:
        where = f"({' – '.join(found.conflict_of)})"
        yield f"Mâu thuẫn · Conflict: {_both(CONFLICT_WORDS[found.conflict])} {where}"
    for verdict in found.verdicts:
        yield f"Quyết định · Decision: {_both(VERDICT_WORDS[verdict])}"
    for doubt in found.doubts:
        yield f"Điều máy ngại · Doubt: {_both(DOUBT_WORDS[doubt])}"
    if found.question:
        other = f" ({found.question_model})" if found.question_model != found.model else ""
        yield f"Câu hỏi · Question: {_both(REASON_WORDS[found.question])}{other}"
    yield _both(FATE_WORDS[found.fate])


def _name(shown: Shown) -> str:
    return f"{shown.source} {shown.record} ({shown.identity}, {shown.decision})"


def _records(found: How) -> Table:
    table = screen.table(
        "bản ghi · record",
        "nguồn · source",
        "quyết định · decision",
        exact=("bản ghi · record",),
        title=f"Định danh · Identity {found.identity}",
    )
    for shown in found.records:
        table.add_row(shown.record, shown.source, shown.decision)
    return table


def _links(found: How) -> Table:
    table = screen.table(
        "",
        "bản ghi · record",
        "bản ghi  · record",
        "bits",
        "đã gộp · together",
        "nhờ đâu · by what",
        "",
        exact=("bản ghi · record", "bản ghi  · record"),
        title="Các mối nối, mạnh trước · Links, the strongest first",
    )
    for number, link in enumerate(found.links):
        marks = [
            words
            for holds, words in (
                (link.decided, "người duyệt · steward"),
                (not link.holds, "chỉ nhờ cả nhóm · only as a group"),
                (link.bridge, "cầu nối · bridge"),
                (number == found.weakest, "yếu nhất · weakest"),
            )
            if holds
        ]
        reasons = "; ".join(f"{one.vietnamese} · {one.english}" for one in link.strongest)
        table.add_row(
            str(number + 1),
            link.left,
            link.right,
            f"{link.weight:+.2f}",
            str(link.together),
            reasons,
            ", ".join(marks),
        )
    return table


def _said_of_links(found: How) -> Iterator[str]:
    if not found.links:
        yield "Chỉ có một bản ghi · One record only"
        return
    yield (
        "Cây khung lớn nhất của mọi cặp bản ghi, không phải thứ tự đến"
        " · The maximum spanning tree of all pairs of records, not the order of their arrival"
    )
    yield f"Cầu nối · Bridges: {found.bridges}"
