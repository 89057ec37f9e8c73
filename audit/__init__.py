"""Who did what to which record, when: append only."""

from audit.event import Action, AuditEvent, Caller, Outcome
from audit.log import append, append_many, events

__all__ = ["Action", "AuditEvent", "Caller", "Outcome", "append", "append_many", "events"]
