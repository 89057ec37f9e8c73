"""Two doors for files, killed while they work: `motem ingest FOLDER` and its drop folder."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Engine

from gateway.cli.dropfolder import DONE
from tests.journeys.kills.door import PATIENCE, Told, motem, records
from tests.journeys.kills.nursery import Running, Start
from tests.journeys.steps import minutes


def write_minutes(folder: Path, number: int, files: int, children: int) -> dict[str, set[str]]:
    """Police minutes, each a file; the file's name → its record keys."""
    written = {}
    for one in range(files):
        name = f"{number}{one:03d}"
        girls = [{"gioiTinh": "NU"} for _ in range(children)]
        part = folder / f".{name}.part"
        part.write_bytes(minutes(*girls, soBienBan=f"{name}/BB-CAX"))
        part.rename(folder / f"{name}.json")
        keys = {f"police:00199/{name}/BB-CAX/2026#{child}" for child in range(1, children + 1)}
        written[f"{name}.json"] = keys
    return written


class Folder:
    """A folder for each round, given together with that of the round before."""

    FILES, CHILDREN = 12, 60

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told = Told()

    @contextmanager
    def at_work(self, start: Start, number: int) -> Iterator[Running]:
        folder = self.folder / str(number)
        folder.mkdir()
        written = write_minutes(folder, number, self.FILES, self.CHILDREN)
        self.told.given.update(*written.values())
        before = self.folder / str(number - 1)
        yield start("ingest", str(folder), *[str(before)] * before.exists())

    def progress(self, engine: Engine) -> int:
        return records(engine)

    def finish(self, url: URL) -> None:
        assert motem(url, "ingest", str(self.folder)).wait() == 0


class DropFolder:
    """A folder that is watched; what stands in done/ is answered."""

    FILES, CHILDREN = 20, 5

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told = Told()
        self.files: dict[str, set[str]] = {}

    @contextmanager
    def at_work(self, start: Start, number: int) -> Iterator[Running]:
        written = write_minutes(self.folder, number, self.FILES, self.CHILDREN)
        self.files |= written
        self.told.given.update(*written.values())
        yield start("ingest", "--watch", str(self.folder))
        self.told.answered.update(*(self.files[name] for name in self._done()))

    def progress(self, engine: Engine) -> int:
        return records(engine)

    def finish(self, url: URL) -> None:
        process = motem(url, "ingest", "--watch", str(self.folder))
        until = time.monotonic() + PATIENCE
        while self._done() != self.files.keys() and time.monotonic() < until:
            time.sleep(0.1)
        process.terminate()
        assert process.wait() == 0
        assert self._done() == self.files.keys()

    def _done(self) -> set[str]:
        return {path.name for path in (self.folder / DONE).glob("*")}
