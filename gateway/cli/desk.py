"""What the commands of `motem audit` share: the log, who asks it, and answers for programs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import orjson
import typer
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from audit.event import Caller
from gateway import settings
from gateway.cli.caller import command_caller
from gateway.database import open_engine, transaction
from gateway.migrate import require_newest

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """The log, and who asks it."""

    engine: Engine
    caller: Caller

    def ask(self, work: Callable[[Session], Result]) -> Result:
        """One question in one transaction: the answer comes when it is in the log itself."""
        with transaction(self.engine) as session:
            return work(session)


@contextmanager
def open_desk() -> Iterator[Desk]:
    loaded = settings.load()
    engine = open_engine(loaded)
    try:
        require_newest(engine)
        yield Desk(engine=engine, caller=command_caller(loaded))
    finally:
        engine.dispose()


def print_json(value: object) -> None:
    """Print an answer for programs."""
    typer.echo(orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2).decode())


def _plain(value: Any) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return sorted(value) if isinstance(value, set | frozenset) else str(value)
