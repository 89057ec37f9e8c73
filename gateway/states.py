"""States of a sandbox, each in a folder and an embedded database of its own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from sqlalchemy import Engine

from audit.event import Caller
from gateway import postgres
from gateway.database import open_engine
from gateway.errors import GatewayError
from gateway.exclusive import exclusive
from gateway.migrate import migrate
from gateway.practice import WORLD, fill, is_filled
from gateway.resetting import keep_log
from gateway.sample.world import World
from gateway.settings import Settings

BEGIN = "state-"
log = structlog.get_logger()


class SandboxInUseError(GatewayError):
    """Another process serves or removes the sandbox of this MOTEM_HOME. Stop it first, or set
    MOTEM_HOME to another folder.
    """

    vietnamese = "Tiến trình khác đang dùng hộp cát của MOTEM_HOME này. Hãy dừng nó trước."


class EmbeddedStates:
    """The first one stands in the sandbox's folder itself, the others in folders below it."""

    def __init__(self, own: Settings, caller: Caller, world: World = WORLD) -> None:
        """`own`: the settings of the sandbox."""
        self._own, self._caller, self._world = own, caller, world
        self._file = own.home / "standing"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep others out; the lock ends with its holder, however. Raises SandboxInUseError."""
        home = self._own.home
        home.parent.mkdir(parents=True, exist_ok=True)
        # Beside the folder: who removes the folder would remove the lock that it holds.
        with exclusive(home.with_name(f"{home.name}.lock"), SandboxInUseError):
            yield

    def standing(self) -> int:
        return int(self._file.read_text("ascii")) if self._file.exists() else 0

    def made(self, number: int) -> Settings:
        own = self._of(number)
        engine = self._opened(own)
        try:
            if not is_filled(engine):
                fill(engine, self._caller, self._world)
        finally:
            engine.dispose()
        return own

    def let_stand(self, number: int) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(number), "ascii")
        fresh.rename(self._file)

    def put_away(self, number: int, engine: Engine) -> None:
        keep_log(engine, self._caller, self._log_of(number))
        engine.dispose()
        self._remove(number)

    def remove_all(self) -> None:
        """With the logs and the key; nothing is left of the sandbox."""
        postgres.delete(self._own.home)
        for folder in self._own.home.glob(f"{BEGIN}*"):
            postgres.delete(folder)
        if self._own.home.exists():
            shutil.rmtree(self._own.home)

    def _of(self, number: int) -> Settings:
        return self._own.model_copy(update={"home": self._home(number)})

    def _home(self, number: int) -> Path:
        return self._own.home / f"{BEGIN}{number}" if number else self._own.home

    def clear_up(self) -> None:
        """What a process left behind that ended amid a change. Before anything is served.

        A state whose log cannot be kept stays, and is tried again at the next start.
        """
        names = (folder.name.removeprefix(BEGIN) for folder in self._own.home.glob(f"{BEGIN}*"))
        for left in (0, *(int(name) for name in names if name.isdecimal())):
            if left < self.standing():
                self._clear(left)

    def _clear(self, number: int) -> None:
        # Without a database there is nothing to keep: the rest of one that was being removed.
        if self._log_of(number).exists() or not (self._home(number) / "postgres").exists():
            self._remove(number)
            return
        try:
            engine = self._opened(self._of(number))
            try:
                self.put_away(number, engine)
            finally:
                engine.dispose()
        except Exception as error:
            log.warning("waits", what="the sandbox before", error=type(error).__name__)

    def _opened(self, own: Settings) -> Engine:
        """With the newest tables; the server is started where it does not run."""
        engine = open_engine(own, role=None)
        try:
            migrate(engine, self._caller)
        finally:
            engine.dispose()
        return open_engine(own)

    def _log_of(self, number: int) -> Path:
        return self._own.home / "logs" / f"{number}.log"

    def _remove(self, number: int) -> None:
        postgres.delete(self._home(number))
        if number:
            shutil.rmtree(self._home(number), ignore_errors=True)
        else:
            shutil.rmtree(self._own.home / "audit", ignore_errors=True)
