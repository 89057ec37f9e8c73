"""What can be written into the log: who did what to which record, for what purpose."""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from ulid import ULID

from audit.canonical import MAX_NUMBER

DetailValue: TypeAlias = str | int | bool
"""Detail holds counts, codes and opaque ids: values that canonical JSON (RFC 8785) keeps exact."""


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
    PATIENT_EVERYTHING = "patient:everything"
    RESOURCE_READ = "resource:read"
    RESOURCE_SEARCH = "resource:search"
    RESOURCE_HISTORY = "resource:history"
    IDENTITY_CREATE = "identity:create"
    IDENTITY_LINK = "identity:link"
    IDENTITY_SPLIT = "identity:split"
    IDENTITY_READ = "identity:read"
    LINKAGE_RUN = "linkage:run"
    CHANGES_READ = "changes:read"
    CHANGES_SEND = "changes:send"
    RECEIVER_CHANGE = "receiver:change"
    RECEIVER_READ = "receiver:read"
    EXPORT_BEGIN = "export:begin"
    EXPORT_LIST = "export:list"
    EXPORT_ASK = "export:ask"
    EXPORT_READ = "export:read"
    EXPORT_END = "export:end"
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
    SANDBOX_RESET = "sandbox:reset"
    CONFIGURATION_CHANGE = "configuration:change"
    CLIENT_ADD = "client:add"
    CLIENT_CHANGE = "client:change"
    CLIENT_READ = "client:read"
    TOKEN_ISSUE = "token:issue"
    TOKEN_REFUSE = "token:refuse"
    ACCESS_REFUSE = "access:refuse"
    USER_ADD = "user:add"
    USER_CHANGE = "user:change"
    USER_READ = "user:read"
    SESSION_REFUSE = "session:refuse"
    SESSION_OPEN = "session:open"
    SESSION_CLOSE = "session:close"
    OVERRIDE_OPEN = "override:open"
    OVERRIDE_CLOSE = "override:close"
    OVERRIDE_REVIEW = "override:review"
    FINDING_OPEN = "finding:open"
    FINDING_CHANGE = "finding:change"
    FINDING_READ = "finding:read"
    AUDIT_READ = "audit:read"
    AUDIT_EXPORT = "audit:export"
    AUDIT_VERIFY = "audit:verify"
    AUDIT_BACKFILL = "audit:backfill"
    AUDIT_ALARM = "audit:alarm"
    AUDIT_GAP = "audit:gap"
    AUDIT_ERASE = "audit:erase"
    AUDIT_ROTATE = "audit:rotate"


class Outcome(StrEnum):
    """How the action ended."""

    SUCCESS = "success"
    REFUSED = "refused"
    FAILURE = "failure"


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """On whose behalf something is done: a person, the program they use, and why.

    `purpose` is a code of FHIR v3-ActReason (TREAT, HOPERAT, PUBHLTH…); it is never defaulted.
    `request` is the id of the request that all this is done for, `policy` the hash of the policy
    by which the caller may: it stands in each of its events.
    """

    who: str
    system: str
    purpose: str
    request: str | None = None
    policy: str | None = None

    def __post_init__(self) -> None:
        if not (self.who and self.system and self.purpose):
            raise ValueError("A caller names who, system and purpose.")


def new_id() -> str:
    """A ULID. Not by the library's own generator: threads would wait for one another there."""
    return str(ULID.from_bytes(int(time.time() * 1000).to_bytes(6) + os.urandom(10)))


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What an answer that shows many showed: opaque ids, and the version where there is one."""

    identity: str | None = None
    record: str | None = None
    message: str | None = None
    version: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditEvent:
    """One line of the log. It names children by opaque ids only and holds none of their data.

    `message`, `record` and `identity` are ids that Motem gave, never a source's own key (which may
    hold an ID number). `occurred` has a zone. `seen` names every child that one answer shows,
    `withheld` the fields that were left out of it, `policy` the hash of the policy that decided;
    `unit` is the first event of the same transaction.
    """

    action: Action
    caller: Caller
    message: str | None = None
    record: str | None = None
    identity: str | None = None
    outcome: Outcome = Outcome.SUCCESS
    detail: Mapping[str, DetailValue] = field(default_factory=lambda: MappingProxyType({}))
    seen: tuple[Seen, ...] = ()
    withheld: tuple[str, ...] = ()
    policy: str | None = None
    unit: str | None = None
    id: str = field(default_factory=new_id)
    occurred: datetime = field(default_factory=_now)

    def __post_init__(self) -> None:
        if self.occurred.tzinfo is None:
            raise ValueError("The time of an event needs a zone.")
        if not all(isinstance(value, str | int) for value in self.detail.values()):
            raise ValueError("Detail holds only text, whole numbers and true or false.")
        if any(abs(n) > MAX_NUMBER for n in self.detail.values() if isinstance(n, int)):
            raise ValueError("A number in detail is larger than canonical JSON keeps exact.")


MOST_SEEN = 1000
"""Children that one event names at most: its body stays a text that can be handled."""


def naming(
    action: Action,
    caller: Caller,
    seen: Iterable[Seen],
    detail: Mapping[str, DetailValue],
    message: str | None = None,
) -> list[AuditEvent]:
    """Events for an answer that shows many: each child is named, in as many events as that takes."""
    all_ = tuple(seen)
    parts = [all_[start : start + MOST_SEEN] for start in range(0, len(all_), MOST_SEEN)]
    return [
        AuditEvent(action=action, caller=caller, seen=part, detail=detail, message=message)
        for part in parts or [()]
    ]
