"""Use cases at the entrance: who comes in with which token, who gets one, and who is refused."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NoReturn, TypeAlias

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from audit.event import Action, Caller
from gateway import acting
from gateway.access import clients, overrides, refusals, scopes, sessions, tokens
from gateway.access.assertion import RefusedAssertionError, claimed, require_backend, verified
from gateway.access.budgets import ADDRESS, CLIENT, MATCH, Budgets, address_of
from gateway.access.errors import (
    ForgedError,
    NoPurposeError,
    NotAllowedHereError,
    NothingOpenError,
    NoTokenError,
    OtherSystemError,
    OverBudgetError,
    ScopeError,
    StepUpError,
)
from gateway.access.fetching import KeySets
from gateway.access.keys import Jwk
from gateway.access.policy import (
    EMERGENCY,
    OPENED,
    ROW_BY_ROW,
    Asking,
    Policy,
    Right,
    decide,
    load_policy,
    rows_of,
    rule_of,
)
from gateway.access.published import is_published
from gateway.access.tokens import Holder, Issued
from gateway.database import narrow, reading, transaction
from gateway.postgres import EMBEDDED
from gateway.settings import Settings

Refusal: TypeAlias = NotAllowedHereError | OverBudgetError
REFUSALS = (NotAllowedHereError, OverBudgetError)


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """What a route asks of its caller: a right, and a scope that covers it.

    `scope`: one of ours; else `kind` and `letter` of FHIR (`Patient`, `r`); without any of them each
    type is asked about where it is met.
    """

    right: Right
    scope: str = ""
    kind: str = ""
    letter: str = ""

    def is_met_by(self, given: Collection[str]) -> bool:
        if self.scope:
            return self.scope in given
        if not self.kind:
            return bool(given)
        return scopes.allows(given, self.kind, self.letter)


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a request says of its caller. `host`: where it comes from; `source`: in which it writes.

    `session`: the cookie of a person, where there is no token; then `changes`: whether the request
    may change something, and `csrf`: that it comes from a page of ours.
    """

    host: str
    token: str = ""
    system: str = ""
    purpose: str = ""
    source: str | None = None
    session: str = field(default="", repr=False)
    csrf: str = field(default="", repr=False)
    changes: bool = False


STEPPED = frozenset({Right.BREAK_GLASS, Right.STEWARD, Right.ADMINISTER})
"""For what a person must have proved lately who it is, where it changes something."""
STEP = timedelta(minutes=5)


