"""The command line as a whole."""

import pytest
import typer

from gateway import cli


def failing() -> typer.Typer:
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    def fail() -> None:
        raise ValueError("canary")

    return app


def test_the_text_of_an_unforeseen_error_is_withheld(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "build", failing)
    monkeypatch.setattr("sys.argv", ["motem"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    printed = capsys.readouterr().err
    assert ended.value.code == 1
    assert "unexpected ValueError" in printed
    assert "canary" not in printed.replace('raise ValueError("canary")', "")
