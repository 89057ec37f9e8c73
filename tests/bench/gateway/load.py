"""Requests at a fixed rate, however slowly they are answered, or as many as so many callers can ask."""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from statistics import quantiles
from typing import Any

import aiohttp

LONGEST = aiohttp.ClientTimeout(total=60)
LATE = "late"
"""Instead of a status, where that was not answered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One request; `kind` is what it is counted under."""

    kind: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    data: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Told:
    """Milliseconds of each answer by kind, and how often which status came."""

    took: dict[str, list[float]]
    statuses: Counter[str]
    seconds: float

    def figures(self) -> dict[str, Any]:
        """Answers, and p50, p95 and p99 in milliseconds, of each kind."""
        return {
            "answers": sum(map(len, self.took.values())),
            "a_second": round(sum(map(len, self.took.values())) / self.seconds, 1),
            "statuses": dict(sorted(self.statuses.items())),
        } | {kind: _spread(took) for kind, took in sorted(self.took.items())}


def _spread(took: list[float]) -> dict[str, float]:
    cuts = quantiles(took, n=100, method="inclusive") if len(took) > 1 else took * 99
    return {name: round(cuts[at - 1], 1) for name, at in (("p50", 50), ("p95", 95), ("p99", 99))}


def at_rate(url: str, asks: Iterator[Ask], rate: float, seconds: float) -> Told:
    """Open loop: a request waits for no other, and its time begins when it was due."""
    return asyncio.run(_run(url, lambda one: _at_rate(one, asks, rate, seconds)))


def by_callers(url: str, asks: Iterator[Ask], callers: int, seconds: float) -> Told:
    """Closed loop: each caller asks again as soon as it has its answer."""
    return asyncio.run(_run(url, lambda one: _by_callers(one, asks, callers, seconds)))


class _Running:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.took: dict[str, list[float]] = defaultdict(list)
        self.statuses: Counter[str] = Counter()

    async def send(self, ask: Ask, due: float) -> None:
        try:
            async with self._session.request(
                ask.method, ask.path, headers=ask.headers, data=ask.data
            ) as answer:
                await answer.read()
            status = str(answer.status)
        except TimeoutError:
            status = LATE
        self.took[ask.kind].append((time.perf_counter() - due) * 1000)
        self.statuses[f"{ask.kind} {status}"] += 1


async def _run(url: str, work: Callable[[_Running], Coroutine[Any, Any, None]]) -> Told:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url, connector=connector, timeout=LONGEST) as session:
        running, start = _Running(session), time.perf_counter()
        await work(running)
        seconds = time.perf_counter() - start
    return Told(took=dict(running.took), statuses=running.statuses, seconds=seconds)


async def _at_rate(running: _Running, asks: Iterator[Ask], rate: float, seconds: float) -> None:
    start, sent = time.perf_counter(), set()
    for number in count():
        due = start + number / rate
        if due > start + seconds:
            break
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        sent.add(asyncio.create_task(running.send(next(asks), due)))
    await asyncio.gather(*sent)


async def _by_callers(running: _Running, asks: Iterator[Ask], callers: int, seconds: float) -> None:
    end = time.perf_counter() + seconds

    async def caller() -> None:
        while (now := time.perf_counter()) < end:
            await running.send(next(asks), now)

    await asyncio.gather(*(caller() for _ in range(callers)))
