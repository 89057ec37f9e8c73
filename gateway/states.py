"""States of a sandbox, each in a folder and an embedded database of its own."""

import shutil
from pathlib import Path

from sqlalchemy import Engine

from audit.event import Caller
from gateway import postgres
from gateway.database import open_engine
from gateway.migrate import migrate
from gateway.practice import WORLD, fill, is_filled
from gateway.resetting import keep_log
from gateway.sample.world import World
from gateway.settings import Settings

BEGIN = "state-"


class EmbeddedStates:
    """The first one stands in the sandbox's folder itself, the others in folders below it."""

    def __init__(self, own: Settings, caller: Caller, world: World = WORLD) -> None:
        """`own`: the settings of the sandbox."""
        self._own, self._caller, self._world = own, caller, world
        self._file = own.home / "standing"

    def standing(self) -> int:
        return int(self._file.read_text("ascii")) if self._file.exists() else 0

    def made(self, number: int) -> Settings:
        own = self._of(number)
        engine = open_engine(own, role=None)
        try:
            migrate(engine, self._caller)
        finally:
            engine.dispose()
        engine = open_engine(own)
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
        keep_log(engine, self._caller, self._own.home / "logs" / f"{number}.log")
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
        """What a process left behind that ended amid a change. Before anything is served."""
        names = (folder.name.removeprefix(BEGIN) for folder in self._own.home.glob(f"{BEGIN}*"))
        for left in (0, *(int(name) for name in names if name.isdecimal())):
            if left < self.standing():
                self._remove(left)

    def _remove(self, number: int) -> None:
        postgres.delete(self._home(number))
        if number:
            shutil.rmtree(self._home(number), ignore_errors=True)
        else:
            shutil.rmtree(self._own.home / "audit", ignore_errors=True)
