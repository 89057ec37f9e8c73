"""Log lines go to standard error, carry the run's id, and hold no child data."""

import json
import logging as standard
from collections.abc import Iterator

import pytest
import structlog

from gateway import logging
from gateway.settings import LogFormat, LogLevel, Settings


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = standard.getLogger()
    before = root.handlers, root.level
    yield
    root.handlers, root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def configure(log_format: LogFormat) -> None:
    logging.configure(Settings.model_construct(log_format=log_format, log_level=LogLevel.INFO))


def test_json_lines_have_time_level_and_run(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogFormat.JSON)
    structlog.get_logger().info("ingested", records=3)
    captured = capsys.readouterr()
    line = json.loads(captured.err)
    assert captured.out == ""
    assert (line["event"], line["level"], line["records"]) == ("ingested", "info", 3)
    assert len(line["run"]) == 26
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("log_format", list(LogFormat))
def test_known_keys_are_blanked_at_any_depth(
    capsys: pytest.CaptureFixture[str], log_format: LogFormat
) -> None:
    configure(log_format)
    structlog.get_logger().warning(
        "x", name="canary", seen=[{"ho_ten": "canary"}], Payload="canary"
    )
    printed = capsys.readouterr().err
    assert "canary" not in printed
    assert printed.count(logging.REMOVED) == 3


def test_a_traceback_shows_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogFormat.JSON)
    try:
        child = "canary"
        raise ZeroDivisionError(len(child))
    except ZeroDivisionError:
        structlog.get_logger().exception("failed")
    assert "canary" not in json.loads(capsys.readouterr().err)["exception"][0].get("locals", "")


def test_lines_of_libraries_come_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    configure(LogFormat.JSON)
    standard.getLogger("library").warning("Recovering %s", "now")
    assert json.loads(capsys.readouterr().err)["event"] == "Recovering now"
