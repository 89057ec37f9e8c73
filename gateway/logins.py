"""Use cases: a person is sent to the provider, comes back, is told who it is here, and logs out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from audit.event import Action, Caller
from gateway import acting
from gateway.access import refusals, sessions, users
from gateway.access.errors import LoginRefusedError
from gateway.access.id_token import Proved, RefusedLoginError
from gateway.access.provider import Provider, is_safe
from gateway.access.sessions import Begun, Opened, Times
from gateway.access.users import User
from gateway.admission import Entrance
from gateway.database import transaction
from gateway.errors import NotFoundError
from gateway.settings import Settings, WrongSettingError

Result = TypeVar("Result")
OPERATION = "HOPERAT"
"""To log in and out is an operation of the service; for what purpose somebody looks comes later."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """Where a browser goes, and the secret that it brings back with it."""

    url: str
    secret: str = field(repr=False)


class Logins:
    """How people get in. Without a provider nobody does, but over an embedded database of our own
    for development."""

    def __init__(self, settings: Settings, engine: Engine, entrance: Entrance) -> None:
        """Raises WrongSettingError."""
        self._engine, self._entrance = engine, entrance
        self._times = Times(idle=settings.session_idle, longest=settings.session_longest)
        self._is_our_own = settings.database_url is None
        self._provider = _provider(settings)

    @property
    def is_development(self) -> bool:
        """Anybody may be anybody: never where DATABASE_URL is set, nor where a provider is."""
        return self._provider is None and self._is_our_own and self._entrance.is_embedded

    def begin(self, back: str, host: str, *, fresh: bool) -> Way:
        """Raises NotFoundError without a provider, ProviderAwayError, OverBudgetError."""
        self._entrance.spend_address(host)
        provider = self._required()
        with acting.as_system(), transaction(self._engine) as session:
            begun = sessions.begin(session, fresh=fresh)
        return Way(url=provider.way(begun, back, fresh=fresh), secret=begun.secret)

    def finish(self, secret: str, state: str, code: str, back: str, host: str) -> str:
        """The secret of the new session. Raises LoginRefusedError, which is in the log,
        ProviderAwayError, OverBudgetError."""
        self._entrance.spend_address(host)
        provider = self._required()
        who = f"unauthenticated:{host}"
        try:
            proved = self._proved(provider, Begun(secret=secret), state, code, back)
            with acting.as_system(), transaction(self._engine) as session:
                user = users.of_subject(session, provider.issuer, proved.subject)
                if user is None:
                    raise RefusedLoginError("unknown-user")
                return self._opened(session, user, proved.authenticated)
        except RefusedLoginError as error:
            with acting.as_system(), transaction(self._engine) as session:
                refusals.refuse(session, Action.SESSION_REFUSE, who, error.reason)
            raise LoginRefusedError from None

    def _proved(self, provider: Provider, begun: Begun, state: str, code: str, back: str) -> Proved:
        with acting.as_system(), transaction(self._engine) as session:
            taken = sessions.take_up(session, begun)
        if taken is None:
            raise RefusedLoginError("login")
        if not state or state != begun.state:
            raise RefusedLoginError("state")
        if not code:
            raise RefusedLoginError("code")
        since = taken.since.timestamp() if taken.since else None
        return provider.who(begun, code, back, since)

    def _opened(self, session: Session, user: User, authenticated: float) -> str:
        when = datetime.fromtimestamp(authenticated, UTC)
        policy = self._entrance.policy.sha256
        return sessions.open_for(session, user, self._times, when, OPERATION, policy)

    def develop(self, user: str) -> str:
        """A session of any user, without proof. Raises NotFoundError."""
        if not self.is_development:
            raise NotFoundError
        with acting.as_system(), transaction(self._engine) as session:
            found = users.find(session, user)
            if found is None or not found.enabled:
                raise NotFoundError
            return self._opened(session, found, datetime.now(UTC).timestamp())

    def developers(self) -> list[User]:
        """Whom one may be for development. Raises NotFoundError."""
        if not self.is_development:
            raise NotFoundError
        caller = Caller(who="unauthenticated:development", system="motem-serve", purpose=OPERATION)
        return [one for one in self._ask(lambda s: users.listed(s, caller)) if one.enabled]

    def opened(self, secret: str) -> Opened | None:
        """Who is logged in with this cookie."""
        return self._ask(lambda session: sessions.opened(session, secret)) if secret else None

    def close(self, secret: str, back: str) -> str:
        """Where the browser goes then: to the provider, to end its session there too, or to `back`."""
        policy = self._entrance.policy.sha256
        self._ask(lambda session: sessions.close(session, secret, OPERATION, policy))
        return (self._provider.way_out(back) if self._provider else None) or back

    def _ask(self, work: Callable[[Session], Result]) -> Result:
        with acting.as_system(), transaction(self._engine) as session:
            return work(session)

    def _required(self) -> Provider:
        if self._provider is None:
            raise NotFoundError
        return self._provider


def _provider(settings: Settings) -> Provider | None:
    if settings.oidc_issuer is None:
        return None
    if settings.oidc_secret is None:
        raise WrongSettingError("Wrong setting: MOTEM_OIDC_SECRET: needed with MOTEM_OIDC_ISSUER")
    if not is_safe(settings.oidc_issuer):
        raise WrongSettingError("Wrong setting: MOTEM_OIDC_ISSUER: only by https")
    return Provider(
        issuer=settings.oidc_issuer,
        client=settings.oidc_client,
        secret=settings.oidc_secret.get_secret_value(),
        acr=settings.oidc_acr,
    )
