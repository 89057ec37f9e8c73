"""Measures what a call costs: processor seconds, and bytes of memory beyond what was there before."""

import os
import pickle
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapters.errors import PayloadError, Problem

SECONDS = 1.0 if os.environ.get("MOTEM_BENCH_STRICT") == "1" else 2.0
"""Of processor time: one second; two where tests run side by side and share the caches."""
BYTES = 100 * 1024 * 1024
"""What a hostile payload may cost (issue 2)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """`problem` is the refusal's code, None where nothing was refused."""

    problem: Problem | None
    seconds: float
    extra_bytes: int


def cost(call: Callable[[bytes], Any], content: bytes) -> Cost:
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
    start = time.process_time()
    problem = None
    try:
        call(content)
    except PayloadError as error:
        problem = error.rejection.problem
    return Cost(problem=problem, seconds=time.process_time() - start, extra_bytes=_peak() - before)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
