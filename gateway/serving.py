"""One of several processes of `motem serve`, begun by the first of them."""

import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait

from fastapi import FastAPI

from gateway import logging, settings
from gateway.app import create_app
from gateway.garbage import collect_seldom


def service() -> FastAPI:
    """The service in a process of its own, by the settings that all of them have."""
    loaded = settings.load()
    logging.configure(loaded)
    app = create_app(loaded)
    _end_with_the_first()
    collect_seldom()
    return app


def _end_with_the_first() -> None:
    """Of a first process that was killed nobody else would tell the others, and they would hold on
    to the address."""
    first = multiprocessing.parent_process()
    if first is None:
        return
    sentinel = first.sentinel

    def end() -> None:
        wait([sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end, name="first", daemon=True).start()
