"""How slow the machine is at this moment, by plain work that nothing of ours takes part in."""

import time
from statistics import median

REFERENCE = 0.1
"""Seconds of processor time that `plain_work` takes on an idle machine of two cores.

Measured where Motem was written: 0.08 to 0.10 idle, up to 0.16 beside other work or busy neighbours.
"""


def slowness(times: int = 3) -> float:
    """How many times as long as on that machine plain work takes now; 1 where it is as fast."""
    return max(1.0, median(_seconds() for _ in range(times)) / REFERENCE)


def _seconds() -> float:
    start = time.process_time()
    plain_work()
    return time.process_time() - start


def plain_work() -> int:
    """What the interpreter does all day: small objects made and thrown away."""
    return sum(len({"a": str(number)}) for number in range(400_000))
