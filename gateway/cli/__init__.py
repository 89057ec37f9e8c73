"""The command `motem`: the same use cases as the web service, for operators."""

import sys
import traceback

import typer

from gateway import logging, settings
from gateway.cli import database, ingest, linking, messages, mllp, sample, sources
from gateway.errors import GatewayError

SUMMARY = """One child, one record. Mỗi trẻ em một hồ sơ.

The database is DATABASE_URL, or an embedded PostgreSQL for demonstration and development.
"""


def build() -> typer.Typer:
    """The application with all its commands."""
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

    for commands in (database, sample, sources, ingest, messages, mllp, linking):
        commands.register(app)
    return app


def main() -> None:
    """Run the command line; a foreseeable failure is one sentence and exit status 1.

    The text of an unforeseen error is not shown: libraries quote values, and those are child data.
    """
    try:
        build()()
    except GatewayError as error:
        sys.stderr.write(f"motem: {error}\n")
        sys.exit(1)
    except Exception as error:
        frames = "".join(traceback.format_tb(error.__traceback__))
        sys.stderr.write(f"motem: unexpected {type(error).__qualname__} at\n{frames}")
        sys.exit(1)
