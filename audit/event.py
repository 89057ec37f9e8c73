"""What can be written into the log: who did what to which record, for what purpose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from ulid import ULID

DetailValue: TypeAlias = str | int | bool
"""Detail holds counts, codes and opaque ids: values that canonical JSON (RFC 8785) keeps exact."""

MAX_NUMBER = 2**53 - 1
"""The largest whole number that RFC 8785 keeps exact."""


class Action(StrEnum):
    """What was done, `subject:verb`."""

    MESSAGE_INGEST = "message:ingest"
    MESSAGE_REJECT = "message:reject"
    MESSAGE_RECEIVE = "message:receive"
    MESSAGE_READ = "message:read"
    MESSAGE_SEARCH = "message:search"
    MESSAGE_REPLAY = "message:replay"
    MESSAGE_WITHDRAW = "message:withdraw"
    MESSAGE_PREVIEW = "message:preview"
    RECORD_CREATE = "record:create"
    RECORD_UPDATE = "record:update"
    RECORD_READ = "record:read"
    PATIENT_READ = "patient:read"
    PATIENT_SEARCH = "patient:search"
    IDENTITY_CREATE = "identity:create"
    IDENTITY_LINK = "identity:link"
    IDENTITY_SPLIT = "identity:split"
    IDENTITY_READ = "identity:read"
    LINKAGE_RUN = "linkage:run"
    REVIEW_OPEN = "review:open"
    REVIEW_EXPORT = "review:export"
    DECISION_MAKE = "decision:make"
    DECISION_WITHDRAW = "decision:withdraw"
    DECISION_EXPORT = "decision:export"
    LINKS_EXPORT = "links:export"
    EXPLANATION_READ = "explanation:read"
    MATCH_SEARCH = "match:search"
    MATCH_READ = "match:read"
    LOOKUP_ASK = "lookup:ask"
    LOOKUP_ANSWER = "lookup:answer"
    LOOKUP_READ = "lookup:read"
    REGISTRATION_DRAFT = "registration:draft"
    REGISTRATION_SEND = "registration:send"
    REGISTRATION_ASK = "registration:ask"
    REGISTRATION_CHANGE = "registration:change"
    REGISTRATION_WITHDRAW = "registration:withdraw"
    REGISTRATION_READ = "registration:read"
    REGISTRATION_SEARCH = "registration:search"
    REPORT_READ = "report:read"
    EVALUATION_RUN = "evaluation:run"
    MODEL_TRAIN = "model:train"
    MODEL_ADD = "model:add"
    MODEL_ACTIVATE = "model:activate"
    MODEL_COMPARE = "model:compare"
    MODEL_READ = "model:read"
    DATABASE_MIGRATE = "database:migrate"
    AUDIT_READ = "audit:read"


class Outcome(StrEnum):
    """How the action ended."""

    SUCCESS = "success"
    REFUSED = "refused"
    FAILURE = "failure"


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """On whose behalf something is done: a person, the program they use, and why.

    `purpose` is a code of FHIR v3-ActReason (TREAT, HOPERAT, PUBHLTH…); it is never defaulted.
    """

    who: str
    system: str
    purpose: str

    def __post_init__(self) -> None:
        if not (self.who and self.system and self.purpose):
            raise ValueError("A caller names who, system and purpose.")


def _new_id() -> str:
    return str(ULID())


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEvent:
    """One line of the log. It names children by opaque ids only and holds none of their data.

    `message`, `record` and `identity` are ids that Motem gave, never a source's own key (which may
    hold an ID number). `occurred` has a zone.
    """

    action: Action
    caller: Caller
    message: str | None = None
    record: str | None = None
    identity: str | None = None
    outcome: Outcome = Outcome.SUCCESS
    detail: Mapping[str, DetailValue] = field(default_factory=lambda: MappingProxyType({}))
    id: str = field(default_factory=_new_id)
    occurred: datetime = field(default_factory=_now)

    def __post_init__(self) -> None:
        if self.occurred.tzinfo is None:
            raise ValueError("The time of an event needs a zone.")
        if not all(isinstance(value, str | int) for value in self.detail.values()):
            raise ValueError("Detail holds only text, whole numbers and true or false.")
        if any(abs(n) > MAX_NUMBER for n in self.detail.values() if isinstance(n, int)):
            raise ValueError("A number in detail is larger than canonical JSON keeps exact.")
