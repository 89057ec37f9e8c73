"""Commands about linkage: `link`, `evaluate`, and what `export` writes of it."""

import csv
import importlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway import deciding, evaluation, linking, modelling, settings
from gateway.cli.caller import command_caller
from gateway.database import open_engine, transaction
from gateway.deciding import Assertion
from gateway.errors import GatewayError
from gateway.migrate import require_newest
from gateway.settings import Settings
from linkage import model as models
from linkage.backends import HERE, Backend, NoBackendError
from linkage.evaluation import Quality
from linkage.model import MatchModel

LINK_HEADER = ("source", "record", "identity", "decision")
REVIEW_HEADER = (
    "left_source",
    "left_record",
    "right_source",
    "right_record",
    "weight",
    "probability",
    "reason",
)

DECISION_HEADER = (
    "decision",
    "left_source",
    "left_record",
    "right_source",
    "right_record",
    "verdict",
    "stands",
    "withdraws",
    "author",
    "made_at",
    "weight",
    "model",
    "reason",
)


class Engine(StrEnum):
    """Where the batch runs."""

    DUCKDB = "duckdb"
    SPARK = "spark"


class ModelFileError(GatewayError):
    """The model file cannot be read, or it belongs to another version of Motem."""


class NoSparkError(GatewayError):
    """Spark cannot be used: it wants requirements/spark.txt, Java 17 or newer, and a master it reaches."""


class UnwritableFileError(GatewayError):
    """The file cannot be written."""


def register(app: typer.Typer) -> None:
    app.command("link")(link)
    app.command("evaluate")(evaluate)


def link(
    engine: Annotated[Engine, typer.Option(help="Where the batch runs.")] = Engine.DUCKDB,
    master: Annotated[
        str, typer.Option(help="Of Spark: local[2], spark://host:7077, yarn, …")
    ] = "local[*]",
    model: Annotated[
        Path | None, typer.Option(help="A model file; default: the one in use, see `motem model`.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Score and decide all again; the outcome is the same.")
    ] = False,
) -> None:
    """Find which records are the same child and give every record its identity.

    Only what is new is scored, and only what is near a change is decided anew.
    """
    with (
        _backend(engine, master) as backend,
        work(settings.load(), f"link ({engine})") as (session, caller, progress),
    ):
        chosen = model_in_use(session, model)
        report = linking.link(session, chosen, caller, progress, backend, full=full)
    table = Table(title="Liên kết · Linkage", show_header=False)
    for words, value in (
        ("Bản ghi · records", report.records),
        ("Cặp đáng xét · pairs considered", report.pairs),
        ("Trẻ em · identities", report.identities),
        ("Chờ người quyết định · reviews", report.reviews),
        ("Bản ghi đổi chỗ · records moved", report.moved),
        *([("Khối quá lớn · oversized blocks", report.oversized)] if report.oversized else []),
        ("Mô hình · model", report.model),
    ):
        table.add_row(words, str(value))
    Console().print(table)


@contextmanager
def _backend(engine: Engine, master: str) -> Iterator[Backend]:
    """Where pairs are scored. Raises NoSparkError."""
    if engine == Engine.DUCKDB:
        yield HERE
        return
    # What the caller does with the backend is not tried here: its errors are its own.
    with ExitStack() as stack:
        try:
            spark = importlib.import_module("linkage.spark")
            backend = stack.enter_context(spark.running(master))
        except (ImportError, NoBackendError) as error:
            raise NoSparkError from error
        yield backend


def export_links(path: Annotated[Path, typer.Argument(help="The CSV file to write.")]) -> None:
    """Every accepted record once, with its identity."""
    with work(settings.load(), "export links") as (session, caller, _):
        rows = linking.links(session, caller)
    write_table(path, LINK_HEADER, [(r.source, r.record, r.identity, r.decision) for r in rows])


def export_reviews(path: Annotated[Path, typer.Argument(help="The CSV file to write.")]) -> None:
    """Every pair that waits for a steward, with weight, probability and reason."""
    with work(settings.load(), "export reviews") as (session, caller, _):
        rows = linking.reviews(session, caller)
    write_table(
        path,
        REVIEW_HEADER,
        [
            (*key_parts(r.left_key), *key_parts(r.right_key), r.weight, r.probability, r.reason)
            for r in rows
        ],
    )


def export_decisions(path: Annotated[Path, typer.Argument(help="The CSV file to write.")]) -> None:
    """Every decision and withdrawal that was ever made, with its reason: child data."""
    with work(settings.load(), "export decisions") as (session, caller, _):
        rows = deciding.decisions(session, caller)
    write_table(path, DECISION_HEADER, [_decision_row(one) for one in rows])


