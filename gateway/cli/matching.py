"""The command `match`: which children one child may be."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from adapters.contract import SourceMessage
from gateway import matching, settings
from gateway.cli import screen
from gateway.cli.caller import command_caller
from gateway.cli.linking import model_in_use
from gateway.database import transaction
from gateway.errors import GatewayError
from gateway.matching import MOST_ASKED, Answer, Match
from gateway.migrate import require_newest
from gateway.services import Services, open_services

FAILED = 1
LARGEST = 8 * 1024 * 1024
"""Bytes: one child, not a roster."""
STRONGEST = 4
"""Pieces of evidence that are shown of a match."""
File = Annotated[
    Path, typer.Argument(help="One child: a FHIR Patient or Bundle, or a source's payload.")
]
Source = Annotated[
    str | None, typer.Option(help="Whose payload it is; found by content if not told.")
]
Count = Annotated[int, typer.Option(min=1, max=MOST_ASKED, help="So many identities at most.")]
Model = Annotated[
    Path | None, typer.Option(help="A model file; default: the one in use, see `motem model`.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]


class UnreadableFileError(GatewayError):
    """The file cannot be read, or holds more than 8 MiB."""

    vietnamese = "Không đọc được tệp, hoặc tệp lớn hơn 8 MiB."


def register(app: typer.Typer) -> None:
    app.command("match")(match)


def match(
    file: File, source: Source = None, count: Count = 10, model: Model = None, as_json: Json = False
) -> None:
    """So khớp · Which children may this one be? Nothing of the question is kept.

    The most probable first, with what speaks for and against. A block too wide to score is named.
    """
    loaded = settings.load()
    services = open_services(loaded)
    try:
        answer = _answer(services, file, source, count, model)
    except GatewayError as error:
        typer.echo(f"motem: {error.vietnamese} {error}", err=True)
        raise typer.Exit(FAILED) from None
    finally:
        services.engine.dispose()
    if as_json:
        typer.echo(orjson.dumps(asdict(answer)).decode())
    else:
        _show(answer)


def _answer(
    services: Services, file: Path, source: str | None, count: int, model: Path | None
) -> Answer:
    """The answer, once its access events are committed."""
    if source is not None and source not in services.adapters:
        known = ", ".join(services.adapters)
        raise typer.BadParameter(f"no such source; there are: {known}", param_hint="--source")
    caller = command_caller(services.settings)
    message = SourceMessage(source=source or "", content=_content(file), name=file.name)
    asked = matching.question(message, services.adapters_of(caller.system))
    require_newest(services.engine)
    with transaction(services.engine) as session:
        return matching.match(session, asked, model_in_use(session, model), caller, count)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise UnreadableFileError from error
    if len(content) > LARGEST:
        raise UnreadableFileError
    return content


def _show(answer: Answer) -> None:
    table = screen.table(
        "định danh · identity",
        "bản ghi · record",
        "bits",
        "xác suất · probability",
        "nói cho · for",
        "nói ngược · against",
        exact=("định danh · identity", "bản ghi · record"),
        title="Có thể là · May be",
    )
    for one in answer.matches:
        table.add_row(
            one.identity,
            one.record,
            f"{one.weight:+.2f}",
            f"{one.probability:.4f}",
            _reasons(one, 1),
            _reasons(one, -1),
        )
    screen.show(table)
    typer.echo(f"Đã so sánh · Compared: {answer.compared}; còn nữa · more: {answer.more}")
    for wide in answer.wide:
        typer.echo(
            f"Khối quá rộng, không so sánh hết các bản ghi · Too wide a block, not all of its records"
            f" were compared: {wide.kind} (≥ {wide.at_least})"
        )


def _reasons(one: Match, sign: int) -> str:
    """What speaks loudest for the match (1) or against it (-1)."""
    told = sorted(
        (line for line in one.lines[1:] if line.bits * sign > 0), key=lambda line: -line.bits * sign
    )
    return "; ".join(f"{line.vietnamese} · {line.english}" for line in told[:STRONGEST])
