"""The policy: a file of rules, and the pure decision who may do what with which row."""

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from audit.purposes import PURPOSES
from gateway.acting import NOTHING, Rows
from gateway.errors import GatewayError
from linkage.records import Labels

SHIPPED = Path(__file__).parent / "policy.toml"
ANY = "*"
UNKNOWN = "unknown"
"""The province of rows whose province is not known: seen only by whom it was given by name."""
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.*-]{1,40}$")]


class WrongPolicyError(GatewayError):
    """The policy (MOTEM_POLICY) cannot be read."""


class Right(StrEnum):
    """What somebody may be allowed to do: every route needs one of them."""

    READ = "read"
    SEARCH = "search"
    MATCH = "match"
    EXPORT = "export"
    WRITE = "write"
    SEND = "send"
    OPERATE = "operate"
    REGISTER = "register"
    LOOK_UP = "look-up"
    AUDIT = "audit"
    STEWARD = "steward"
    FOLLOW = "follow"
    ADMINISTER = "administer"
    BREAK_GLASS = "break-glass"


ROW_BY_ROW = frozenset({Right.READ, Right.SEARCH, Right.MATCH, Right.EXPORT})
"""Rights that hold for some rows; the others are about the service as a whole."""
WITH_ROWS = ROW_BY_ROW | {Right.BREAK_GLASS}
"""Whose rules name rows. Those of an emergency access are shown of its one child only."""
EMERGENCY = "BTG"
"""The purpose of use of an emergency access: by no other right is anything done for it."""
OPENED = frozenset({Right.READ, Right.SEARCH})
"""What an emergency access is good for."""


class Rule(BaseModel):
    """Allows a role to do something for a purpose, with the rows that it names.

    `bodies`: kinds of the caller's own body, all where it names none. `only`: elements of a Patient
    that are shown, all where it names none; then `identifiers` are the systems of the numbers that
    are. `own`: rows of the caller's own body in any case. `children`: with `own`, rows of others
    only where the caller's body has a record of the child itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    role: Name
    bodies: frozenset[Name] = frozenset()
    purposes: frozenset[Name]
    actions: frozenset[Right]
    sources: frozenset[Name] = frozenset()
    provinces: Literal["own", "any"] = "own"
    labels: frozenset[Name] = frozenset()
    types: frozenset[Name] = frozenset({ANY})
    only: frozenset[Name] = frozenset()
    identifiers: frozenset[str] = frozenset()
    own: bool = False
    children: Literal["own", "any"] = "any"

    @model_validator(mode="after")
    def known_purposes(self) -> "Rule":
        unknown = sorted(self.purposes - PURPOSES.keys())
        if unknown:
            raise ValueError(f"there is no purpose {unknown[0]}")
        return self

    @model_validator(mode="after")
    def emergencies_alone(self) -> "Rule":
        """Else somebody could read for that purpose without having said why."""
        breaks, emergency = Right.BREAK_GLASS in self.actions, EMERGENCY in self.purposes
        if (breaks or emergency) and (len(self.actions) > 1 or self.purposes != {EMERGENCY}):
            raise ValueError(f"break-glass and the purpose {EMERGENCY} stand together, and alone")
        if emergency and not breaks:
            raise ValueError(f"the purpose {EMERGENCY} is for break-glass only")
        return self

    @model_validator(mode="after")
    def rows_where_they_count(self) -> "Rule":
        if self.actions & ROW_BY_ROW and self.actions - ROW_BY_ROW:
            raise ValueError("read, search, match and export stand in rules of their own")
        if bool(self.actions & WITH_ROWS) != bool(self.sources):
            raise ValueError(
                "sources are named with read, search, match, export and break-glass, and only there"
            )
        if self.children == "own" and not (self.own and self.bodies):
            raise ValueError("children of its own has who has a body: own = true, bodies = […]")
        return self


class Policy(BaseModel):
    """All rules of a file. `sha256` (hex) of its bytes stands in every event that it decided."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Name
    rules: tuple[Rule, ...] = Field(alias="rule", min_length=1)
    sha256: str = ""

    @model_validator(mode="after")
    def one_rule_for_each_case(self) -> "Policy":
        """So that what row-level security is told is exactly what the rule says."""
        for one, other in combinations(self.rules, 2):
            if _meet(one, other):
                raise ValueError(f"the rules {one.name} and {other.name} speak of the same case")
        return self