def evaluate(
    truth: Annotated[Path, typer.Argument(help="A CSV file with source, record and child.")],
) -> None:
    """How right the identities are against known truth."""
    with work(settings.load(), "evaluate") as (session, caller, _):
        outcome = evaluation.evaluate(session, truth, caller)
    console = Console()
    console.print(_summary(outcome))
    console.print(_per_stratum(outcome))


def _decision_row(one: Assertion) -> tuple[object, ...]:
    return (
        one.id,
        *key_parts(one.left_key),
        *key_parts(one.right_key),
        one.said.verdict,
        "yes" if one.stands else "no",
        one.withdraws or "",
        one.said.author,
        one.made_at.isoformat(timespec="seconds"),
        one.snapshot.weight if one.snapshot else "",
        one.snapshot.model if one.snapshot else "",
        one.said.reason,
    )


@contextmanager
def work(loaded: Settings, title: str) -> Iterator[tuple[Session, Caller, linking.Progress]]:
    """One command, one transaction, with a line of progress on the terminal."""
    console = Console(stderr=True)
    database = open_engine(loaded)
    try:
        require_newest(database)
        with console.status(title) as status, transaction(database) as session:
            yield (
                session,
                command_caller(loaded),
                lambda step: status.update(f"{title}: {step}"),
            )
    finally:
        database.dispose()


def model_in_use(session: Session, path: Path | None) -> MatchModel:
    """The model of a file that was asked for, else the one that is in use."""
    return read_model(path) if path else modelling.in_use(session)


def read_model(path: Path) -> MatchModel:
    """The model of a file. Raises ModelFileError."""
    try:
        return models.load(path)
    except (OSError, ValueError) as error:
        raise ModelFileError from error


def write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    save(path, text.getvalue())
    typer.echo(f"{len(rows)} rows written to {path}", err=True)


def save(path: Path, text: str) -> None:
    """Write a file that a person asked for, and that nobody else may read: links are child data.

    Raises UnwritableFileError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(file, "w", encoding="utf-8", newline="") as opened:
            opened.write(text)
    except OSError as error:
        raise UnwritableFileError(f"The file cannot be written: {path}") from error


def key_parts(key: str) -> tuple[str, str]:
    source, _, record = key.partition(":")
    return source, record


def _summary(outcome: evaluation.Evaluation) -> Table:
    table = Table(title="Độ đúng · Accuracy")
    table.add_column("")
    table.add_column("máy · engine", justify="right")
    table.add_column("sau khi duyệt · after reviews", justify="right")
    for words, value in MEASURES:
        table.add_row(words, value(outcome.engine), value(outcome.answered))
    for words, text in (
        (
            "trẻ sinh đôi, anh chị em bị nhập một · twins and siblings merged",
            f"{outcome.siblings_merged} / {outcome.siblings}",
        ),
        (
            "cặp chờ duyệt / 100 trẻ · review pairs per 100 children",
            f"{outcome.reviews_per_100:.1f}",
        ),
        ("cặp chờ duyệt đúng · share of them true", f"{outcome.true_share:.3f}"),
        ("bản ghi không có · records missing", str(outcome.missing)),
    ):
        table.add_row(words, text, "")
    return table


MEASURES: tuple[tuple[str, Callable[[Quality], str]], ...] = (
    ("bản ghi · records", lambda q: str(q.records)),
    ("trẻ em thật · true children", lambda q: str(q.children)),
    ("định danh · identities", lambda q: str(q.identities)),
    ("độ chính xác cặp · pairwise precision", lambda q: f"{q.precision:.4f}"),
    ("độ phủ cặp · pairwise recall", lambda q: f"{q.recall:.4f}"),
    ("B-cubed precision", lambda q: f"{q.cubed_precision:.4f}"),
    ("B-cubed recall", lambda q: f"{q.cubed_recall:.4f}"),
    ("trẻ đúng trọn · children exactly right", lambda q: _percent(q.exact_children, q.children)),
    ("lẫn nhiều trẻ · identities that mix", lambda q: _percent(q.mixed_identities, q.identities)),
)


def _percent(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.2f} %)" if whole else "0"


def _per_stratum(outcome: evaluation.Evaluation) -> Table:
    table = Table(title="Theo nhóm · Per stratum")
    table.add_column("nhóm · stratum")
    for title in ("trẻ · children", "precision", "recall", "exact", "recall after reviews"):
        table.add_column(title, justify="right")
    for name, (engine, after) in outcome.strata.items():
        table.add_row(
            name,
            str(engine.children),
            f"{engine.precision:.4f}",
            f"{engine.recall:.4f}",
            _share(engine),
            f"{after.recall:.4f}",
        )
    return table


def _share(quality: Quality) -> str:
    return f"{quality.exact_children / quality.children:.3f}" if quality.children else "–"
