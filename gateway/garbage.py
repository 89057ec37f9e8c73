"""Tells the interpreter of a process that makes millions of small objects to look for few circles."""

import gc

OBJECTS = 100_000
"""More objects made than freed until the next look (Python's own: 700)."""


def collect_seldom() -> None:
    """For a process of its own: what it has loaded so far stays, and is not looked at again.

    Resources are many small objects in no circle, and a quarter of the time of storing them goes
    into looking for circles otherwise.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS, 10, 20)
