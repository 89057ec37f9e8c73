"""Who runs a command: the operating system's account, with the purpose that is set."""

import os
import pwd
import re

import typer

from audit.event import Caller
from gateway.settings import Settings
from gateway.site import SYSTEM_NAME


def command_caller(settings: Settings) -> Caller:
    """The caller that a command writes into the audit log."""
    uid = os.getuid()
    try:
        who = pwd.getpwuid(uid).pw_name
    except KeyError:  # Containers run accounts that have no name.
        who = f"uid-{uid}"
    return Caller(who=who, system="motem-cli", purpose=settings.purpose)


def named(system: str | None) -> str | None:
    """The name of a sending system as told. Raises BadParameter for one of another form."""
    if system is not None and not re.fullmatch(SYSTEM_NAME, system):
        raise typer.BadParameter("1 to 64 letters, digits, '.', '_' or '-'")
    return system
