"""The access log in tests: one folder for all databases, a copied database with its own anchor."""

import os
from pathlib import Path
from shutil import copyfile

from sqlalchemy import URL, Engine

from gateway import database
from gateway.database import Log, Role

VARIABLE = "MOTEM_AUDIT"
"""Set in tests/conftest.py; commands and processes that tests start have it too."""


def audit_folder() -> Path:
    """Where the keys of the log and the last checkpoints of all test databases stand."""
    return Path(os.environ[VARIABLE])


def copy_anchor(template: str, database: str) -> None:
    """What was signed in a database was signed in its copy too."""
    before = audit_folder() / f"{template}.checkpoint"
    if before.exists():
        copyfile(before, audit_folder() / f"{database}.checkpoint")


def engine_for(url: URL, role: Role | None = Role.APP, *, pool_size: int = 10) -> Engine:
    """As the gateway opens it."""
    return database.engine_for(url, role, pool_size=pool_size, audit=Log(folder=audit_folder()))
