"""Group commit: whoever comes first does the work, for all who come before the next turn begins."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from audit.errors import LateError, UnfitError

Part = TypeVar("Part")
Take: TypeAlias = Callable[[], Sequence[Part]]


@dataclass(kw_only=True, slots=True, eq=False)
class _Waiting(Generic[Part]):
    """Somebody who wants the work done; `leads`: is to do it, for the others too."""

    part: Part
    woken: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    error: BaseException | None = None


def _told(error: BaseException) -> LateError:
    """What failed another: of the same kind, where that says what can be done."""
    return type(error)(str(error)) if isinstance(error, UnfitError) else LateError(str(error))


class Together(Generic[Part]):
    """For several threads, without one of its own.

    Who waits is woken once, when the work is done or when it is to lead: a lock that goes from hand
    to hand would cost each of them a turn of the interpreter, one after the other.
    """

    def __init__(self, work: Callable[[Take[Part]], object]) -> None:
        """`work`: what it is given returns the parts of all for whom it is done, and is called once
        it has its turn: whoever comes while it waits for that is still among them."""
        self._work = work
        self._guard = threading.Lock()
        self._is_busy = False
        self._waiting: list[_Waiting[Part]] = []

    def do(self, part: Part) -> None:
        """Return once this part was taken after now, by whomever, and the work with it done.

        Raises what it raised; LateError where it was another thread that failed: nobody waits for
        one failure after the other.
        """
        own = _Waiting(part=part)
        with self._guard:
            self._waiting.append(own)
            own.leads = not self._is_busy
            self._is_busy = True
        if not own.leads:
            own.woken.wait()
        if own.leads:
            self._lead()
        if own.error is not None:
            raise own.error if own.leads else _told(own.error) from own.error

    def _lead(self) -> None:
        turn: list[_Waiting[Part]] = []

        def take() -> list[Part]:
            with self._guard:
                turn.extend(self._waiting)
                self._waiting = []
            return [one.part for one in turn]

        error: BaseException | None = None
        try:
            self._work(take)
        except BaseException as raised:  # Told to all, so that nobody waits for ever.
            error = raised
        if not turn:
            take()
        self._hand_over()
        for one in turn:
            one.error = error
            one.woken.set()

    def _hand_over(self) -> None:
        """The next turn begins before those of this one are woken: others wait for it."""
        with self._guard:
            self._is_busy = bool(self._waiting)
            following = self._waiting[:1]
        for one in following:
            one.leads = True
            one.woken.set()
