"""`python -m gateway` is the command `motem`."""


def main() -> None:
    """The command, imported only when it is run: processes that read for it import this module."""
    from gateway.cli import main as command

    command()


if __name__ == "__main__":
    main()
