"""A shell at a site whose exchange platform is a sandbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL

from gateway.sandbox.population import Behaviour, Sandbox, site
from tests.commands import Ended, motem
from tests.gateway.outbound.conftest import running


class Shell:
    """Runs `motem` with the site's settings."""

    def __init__(self, database: URL, sandbox: Sandbox, file: Path) -> None:
        self.database, self.sandbox = database, sandbox
        self.variables = {
            "MOTEM_SITE": str(file),
            "MOTEM_PLATFORM_SECRET": "canary-secret",
            "MOTEM_PLATFORM_KEY": "canary-key",
        }

    @property
    def behaviour(self) -> Behaviour:
        """What the sandbox is told to do."""
        return self.sandbox.behaviour

    def __call__(self, *arguments: object, **environment: str) -> Ended:
        return motem(self.database, *arguments, **self.variables | environment)


@contextmanager
def shell_at(database: URL, folder: Path) -> Iterator[Shell]:
    """The sandbox runs as long as the shell; an attempt may last a minute."""
    with running(Behaviour()) as sandbox:
        file = folder / "site.toml"
        text = site(sandbox.address).replace("timeout = 5", "timeout = 60")
        file.write_text(text, encoding="utf-8")
        yield Shell(database, sandbox, file)