class Entrance:
    """What all requests of a service share: the policy, the keys of clients, whether it is open."""

    def __init__(self, settings: Settings, engine: Engine, *, sandbox: bool = False) -> None:
        """`sandbox`: the key that everybody has is believed."""
        require_backend()
        self._sandbox = sandbox
        self._settings, self._engine = settings, engine
        self.policy: Policy = load_policy(settings.policy)
        self._keys = KeySets(inside=settings.keys_inside)
        self._unsaid = refusals.Unsaid()

    @cached_property
    def is_open(self) -> bool:
        """Only over an embedded database, which is for demonstration and development."""
        return self._settings.access is None and self.is_embedded

    @cached_property
    def is_embedded(self) -> bool:
        if self._settings.database_url is None:
            return True
        with acting.as_system(), self._engine.connect() as connection:
            return bool(connection.scalar(text("SHOW cluster_name")) == EMBEDDED)

    @property
    def administrators(self) -> frozenset[str]:
        """Roles that may administer clients by some rule."""
        rules = self.policy.rules
        return frozenset(rule.role for rule in rules if Right.ADMINISTER in rule.actions)

    @cached_property
    def _budgets(self) -> Budgets:
        return Budgets(self._settings, embedded=self.is_embedded)

    def admit(self, said: Said, need: Need | None) -> Caller:
        """Who it is, allowed to do what the route needs; from here on the database shows its rows.

        Raises NotAllowedHereError, which is kept before it is answered, and OverBudgetError.
        """
        with acting.as_system(), transaction(self._engine) as session:
            if said.session and not said.token:
                sessions.use(session, said.session)
            holder = _holder(session, said, self.policy)
        try:
            return self._admitted(holder, said, need)
        except REFUSALS as error:
            self._refused(holder, said, error)
            raise

    @contextmanager
    def admitting(self, said: Said, need: Need | None) -> Iterator[tuple[Session, Caller]]:
        """The same, and one transaction in which it was asked for and goes on reading: to begin
        another one takes as long as to read a row. Raises NotAllowedHereError, OverBudgetError."""
        holder: Holder | None = None
        refused: Refusal | None = None
        # Found out before a connection is held: the first time it takes one itself.
        _ = self._budgets
        if said.session and not said.token:
            with acting.as_system(), transaction(self._engine) as session:
                sessions.use(session, said.session)
        with reading(self._engine) as session:
            with acting.as_system():
                session.connection()  # Begins; until `narrow` it sees as the service does.
                holder = _holder(session, said, self.policy)
            try:
                caller = self._admitted(holder, said, need)
            except REFUSALS as error:
                refused = error
            else:
                narrow(session)
                yield session, caller
        if refused is not None:  # After the connection was given back: it takes another one.
            self._refused(holder, said, refused)
            raise refused

    def _admitted(self, holder: Holder | None, said: Said, need: Need | None) -> Caller:
        request = acting.current()
        budget = _budget(holder, need)
        self._budgets.spend(budget, holder.client.id if holder else address_of(said.host))
        asking = _asking(self.policy, holder, said, need)
        if request is not None:
            request.subject, request.scopes = asking, holder.scopes if holder else ()
            limited = asking.right in ROW_BY_ROW or asking.child is not None
            request.rows = rows_of(asking) if limited else acting.SYSTEM
        return Caller(
            who=asking.subject.client,
            system=asking.subject.client,
            purpose=asking.purpose,
            request=(request.id or None) if request else None,
            policy=self.policy.sha256,
        )

    def known(self, said: Said) -> Caller:
        """Whose token it is, whatever it is for: for what is nobody's right. No row is seen by it.

        Raises NoTokenError, which is kept before it is answered, OverBudgetError.
        """
        with acting.as_system(), transaction(self._engine) as session:
            holder = tokens.holder(session, said.token) if said.token else None
        try:
            self._budgets.spend(
                _budget(holder, None), holder.client.id if holder else address_of(said.host)
            )
            if holder is None:
                raise NoTokenError
        except REFUSALS as error:
            self._refused(holder, said, error)
            raise
        who, request = holder.client.id, acting.current()
        return Caller(
            who=who,
            system=who,
            purpose=holder.purpose or holder.client.purposes[0],
            request=(request.id or None) if request else None,
            policy=self.policy.sha256,
        )

    def still(self, client: str | None, purpose: str, right: Right) -> Asking | None:
        """What a client that was admitted before is now, by its registration and the policy of today.

        None where nobody has to say who it is. Raises NotAllowedHereError.
        """
        if client is None and self.is_open:
            return None
        with acting.as_system(), transaction(self._engine) as session:
            found = clients.find(session, client) if client else None
        if found is None or not found.enabled or purpose not in found.purposes:
            raise NotAllowedHereError
        asking = Asking(policy=self.policy, subject=found.subject, right=right, purpose=purpose)
        if not decide(asking).allowed:
            raise NotAllowedHereError
        return asking

    def _refused(self, holder: Holder | None, said: Said, error: Refusal) -> None:
        who = holder.client.id if holder else f"unauthenticated:{said.host}"
        if isinstance(error, OverBudgetError):
            self._over_budget(Action.ACCESS_REFUSE, who, error)
        else:
            self._refuse(Action.ACCESS_REFUSE, who, error.reason)

    def token_for(
        self, assertion: str, asked: Collection[str], *, audience: str, host: str
    ) -> Issued:
        """A token for an assertion. Raises RefusedAssertionError, RefusedScopeError,
        OverBudgetError."""
        who = f"unauthenticated:{host}"
        try:
            self._budgets.spend(ADDRESS, address_of(host))
            said = claimed(assertion)
            with acting.as_system(), transaction(self._engine) as session:
                client = clients.find(session, said.client)
            if client is None:
                raise RefusedAssertionError("client")
            who = client.id
            if said.jku is not None and said.jku != client.keys_url:
                raise RefusedAssertionError("jku")

            def keys() -> Sequence[Jwk]:
                url = client.keys_url
                found = self._keys.of(url, said.kid) if url else client.registered_keys
                return [one for one in found if self._sandbox or not is_published(one)]

            believed = verified(assertion, said, keys, audience=audience, now=time.time())
            with acting.as_system(), transaction(self._engine) as session:
                return tokens.issue(session, believed, asked, self.policy.sha256)
        except RefusedAssertionError as error:
            self._refuse(Action.TOKEN_REFUSE, who, error.reason)
            raise
        except tokens.RefusedScopeError:
            self._refuse(Action.TOKEN_REFUSE, who, "scope")
            raise
        except OverBudgetError as error:
            self._over_budget(Action.TOKEN_REFUSE, who, error)
            raise

    def spend_address(self, host: str) -> None:
        """What is asked by nobody yet. Raises OverBudgetError."""
        try:
            self._budgets.spend(ADDRESS, address_of(host))
        except OverBudgetError as error:
            self._over_budget(Action.ACCESS_REFUSE, f"unauthenticated:{host}", error)
            raise

    def _over_budget(self, action: Action, who: str, error: OverBudgetError) -> None:
        """The first of a minute is kept before it is answered; of a flood after it the number is."""
        if error.first:
            self._refuse(action, who, error.reason)
        else:
            self._unsaid.add(refusals.Refused(action, who, error.reason))

    def keep_unsaid(self) -> bool:
        """Keep the numbers of the floods since the last time. For a thread that waits after each time."""
        with self._unsaid.taken() as found:
            if found:
                with acting.as_system(), transaction(self._engine) as session:
                    for one, count in found.items():
                        refusals.refuse(session, *one, count=count)
        return False

    def _refuse(self, action: Action, who: str, reason: str) -> None:
        with acting.as_system(), transaction(self._engine) as session:
            refusals.refuse(session, action, who, reason)


