"""Several processes of `motem serve` behind one address, begun by a first that answers nothing."""

import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait

import structlog
import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from uvicorn.supervisors import Multiprocess

from gateway import acting, logging, modelling, settings
from gateway.app import create_app
from gateway.database import reading
from gateway.errors import DatabaseUnavailableError, GatewayError
from gateway.garbage import collect_seldom
from gateway.weighing import scorer_of

SILENT = 60
"""Seconds without a word after which a process counts as hung, and is replaced: on a machine that is
short of memory or time, five (uvicorn's own) may pass in the midst of work."""

log = structlog.get_logger()


class AddressTakenError(GatewayError):
    """Something else listens on this address and port, or this login may not."""

    vietnamese = "Địa chỉ và cổng này đã có chương trình khác dùng, hoặc không được phép dùng."


def in_several(address: str, port: int, workers: int) -> None:
    """Answer in so many processes, until told to end. Raises AddressTakenError."""
    config = uvicorn.Config(
        f"{__name__}:{service.__name__}",
        factory=True,
        workers=workers,
        log_config=None,
        access_log=False,  # Addresses may hold what somebody typed.
        timeout_worker_healthcheck=SILENT,
    )
    with listening(address, port) as held:
        Multiprocess(config, [held]).run()


@contextmanager
def listening(address: str, port: int) -> Iterator[socket.socket]:
    """A socket that processes share.

    It says that it is TCP, which else nobody would see who is handed it: each answer would wait 40
    ms for the acknowledgement of its head (Nagle's algorithm), where asyncio switches that off.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            held.bind((address, port))
        except OSError as error:
            raise AddressTakenError from error
        held.set_inheritable(True)
        yield held


def service() -> FastAPI:
    """The service in a process of its own, by the settings that all of them have."""
    loaded = settings.load()
    logging.configure(loaded)
    app = create_app(loaded)
    _end_with_the_first()
    make_ready(app.state.services.engine)
    collect_seldom()
    return app


def make_ready(engine: Engine) -> None:
    """Check the scorer of the model in use against Splink before anybody waits a second for that.

    What is wrong with it is told each use case that needs it; the others do without.
    """
    try:
        with acting.as_system(), reading(engine) as session:
            model = modelling.in_use(session)
        scorer_of(model)
    except (DatabaseUnavailableError, SQLAlchemyError):
        return  # That may pass, and /readyz says so until then.
    except GatewayError as error:
        log.error("nothing can be compared", error=type(error).__name__)


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