def _meet(one: Rule, other: Rule) -> bool:
    role = one.role == other.role or ANY in (one.role, other.role)
    bodies = not one.bodies or not other.bodies or bool(one.bodies & other.bodies)
    return (
        role
        and bodies
        and bool(one.purposes & other.purposes)
        and bool(one.actions & other.actions)
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """Who asks. `body`: the custodian that it is itself (`hospital:22103`), where it is one."""

    client: str
    role: str
    body: str = ""
    provinces: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """A subject that does one thing for one purpose, under a policy. `child`: the identity that an
    emergency access opens, beside which nothing is shown."""

    policy: Policy
    subject: Subject
    right: Right
    purpose: str
    child: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """A resource of a record, as far as the policy looks at it.

    `is_own_child`: whether the caller's body has a record of this child itself; `child`: whose it
    is today.
    """

    type: str
    source: str
    labels: Labels
    is_own_child: bool = False
    child: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """`only`: the elements that may be shown, all where it is empty, and then the systems of the
    `identifiers` that may. `rule`: which one allowed it."""

    allowed: bool
    only: frozenset[str] = frozenset()
    identifiers: frozenset[str] = frozenset()
    rule: str | None = None


FORBIDDEN = Decision(allowed=False)


def rule_of(asking: Asking) -> Rule | None:
    """The one rule that speaks of the case; None: forbidden."""
    kind = asking.subject.body.partition(":")[0]
    for rule in asking.policy.rules:
        if (
            rule.role in (asking.subject.role, ANY)
            and (not rule.bodies or kind in rule.bodies)
            and asking.purpose in rule.purposes
            and asking.right in rule.actions
        ):
            return rule
    return None


def decide(asking: Asking, thing: Thing | None = None) -> Decision:
    """Whether it may be done at all, and with this thing: a pure function."""
    rule = rule_of(asking)
    if rule is None:
        return FORBIDDEN
    if thing is not None and not _covers(rule, asking.subject, thing):
        return FORBIDDEN
    if thing is not None and asking.child is not None and thing.child != asking.child:
        return FORBIDDEN
    return Decision(allowed=True, only=rule.only, identifiers=rule.identifiers, rule=rule.name)


def may_see_type(asking: Asking, kind: str) -> bool:
    """Whether resources of a type may be seen at all, as bodies and places that all records share."""
    rule = rule_of(asking)
    return rule is not None and bool(rule.types & {kind, ANY})


def _covers(rule: Rule, subject: Subject, thing: Thing) -> bool:
    if not rule.types & {thing.type, ANY}:
        return False
    if rule.own and subject.body and thing.labels.custodian == subject.body:
        return True
    if rule.children == "own" and not thing.is_own_child:
        return False
    province = thing.labels.province or UNKNOWN
    near = rule.provinces == "any" or bool(subject.provinces & {province, ANY})
    known = bool(rule.sources & {thing.source, ANY})
    return (
        near and known and (ANY in rule.labels or rule.labels.issuperset(thing.labels.sensitivity))
    )


def rows_of(asking: Asking) -> Rows:
    """The same for row-level security: what one rule says, and nothing where there is none."""
    rule = rule_of(asking)
    if rule is None:
        return NOTHING
    provinces = {ANY} if rule.provinces == "any" else asking.subject.provinces
    near = {f"{source}@{province}" for source in rule.sources for province in provinces}
    labelled = {f"{source}+{label}" for source in rule.sources for label in rule.labels}
    return Rows(
        sees=tuple(sorted(near | labelled)),
        types=tuple(sorted(rule.types)),
        body=asking.subject.body if rule.own else "",
        own_children=rule.children == "own",
        child=asking.child or "",
    )


@cache
def load_policy(path: Path | None = None) -> Policy:
    """Read a policy, that of the package without a path. Raises WrongPolicyError with the place."""
    try:
        content = (path or SHIPPED).read_bytes()
        told = tomllib.loads(content.decode("utf-8"))
        return Policy.model_validate(told | {"sha256": hashlib.sha256(content).hexdigest()})
    except OSError as error:
        raise WrongPolicyError(f"MOTEM_POLICY: the file cannot be read: {path}") from error
    except ValidationError as error:
        wrong = "; ".join(_places(error))
        raise WrongPolicyError(f"MOTEM_POLICY: {wrong}") from None
    except ValueError as error:  # Both of TOML and of UTF-8.
        raise WrongPolicyError(f"MOTEM_POLICY: not TOML in UTF-8: {error}") from None


def _places(error: ValidationError) -> Iterable[str]:
    for problem in error.errors(include_input=False, include_url=False):
        place = ", ".join(str(n + 1) if isinstance(n, int) else n for n in problem["loc"])
        yield f"{place or 'file'}: {problem['msg']}"
