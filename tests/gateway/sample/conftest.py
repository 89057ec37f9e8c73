"""One world of 700 children, for all tests that only look at it."""

from pathlib import Path

import pytest

from gateway.sample.world import World, write


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the world."""
    folder = tmp_path_factory.mktemp("world") / "w"
    write(World(children=700, seed=42, all_sources=True), folder)
    return folder
