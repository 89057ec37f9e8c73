"""The exchange platform as Motem uses it: questions to the population database, requests, news."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from random import SystemRandom

from adapters.errors import PayloadError
from adapters.outbound import population_lookup
from adapters.outbound.credentials import credentials
from adapters.outbound.population_lookup import Asker, Question, Verdict
from gateway.exchange import Exchange
from gateway.outbound.attempts import Patience, attempted
from gateway.outbound.breaker import Breaker
from gateway.outbound.failures import (
    NotConfiguredError,
    RefusedError,
    UnreachableError,
    WrongAnswerError,
)
from gateway.outbound.transport import Answer, Expected, Transport, open_transport
from gateway.settings import Settings

CHANCE = SystemRandom().uniform
XML = Expected(
    types=("text/xml", "application/xml", "application/soap+xml"), most=population_lookup.MAX_BYTES
)
JSON = Expected(types=("application/json",), most=64 * 1024)
"""A reply of an office is some hundred bytes."""


class Platform:
    """Each message is sent as often as is worth it; one breaker for each service."""

    def __init__(
        self,
        exchange: Exchange,
        transport: Transport,
        *,
        secret: str,
        api_key: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[float, float], float] = CHANCE,
    ) -> None:
        self._exchange, self._transport = exchange, transport
        self._secret, self._api_key = secret, api_key
        self._patience = Patience(attempts=exchange.attempts, sleep=sleep, chance=chance)
        self.lookups, self.registrations = (
            Breaker(failures=exchange.failures, pause=exchange.pause, clock=clock) for _ in range(2)
        )
        self._asker = Asker(
            service_code=exchange.service_code,
            officer=exchange.officer,
            unit=exchange.unit,
            account=exchange.account,
            phone=exchange.phone,
        )

    @property
    def requester(self) -> str | None:
        """The body that asks for registrations."""
        return self._exchange.requester

    def ask(self, question: Question) -> bool:
        """Whether the citizen is confirmed. A question may be repeated: it changes nothing.

        Raises UnreachableError, RefusedError.
        """
        content = population_lookup.request(question, self._asker)

        def once() -> bool:
            url = self._exchange.lookup
            return _verdict(
                self._send("POST", url, population_lookup.HEADERS, XML, content), question
            )

        return attempted(once, self.lookups, self._patience)

    def hand_in(self, request_id: str, content: bytes) -> bytes | None:
        """The office's reply to a request, None where it says nothing yet.

        PUT under the request's own id: however often it comes, it is one request (RFC 9110 9.2.2).
        Raises UnreachableError, RefusedError.
        """
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return self._reply("PUT", request_id, headers, content)

    def news(self, request_id: str) -> bytes | None:
        """What the office says of a request now. Raises as `hand_in`."""
        return self._reply("GET", request_id, {}, b"")

    def _reply(
        self, method: str, request_id: str, headers: Mapping[str, str], content: bytes
    ) -> bytes | None:
        url = f"{self._exchange.registrations}/{request_id}"

        def once() -> bytes | None:
            answer = self._send(method, url, headers, JSON, content)
            if answer.status == 500:
                raise UnreachableError("HTTP 500")
            return answer.content or None

        return attempted(once, self.registrations, self._patience)

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], expected: Expected, content: bytes
    ) -> Answer:
        proof = credentials(
            address=url,
            user=self._exchange.user,
            secret=self._secret,
            at=time.time_ns() // 1_000_000,
            client=self._exchange.client,
            api_key=self._api_key,
        )
        return self._transport.send(method, url, {**headers, **proof}, expected, content)


def _verdict(answer: Answer, question: Question) -> bool:
    """Confirmed or not; of all else in the answer nothing goes further (NĐ 69/2024 Đ19k4)."""
    try:
        found = population_lookup.answer(answer.content, question)
    except PayloadError as error:
        raise WrongAnswerError(error.rejection.problem) from None
    if found.verdict is Verdict.FAULT:
        kind = UnreachableError if found.worth_retrying else RefusedError
        raise kind(found.fault_code or "")
    return found.verdict is Verdict.CONFIRMED


@contextmanager
def open_platform(exchange: Exchange | None, settings: Settings) -> Iterator[Platform]:
    """The platform of the site's file. Raises NotConfiguredError where anything is missing."""
    if exchange is None:
        raise NotConfiguredError("MOTEM_SITE: [platform]")
    if settings.platform_secret is None or settings.platform_key is None:
        raise NotConfiguredError("MOTEM_PLATFORM_SECRET, MOTEM_PLATFORM_KEY")
    with open_transport(exchange) as transport:
        yield Platform(
            exchange,
            transport,
            secret=settings.platform_secret.get_secret_value(),
            api_key=settings.platform_key.get_secret_value(),
        )
