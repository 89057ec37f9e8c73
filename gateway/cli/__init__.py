"""The command `motem`: the same use cases as the web service, for operators."""

import importlib
import sys
import traceback

import typer

from audit.errors import LedgerError
from gateway import logging, settings
from gateway.errors import GatewayError

MODULES = {
    "db": "database",
    "migrate": "database",
    "sample": "sample",
    "sources": "sources",
    "report": "sources",
    "serve": "sources",
    "ingest": "ingest",
    "messages": "messages",
    "mllp": "mllp",
    "train": "modelling",
    "model": "modelling",
    "link": "linking",
    "evaluate": "linking",
    "decide": "deciding",
    "undecide": "deciding",
    "export": "export",
    "why": "explaining",
    "how": "explaining",
    "match": "matching",
    "lookup": "lookup",
    "registration": "registration",
    "sandbox": "sandbox",
    "receiver": "receivers",
    "audit": "auditing",
    "check": "checking",
    "break-glass": "break_glass",
    "client": "clients",
    "policy": "clients",
    "user": "users",
}
"""Command → module of this package that defines it."""

SUMMARY = """One child, one record. Mỗi trẻ em một hồ sơ.

The database is DATABASE_URL, or an embedded PostgreSQL for demonstration and development.
"""


def build(command: str | None = None) -> typer.Typer:
    """The application with all its commands, or with one module of them: to load all takes long."""
    wanted = [MODULES[command]] if command in MODULES else dict.fromkeys(MODULES.values())
    app = typer.Typer(
        name="motem",
        help=SUMMARY,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # It would print the error's text, see `main`.
    )

    @app.callback(help=SUMMARY)
    def begin() -> None:
        logging.configure(settings.load())

    for name in wanted:
        importlib.import_module(f"{__name__}.{name}").register(app)
    return app


def main() -> None:
    """Run the command line; a foreseeable failure is one sentence and exit status 1.

    The text of an unforeseen error is not shown: libraries quote values, and those are child data.
    """
    try:
        build(*sys.argv[1:2])()
    except (GatewayError, LedgerError) as error:
        sys.stderr.write(f"motem: {error}\n")
        sys.exit(1)
    except Exception as error:
        frames = "".join(traceback.format_tb(error.__traceback__))
        sys.stderr.write(f"motem: unexpected {type(error).__qualname__} at\n{frames}")
        sys.exit(1)
