"""One works for all who wait: nobody returns before work that began after it came."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from audit.errors import LateError, RestoredError
from audit.together import Take, Together

MANY = 16


def test_each_returns_after_work_that_began_after_it_came_and_most_share_it() -> None:
    began: list[float] = []
    ended: list[float] = []

    def work(take: Take[int]) -> None:
        take()
        began.append(time.monotonic())
        time.sleep(0.02)
        ended.append(time.monotonic())

    together = Together(work)

    def waited(_: int) -> tuple[float, float]:
        came = time.monotonic()
        together.do(0)
        return came, time.monotonic()

    with ThreadPoolExecutor(MANY) as pool:
        found = list(pool.map(waited, range(4 * MANY)))
    for came, returned in found:
        assert any(
            came <= begin and end <= returned for begin, end in zip(began, ended, strict=True)
        )
    assert len(began) < 3 * MANY
    assert all(end <= begin for end, begin in zip(ended, began[1:], strict=False))


def test_a_failure_is_told_to_all_who_waited_for_it_and_the_next_turn_is_a_new_one() -> None:
    failing = True
    held, go_on = threading.Event(), threading.Event()

    def work(_: Take[int]) -> None:
        held.set()
        assert go_on.wait(30)
        if failing:
            raise RestoredError("made up")

    together = Together(work)

    def told(_: int) -> type[BaseException]:
        with pytest.raises((LateError, RestoredError), match="made up") as raised:
            together.do(0)
        return raised.type

    with ThreadPoolExecutor(MANY) as pool:
        found = [pool.submit(told, number) for number in range(MANY)]
        assert held.wait(30)
        go_on.set()
        kinds = [one.result() for one in found]
    assert 0 < kinds.count(RestoredError) < MANY
    failing = False
    together.do(0)
