"""Group commit: whoever comes first does the work, for all who come before the next turn begins."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from audit.errors import LateError


@dataclass(kw_only=True, slots=True, eq=False)
class _Waiting:
    """Somebody who wants the work done; `leads`: is to do it, for the others too."""

    woken: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    error: BaseException | None = None


class Together:
    """For several threads, without one of its own.

    Who waits is woken once, when the work is done or when it is to lead: a lock that goes from hand
    to hand would cost each of them a turn of the interpreter, one after the other.
    """

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._guard = threading.Lock()
        self._is_busy = False
        self._waiting: list[_Waiting] = []

    def do(self) -> None:
        """Return once the work was begun after now, by whomever, and done.

        Raises what it raised; LateError where it was another thread that failed: nobody waits for
        one failure after the other.
        """
        own = _Waiting()
        with self._guard:
            self._waiting.append(own)
            own.leads = not self._is_busy
            self._is_busy = True
        if not own.leads:
            own.woken.wait()
        if own.leads:
            self._lead()
        if own.error is not None:
            raise own.error if own.leads else LateError(str(own.error)) from own.error

    def _lead(self) -> None:
        with self._guard:
            turn, self._waiting = self._waiting, []
        error: BaseException | None = None
        try:
            self._work()
        except BaseException as raised:  # Told to all, so that nobody waits for ever.
            error = raised
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
