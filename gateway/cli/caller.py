"""Who runs a command: the operating system's account, with the purpose that is set."""

import os
import pwd

from audit.event import Caller
from gateway.settings import Settings


def command_caller(settings: Settings) -> Caller:
    """The caller that a command writes into the audit log."""
    uid = os.getuid()
    try:
        who = pwd.getpwuid(uid).pw_name
    except KeyError:  # Containers run accounts that have no name.
        who = f"uid-{uid}"
    return Caller(who=who, system="motem-cli", purpose=settings.purpose)
