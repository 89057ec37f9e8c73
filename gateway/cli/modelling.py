"""Commands about models: `train`, and those of `model`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway import modelling, settings
from gateway.cli import screen
from gateway.cli.linking import key_parts, read_model, save, work, write_table
from gateway.errors import GatewayError
from gateway.evaluation import read_truth
from gateway.linking import Progress
from gateway.modelling import Difference, Kept
from linkage.blocking import KIND_WORDS
from linkage.clues import words_of
from linkage.explanation import levels, prior_bits
from linkage.model import NAME, MatchModel
from linkage.splitting import WHOLE_KIND

FAILED = 1
TOLD = (-8, -4, 0, 4, 8, 16)
"""Match weights of which `show` says how likely they are."""
BLOCK_COLUMNS = (
    "khóa · keys",
    "dùng chung · shared",
    "cặp · pairs",
    "lớn nhất · largest",
    "quá lớn · oversized",
    "mô hình chia · split by the model",
)
CHANGE_HEADER = ("left_source", "left_record", "right_source", "right_record", "change")
Version = Annotated[str, typer.Argument(help="A version of `motem model list`, or: shipped.")]


def register(app: typer.Typer) -> None:
    app.command("train")(train)
    group = typer.Typer(no_args_is_help=True, help="Models: kept, compared, put into use.")
    for name, command in (
        ("list", list_models),
        ("show", show),
        ("diff", diff),
        ("add", add),
        ("activate", activate),
        ("blocking", blocking),
        ("report", report),
    ):
        group.command(name)(command)
    app.add_typer(group, name="model")


def train(
    output: Annotated[
        Path | None, typer.Option(help="Write the model to a file, too: it holds frequent names.")
    ] = None,
    name: Annotated[str, typer.Option(help="The model's name.")] = "trained",
    truth: Annotated[
        Path | None,
        typer.Option(help="Known truth, a CSV file with source, record and child: labels."),
    ] = None,
) -> None:
    """Learn a model from the records in the registry, and from what stewards decided; keep it.

    It is not in use before `motem model activate`.
    """
    if not NAME.fullmatch(name):
        raise typer.BadParameter("1 to 40 letters, digits, . _ or -", param_hint="--name")
    with _desk("train") as (session, caller, progress):
        known = read_truth(truth) if truth else None
        model = modelling.learn(session, name, caller, progress, known)
    typer.echo(model.version)
    typer.echo(f"Next: motem model diff shipped {model.version}", err=True)
    if output:
        save(output, model.as_json())
        typer.echo(f"Model {model.version} written to {output}", err=True)


def list_models() -> None:
    """Danh sách mô hình · Every model that is kept; the one in use is marked."""
    with _desk("model list") as (session, caller, _):
        used, kept = modelling.known(session, caller)
    headers = ("phiên bản · version", "lập · made", "dùng từ · in use since", "ký · signed by")
    table = screen.table(*headers, exact=headers[:1], title="Mô hình · Models")
    if not any(one.in_use for one in kept):
        table.add_row(f"* {used}", "Motem", "", "")
    for one in kept:
        table.add_row(*_kept_row(one))
    screen.show(table)


def _kept_row(one: Kept) -> tuple[str, str, str, str]:
    signed = one.activation
    return (
        f"* {one.version}" if one.in_use else one.version,
        f"{one.made_at:%Y-%m-%d %H:%M} {one.author}",
        f"{signed.made_at:%Y-%m-%d %H:%M}" if signed and one.in_use else "",
        f"{signed.author}: {signed.reason}" if signed else "",
    )


def show(version: Version) -> None:
    """Xem mô hình · What every level of every feature weighs, and the thresholds."""
    with _desk("model show") as (session, _, _):
        model = modelling.named(session, version)
    screen.show(_weights(model))
    if model.clues:
        screen.show(_clues(model))
    if trees := len(model.forest.trees):
        typer.echo(f"together: {trees} trees on {len(model.forest.conditions)} conditions")
    typer.echo(f"prior {prior_bits(model):+.1f} bits; {model.thresholds}")
    likely = (f"{bits:+} bits {model.calibration.probability(bits):.0%}" for bits in TOLD)
    typer.echo(f"probability: {', '.join(likely)}")
    typer.echo(f"trained on: {', '.join(f'{k} {v}' for k, v in model.trained_on.items()) or '-'}")
    names = sum(map(len, model.frequencies.values()))
    typer.echo(f"term frequencies: {names}, frozen in {model.version}")


def _weights(model: MatchModel) -> Table:
    table = screen.table(
        "đặc trưng · feature", "", "m", "u", "bits", title=f"Mô hình · Model {model.version}"
    )
    for level in levels(model):
        words = f"{level.vietnamese} · {level.english}"
        figures = (f"{level.m:.3g}", f"{level.u:.3g}", f"{level.bits:+.1f}")
        table.add_row(level.feature, words, *figures)
    return table


def _clues(model: MatchModel) -> Table:
    table = screen.table("manh mối · clue", "", "bits", title="Xét lại · The second look")
    for clue, bits in sorted(model.second.items(), key=lambda one: (-abs(one[1]), one[0])):
        table.add_row(clue, " · ".join(words_of(clue)), f"{bits:+.1f}")
    return table


def diff(
    old: Version,
    new: Version,
    output: Annotated[
        Path | None, typer.Option(help="Write each pair of records that changes to a CSV file.")
    ] = None,
) -> None:
    """So sánh · Which links would change if NEW took the place of OLD. Nothing is changed by it."""
    with _desk("model diff") as (session, caller, progress):
        found = modelling.difference(session, old, new, caller, progress)
    screen.show(_difference(found))
    if output:
        rows = [
            (*key_parts(c.left), *key_parts(c.right), "joined" if c.joined else "parted")
            for c in found.changes
        ]
        write_table(output, CHANGE_HEADER, rows)


def _difference(found: Difference) -> Table:
    joined = sum(change.joined for change in found.changes)
    versions = (found.old.version, found.new.version)
    table = screen.table("", *versions, exact=versions, title="So sánh mô hình · Two models")
    for words, one, other in (
        ("Trẻ em · identities", found.old.identities, found.new.identities),
        ("Chờ người quyết định · reviews", found.old.reviews, found.new.reviews),
        ("Cặp chỉ ở đây · pairs joined only here", len(found.changes) - joined, joined),
    ):
        table.add_row(words, str(one), str(other))
    return table


def add(file: Annotated[Path, typer.Argument(help="A model file.")]) -> None:
    """Thêm mô hình · Keep a model that was made elsewhere; it is not in use by that."""
    model = read_model(file)
    with _desk("model add") as (session, caller, _):
        modelling.add(session, model, caller)
    typer.echo(model.version)


def activate(
    version: Version,
    reason: Annotated[str, typer.Option(help="Vì sao · why; kept as the sign-off.")],
) -> None:
    """Đưa vào sử dụng · Put a model into use from the next `motem link` on, under your name."""
    with _desk("model activate") as (session, caller, _):
        typer.echo(modelling.activate(session, version, reason, caller))
    typer.echo("Next: motem link", err=True)


def blocking() -> None:
    """Khối so sánh · What each kind of block key costs, and which blocks are oversized or split."""
    with _desk("model blocking") as (session, caller, _):
        model, kinds = modelling.block_kinds(session, caller)
    table = Table(title="Khối so sánh · Block keys")
    table.add_column("loại · kind")
    for title in BLOCK_COLUMNS:
        table.add_column(title, justify="right")
    for kind in kinds:
        split = model.split.get(kind.kind, ())
        parted = "tất cả · all" if WHOLE_KIND in split else str(len(split))
        counts = (kind.keys, kind.shared, kind.pairs, kind.largest, kind.oversized, parted)
        table.add_row(" · ".join((kind.kind, *KIND_WORDS[kind.kind])), *map(str, counts))
    screen.show(table)


def report(
    version: Version,
    folder: Annotated[Path, typer.Argument(help="Where to write report.html and the charts.")],
) -> None:
    """Báo cáo · Charts of a model on the records at hand: weights, m and u, histogram, threshold."""
    with _desk("model report") as (session, caller, _):
        charts, page = modelling.report(session, version, caller)
    for chart in charts:
        save(folder / f"{chart.name}.svg", chart.svg)
    save(folder / "report.html", page)
    typer.echo(str(folder / "report.html"))


@contextmanager
def _desk(title: str) -> Iterator[tuple[Session, Caller, Progress]]:
    """One command, one transaction; what is refused is said in both languages."""
    try:
        with work(settings.load(), title) as desk:
            yield desk
    except GatewayError as error:
        typer.echo(f"motem: {error.vietnamese} {error}", err=True)
        raise typer.Exit(FAILED) from None
