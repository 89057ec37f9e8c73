"""Runs `motem` in this process as a shell would: arguments in; exit status and what was written."""

import gc
import io
import logging
import os
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from sqlalchemy import URL

from gateway import cli
from gateway.database import printable


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended and what it wrote."""

    status: int
    out: str
    err: str

    @property
    def written(self) -> str:
        return self.out + self.err


def motem(database: URL, *arguments: object, **environment: str) -> Ended:
    """Run one command against a database; `environment` adds variables."""
    out, err = io.StringIO(), io.StringIO()
    variables = {"DATABASE_URL": printable(database), "COLUMNS": "200"} | environment
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        with (
            patch.dict(os.environ, variables),
            patch.object(sys, "argv", ["motem", *map(str, arguments)]),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            status = _status()
    finally:
        root.handlers, root.level = handlers, level
        _end_of_process()
    return Ended(status=status, out=out.getvalue(), err=err.getvalue())


def _status() -> int:
    try:
        cli.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _end_of_process() -> None:
    """What a command that failed left open would end with its process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
