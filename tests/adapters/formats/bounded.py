"""Measures what a call costs: processor time beside a plain reference, and bytes of memory."""

import os
import pickle
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapters.errors import PayloadError, Problem
from tests.machine import slowness

SECONDS = 1.0
"""What a hostile payload may cost in processor time on an idle machine (issue 2)."""
TRIES = 8
BYTES = 100 * 1024 * 1024
"""What a hostile payload may cost (issue 2)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """`problem` is the refusal's code, None where nothing was refused.

    `seconds` are those of an idle machine: a busy one is slower at the plain reference as well.
    """

    problem: Problem | None
    seconds: float
    extra_bytes: int


def cost(call: Callable[[bytes], Any], content: bytes) -> Cost:
    """The fastest of a few runs: what a payload costs, without what else the machine did."""
    found = _forked(call, content)
    for _ in range(TRIES - 1):
        if found.seconds >= SECONDS:
            found = min(found, _forked(call, content), key=lambda one: one.seconds)
    return found


def _forked(call: Callable[[bytes], Any], content: bytes) -> Cost:
    """Run in a forked child: its peak is its own, and includes memory outside Python."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "wb") as out:
            pickle.dump(_run(call, content), out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as result:
        answer = result.read()
    os.waitpid(child, 0)
    found: Cost = pickle.loads(answer)
    return found


def _run(call: Callable[[bytes], Any], content: bytes) -> Cost:
    before = _peak()
    problem = None
    slow = slowness(1)
    start = time.process_time()
    try:
        call(content)
    except PayloadError as error:
        problem = error.rejection.problem
    spent, extra = time.process_time() - start, _peak() - before
    slow = (slow + slowness(1)) / 2
    return Cost(problem=problem, seconds=spent / slow, extra_bytes=extra)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