def _holder(session: Session, said: Said, policy: Policy) -> Holder | None:
    """Whose token it is, and for an emergency the child that it has open."""
    holder = tokens.holder(session, said.token) if said.token else None
    if said.session and not said.token:
        holder = sessions.holder(session, said.session)
    if holder is None or EMERGENCY not in (holder.purpose, said.purpose):
        return holder
    rule = rule_of(_breaking(policy, holder))
    labels = rule.labels if rule else ()
    return replace(holder, child=overrides.open_child(session, holder.client.id, labels))


def _breaking(policy: Policy, holder: Holder) -> Asking:
    return Asking(
        policy=policy,
        subject=holder.client.subject,
        right=Right.BREAK_GLASS,
        purpose=EMERGENCY,
        child=holder.child,
    )


def _budget(holder: Holder | None, need: Need | None) -> str:
    if holder is None:
        return ADDRESS
    return MATCH if need is not None and need.right is Right.MATCH else CLIENT


def _asking(policy: Policy, holder: Holder | None, said: Said, need: Need | None) -> Asking:
    """Raises NotAllowedHereError for whatever is not allowed; a route that is not listed is none."""
    if holder is None:
        raise NoTokenError
    if need is None:
        raise NotAllowedHereError
    if said.session and not said.token and said.changes:
        _require_person(holder, said, need)
    if not need.is_met_by(holder.scopes):
        raise ScopeError
    _require_own(holder, said, need)
    purpose = _purpose(holder, said.purpose)
    if purpose == EMERGENCY and need.right in OPENED:
        asking = _breaking(policy, holder)
        opened = holder.child is not None
    else:
        subject = holder.client.subject
        asking = Asking(policy=policy, subject=subject, right=need.right, purpose=purpose)
        opened = True
    if not decide(asking).allowed:
        raise NotAllowedHereError
    if not opened:
        raise NothingOpenError
    return asking


def _require_person(holder: Holder, said: Said, need: Need) -> None:
    """That a page of ours sends it, and for what is dangerous, that the person was there just now."""
    if not sessions.is_csrf_of(said.session, said.csrf):
        raise ForgedError
    proved = holder.authenticated
    if need.right in STEPPED and (proved is None or datetime.now(UTC) - proved > STEP):
        raise StepUpError


def _require_own(holder: Holder, said: Said, need: Need) -> None:
    """A client speaks under its own name only, and writes what it was registered for."""
    if said.system not in ("", holder.client.id):
        raise OtherSystemError
    if need.right in (Right.SEND, Right.WRITE) and said.source not in holder.client.sources:
        raise OtherSystemError


def _purpose(holder: Holder, told: str) -> str:
    """That of the token; else the one that is told with this request, where the client may."""
    if holder.purpose is not None and told in ("", holder.purpose):
        return holder.purpose
    if holder.purpose is None and holder.client.per_request and told in holder.client.purposes:
        return told
    _no_purpose()


def _no_purpose() -> NoReturn:
    raise NoPurposeError
